package io.github.paenmf.cli;

import io.github.paenmf.io.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Where training keeps its state, so that a command which ended before it was done can go on. */
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
                    "Keep the state of training in FILE from time to time, and when a signal stops it, for --resume to"
                            + " go on from. FILE must not be there yet; it is removed once training is done and the model saved.")
    private Path checkpoint;

    @Option(
            names = RESUME,
            paramLabel = "FILE",
            description =
                    "Go on from the checkpoint in FILE, and keep the state there. The rest of the command has to be as it"
                            + " was, and the model is then, to the bit, that of training which was never stopped. Results on CUDA"
                            + " have the same bits on the same kind of device.")
    private Path resume;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            converter = Time.class,
            description =
                    "How long it takes from one checkpoint to the next at least, such as 30s, 5m or 1h, at most 24h;"
                            + " 60s unless given.")
    private Duration every;

    /** Null until opened. */
    private CheckpointFile file;

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
        if (checkpoint != null && resume != null) {
            throw new ParameterException(
                    command.commandLine(), RESUME + " keeps the state in its own file; leave " + CHECKPOINT + " out");
        }
        if (checkpoint == null && resume == null) {
            if (every != null) {
                throw new ParameterException(
                        command.commandLine(), "--every has no effect without " + CHECKPOINT + " or " + RESUME);
            }
            return null;
        }
        Duration interval = every == null ? USUAL : every;
        file = checkpoint != null
                ? CheckpointFile.create(checkpoint, interval)
                : CheckpointFile.resume(resume, interval);
        return file;
    }

    /** Whether there is something to go on from. */
    boolean areThere() {
        return file != null && Files.exists(file.file());
    }

    /** Removes what is no longer needed. */
    void delete() throws IOException {
        if (file != null) {
            file.delete();
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
        words.add(String.valueOf(checkpoint == null ? resume : checkpoint));
        return words.stream().map(CheckpointOptions::quoted).collect(Collectors.joining(" "));
    }

    /** As a shell takes it for one word. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./=:,+@%-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
