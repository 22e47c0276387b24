package io.github.paenmf.cli;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.cuda.CudaException;
import io.github.paenmf.data.DataException;
import io.github.paenmf.io.CannotWriteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one or two lines on stderr and an exit code. */
final class Failures {

    private Failures() {}

    /** Reports a command line that cannot be run. */
    static int usage(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        say(err, e.getMessage());
        if (!UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
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
        if (failure instanceof CannotWriteException) {
            say(err, failure.getMessage());
            return ExitCode.CANNOT_WRITE;
        }
        if (failure instanceof IOException unreadable) {
            say(err, "cannot read " + reason(unreadable));
            return ExitCode.NO_INPUT;
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
        err.println("paenmf: " + message);
        err.flush();
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

    private static String outOfMemory(OutOfMemoryError e) {
        if (String.valueOf(e.getMessage()).contains("native thread")) {
            return "the system lets this process start no more threads; ask for fewer with --threads,"
                    + " or raise its limit (ulimit -u).";
        }
        return String.format(
                Locale.ROOT,
                "out of memory: the Java heap may grow to %.1f GiB only.%n"
                        + "Give it more, for example PAENMF_JAVA_OPTS=-Xmx8g, or use fewer rows or a smaller --chunk-rows.",
                Runtime.getRuntime().maxMemory() / 0x1p30);
    }
}
