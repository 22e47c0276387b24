package io.github.paenmf.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The {@code paenmf} command line. */
@Command(
        name = "paenmf",
        description = "Probabilistic non-negative matrix factorisation.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
public final class Main implements Runnable {

    private Main() {}

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        System.exit(
                new CommandLine(new Main()).setExecutionStrategy(Main::execute).execute(args));
    }

    private static int execute(ParseResult parsed) {
        Integer helpGiven = CommandLine.executeHelpRequest(parsed);
        if (helpGiven != null) {
            return helpGiven;
        }
        VectorModule.load();
        return new CommandLine.RunLast().execute(parsed);
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }

    /** Says which version this is, as the build wrote it into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"paenmf " + (version == null ? "(not run from a jar)" : version)};
        }
    }
}
