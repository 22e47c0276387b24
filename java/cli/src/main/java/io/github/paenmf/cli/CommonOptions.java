package io.github.paenmf.cli;

import java.util.logging.Level;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** What every command understands. */
final class CommonOptions {

    @ArgGroup
    private Verbosity verbosity = new Verbosity();

    @Option(names = "--debug", description = "Print a stack trace with an error.")
    boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    private static final class Verbosity {

        @Option(
                names = {"-q", "--quiet"},
                description = "Print no progress and no closing message; warnings and errors still appear.")
        boolean quiet;

        @Option(
                names = {"-v", "--verbose"},
                description = "Log what is done and where, on stderr.")
        boolean verbose;
    }

    boolean quiet() {
        return verbosity.quiet;
    }

    Level logLevel() {
        return verbosity.verbose ? Level.FINE : Level.WARNING;
    }
}
