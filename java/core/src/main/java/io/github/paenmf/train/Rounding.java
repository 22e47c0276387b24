package io.github.paenmf.train;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.train.steps.DataStatistics;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/**
 * How far off ‖V − V̂‖² may be by the rounding of float32, and when its Gram form is not good enough.
 *
 * <p>The Gram form is three terms of about ‖V‖² each. They are sums of products over samples or features, all ≥ 0, so
 * that a sum of l products grows evenly and each of its additions rounds by up to u = 2⁻²⁴ of what it has reached: as
 * a random walk, a deviation of u·√l/3 of the sum. Where all entries of a product go wrong alike, the three terms
 * together are off by √6 of it, less than u·√l, and a few u more for what is rounded once. With TF32 the factors of the
 * largest product are rounded to 11 bits before, which averages out over the features (samples, in standard NMF). With
 * 3xTF32 tensor cores cut off, always towards zero, four times in 16 products: up to 8u of each sum.
 *
 * <p>In the residual an entry of V̂, a sum of r products, is off by a deviation of u·√(r/9 + 1) of itself, call it d·v̂.
 * That changes Σ e² by −2Σ e·d·v̂, of deviation 2d·√(Σe²v̂²) ≤ 2d·max v·√(Σe²), and by Σ(d·v̂)², as does the rounding of
 * the factors themselves. Three deviations are allowed for.
 *
 * @param squaredNorm ‖V‖², in units of the scaled data
 * @param greatest max v, in the same units
 * @param rank r
 * @param gramForm of the Gram form, as a share of ‖V‖²
 */
record Rounding(double squaredNorm, double greatest, int rank, double gramForm) {

    private static final double U = 0x1p-24;
    private static final double U_TF32 = 0x1p-11;
    private static final double CUT_OFF = 8 * U;
    /** The least relative precision of a loss, also where no tolerance asks for more. */
    private static final double LOSS_PRECISION = 1.0 / 256;

    /** Of training steps over some rows. */
    static Rounding ofSteps(DataStatistics statistics, int rows, int rank, Execution execution) {
        int features = statistics.featureMeans().length;
        return of(statistics, Math.max(rows, features), features, rank, execution);
    }

    /** Of standard NMF. */
    static Rounding ofNmf(DataStatistics statistics, int rank, Execution execution) {
        int rows = statistics.rowNorms().length;
        return of(statistics, Math.max(rows, statistics.featureMeans().length), rows, rank, execution);
    }

    /**
     * Of −E ln p(v | H, W) per sample, the reconstruction part of variational NMF's objective: that of the squared
     * error, over 2σ². Where σ is learned it follows from the objective, E‖V − V̂‖² being n·m·σ² then.
     */
    static ToDoubleFunction<Objective> ofElbo(DataStatistics statistics, VbConfiguration c, Execution execution) {
        return ofNmf(statistics, c.rank(), execution).ofElbo(statistics, c.sigma());
    }

    /**
     * Of steps over rows in parts.
     *
     * @param scale what the data are divided by
     */
    static Rounding ofParts(PartTotals totals, double scale, int rank, Execution execution) {
        int longest = (int) Math.min(Integer.MAX_VALUE, Math.max(totals.rows(), totals.features()));
        double squaredNorm = totals.squaredNorm() / (scale * scale);
        return of(squaredNorm, totals.greatest() / scale, longest, longest, rank, execution);
    }

    /**
     * Of −E ln p(v | H, W) per sample with a Poisson likelihood, or of the Kullback-Leibler divergence, which are −Σ v ln v̂
     * and what does not depend on v̂: v̂ is a sum of r
     * products, off as above, and ln v̂ by a few u more.
     */
    static ToDoubleFunction<Objective> ofCounts(CountStatistics counts, int rank) {
        return ofCounts(counts.total() / counts.constants().length, rank);
    }

    /** The same of rows in parts. */
    static ToDoubleFunction<Objective> ofCounts(PartTotals totals, int rank) {
        return ofCounts(Arrays.stream(totals.columnSums()).sum() / totals.weight(), rank);
    }

