package io.github.paenmf.cli.table;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.MatchedFits;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.Zeros;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** How far each component of a model can be relied on, as a table of one row per component. */
public final class ComponentTable {

    private static final double TAIL = 0.05;

    /**
     * A column.
     *
     * @param meaning for people
     * @param share whether values are shares of something, in [0, 1]
     * @param values r
     */
    public record Column(String meaning, boolean share, double[] values) {}

    private final Map<String, Column> columns = new LinkedHashMap<>();
    private final int rank;

    /**
     * @param level probability of intervals, in (0, 1)
     */
    public ComponentTable(FactorisationModel model, double level) {
        rank = model.rank();
        model.stability().ifPresent(stability -> {
            addMatches("", "of the other restarts", stability.matches());
            add(
                    "kept",
                    "share of the restarts whose component is no outlier",
                    true,
                    j -> stability.kept()[j]);
        });
        if (model instanceof VariationalModel variational) {
            Matrix included = variational.configuration().zeros() == Zeros.LEARN ? variational.basisInclusion() : null;
            if (included != null) {
                add("included", "share of the features that are more probably than not in it", true, j -> {
                    double count = IntStream.range(0, included.rows())
                            .filter(f -> included.get(f, j) >= 0.5f)
                            .count();
                    return count / included.rows();
                });
            }
            VariationalModel.Bounds bounds = variational.basisIntervals(level);
            add("width", width("posterior"), true, j -> medianWidth(model.basis(), bounds, included, j));
        }
        model.bootstrap().ifPresent(bootstrap -> {
            addMatches("bootstrap_", "of the bootstrap's fits", bootstrap.matches());
            VariationalModel.Bounds bounds = model.bootstrapIntervals(level).orElseThrow();
            Matrix included = model instanceof VariationalModel variational ? variational.basisInclusion() : null;
            add("bootstrap_width", width("bootstrap"), true, j -> medianWidth(model.basis(), bounds, included, j));
        });
    }

    private static String width(String kind) {
        return "median over its features of half the width of the " + kind + " interval by its middle";
    }

    private void addMatches(String prefix, String of, MatchedFits matches) {
        add(
                prefix + "found",
                "share " + of + " in which it is found, with a cosine of at least " + MatchedFits.FOUND,
                true,
                matches::found);
        add(prefix + "cosine", "mean cosine with its match " + of, false, matches::mean);
        add(prefix + "cosine_lower", "cosine that 5 % " + of + " do not exceed", false, j -> matches.quantile(j, TAIL));
        add(
                prefix + "cosine_upper",
                "cosine that 95 % " + of + " do not exceed",
                false,
                j -> matches.quantile(j, 1 - TAIL));
    }

    private void add(String name, String meaning, boolean share, IntToDoubleFunction value) {
        columns.put(
                name,
                new Column(
                        meaning,
                        share,
                        IntStream.range(0, rank).mapToDouble(value).toArray()));
    }

    /** Of the features that are in the component; 0 where none is. */
    private static double medianWidth(Matrix basis, VariationalModel.Bounds bounds, Matrix inclusion, int component) {
        double[] widths = IntStream.range(0, basis.rows())
                .filter(f -> inclusion == null ? basis.get(f, component) > 0 : inclusion.get(f, component) >= 0.5f)
                .filter(f -> bounds.upper().get(f, component) > 0)
                .mapToDouble(f -> {
                    double lower = bounds.lower().get(f, component);
                    double upper = bounds.upper().get(f, component);
                    return (upper - lower) / (upper + lower);
                })
                .toArray();
        Arrays.sort(widths);
        return widths.length == 0 ? 0 : widths[widths.length / 2];
    }

    /** The columns by name; none where nothing is known. */
    public Map<String, Column> columns() {
        return columns;
    }

    /** The names of all columns. */
    public List<String> names() {
        List<String> names = new ArrayList<>(List.of("component"));
        names.addAll(columns.keySet());
        return names;
    }

    /** One line per component. */
    public List<List<Object>> lines() {
        List<List<Object>> lines = new ArrayList<>();
        for (int j = 0; j < rank; j++) {
            List<Object> line = new ArrayList<>(List.of(SavedModel.componentName(j)));
            for (Column column : columns.values()) {
                line.add((float) column.values()[j]);
            }
            lines.add(line);
        }
        return lines;
    }
}
