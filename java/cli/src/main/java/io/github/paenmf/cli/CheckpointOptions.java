package io.github.paenmf.cli;

import io.github.paenmf.backend.cuda.CudaFatalException;
import io.github.paenmf.io.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Where fits keep their state, so that a command which ended before it was done can go on. */
final class CheckpointOptions {

    private static final String CHECKPOINT = "--checkpoint";
    private static final String RESUME = "--resume";
    private static final Duration USUAL = Duration.ofMinutes(1);

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = CHECKPOINT,
            paramLabel = "FILE",
            description =
                    "Keep the state in FILE from time to time, and when a signal stops the command, for --resume to go on"
                            + " from: that of a fit, or of many fits those that are done. FILE must not be there yet; it is"
                            + " removed once all is done and saved.")
    private Path checkpoint;

    @Option(
            names = RESUME,
            paramLabel = "FILE",
            description =
                    "Go on from the checkpoint in FILE, and keep the state there. The rest of the command has to be as it"
                            + " was, and what comes out is then, to the bit, what it would have been. Results on CUDA have the same"
                            + " bits on the same kind of device.")
    private Path resume;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            converter = Time.class,
            description =
                    "How long it takes from one checkpoint to the next at least, such as 30s, 5m or 1h, at most 24h;"
                            + " 60s unless given.")
    private Duration every;

    /** Those that were opened. */
    private final List<CheckpointFile> files = new ArrayList<>();

    /** A number and a unit. */
    static final class Time implements ITypeConverter<Duration> {

        private static final Pattern PATTERN = Pattern.compile("(\\d{1,6})([smh])");
        private static final Duration MOST = Duration.ofDays(1);

        @Override
        public Duration convert(String value) {
            Matcher matcher = PATTERN.matcher(value);
            if (matcher.matches()) {
                long number = Long.parseLong(matcher.group(1));
                Duration time = switch (matcher.group(2)) {
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    default -> Duration.ofHours(number);
                };
                if (time.compareTo(MOST) <= 0) {
                    return time;
                }
            }
            throw new TypeConversionException("must be a time up to 24h, such as 30s, 5m or 1h, not '" + value + "'");
        }
    }

    /**
     * Opens what was given.
     *
     * @return null if nothing was
     * @throws ParameterException if options contradict each other
     * @throws io.github.paenmf.data.DataException if the file of a new checkpoint is there, or that to go on from is none
     * @throws IOException if it cannot be read or written
     */
    CheckpointFile open() throws IOException {
        return requireEffect() ? open(given(), resume != null) : null;
    }

    /**
     * Opens a file for each part of a command that has several, which goes on from those that are there: FILE.mdl and FILE.bicv
     * for parts of these names, and as {@link #open()} if there is one part.
     *
     * @return null for each if nothing was given
     */
    List<CheckpointFile> open(List<String> parts) throws IOException {
        List<CheckpointFile> opened = new ArrayList<>();
        List<Path> ofParts = parts.stream()
                .map(part -> parts.size() == 1 || given() == null ? given() : Path.of(given() + "." + part))
                .toList();
        boolean isThere = requireEffect() && ofParts.stream().anyMatch(Files::exists);
        for (Path ofPart : ofParts) {
            boolean resumes = resume != null && (!isThere || Files.exists(ofPart)); // if none is, the first says so
            opened.add(ofPart == null ? null : open(ofPart, resumes));
        }
        return opened;
    }

    private Path given() {
        return checkpoint == null ? resume : checkpoint;
    }

    private CheckpointFile open(Path path, boolean resumes) throws IOException {
        Duration interval = every == null ? USUAL : every;
        CheckpointFile file = resumes ? CheckpointFile.resume(path, interval) : CheckpointFile.create(path, interval);
        files.add(file);
        return file;
    }

    /** Whether state is kept. */
    private boolean requireEffect() {
        if (checkpoint != null && resume != null) {
            throw new ParameterException(
                    command.commandLine(), RESUME + " keeps the state in its own file; leave " + CHECKPOINT + " out");
        }
        if (given() == null && every != null) {
            throw new ParameterException(
                    command.commandLine(), "--every has no effect without " + CHECKPOINT + " or " + RESUME);
        }
        return given() != null;
    }

    /** Whether there is something to go on from. */
    boolean areThere() {
        return files.stream().anyMatch(file -> Files.exists(file.file()));
    }

    /** Removes what is no longer needed. */
    void delete() throws IOException {
        for (CheckpointFile file : files) {
            file.delete();
        }
    }

    /** Work whose state is kept. */
    interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Runs what consists of many fits. Where their state is kept, the first signal stops them, and what is done stays in the
     * file.
     *
     * @param stop makes the work end with a {@link CancellationException}
     * @throws CancellationException that says how to go on, if a signal came
     * @throws InterruptedByDeviceException likewise, if the device was lost
     */
    <T> T run(Subcommand owner, Runnable stop, Work<T> work) throws IOException {
        if (files.isEmpty()) {
            return work.run();
        }
        Interruption interruption = owner.main().interruption();
        interruption.defer(() -> {
            Failures.say(owner.err(), "stopping, and keeping the fits that are done");
            stop.run();
        });
        if (interruption.requested()) {
            stop.run();
        }
        try {
            return work.run();
        } catch (CancellationException e) {
            throw areThere() ? new CancellationException("stopped; go on with: " + command()) : e;
        } catch (CudaFatalException e) {
            throw areThere() ? new InterruptedByDeviceException(e, command()) : e;
        } finally {
            interruption.release();
            Thread.interrupted(); // a signal that came too late to stop anything
        }
    }

    /** The command line that goes on. */
    String command() {
        List<String> words = new ArrayList<>(List.of("paenmf"));
        List<String> arguments = command.root().commandLine().getParseResult().originalArgs();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals(CHECKPOINT) || argument.equals(RESUME)) {
                i++;
            } else if (!argument.startsWith(CHECKPOINT + "=") && !argument.startsWith(RESUME + "=")) {
                words.add(argument);
            }
        }
        words.add(RESUME);
        words.add(String.valueOf(given()));
        return words.stream().map(CheckpointOptions::quoted).collect(Collectors.joining(" "));
    }

    /** As a shell takes it for one word. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./=:,+@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
