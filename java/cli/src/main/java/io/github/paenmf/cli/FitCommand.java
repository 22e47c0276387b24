package io.github.paenmf.cli;

import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fit",
        customSynopsis = "paenmf fit INPUT -r RANK [-o FILE] [OPTIONS]",
        description = "Trains a model on INPUT and saves it. Ctrl-C stops at the next epoch and saves.",
        defaultValueProvider = TrainingOptions.Defaults.class,
        footer = {
            "",
            "Examples:",
            "  paenmf fit counts.csv -r 10",
            "  paenmf fit genes.mtx.gz --transpose -r 20 --epochs 2000 -o genes.npz",
            "  paenmf fit faces/ -r 49 --tolerance 1e-4 --json > fit.json",
            "  paenmf fit counts.csv -r 10 --algorithm nmf-hals --tolerance 1e-5 -o nmf.npz"
        })
final class FitCommand extends TrainingCommand {

    @Parameters(index = "0", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(
            names = {"-r", "--rank"},
            paramLabel = "RANK",
            required = true,
            description = "Number of components, at least 1.")
    private Integer rank;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            defaultValue = "model.npz",
            description = "Where to save the model; a file that is there is replaced.")
    private Path output;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private TrainingOptions training;

    @Mixin
    private AlgorithmOptions algorithm;

    @Override
    public Integer call() throws IOException {
        algorithm.requireEffect();
        training.requireKind(algorithm.algorithm());
        Training estimator = algorithm.isNmf() ? nmf() : autoencoder();
        requireModelFile(output);
        Input data = reader.read(input);
        return train(algorithm.algorithm().isProbabilistic(), estimator, data, output)
                .exitCode();
    }

    private Training nmf() {
        Nmf.Builder builder = Nmf.builder().algorithm(algorithm.nmfAlgorithm()).init(algorithm.nmfInit());
        training.applyTo(builder);
        Settings.apply(spec.commandLine(), builder.rank(rank)::build);
        return (data, listener) -> builder.listener(listener).build().fit(data);
    }

    private Training autoencoder() {
        PaeNmf.Builder builder = PaeNmf.builder();
        training.applyTo(builder, builder.build().configuration());
        builder.init(algorithm.init());
        if (algorithm.algorithm() == Algorithm.AE) {
            builder.trainOn(TrainOn.SCALE).kl(false);
        }
        Settings.apply(spec.commandLine(), builder.rank(rank)::build);
        return (data, listener) -> builder.listener(listener).build().fit(data);
    }
}
