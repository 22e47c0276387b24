package io.github.paenmf.cli;

import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedCovariates.Coding;
import io.github.paenmf.data.FittedCovariates.Levels;
import io.github.paenmf.data.FittedCovariates.Numbers;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "inspect",
        description =
                "Says how INPUT is read and what is in it, and trains nothing: format, size, names, storage, range, zeros, and"
                        + " what a fit would refuse.",
        footer = {
            "",
            "Examples:",
            "  paenmf inspect counts.csv",
            "  paenmf inspect spectra.csv --header yes",
            "  paenmf inspect counts.csv --json"
        })
final class InspectCommand extends Subcommand {

    private static final int NAMES_SHOWN = 8;

    @Parameters(index = "0", paramLabel = "INPUT", description = INPUT_HELP)
    private String input;

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    @Mixin
    private ReaderOptions reader;

    @Mixin
    private DiskOptions disk;

    @Option(
            names = CovariateOptions.COVARIATES,
            paramLabel = "FILE",
            description = "Covariates of the rows, as fit takes them: also shows how they are matched and taken.")
    private String covariates;

    @Override
    public Integer call() throws IOException {
        Input read = reader.read(input, disk);
        RowSource data = read.data();
        Values values = Values.of(data, reader.missing(Missing.NONE));
        FittedCovariates coding = covariates == null ? FittedCovariates.NONE : coding(read);
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("input", read.name());
        facts.put("format", read.format());
        facts.put("rows", data.rows());
        facts.put("columns", data.columns());
        facts.put("rowNames", first(data.rowNames()));
        facts.put("columnNames", first(data.columnNames()));
        facts.put("storage", storage(data));
        facts.put("nonzeros", values.nonzeros);
        facts.put("density", values.nonzeros / (double) data.size());
        facts.put("bytes", bytes(data));
        facts.put("emptyRows", values.emptyRows);
        facts.put("emptyColumns", values.emptyColumns);
        facts.put("numbers", values.whole ? "whole" : "decimal");
        facts.put("counts", values.areCounts());
        facts.put("least", Double.isFinite(values.least) ? values.least : null);
        facts.put("greatest", Double.isFinite(values.greatest) ? values.greatest : null);
        facts.put("mean", values.mean());
        facts.put("zeros", values.zeros);
        facts.put("negative", values.negative);
        facts.put("notFinite", values.notFinite);
        facts.put("missing", values.missing);
        facts.put("refused", values.refused);
        if (!coding.isNone()) {
            facts.put(
                    "covariates",
                    coding.columns().stream().map(InspectCommand::facts).toList());
        }
        if (json) {
            JsonLine.print(out(), facts);
        } else {
            print(read, data, values);
            coding.columns().forEach(column -> line("covariate", words(column)));
            out().flush();
        }
        return ExitCode.DONE;
    }

    private static List<String> first(List<String> names) {
        return names.subList(0, Math.min(NAMES_SHOWN, names.size()));
    }

    private void print(Input read, RowSource data, Values values) {
        line("input", read.name());
        line("format", read.format());
        line("size", data.rows() + " rows × " + data.columns() + " columns");
        line("rows", Input.shown(data.rowNames(), NAMES_SHOWN));
        line("columns", Input.shown(data.columnNames(), NAMES_SHOWN));
        line(
                "storage",
                String.format(
                        Locale.ROOT,
                        "%s, %d nonzeros (%.1f %%), %d bytes",
                        storage(data),
                        values.nonzeros,
                        100.0 * values.nonzeros / data.size(),
                        bytes(data)));
        line("empty", values.emptyRows + " rows, " + values.emptyColumns + " columns");
        line("numbers", values.areCounts() ? "counts" : values.whole ? "whole" : "decimal");
        line(
                "range",
                values.least <= values.greatest
                        ? String.format(
                                Locale.ROOT,
                                "%s to %s, mean %.4g",
                                shown(values.least),
                                shown(values.greatest),
                                values.mean())
                        : "none");
        line("zeros", String.format(Locale.ROOT, "%d (%.1f %%)", values.zeros, 100.0 * values.zeros / data.size()));
        line("negative", Long.toString(values.negative));
        line("not finite", Long.toString(values.notFinite));
        line(
                "missing",
                String.format(Locale.ROOT, "%d (%.1f %%)", values.missing, 100.0 * values.missing / data.size()));
        line("a fit", values.refused == null ? "takes it" : "refuses it: " + values.refused);
    }

    private FittedCovariates coding(Input read) throws IOException {
        Covariates table = read.withCovariates(covariates).data().covariates();
        return Input.naming(covariates, () -> FittedCovariates.of(table));
    }

