package io.github.paenmf.cli;

import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.MatrixWriter;
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
            "  paenmf fit counts.csv -r 10 --algorithm vb -o vb.npz",
            "  paenmf fit faces/ -r 49 --tolerance 1e-4 --json > fit.json",
            "  paenmf fit cells.h5ad -r 20 --algorithm vb --size-factors total --log1p",
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
            description = "Where to write the coefficients of INPUT's rows: .npz, .csv or .tsv (also .gz). Standard"
                    + " NMF gives those with which training ended; transform solves for them anew, and explains the"
                    + " rows at least as well. vb and pae give medians, and ae its hidden layer, as transform does.")
    private Path coefficients;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private ScalingOptions scaling;

    @Mixin
    private TrainingOptions training;

    @Mixin
    private AlgorithmOptions algorithm;

    @Override
    public Integer call() throws IOException {
        algorithm.requireEffect();
        training.requireKind(algorithm.algorithm());
        Fitter fitter = Fitter.of(algorithm.algorithm());
        Training estimator = fitter.prepare(spec.commandLine(), rank, training, scaling.scaling(), algorithm.start());
        requireModelFile(output);
        requireCoefficientsFile();
        Input data = scaling.applyTo(reader.read(input));
        Result result = train(algorithm.algorithm().isProbabilistic(), estimator, data, output);
        if (coefficients != null) {
            MatrixWriter.write(coefficients, Map.of("coefficients", fitter.coefficients(result.model(), data)));
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
}
