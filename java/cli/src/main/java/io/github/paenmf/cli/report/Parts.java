package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.table.BasisTable;
import io.github.paenmf.cli.table.ComponentTable;
import io.github.paenmf.data.Matrix;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** What a report holds of a model's basis. */
final class Parts {

    /** So many of the greatest weights of a component are listed at least, where there are so many. */
    private static final int LISTED = 20;

    private final BasisTable table;
    /** Bounds of the bootstrap, or empty. */
    private final Map<String, Matrix> bootstrap = new LinkedHashMap<>();

    private final ComponentTable components;
    private final Features features;
    private final Reduction reduction;
    private final int rank;

    /**
     * @param features of the data
     * @param level probability of intervals, in (0, 1)
     */
    Parts(FactorisationModel model, Features features, Reduction reduction, double level) {
        this.table = new BasisTable(model, level);
        this.components = new ComponentTable(model, level);
        model.bootstrapIntervals(level).ifPresent(bounds -> {
            bootstrap.put("bootstrapLower", bounds.lower());
            bootstrap.put("bootstrapUpper", bounds.upper());
        });
        this.features = features;
        this.reduction = reduction;
        this.rank = model.rank();
    }

    /**
     * Everything of the basis by name: weights, a component after the other; where they are drawn as images or lines,
     * their bounds and probabilities likewise; and lists of the greatest, except for images.
     */
    Map<String, Object> content() {
        Map<String, Matrix> statistics = table.statistics();
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("basis", reduced(statistics.get("value")));
        boolean image = reduction.shape().isPresent();
        boolean drawn = image || features.kind().ordered();
        if (drawn && statistics.containsKey("lower")) {
            content.put("basisLower", reduced(statistics.get("lower")));
            content.put("basisUpper", reduced(statistics.get("upper")));
        }
        if (image) {
            bootstrap.forEach((name, bounds) -> content.put(name, reduced(bounds)));
        }
        if (!components.columns().isEmpty()) {
            content.put("components", components());
        }
        Matrix inclusion = statistics.get("inclusion");
        if (inclusion != null) {
            if (drawn) {
                content.put("basisInclusion", reduced(inclusion));
            }
            content.put("featuresWith", shareIncluded(inclusion));
        }
        if (!drawn || !image && (statistics.containsKey("lower") || !bootstrap.isEmpty())) {
            content.put("top", top());
        }
        return content;
    }

    /** Titles, meanings and cells of a table of components. */
    private Map<String, Object> components() {
        List<List<String>> rows = IntStream.range(0, rank)
                .mapToObj(j -> components.columns().values().stream()
                        .map(column -> column.share()
                                ? String.format(Locale.ROOT, "%.0f\u00a0%%", 100 * column.values()[j])
                                : String.format(Locale.ROOT, "%.3f", column.values()[j]))
                        .toList())
                .toList();
        Map<String, Object> content = new LinkedHashMap<>();
        content.put(
                "titles",
                components.columns().keySet().stream()
                        .map(name -> name.replace('_', ' '))
                        .toList());
        content.put(
                "meanings",
                components.columns().values().stream()
                        .map(ComponentTable.Column::meaning)
                        .toList());
        content.put("rows", rows);
        content.put(
                "values",
                components.columns().values().stream()
                        .map(ComponentTable.Column::values)
                        .toList());
        return content;
    }

    private String reduced(Matrix statistic) {
        return Base64Numbers.floats(reduction.apply(statistic.transpose()));
    }

    /** The greatest weights of each component, a component after the other, and what is known of them. */
    private Map<String, Object> top() {
        int count = Math.min(features.count(), Math.max(LISTED, Reduction.ofEachComponent(rank)));
        List<String> names = new ArrayList<>();
        Map<String, Matrix> statistics = new LinkedHashMap<>(table.statistics());
        statistics.putAll(bootstrap);
        Map<String, float[]> values = new LinkedHashMap<>();
        statistics.keySet().forEach(name -> values.put(name, new float[rank * count]));
        for (int j = 0; j < rank; j++) {
            int[] greatest = table.greatest(j, count);
            for (int i = 0; i < count; i++) {
                int at = j * count + i;
                int feature = greatest[i];
                int component = j;
                names.add(features.name(feature));
                statistics.forEach((name, matrix) -> values.get(name)[at] = matrix.get(feature, component));
            }
        }
        Map<String, Object> top = new LinkedHashMap<>();
        top.put("count", count);
        top.put("names", names);
        values.forEach((name, array) -> top.put(name, Base64Numbers.floats(array)));
        return top;
    }

    /**
     * Of the weights that are at least as probably above 0 as not, the share whose mean lies outside of its interval; 0
     * where there are no intervals, or no such weights.
     */
    double shareOutside() {
        Matrix value = table.statistics().get("value");
        Matrix lower = table.statistics().get("lower");
        Matrix upper = table.statistics().get("upper");
        Matrix inclusion = table.statistics().get("inclusion");
        long included = 0;
        long outside = 0;
        for (int i = 0; lower != null && i < value.rows(); i++) {
            for (int j = 0; j < rank; j++) {
                if (inclusion == null || inclusion.get(i, j) >= 0.5f) {
                    included++;
                    outside += value.get(i, j) < lower.get(i, j) || value.get(i, j) > upper.get(i, j) ? 1 : 0;
                }
            }
        }
        return included == 0 ? 0 : outside / (double) included;
    }

    /** The share of each column that is at least ½. */
    static List<Double> shareIncluded(Matrix inclusion) {
        return IntStream.range(0, inclusion.columns())
                .mapToObj(j -> IntStream.range(0, inclusion.rows())
                                .filter(i -> inclusion.get(i, j) >= 0.5f)
                                .count()
                        / (double) inclusion.rows())
                .toList();
    }
}
