package io.github.paenmf.cli.table;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Contrast;
import io.github.paenmf.model.Zeros;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What there is to say of each weight of a model's basis, as tables. */
public final class BasisTable {

    public static final String VALUE = "value";
    private static final String CONTRAST = "contrast";

    private final Map<String, Matrix> statistics = new LinkedHashMap<>();
    /** Which of them {@link #top} goes by. */
    private final String order;

    /**
     * @param level probability of the intervals of variational NMF, in (0, 1)
     */
    public BasisTable(FactorisationModel model, double level) {
        order = VALUE;
        statistics.put(VALUE, model.basis());
        if (model instanceof VariationalModel variational) {
            VariationalModel.Bounds bounds = variational.basisIntervals(level);
            statistics.put("lower", bounds.lower());
            statistics.put("upper", bounds.upper());
        }
        if (model instanceof VariationalModel variational
                && variational.configuration().zeros() == Zeros.LEARN) {
            statistics.put("inclusion", variational.basisInclusion());
        }
    }

    private BasisTable(Matrix basis, VariationalModel.Bounds bounds) {
        order = VALUE;
        statistics.put(VALUE, basis);
        statistics.put("lower", bounds.lower());
        statistics.put("upper", bounds.upper());
    }

    /**
     * The weights with the intervals of a bootstrap.
     *
     * @param level probability of each, in (0, 1)
     * @throws java.util.NoSuchElementException if the model has none
     */
    public static BasisTable ofBootstrap(FactorisationModel model, double level) {
        return new BasisTable(model.basis(), model.bootstrapIntervals(level).orElseThrow());
    }

    private BasisTable(Map<String, Matrix> statistics, String order) {
        this.statistics.putAll(statistics);
        this.order = order;
    }

    /** The same with the {@link Contrast} of each weight, by which {@link #top} then goes. */
    public BasisTable byContrast() {
        BasisTable table = new BasisTable(statistics, CONTRAST);
        table.statistics.put(CONTRAST, Contrast.of(value()));
        return table;
    }

    /** Each statistic by its name, m × r: the weights in the units of the data, and what else is known of them. */
    public Map<String, Matrix> statistics() {
        return statistics;
    }

    /** One table, one row per feature: the weights alone, or all statistics of a component beside each other. */
    public Matrix wide() {
        return statistics.size() == 1 ? value() : CoefficientTable.sideBySide(statistics);
    }

    /** The columns of {@link #top}. */
    public List<String> topColumns() {
        List<String> columns = new ArrayList<>(List.of("component", "rank", "feature"));
        columns.addAll(statistics.keySet());
        return columns;
    }

    /**
     * The greatest weights of each component, one per line, greatest first; of equal ones that of the first feature.
     * Features without names go by their numbers, from 1. By contrast, those that set the component apart.
     *
     * @param count how many of each component, where there are so many features
     */
    public List<List<Object>> top(int count) {
        Matrix value = value();
        List<List<Object>> lines = new ArrayList<>();
        for (int j = 0; j < value.columns(); j++) {
            int[] greatest = greatest(j, count);
            for (int rank = 1; rank <= greatest.length; rank++) {
                int feature = greatest[rank - 1];
                if (order.equals(CONTRAST) && statistics.get(order).get(feature, j) == 0) {
                    break; // it is greater in another component
                }
                List<Object> line = new ArrayList<>();
                line.add(value.columnNames().get(j));
                line.add(rank);
                line.add(
                        value.rowNames().isEmpty()
                                ? feature + 1
                                : value.rowNames().get(feature));
                for (Matrix statistic : statistics.values()) {
                    line.add(statistic.get(feature, j));
                }
                lines.add(line);
            }
        }
        return lines;
    }

    /**
     * The features with the greatest weights in a component, or the greatest contrasts, greatest first; of equal ones the
     * first feature.
     *
     * @param component from 0
     * @param count how many, where there are so many features
     */
    public int[] greatest(int component, int count) {
        Matrix ordered = statistics.get(order);
        float[] column = new float[ordered.rows()];
        IntStream.range(0, column.length).forEach(i -> column[i] = ordered.get(i, component));
        return Features.greatest(column, count);
    }

    private Matrix value() {
        return statistics.get(VALUE);
    }
}
