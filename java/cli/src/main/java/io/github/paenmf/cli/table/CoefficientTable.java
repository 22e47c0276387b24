package io.github.paenmf.cli.table;

import io.github.paenmf.Latent;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What there is to say of each coefficient of samples that is a distribution. */
public final class CoefficientTable {

    /** Probability of an interval where none is given, of coefficients and of the basis. */
    public static final double DEFAULT_LEVEL = 0.9;

    private CoefficientTable() {}

    /**
     * Each statistic by its name, n × r: {@code lambda} and {@code k} of the Weibull distribution, {@code inclusion}
     * where a coefficient may be 0, {@code median}, {@code mean}, and the ends of an interval, {@code lower} and
     * {@code upper}: those of the model's method for variational NMF, else quantiles of the distribution.
     *
     * @param ids of the rows, by which the noise in intervals of variational NMF goes
     * @param level probability of an interval, in (0, 1)
     * @throws io.github.paenmf.data.DataException if these are no data for the model
     */
    public static Map<String, Matrix> of(ProbabilisticModel model, RowSource data, long[] ids, double level) {
        Latent latent = model.transform(data);
        Map<String, Matrix> statistics = new LinkedHashMap<>();
        statistics.put("lambda", latent.lambda());
        statistics.put("k", latent.k());
        if (latent.hasZeros()) {
            statistics.put("inclusion", latent.inclusion());
        }
        statistics.put("median", latent.median());
        statistics.put("mean", latent.mean());
        if (model instanceof VariationalModel variational) {
            VariationalModel.Bounds bounds = variational.intervals(data, latent, level, ids);
            statistics.put("lower", bounds.lower());
            statistics.put("upper", bounds.upper());
        } else {
            statistics.put("lower", latent.quantile((1 - level) / 2));
            statistics.put("upper", latent.quantile((1 + level) / 2));
        }
        return statistics;
    }

    /** One matrix with a component's statistics beside each other. */
    public static Matrix sideBySide(Map<String, Matrix> statistics) {
        List<Matrix> matrices = new ArrayList<>(statistics.values());
        Matrix first = matrices.get(0);
        int count = matrices.size();
        Matrix table = Matrix.zeros(first.rows(), count * first.columns());
        for (int i = 0; i < table.rows(); i++) {
            float[] target = table.storage(i);
            int offset = table.offset(i);
            for (int j = 0; j < table.columns(); j++) {
                target[offset + j] = matrices.get(j % count).get(i, j / count);
            }
        }
        List<String> columns = new ArrayList<>();
        for (String component : first.columnNames()) {
            for (String statistic : statistics.keySet()) {
                columns.add(component + "." + statistic);
            }
        }
        return table.withNames(first.rowNames(), columns);
    }
}
