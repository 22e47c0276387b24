package io.github.paenmf.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code paenmf generate-completion}. */
@Command(
        usageHelpAutoWidth = true,
        description = "Prints a script that completes commands, options and their values in bash and zsh.",
        footer = {"", "Example:", "  source <(paenmf generate-completion)"})
final class CompletionCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Override
    public Integer call() {
        CommandLine root = spec.root().commandLine();
        root.getSubcommands().values().forEach(command -> labelByName(command.getCommandSpec()));
        spec.commandLine().getOut().print(AutoComplete.bash(spec.root().name(), root));
        return ExitCode.DONE;
    }

    /**
     * Labels the values of each option by its name: the script keeps those of options with the same label in one variable,
     * and would complete all of them with the values of the last (picocli issue 2501).
     */
    private static void labelByName(CommandSpec command) {
        for (OptionSpec option : List.copyOf(command.options())) {
            if (option.completionCandidates() != null) {
                command.remove(option);
                command.addOption(OptionSpec.builder(option)
                        .paramLabel(option.longestName())
                        .build());
            }
        }
    }
}