    private static Map<String, Object> facts(Coding column) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("name", column.name());
        if (column instanceof Numbers numbers) {
            facts.put("mean", numbers.mean());
            facts.put("deviation", numbers.deviation());
        } else if (column instanceof Levels levels) {
            facts.put("levels", levels.levels());
            facts.put("shares", levels.shares());
        }
        return facts;
    }

    private static String words(Coding column) {
        if (column instanceof Numbers numbers) {
            return String.format(
                    Locale.ROOT,
                    "%s: numbers, mean %.4g, standard deviation %.4g",
                    numbers.name(),
                    numbers.mean(),
                    numbers.deviation());
        }
        List<String> levels = ((Levels) column).levels();
        return column.name() + ": " + levels.size() + " levels, " + Input.shown(levels, NAMES_SHOWN);
    }

    private static String storage(RowSource data) {
        return data instanceof SparseSource ? "sparse" : "dense";
    }

    private static long bytes(RowSource data) {
        if (data instanceof PagedRows paged) {
            return paged.bytes();
        }
        return data instanceof SparseMatrix sparse ? sparse.bytes() : Float.BYTES * data.size();
    }

    private static String shown(double value) {
        return Float.toString((float) value).replaceFirst("\\.0$", "");
    }

    private void line(String what, String text) {
        out().printf(Locale.ROOT, "%-10s  %s%n", what, text);
    }

    /** What is in a matrix. */
    private static final class Values {

        private boolean whole = true;
        private double least = Double.POSITIVE_INFINITY;
        private double greatest = Double.NEGATIVE_INFINITY;
        private double sum;
        private long finite;
        private long zeros;
        private long nonzeros;
        private long negative;
        private long notFinite;
        private long nan;
        /** NaN, and zeros where these are missing. */
        private long missing;

        private final Missing rule;
        private int emptyRows;
        private int emptyColumns;
        /** Why a fit would refuse the first value that it would refuse, or null. */
        private String refused;

        private Values(Missing rule) {
            this.rule = rule;
        }

        static Values of(RowSource data, Missing rule) {
            Values values = new Values(rule);
            boolean[] filled = new boolean[data.columns()];
            int[] columns = new int[data.columns()];
            float[] ofRow = new float[data.columns()];
            for (int i = 0; i < data.rows(); i++) {
                int count = data.copyNonzeros(i, 0, data.columns(), columns, ofRow);
                for (int l = 0; l < count; l++) {
                    values.add(data, i, columns[l], ofRow[l]);
                    filled[columns[l]] = true;
                }
                values.nonzeros += count;
                values.emptyRows += count == 0 ? 1 : 0;
            }
            for (boolean some : filled) {
                values.emptyColumns += some ? 0 : 1;
            }
            values.addZeros(data.size() - values.nonzeros);
            values.missing = values.nan + (rule == Missing.ZEROS ? values.zeros : 0);
            if (values.refused == null && values.missing > 0) {
                values.refused = values.unusable(data);
            }
            if (values.refused == null && values.nonzeros == 0) {
                values.refused = "all values are 0";
            }
            return values;
        }

        /** Why too much is missing, or null. */
        private String unusable(RowSource data) {
            Mask mask = IncompleteData.of(data, rule).mask();
            if (mask == null) {
                return null;
            }
            try {
                mask.requireUsable(data);
                return null;
            } catch (DataException e) {
                return e.getMessage();
            }
        }

        private void add(RowSource data, int i, int j, float value) {
            nan += Float.isNaN(value) ? 1 : 0;
            if (!Float.isFinite(value)) {
                notFinite++;
            } else {
                finite++;
                sum += value;
                least = Math.min(least, value);
                greatest = Math.max(greatest, value);
                whole &= value == Math.rint(value);
                negative += value < 0 ? 1 : 0;
            }
            boolean allowed = rule != Missing.NONE && Float.isNaN(value);
            if (refused == null && !allowed && !(value >= 0 && Float.isFinite(value))) {
                refused = "row " + (i + 1) + name(data.rowNames(), i) + ", column " + (j + 1)
                        + name(data.columnNames(), j) + " is " + value + "; values must be finite and not negative";
            }
        }

        private void addZeros(long count) {
            zeros = count;
            finite += count;
            if (count > 0) {
                least = Math.min(least, 0);
                greatest = Math.max(greatest, 0);
            }
        }

        /** Whether all values are whole and none is negative. */
        private boolean areCounts() {
            return whole && negative == 0 && notFinite == (rule == Missing.NONE ? 0 : nan);
        }

        private static String name(List<String> names, int index) {
            return names.isEmpty() ? "" : " ('" + names.get(index) + "')";
        }

        private double mean() {
            return finite == 0 ? 0 : sum / finite;
        }
    }
}
