package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "reconstruct",
        description =
                "Writes INPUT as MODEL sees it, decoded from the median of each coefficient unless told otherwise,"
                        + " or from the coefficients where they are numbers.",
        footer = {
            "",
            "The array is called data; with --samples there are sample1, sample2, ...; with --interval there are data,"
                    + " the mean, and lower and upper. Missing entries of INPUT are filled in.",
            "",
            "Examples:",
            "  paenmf reconstruct model.npz counts.csv -o smooth.csv",
            "  paenmf reconstruct model.npz counts.csv --samples 20 --seed 7 -o samples.npz",
            "  paenmf reconstruct model.npz ratings.csv --interval 0.9 -o filled.npz"
        })
final class ReconstructCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Parameters(index = "1", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .npz, .npy, .csv or .tsv (also .gz); a file that is there is replaced."
                    + " Only .npz takes more than one sample, or an interval.")
    private Path output;

    @ArgGroup
    private Decoded decoded = new Decoded();

    @Mixin
    private NameOptions names;

    @Mixin
    private RefinementOptions refinement;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private BackendOptions backend;

    private static final class Decoded {

        @Option(names = "--mean", description = "Decode the mean of each coefficient instead of its median.")
        boolean mean;

        @Option(
                names = "--interval",
                paramLabel = "LEVEL",
                description = "Decode the mean, with an interval of each value that holds it with probability LEVEL, in"
                        + " (0, 1), before noise; models of vb only.")
        Double interval;

        @ArgGroup(exclusive = false)
        Sampling sampling;
    }

    private static final class Sampling {

        @Option(
                names = "--samples",
                paramLabel = "S",
                required = true,
                description = "Decode S samples of the coefficients instead, at least 1.")
        Integer count;

        @Option(
                names = "--seed",
                paramLabel = "SEED",
                defaultValue = "0",
                description = "Which samples, any 64-bit integer.")
        long seed;

        @Option(names = FirstId.OPTION, paramLabel = "ID", description = FirstId.HELP)
        Long firstId;
    }

    @Override
    public Integer call() throws IOException {
        Sampling sampling = decoded.sampling;
        if (sampling != null) {
            require(sampling.count >= 1, "--samples", "at least 1", sampling.count);
        }
        Double level = decoded.interval;
        if (level != null) {
            require(level > 0 && level < 1, "--interval", "in (0, 1)", level);
        }
        if (level != null || sampling != null && sampling.count > 1) {
            OutputFile.requireExtension(spec.commandLine(), output, ".npz");
        } else {
            OutputFile.requireExtension(
                    spec.commandLine(), output, ".npz", ".npy", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        }
        names.requireEffect(spec.commandLine(), output);
        AtomicFile.requireWritable(output);
        FactorisationModel loaded = refinement.applyTo(load(model, backend));
        if (sampling != null || decoded.mean) {
            requireDistributions(model, loaded, decoded.mean ? "--mean" : "--samples");
        }
        if (level != null
                && !(loaded instanceof VariationalModel vb
                        && !vb.configuration().isPoisson())) {
            throw usage("--interval is for models of vb with a Gaussian likelihood; leave it out");
        }
        Input data = features.match(this, loaded, reader.read(input));
        Map<String, Matrix> matrices = new LinkedHashMap<>();
        if (sampling != null) {
            ProbabilisticModel pae = (ProbabilisticModel) loaded;
            List<Matrix> samples = data.use(
                    v -> pae.reconstructSampled(v, sampling.count, sampling.seed, FirstId.ids(sampling.firstId, v)));
            for (Matrix sample : samples) {
                matrices.put("sample" + (matrices.size() + 1), sample);
            }
        } else if (level != null) {
            VariationalModel.Reconstruction reconstruction =
                    data.use(v -> ((VariationalModel) loaded).reconstructIntervals(v, level));
            matrices.put("data", reconstruction.mean());
            matrices.put("lower", reconstruction.lower());
            matrices.put("upper", reconstruction.upper());
        } else if (decoded.mean) {
            matrices.put("data", data.use(((ProbabilisticModel) loaded)::reconstructMean));
        } else {
            matrices.put("data", data.use(loaded::reconstruct));
        }
        names.write(output, matrices);
        closing(output + ": " + data.data().rows() + " rows reconstructed from "
                + (sampling != null
                        ? sampling.count + " samples"
                        : decoded.mean || level != null ? "means" : decodedNumbers(loaded)));
        return ExitCode.DONE;
    }

    private static String decodedNumbers(FactorisationModel model) {
        return model.algorithm().isProbabilistic() ? "medians" : "coefficients";
    }
}
