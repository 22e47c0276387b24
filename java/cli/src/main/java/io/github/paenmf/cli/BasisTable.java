package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Zeros;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What there is to say of each weight of a model's basis, as tables. */
final class BasisTable {

    private static final String VALUE = "value";

    private final Map<String, Matrix> statistics = new LinkedHashMap<>();

    /**
     * @param level probability of the intervals of variational NMF
     */
    BasisTable(FactorisationModel model, double level) {
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

    /** Each statistic by its name, m × r: the weights in the units of the data, and what else is known of them. */
    Map<String, Matrix> statistics() {
        return statistics;
    }

    /** One table, a feature a row: the weights alone, or all statistics of a component beside each other. */
    Matrix wide() {
        return statistics.size() == 1 ? value() : TransformCommand.sideBySide(statistics);
    }

    /** The columns of {@link #top}. */
    List<String> topColumns() {
        List<String> columns = new ArrayList<>(List.of("component", "rank", "feature"));
        columns.addAll(statistics.keySet());
        return columns;
    }

    /**
     * The greatest weights of each component, one a line, greatest first; of equal ones that of the first feature.
     * Features without names go by their numbers, from 1.
     *
     * @param count how many of each component, where there are so many features
     */
    List<List<Object>> top(int count) {
        Matrix value = value();
        List<List<Object>> lines = new ArrayList<>();
        for (int j = 0; j < value.columns(); j++) {
            int[] greatest = Features.greatest(column(value, j), count);
            for (int rank = 1; rank <= greatest.length; rank++) {
                int feature = greatest[rank - 1];
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

    private Matrix value() {
        return statistics.get(VALUE);
    }

    private static float[] column(Matrix matrix, int j) {
        float[] column = new float[matrix.rows()];
        IntStream.range(0, column.length).forEach(i -> column[i] = matrix.get(i, j));
        return column;
    }
}
