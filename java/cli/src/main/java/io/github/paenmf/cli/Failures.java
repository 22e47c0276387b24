package io.github.paenmf.cli;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.cuda.CudaException;
import io.github.paenmf.cli.report.Visible;
import io.github.paenmf.data.DataException;
import io.github.paenmf.io.CannotWriteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one or two lines on stderr and an exit code. */
final class Failures {

    private Failures() {}

    /** Reports a command line that cannot be run. */
    static int usage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        Optional<String> misspelt = misspelt(e, args);
        say(
                err,
                misspelt.map(name -> unknown(command, name))
                        .orElseGet(() -> ofFileNames(withoutTypes(e.getMessage()))));
        if (misspelt.isPresent() || !UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
    }

    /** A message of the parser in words of the user, who knows nothing of Java's types. */
    private static String withoutTypes(String message) {
        return message.replaceFirst("'([-+]?\\d+)' is not an? (int|long)$", "'$1' is out of range")
                .replaceFirst("is not an? (int|long)$", "is not a whole number")
                .replaceFirst("is not a double$", "is not a number");
    }

    /** The name of a command or an option that does not exist but resembles one, also if that made another missing. */
    private static Optional<String> misspelt(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        Stream<String> candidates;
        if (e instanceof UnmatchedArgumentException unmatched) {
            candidates = unmatched.getUnmatched().stream().limit(1);
        } else if (e instanceof MissingParameterException) {
            candidates = Arrays.stream(args).filter(arg -> arg.startsWith("--"));
        } else {
            return Optional.empty();
        }
        return candidates
                .map(arg -> arg.startsWith("-") ? arg.split("=", 2)[0] : arg)
                .filter(name -> !names(command, name).contains(name))
                .filter(name -> Suggestions.closest(name, names(command, name)).isPresent())
                .findFirst();
    }

    /** The names that there are. */
    private static Set<String> names(CommandLine command, String like) {
        return like.startsWith("-")
                ? command.getCommandSpec().optionsMap().keySet()
                : command.getSubcommands().keySet();
    }

    private static String unknown(CommandLine command, String name) {
        return "'" + name + "' is no " + (name.startsWith("-") ? "option" : "command") + ". Did you mean '"
                + Suggestions.closest(name, names(command, name)).orElseThrow() + "'?";
    }

    /**
     * Reports that stdout could not be written.
     *
     * @param exitCode of the command
     */
    static int ofOutput(IOException failure, int exitCode, PrintWriter err) {
        if (isBrokenPipe(failure)) {
            return exitCode == ExitCode.DONE ? ExitCode.BROKEN_PIPE : exitCode;
        }
        boolean full = String.valueOf(failure.getMessage()).contains("No space left on device");
        say(err, "cannot write standard output: " + (full ? "no space left on device" : failure.getMessage()));
        return exitCode == ExitCode.DONE ? ExitCode.CANNOT_WRITE : exitCode;
    }

    /** Whether it is that nobody reads any more, which is the reader's choice and no failure to talk about. */
    private static boolean isBrokenPipe(Throwable failure) {
        return failure instanceof IOException
                && (String.valueOf(failure.getMessage()).contains("Broken pipe") || isBrokenPipe(failure.getCause()));
    }

    /**
     * Reports a command that failed.
     *
     * @param debug whether to print the stack trace too
     */
    static int report(Throwable failure, PrintWriter err, boolean debug) {
        if (debug) {
            failure.printStackTrace(err);
        }
        if (failure instanceof DataException) {
            say(err, failure.getMessage());
            return ExitCode.BAD_DATA;
        }
        if (failure instanceof BackendUnavailableException) {
            say(err, failure.getMessage());
            return ExitCode.UNAVAILABLE;
        }
        if (failure instanceof CannotWriteException && isBrokenPipe(failure)) {
            return ExitCode.BROKEN_PIPE;
        }
        if (failure instanceof CancellationException) {
            say(err, failure.getMessage());
            return ExitCode.INTERRUPTED;
        }
        if (failure instanceof CannotWriteException) {
            say(err, failure.getMessage());
            return ExitCode.CANNOT_WRITE;
        }
        if (failure instanceof UncheckedIOException unreadable) {
            return report(unreadable.getCause(), err, false);
        }
        if (failure instanceof IOException unreadable) {
            say(err, ofFileNames("cannot read " + reason(unreadable)));
            return ExitCode.NO_INPUT;
        }
        if (failure instanceof InterruptedByDeviceException) {
            say(err, failure.getMessage());
            return ExitCode.TEMPORARY;
        }
        if (failure instanceof CudaException) {
            say(err, failure.getMessage());
            return ExitCode.INTERNAL;
        }
        if (failure instanceof OutOfMemoryError e) {
            say(err, outOfMemory(e));
            return ExitCode.INTERNAL;
        }
        say(
                err,
                "a fault in paenmf: " + failure
                        + (debug ? "" : "\nRun it again with --debug and report what it prints."));
        return ExitCode.INTERNAL;
    }

    /** Prints a message on stderr under the program's name. */
    static void say(PrintWriter err, String message) {
        err.println("paenmf: " + Visible.of(message));
        err.flush();
    }

    /** A message about a file, with the reason if its name cannot be the one that the user gave. */
    private static String ofFileNames(String message) {
        boolean lost = message.indexOf('?') >= 0 || message.indexOf('\ufffd') >= 0;
        return lost && LostLetters.asciiOnly() ? message + "; " + LostLetters.remedy() : message;
    }

    private static String reason(IOException e) {
        if (e instanceof FileSystemException f && f.getReason() == null) {
            String what = e instanceof NoSuchFileException
                    ? "there is no such file or directory"
                    : e instanceof AccessDeniedException
                            ? "permission denied"
                            : e.getClass().getSimpleName();
            return f.getFile() + ": " + what;
        }
        return e.getMessage() == null ? "an input: " + e.getClass().getSimpleName() : e.getMessage();
    }

    private static String size(long bytes) {
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.0f MiB", bytes / 0x1p20)
                : String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
    }

    private static String outOfMemory(OutOfMemoryError e) {
        if (String.valueOf(e.getMessage()).contains("native thread")) {
            return "the system lets this process start no more threads; ask for fewer with --threads,"
                    + " or raise its limit (ulimit -u).";
        }
        return String.format(
                Locale.ROOT,
                "out of memory: the Java heap may grow to %s only.%n"
                        + "Give it more, for example PAENMF_JAVA_OPTS=-Xmx8g, or use fewer rows or a smaller --chunk-rows.",
                size(Runtime.getRuntime().maxMemory()));
    }
}
