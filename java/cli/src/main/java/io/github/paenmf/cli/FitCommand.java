package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
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

    @Option(
            names = "--coefficients",
            paramLabel = "FILE",
            description = "Where to write the coefficients of INPUT's rows: .npz, .csv or .tsv (also .gz). nmf-mu and"
                    + " nmf-hals give those with which training ended; transform solves for them anew, and explains the"
                    + " rows at least as well. pae gives medians, and ae its hidden layer, as transform does.")
    private Path coefficients;

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
        requireCoefficientsFile();
        Input data = reader.read(input);
        Result result = train(algorithm.algorithm().isProbabilistic(), estimator, data, output);
        if (coefficients != null) {
            MatrixWriter.write(coefficients, Map.of("coefficients", coefficients(result.model(), data)));
        }
        return result.exitCode();
    }

    private void requireCoefficientsFile() throws IOException {
        if (coefficients == null) {
            return;
        }
        OutputFile.requireExtension(
                spec.commandLine(), "--coefficients", coefficients, ".npz", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        AtomicFile.requireWritable(coefficients);
    }

    private static Matrix coefficients(FactorisationModel model, Input data) {
        if (model instanceof NmfModel nmf) {
            return nmf.trainingCoefficients().orElseThrow();
        }
        return data.use(model::coefficients);
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
