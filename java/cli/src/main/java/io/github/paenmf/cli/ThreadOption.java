package io.github.paenmf.cli;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How many threads compute. */
final class ThreadOption {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "CPU threads, 1 to 1024; one for each processor unless given. Does not change the result.")
    private Integer threads;

    void applyTo(PaeNmf.Builder builder) {
        if (threads != null) {
            Settings.apply(command.commandLine(), () -> builder.threads(threads));
        }
    }

    PaeNmfModel applyTo(PaeNmfModel model) {
        return threads == null ? model : Settings.apply(command.commandLine(), () -> model.withThreads(threads));
    }
}
