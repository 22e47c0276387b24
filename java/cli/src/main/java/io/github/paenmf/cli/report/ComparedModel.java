package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.table.BasisTable;
import io.github.paenmf.cli.table.ComponentTable;
import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** One of two models, with what is known of its basis, features in the order that both are shown in. */
final class ComparedModel {

    private final String name;
    private final FactorisationModel model;
    /** Each m × r. */
    private final Map<String, Matrix> statistics = new LinkedHashMap<>();

    private final ComponentTable components;
    /** Of each component, the features from the greatest weight to the least. */
    private final int[][] order;

    /** Of each component, the place of each feature in this order, from 1. */
    private final int[][] places;

    /**
     * @param name what the user calls it
     * @param features for each feature that is shown, its number in the model, from 0
     * @param level probability of intervals, in (0, 1)
     */
    ComparedModel(String name, FactorisationModel model, int[] features, double level) {
        this.name = name;
        this.model = model;
        this.components = new ComponentTable(model, level);
        Map<String, Matrix> own = new LinkedHashMap<>(new BasisTable(model, level).statistics());
        model.bootstrapIntervals(level).ifPresent(bounds -> {
            own.put("bootstrapLower", bounds.lower());
            own.put("bootstrapUpper", bounds.upper());
        });
        own.forEach((statistic, matrix) -> statistics.put(statistic, matrix.selectRows(features)));
        this.order = new int[model.rank()][];
        this.places = new int[model.rank()][features.length];
        for (int j = 0; j < order.length; j++) {
            int component = j;
            float[] column = new float[features.length];
            IntStream.range(0, column.length).forEach(f -> column[f] = basis().get(f, component));
            order[j] = Features.greatest(column, column.length);
            for (int place = 0; place < order[j].length; place++) {
                places[j][order[j][place]] = place + 1;
            }
        }
    }

    String name() {
        return name;
    }

    FactorisationModel model() {
        return model;
    }

    /** m × r. */
    Matrix basis() {
        return statistics.get(BasisTable.VALUE);
    }

    Map<String, Matrix> statistics() {
        return statistics;
    }

    /** The features with the greatest weights in a component, greatest first. */
    int[] top(int component, int count) {
        return Arrays.copyOf(order[component], Math.min(count, order[component].length));
    }

    /** What is known of a weight, and its place among those of its component, from 1. */
    Map<String, Object> weight(int feature, int component) {
        Map<String, Object> weight = new LinkedHashMap<>();
        statistics.forEach((statistic, matrix) -> weight.put(statistic, matrix.get(feature, component)));
        weight.put("place", places[component][feature]);
        return weight;
    }

    /** How the model was made, and what is known of each of its components, to be shown. */
    Map<String, Object> content() {
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("name", name);
        content.put("rank", model.rank());
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("Algorithm", model.algorithm().title());
        settings.put("Components", String.valueOf(model.rank()));
        settings.put("Epochs", String.valueOf(model.totalEpochs()));
        settings.putAll(model.settings());
        content.put("settings", settings);
        content.put("warnings", model.warnings());
        Map<String, Object> columns = new LinkedHashMap<>();
        components.columns().forEach((title, column) -> {
            Map<String, Object> shown = new LinkedHashMap<>();
            shown.put("meaning", column.meaning());
            shown.put("share", column.share());
            shown.put("values", column.values());
            columns.put(title, shown);
        });
        content.put("components", columns);
        return content;
    }
}
