package io.github.paenmf.vb;

import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import java.util.function.LongToDoubleFunction;
import org.apache.commons.numbers.gamma.Gamma;

/**
 * Quantiles of a coefficient that is 0 with probability 1 − p, else Weibull: 0 for q ≤ 1 − p, else the Weibull's
 * quantile at (q − 1 + p)/p. Its moments and p give the Weibull's; a variance that is added goes to the Weibull alone.
 */
final class MixtureQuantile {

    /** Least squared coefficient of variation, so that a shape stays finite. */
    private static final double LEAST_CV2 = 1e-28;

    private static final double LEAST_MEAN = 1e-280;

    private MixtureQuantile() {}

    /**
     * Intervals of rows.
     *
     * @param total variance of each coefficient, at least the rows' own
     */
    static Intervals of(FactorRows rows, LongToDoubleFunction total, double level, Parallel parallel) {
        double[] lower = new double[rows.mean().length];
        double[] upper = new double[rows.mean().length];
        double tail = (1 - level) / 2;
        Chunks chunks = new Chunks(lower.length);
        parallel.run(chunks.count(), task -> {
            for (int e = chunks.first(task); e < chunks.end(task); e++) {
                bounds(rows, e, total.applyAsDouble(e), tail, lower, upper);
            }
        });
        return new Intervals(lower, upper, rows.mean().clone());
    }

    /** Mean-field: nothing is added. */
    static Intervals of(FactorRows rows, double level, Parallel parallel) {
        return of(rows, e -> rows.variance()[(int) e], level, parallel);
    }

    private static void bounds(FactorRows rows, int e, double total, double tail, double[] lower, double[] upper) {
        double p = rows.inclusion()[e];
        double x = rows.mean()[e];
        double v = rows.variance()[e];
        double mean = x / p;
        if (mean < LEAST_MEAN) {
            return; // 0 to every digit
        }
        double slab = (v + x * x) / p - mean * mean + Math.max(0, total - v);
        double k = WeibullShape.ofCoefficientOfVariation(Math.sqrt(Math.max(slab / mean / mean, LEAST_CV2)));
        double lambda = mean / Gamma.value(1 + 1 / k);
        if (tail > 1 - p) {
            lower[e] = Weibull.quantile(k, lambda, (tail - 1 + p) / p);
        }
        if (1 - tail > 1 - p) {
            upper[e] = Weibull.quantile(k, lambda, 1 - tail / p);
        }
    }
}