    /**
     * @param total Σ v of a sample, on average
     */
    private static ToDoubleFunction<Objective> ofCounts(double total, int rank) {
        double ofSample = (3 * U * Math.sqrt(rank / 9.0 + 1) + 4 * U) * total;
        return objective -> ofSample;
    }

    /**
     * Of a β divergence per sample: v̂ is off by δ of itself, as above, which changes v̂^(β−2)(v − v̂)²/2 by δ·√(2d·v̂^β)
     * and δ²v̂^β/2, and d by a few u of itself. The mean of v̂^β is taken for that of data whose squares have the mean 1: at
     * most 1 up to β = 2, beyond that a power of the greatest value.
     */
    static ToDoubleFunction<Objective> ofDivergence(DataStatistics statistics, NmfConfiguration c) {
        double deviation = 3 * U * Math.sqrt(c.rank() / 9.0 + 1);
        double powers = statistics.entriesOfRow() * Math.pow(statistics.greatest(), Math.max(0, c.beta() - 2));
        return objective -> {
            double divergence = objective.reconstruction();
            return deviation * Math.sqrt(2 * divergence * powers) + deviation * deviation * powers + 8 * U * divergence;
        };
    }

    /**
     * The same of errors that this is of.
     *
     * @param sigma σ, or 0 where it is learned
     */
    ToDoubleFunction<Objective> ofElbo(DataStatistics statistics, double sigma) {
        return ofElbo(statistics.entriesOfRow(), statistics.rows(), sigma);
    }

    /**
     * The same.
     *
     * @param ofRow entries of a row, on average
     * @param rows how many, each as often as it counts
     */
    ToDoubleFunction<Objective> ofElbo(double ofRow, double rows, double sigma) {
        double ofSample = ofGramForm() / rows;
        return objective -> {
            double learned = Math.exp(2 * objective.reconstruction() / ofRow - 1) / (2 * Math.PI);
            double variance = sigma == 0 ? learned : sigma * sigma;
            return ofSample / (2 * Math.max(variance, VbConfiguration.SIGMA_MIN * VbConfiguration.SIGMA_MIN));
        };
    }

    private static Rounding of(DataStatistics statistics, int longest, int inTf32, int rank, Execution execution) {
        return of(statistics.squaredNorm(), statistics.greatest(), longest, inTf32, rank, execution);
    }

    private static Rounding of(
            double squaredNorm, double greatest, int longest, int inTf32, int rank, Execution execution) {
        double share = U * (Math.sqrt(longest) + 4);
        if (execution.precision() == Precision.TF32) {
            share += 2 * U_TF32 / Math.sqrt(inTf32);
        } else if (execution.precision() == Precision.TF32X3) {
            share += CUT_OFF;
        }
        return new Rounding(squaredNorm, greatest, rank, share);
    }

    /** The same of ‖V − V̂‖²/divisor. */
    Rounding per(double divisor) {
        return new Rounding(squaredNorm / divisor, greatest / Math.sqrt(divisor), rank, gramForm);
    }

    /** How far off the Gram form may be. */
    double ofGramForm() {
        return gramForm * squaredNorm;
    }

    /** How far off the residual may be where it gives a squared error. */
    double ofResidual(double squaredError) {
        double deviation = U * Math.sqrt(rank / 9.0 + 1);
        double atZero = (deviation * deviation + 2 * U * U) * squaredNorm;
        return 3 * (2 * deviation * greatest * Math.sqrt(squaredError) + atZero);
    }

    /**
     * Whether the Gram form of a squared error is too coarse for what is decided by it.
     *
     * @param tolerance least relative change of it that counts; 0 if none is asked for
     */
    boolean needsResidual(double squaredError, double tolerance) {
        double wanted = tolerance > 0 ? Math.min(tolerance, LOSS_PRECISION) : LOSS_PRECISION;
        return ofGramForm() > wanted * squaredError;
    }
}
