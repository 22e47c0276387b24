package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.table.BasisTable;
import io.github.paenmf.cli.table.CoefficientTable;
import io.github.paenmf.cli.table.ComponentTable;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "basis",
        description =
                "Writes the basis of MODEL, its parts: the weight of each feature in each component, in the units"
                        + " of the data, with fit --log1p in those of ln(1 + x); of vb also the probability that a weight is not 0, its inclusion.",
        footer = {
            "",
            "Each feature is a row. A table has one column per component: component1, component2, ...; of vb four:"
                    + " component1.value, component1.lower, component1.upper, component1.inclusion, ... An .npz file gets the"
                    + " array value, and of vb lower, upper and inclusion, all features x components, and the names in rows"
                    + " and columns. The value of vb is the mean of the posterior; lower and upper are the ends of an interval,"
                    + " outside of which a few means may lie where the data leave open how the factors are turned against each"
                    + " other. With --zeros off, or a Poisson likelihood, there is no inclusion.",
            "",
            "--intervals bootstrap gives value, lower and upper of a model that was fitted with --bootstrap. Intervals of the"
                    + " posterior hold a weight if the model holds; those of the bootstrap say how it would differ had other"
                    + " samples been drawn.",
            "",
            "Examples:",
            "  paenmf basis model.npz -o basis.csv",
            "  paenmf basis model.npz --top 20 -o top.csv",
            "  paenmf basis model.npz --top 20 --by contrast -o markers.csv",
            "  paenmf basis model.npz -o basis.npz",
            "  paenmf basis stable.npz --components -o components.csv",
            "  paenmf basis stable.npz --intervals bootstrap -o parts.csv"
        })
final class BasisCommand extends Subcommand {

