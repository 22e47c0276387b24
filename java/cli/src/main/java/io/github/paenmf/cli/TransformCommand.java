package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.NmfModel;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.table.CoefficientTable;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.NmfAlgorithm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "transform",
        customSynopsis = {
            "paenmf transform MODEL INPUT -o FILE [OPTIONS]",
            "paenmf transform --basis FILE INPUT -o FILE [OPTIONS]"
        },
        description = "Writes the distribution of each row's coefficients under MODEL: lambda (scale) and k (shape) of"
                + " its Weibull distribution, median, mean, and the lower and upper end of an interval; or the"
                + " coefficients themselves, where they are numbers.",
        footer = {
            "",
            "An .npz file gets six arrays, rows x rank, and the names in rows and columns. A table gets six columns per"
                    + " component: component1.lambda, component1.k, component1.median, ... Models of vb have a seventh,"
                    + " inclusion: the probability that the coefficient is not 0; else it is Weibull.",
            "Coefficients of ae, nmf-mu, nmf-hals and nmf-kl are numbers: one array, coefficients, or one column per component.",
            "",
            "Examples:",
            "  paenmf transform model.npz counts.csv -o latent.npz",
            "  paenmf transform model.npz counts.csv --level 0.5 -o latent.csv",
            "  paenmf transform pae.npz counts.csv --refine 2 -o latent.npz",
            "  paenmf transform --basis signatures.csv counts.csv --algorithm nmf-kl -o exposures.csv",
            "  paenmf transform --basis signatures.csv counts.csv --algorithm vb -o exposures.csv"
        })
final class TransformCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP + " None with --basis.")
    private String first;

    @Parameters(index = "1", arity = "0..1", paramLabel = "INPUT", description = INPUT_HELP)
    private String second;

    @Option(
            names = "--basis",
            paramLabel = "FILE",
            description =
                    "Write the coefficients of INPUT's rows by these parts, one row per column of INPUT and one column"
                            + " per component, as basis -o writes them, in place of those by a MODEL: numbers, or with"
                            + " --algorithm vb distributions.")
    private String basis;

    @Option(
            names = "--algorithm",
            paramLabel = "NAME",
            description = "What coefficients by --basis are best by: nmf-hals, the squared error, or nmf-kl, the"
                    + " Kullback-Leibler divergence of counts; or vb, their distributions, with intervals, as of a model"
                    + " that fit --algorithm vb --fix-basis makes: what all rows share, sigma and how large coefficients"
                    + " are and how many are 0, is learned of INPUT, too. nmf-hals unless given.")
    private Algorithm algorithm;

    /** What --basis holds, or null. */
    private Matrix parts;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .npz, .csv or .tsv (also .gz); a file that is there is replaced.")
    private Path output;

    @Option(
            names = "--level",
            paramLabel = "P",
            description = "Probability of the interval from lower to upper, in (0, 1); "
                    + CoefficientTable.DEFAULT_LEVEL + " unless given.")
    private Double level;

    @Option(names = FirstId.OPTION, paramLabel = "ID", description = FirstId.HELP)
    private Long firstId;

    @Mixin
    private KnownBasisOptions known;

    @Mixin
    private NameOptions names;

    @Mixin
    private RefinementOptions refinement;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private DiskOptions disk;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() throws IOException {
        require(level == null || (level > 0 && level < 1), "--level", "in (0, 1)", level);
        OutputFile.requireExtension(spec.commandLine(), output, ".npz", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        names.requireEffect(spec.commandLine(), output);
        AtomicFile.requireWritable(output);
        boolean exact = basis != null && algorithm == Algorithm.VB;
        if (!exact) {
            known.requireNone();
        }
        FactorisationModel loaded = reader.applyTo(refinement.applyTo(model()));
        String input = basis == null ? second : first;
        if (level != null && !exact) {
            requireIntervals(loaded);
        }
        if (firstId != null && !(loaded instanceof VariationalModel)) {
            throw usage(FirstId.OPTION + " has an effect on intervals of models of vb only; leave it out");
        }
        Input data = features.match(this, loaded, reader.read(input, loaded, disk));
        FactorisationModel model = exact ? data.use(v -> known.fit(parts, v, loaded.missing(), backend)) : loaded;
        boolean latents = model.algorithm().isProbabilistic();
        Map<String, Matrix> statistics = named(
                latents
                        ? data.use(v -> CoefficientTable.of(
                                (ProbabilisticModel) model,
                                v,
                                FirstId.ids(firstId, v),
                                level == null ? CoefficientTable.DEFAULT_LEVEL : level))
                        : Map.of("coefficients", data.use(model::coefficients)));
        if (exact) {
            model.warnings().forEach(warning -> Failures.say(err(), "warning: " + warning));
        }
        if (output.toString().toLowerCase(Locale.ROOT).endsWith(".npz")) {
            names.write(output, statistics);
        } else if (latents) {
            names.write(output, Map.of("data", CoefficientTable.sideBySide(statistics)));
        } else {
            names.write(output, statistics);
        }
        closing(output + ": the " + (latents ? "latents" : "coefficients") + " of "
                + data.data().rows() + " rows, rank " + model.rank()
                + (exact ? known.noise((VariationalModel) model) : ""));
        return ExitCode.DONE;
    }

    private void requireIntervals(FactorisationModel loaded) {
        if (basis != null) {
            throw usage("--level needs --algorithm vb with --basis: other coefficients are numbers, without intervals");
        }
        requireDistributions(Path.of(first), loaded, "--level");
    }

    /** With the components as they are named in the given basis. */
    private Map<String, Matrix> named(Map<String, Matrix> statistics) {
        if (parts == null || parts.columnNames().isEmpty()) {
            return statistics;
        }
        Map<String, Matrix> named = new LinkedHashMap<>();
        statistics.forEach((name, matrix) -> named.put(name, matrix.withNames(matrix.rowNames(), parts.columnNames())));
        return named;
    }

    /** The one that was given, or one of a given basis. */
    private FactorisationModel model() throws IOException {
        if (basis == null) {
            if (algorithm != null) {
                throw usage("--algorithm has no effect without --basis FILE; leave it out");
            }
            if (second == null) {
                throw usage("Missing required parameter: 'INPUT'");
            }
            return load(Path.of(first), backend);
        }
        if (second != null) {
            throw usage("transform takes no MODEL with --basis: give INPUT alone");
        }
        boolean counts = algorithm == Algorithm.NMF_KL;
        require(
                counts || algorithm == null || algorithm == Algorithm.NMF_HALS || algorithm == Algorithm.VB,
                "--algorithm",
                "nmf-hals, nmf-kl or vb with --basis",
                algorithm == null ? "" : Names.of(algorithm));
        parts = FactorFile.basis(basis);
        return NmfModel.ofBasis(parts, counts ? NmfAlgorithm.KL : NmfAlgorithm.HALS)
                .withExecution(backend.execution());
    }
}
