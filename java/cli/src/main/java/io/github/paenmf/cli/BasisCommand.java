package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.table.BasisTable;
import io.github.paenmf.cli.table.CoefficientTable;
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
            "A feature is a row. A table gets a column a component, component1, component2, ...; of vb four:",
            "component1.value, component1.lower, component1.upper, component1.inclusion, ... An .npz file gets the array",
            "value, and of vb lower, upper and inclusion, all features x components, and the names in rows and columns.",
            "The weights of vb are posterior means, lower and upper the ends of an interval. With --zeros off there is",
            "no inclusion.",
            "",
            "Examples:",
            "  paenmf basis model.npz -o basis.csv",
            "  paenmf basis model.npz --top 20 -o top.csv",
            "  paenmf basis model.npz -o basis.npz"
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

    @Option(
            names = "--level",
            paramLabel = "P",
            description = "Probability of the interval from lower to upper of vb, in (0, 1); "
                    + CoefficientTable.DEFAULT_LEVEL + " unless given.")
    private Double level;

    @Mixin
    private NameOptions names;

    @Override
    public Integer call() throws IOException {
        if (top != null) {
            require(top >= 1, "--top", "at least 1", top);
            OutputFile.requireExtension(spec.commandLine(), output, ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        } else {
            OutputFile.requireExtension(spec.commandLine(), output, ".npz", ".csv", ".csv.gz", ".tsv", ".tsv.gz");
        }
        require(level == null || (level > 0 && level < 1), "--level", "in (0, 1)", level);
        names.requireEffect(spec.commandLine(), output);
        AtomicFile.requireWritable(output);
        FactorisationModel loaded = load(model);
        if (level != null && !(loaded instanceof VariationalModel)) {
            throw usage("--level has no effect on a model of " + Names.of(loaded.algorithm())
                    + ", whose basis has no intervals; leave it out");
        }
        double probability = level == null ? CoefficientTable.DEFAULT_LEVEL : level;
        BasisTable table = Input.naming(model.toString(), () -> new BasisTable(loaded, probability));
        if (top != null) {
            names.write(output, table.topColumns(), table.top(top));
        } else if (output.toString().toLowerCase(Locale.ROOT).endsWith(".npz")) {
            names.write(output, table.statistics());
        } else {
            names.write(output, Map.of("data", table.wide()));
        }
        int shown = top == null ? loaded.features() : Math.min(top, loaded.features());
        closing(output + ": "
                + (top == null ? "the basis, " : "the greatest weights of each component, ")
                + shown + (shown == 1 ? " feature" : " features") + ", rank " + loaded.rank());
        return ExitCode.DONE;
    }
}
