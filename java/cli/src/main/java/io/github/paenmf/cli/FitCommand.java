package io.github.paenmf.cli;

import io.github.paenmf.CountThinning;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.HoldOut;
import io.github.paenmf.data.Missing;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.model.Algorithm;
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
            "  paenmf fit counts.csv -r 10 --algorithm vb --covariates batches.csv -o batches.npz",
            "  paenmf fit counts.mtx -r 10 --algorithm vb --likelihood poisson --thin 0.8 -o counts.npz",
            "  paenmf fit ratings.mtx -r 10 --algorithm vb --zeros-missing --holdout 0.1 --json",
            "  paenmf fit faces/ -r 49 --tolerance 1e-4 --json > fit.json",
            "  paenmf fit cells.h5ad -r 20 --algorithm vb --size-factors total --log1p",
            "  paenmf fit counts.csv -r 10 --algorithm nmf-hals --tolerance 1e-5 -o nmf.npz",
            "  paenmf fit large.mtx -r 50 --algorithm vb --checkpoint large.ckpt --every 5m",
            "  paenmf fit cells.mtx -r 8 --algorithm vb --restarts 100 --bootstrap 100 -o stable.npz"
        })
final class FitCommand extends TrainingCommand {

    @Parameters(index = "0", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(
            names = {"-r", "--rank"},
            paramLabel = "RANK",
            description = "Number of components, at least 1. Needed unless --init-basis or --warm-start tells.")
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

    @Option(
            names = "--thin",
            paramLabel = "SHARE",
            description =
                    "Train on this share of the single counts, in (0, 1), drawn by --seed, and report the deviance of the others,"
                            + " the mean over all entries of the data that are not missing, from what the fit makes of them. Of vb,"
                            + " pae and ae with --likelihood poisson and of nmf-kl; INPUT has to be whole numbers.")
    private Double thin;

    @Option(
            names = "--holdout",
            paramLabel = "SHARE",
            description =
                    "Hide this share of the entries, in (0, 1), drawn by --seed, zeros among them unless they are missing;"
                            + " train on the others, and report the error at the hidden ones, relative to these. The model"
                            + " is that of the others and takes missing values.")
    private Double holdout;

    private HoldOut split;
    private double heldOutError;

    private CountThinning thinning;
    private double heldOutDeviance;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private DiskOptions disk;

    @Mixin
    private ScalingOptions scaling;

    @Mixin
    private CovariateOptions covariates;

    @Mixin
    private WeightOptions weights;

    @Mixin
    private PenaltyOptions penalties;

    @Mixin
    private GivenOptions given;

    @Mixin
    private ReplicationOptions replication;

    @Mixin
    private TrainingOptions training;

    @Mixin
    private AlgorithmOptions algorithm;

    @Mixin
    private CheckpointOptions checkpoints;

    @Override
    public Integer call() throws IOException {
        algorithm.requireEffect();
        training.requireKind(algorithm.algorithm());
        Fitter fitter = Fitter.of(algorithm.algorithm());
        Missing missing = reader.missing(Missing.NONE);
        requireHoldOut();
        training.penalise(penalties);
        training.diverge(algorithm.beta());
        training.normalise(algorithm.normalisation());
        given.read(this, algorithm.algorithm(), rank, scaling.scaling());
        training.startFrom(given);
        training.replicate(replication);
        training.keepIn(checkpoints.open());
        int components = given.rank(rank);
        training.takeForMissing(holdout != null && missing == Missing.NONE ? Missing.NAN : missing);
        Training estimator =
                fitter.prepare(spec.commandLine(), components, training, scaling.scaling(), weights, algorithm.start());
        requireThinning(missing);
        requireModelFile(output);
        requireCoefficientsFile();
        Input all = covariates.applyTo(scaling.applyTo(reader.read(input, disk)));
        weights.read(all);
        given.requireOf(all, components);
        Input data = heldOut(thinned(all, missing), missing);
        Result result = train(algorithm.algorithm().isProbabilistic(), estimator, data, output, checkpoints);
        if (coefficients != null) {
            MatrixWriter.write(coefficients, Map.of("coefficients", fitter.coefficients(result.model(), data)));
        }
        return result.exitCode();
    }

    private void requireThinning(Missing missing) {
        if (thin == null) {
            return;
        }
        require(thin > 0 && thin < 1, "--thin", "in (0, 1)", thin);
        boolean ofCounts = algorithm.algorithm() == Algorithm.NMF_KL || training.isPoisson();
        if (!ofCounts) {
            throw usage(
                    "--thin holds out counts, which need a likelihood of counts: add --likelihood poisson, or --algorithm"
                            + " nmf-kl");
        }
        if (missing == Missing.ZEROS) {
            throw usage(
                    "--thin cannot be combined with --zeros-missing: entries that keep no count would be missing, too;"
                            + " --holdout hides whole entries");
        }
    }

    private Input thinned(Input data, Missing missing) {
        if (thin == null) {
            return data;
        }
        thinning = data.use(counts -> CountThinning.split(counts, missing, thin, training.seed()));
        return new Input(data.name(), thinning.training(), data.format());
    }

    private void requireHoldOut() {
        if (disk.memory() > 0 && (holdout != null || thin != null)) {
            throw usage((holdout != null ? "--holdout" : "--thin") + " splits a copy of the data in memory; leave "
                    + DiskOptions.MEMORY + " out");
        }
        if (holdout == null) {
            return;
        }
        require(holdout > 0 && holdout < 1, "--holdout", "in (0, 1)", holdout);
        if (thin != null) {
            throw usage("--holdout hides entries and --thin counts; give one of them");
        }
        boolean isEncoder = algorithm.algorithm() == Algorithm.PAE || algorithm.algorithm() == Algorithm.AE;
        if (isEncoder && training.isPoisson()) {
            throw usage("--holdout hides entries, and pae and ae of counts take no missing ones: use --thin");
        }
    }

    private Input heldOut(Input data, Missing missing) {
        if (holdout == null) {
            return data;
        }
        split = data.use(entries -> HoldOut.split(entries, missing, holdout, training.seed()));
        return new Input(data.name(), split.training(), data.format());
    }

    @Override
    void measure(FactorisationModel model) {
        if (thinning != null) {
            heldOutDeviance = thinning.heldOutDeviance(model);
        }
        if (split != null) {
            heldOutError = split.relativeError(model);
        }
    }

    @Override
    void addTo(Map<String, Object> object) {
        if (thinning != null) {
            object.put("thin", thin);
            object.put("heldOutDeviance", heldOutDeviance);
        }
        if (split != null) {
            object.put("holdout", holdout);
            object.put("heldOutEntries", split.entries());
            object.put("heldOutError", heldOutError);
        }
    }

    @Override
    void printMore() {
        if (thinning != null) {
            ScoreReport.row(out(), "held-out deviance per entry", heldOutDeviance);
        }
        if (split != null) {
            ScoreReport.row(out(), "held-out relative error", heldOutError);
        }
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