    @Parameters(index = "0", paramLabel = "MODEL", description = MODEL_HELP)
    private Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description = "Where to write: .npz, .csv or .tsv (also .gz); a file that is there is replaced. --top takes"
                    + " no .npz.")
    private Path output;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "Write only the N greatest weights of each component, at least 1, greatest first: a table of"
                    + " component, rank, feature, value, and of vb lower, upper, inclusion.")
    private Integer top;

    /** What the greatest weights go by. */
    enum By {
        WEIGHT,
        CONTRAST
    }

    @Option(
            names = "--by",
            paramLabel = "NAME",
            completionCandidates = Names.TopOrders.class,
            description =
                    "What --top goes by: ${COMPLETION-CANDIDATES}. contrast lists the features that set a component"
                            + " apart from all others, as marker genes do, with a column contrast: how far their share of the"
                            + " component's weights is above that of the nearest other component. weight unless given.")
    private By by;

    /** Which intervals. */
    enum Intervals {
        POSTERIOR,
        BOOTSTRAP
    }

    @Option(
            names = "--intervals",
            paramLabel = "NAME",
            completionCandidates = Names.BasisIntervals.class,
            description =
                    "Which intervals stand beside the weights: ${COMPLETION-CANDIDATES}. posterior, of vb, unless given.")
    private Intervals intervals;

    @Option(
            names = "--components",
            description =
                    "Write what is known of each component instead, one row per component: of fit --restarts the share of"
                            + " the other fits in which it is found, the mean, 5 %% and 95 %% of its cosines, and the share of fits"
                            + " kept in the consensus; of vb the share of features included and the median relative width of the"
                            + " posterior intervals; of fit --bootstrap the same of its fits and intervals. A table.")
    private boolean components;

    @Option(
            names = "--consensus",
            description = "Write the basis on which the fits of --restarts agree, whether or not the model is that.")
    private boolean consensus;

    @Option(
            names = "--level",
            paramLabel = "P",
            description = "Probability of the interval from lower to upper of vb or a bootstrap, in (0, 1); "
                    + CoefficientTable.DEFAULT_LEVEL + " unless given.")
    private Double level;

    @Mixin
    private NameOptions names;

    @Override
    public Integer call() throws IOException {
        if (top != null) {
            require(top >= 1, "--top", "at least 1", top);
        } else if (by != null) {
            throw usage("--by has no effect without --top; leave it out");
        }
        if (components || consensus) {
            requireAlone();
        }
        if (top != null || components) {
            OutputFile.requireExtension(spec.commandLine(), output, ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        } else {
            OutputFile.requireExtension(spec.commandLine(), output, ".npz", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        }
        require(level == null || (level > 0 && level < 1), "--level", "in (0, 1)", level);
        names.requireEffect(spec.commandLine(), output);
        AtomicFile.requireWritable(output);
        FactorisationModel loaded = load(model);
        boolean known = loaded instanceof VariationalModel || loaded.bootstrap().isPresent();
        if (level != null && !known) {
            throw usage("--level has no effect on a model of " + Names.of(loaded.algorithm())
                    + ", whose basis has no intervals; leave it out");
        }
        double probability = level == null ? CoefficientTable.DEFAULT_LEVEL : level;
        if (components) {
            return writeComponents(loaded, probability);
        }
        if (consensus) {
            return writeConsensus(loaded);
        }
        BasisTable table = Input.naming(model.toString(), () -> table(loaded, probability));
        if (top != null) {
            BasisTable ordered = by == By.CONTRAST ? byContrast(table, loaded.rank()) : table;
            names.write(output, ordered.topColumns(), ordered.top(top));
        } else if (output.toString().toLowerCase(Locale.ROOT).endsWith(".npz")) {
            names.write(output, table.statistics());
        } else {
            names.write(output, Map.of("data", table.wide()));
        }
        int shown = top == null ? loaded.features() : Math.min(top, loaded.features());
        closing(output + ": "
                + (top == null
                        ? "the basis, "
                        : by == By.CONTRAST
                                ? "what sets each component apart, at most "
                                : "the greatest weights of each component, ")
                + shown + (shown == 1 ? " feature" : " features") + ", rank " + loaded.rank());
        return ExitCode.DONE;
    }

    private BasisTable byContrast(BasisTable table, int rank) {
        require(rank > 1, "--by", "weight for one component, which has no others to be set apart from", Names.of(by));
        return table.byContrast();
    }

    private void requireAlone() {
        if (components && consensus) {
            throw usage("--components and --consensus write different things; give one of them");
        }
        String one = components ? "--components" : "--consensus";
        if (top != null || intervals != null) {
            throw usage((top != null ? "--top" : "--intervals") + " has no effect with " + one + "; leave it out");
        }
        if (consensus && level != null) {
            throw usage("--level has no effect with --consensus; leave it out");
        }
    }

    private BasisTable table(FactorisationModel loaded, double probability) {
        if (intervals == Intervals.BOOTSTRAP) {
            if (loaded.bootstrap().isEmpty()) {
                throw usage(model + " has no bootstrap; fit it with --bootstrap N");
            }
            return BasisTable.ofBootstrap(loaded, probability);
        }
        if (!(loaded instanceof VariationalModel)) {
            if (intervals == Intervals.POSTERIOR) {
                throw usage("--intervals posterior needs a model of vb, not of " + Names.of(loaded.algorithm()));
            }
            if (level != null) {
                throw usage("--level has no effect without --intervals bootstrap; add it, or leave --level out");
            }
        }
        return new BasisTable(loaded, probability);
    }

    private int writeComponents(FactorisationModel loaded, double probability) throws IOException {
        ComponentTable table = new ComponentTable(loaded, probability);
        if (table.columns().isEmpty()) {
            throw usage("nothing is known of the components of " + model
                    + " beyond their weights; fit it with --restarts N or --bootstrap N");
        }
        names.write(output, table.names(), table.lines());
        closing(output + ": what is known of each component, rank " + loaded.rank());
        return ExitCode.DONE;
    }

    private int writeConsensus(FactorisationModel loaded) throws IOException {
        Matrix basis =
                loaded.consensusBasis().orElseThrow(() -> usage(model + " has no consensus; fit it with --restarts N"));
        boolean npz = output.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
        names.write(output, Map.of(npz ? BasisTable.VALUE : "data", basis));
        closing(output + ": the basis on which the restarts agree, " + loaded.features() + " features, rank "
                + loaded.rank());
        return ExitCode.DONE;
    }
}
