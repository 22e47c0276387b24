package io.github.paenmf.vb;

import java.util.Arrays;

/**
 * What counts say of the rows x of one factor, given the other one, Y: weighted least squares with the weights 1/v̂ of a
 * Poisson distribution,
 *
 * <pre>x̂ = (F + Σ S_f/v̂_f)⁻¹·Σ (v_f/v̂_f)·y_f        F = Σ y_f·y_fᵀ/v̂_f        covariance F⁻¹</pre>
 *
 * over all entries f of a row that are observed, zeros too, where y are posterior means and S posterior covariances. The
 * equation for x̂ has E[yyᵀ], as a step of expectation maximisation does; the information F is that without what is
 * missing for Y not being known (Louis 1982, Finding the observed information matrix when using the EM algorithm). With
 * x̂ as with v̂ goes a turn of the factors, so that they turn with it. Rows of which few entries are observed are held by
 * their posterior mean and a tenth of the prior's precision, as {@link ObservedEstimates} holds them.
 *
 * <p>It takes rows · entries · r² multiplications.
 */
final class CountEstimates {

    /** Rows for which one pass over the other factor is made. */
    private static final int GROUP = 8;

    /** Least information of a direction, in terms of a row's greatest. */
    private static final double LEAST_SHARE = 1e-9;

    /** Least v̂: below it, it is too small for a float, and the row is 0. */
    private static final double LEAST_DECODED = 1e-30;

    private final double[] own;
    private final double[] other;
    private final int rank;
    private final int[] live;
    private final int pairs;
    private final double[] squares;
    private final double[] spread;
    private final CountExposures exposures;
    private final FactorPrior prior;

    /**
     * @param other means of Y, row-major, r values per row
     * @param spread S of each row of Y of the live components, packed symmetric matrices, one per row
     * @param live components that are estimated, ascending
     */
    private CountEstimates(
            double[] own,
            double[] other,
            double[] spread,
            CountExposures exposures,
            FactorPrior prior,
            int rank,
            int[] live) {
        this.exposures = exposures;
        this.prior = prior;
        this.own = own;
        this.other = other;
        this.rank = rank;
        this.live = live;
        this.pairs = RowProducts.pairs(live.length);
        this.spread = spread;
        this.squares = squares();
    }

    /** yyᵀ of each row of Y, packed. */
    private double[] squares() {
        double[] packed = new double[spread.length];
        int at = 0;
        for (int f = 0; f < other.length / rank; f++) {
            for (int a = 0; a < live.length; a++) {
                for (int b = a; b < live.length; b++) {
                    packed[at++] = other[f * rank + live[a]] * other[f * rank + live[b]];
                }
            }
        }
        return packed;
    }

    /**
     * Of rows of a factor.
     *
     * @param own means of the rows, row-major, r values per row
     * @param other means of Y, likewise
     * @param spread S of each row of Y of the live components, packed symmetric matrices
     * @param projection Σ (v/v̂)·y of each row, r values per row
     * @param exposures of the rows
     * @param prior of all components of the rows
     * @param live components that are estimated, ascending
     */
    static RowEstimates of(
            double[] own,
            double[] other,
            double[] spread,
            double[] projection,
            CountExposures exposures,
            FactorPrior prior,
            int[] live,
            Parallel parallel) {
        int rank = prior.mean().length;
        Require.length("the covariances", spread, (long) other.length / rank * RowProducts.pairs(live.length));
        Require.length("the projections", projection, own.length);
        return new CountEstimates(own, other, spread, exposures, prior, rank, live).of(projection, parallel);
    }

    private RowEstimates of(double[] projection, Parallel parallel) {
        int rows = own.length / rank;
        int l = live.length;
        RowEstimates estimates = new RowEstimates(rows, l, new double[rows * l], new double[rows * pairs]);
        if (l == 0) {
            return estimates;
        }
        Chunks chunks = new Chunks(rows, GROUP);
        parallel.run(chunks.count(), task -> {
            double[] information = new double[GROUP * pairs];
            double[] excess = new double[GROUP * pairs];
            double[] weights = new double[GROUP * exposures.entries()];
            int[] columns = new int[exposures.entries()];
            for (int first = chunks.first(task); first < chunks.end(task); first += GROUP) {
                int count = Math.min(GROUP, chunks.end(task) - first);
                for (int i = 0; i < count; i++) {
                    exposures.of(first + i, columns, weights, i * exposures.entries());
                }
                sum(first, count, weights, information, excess);
                for (int i = 0; i < count; i++) {
                    solve(first + i, i * pairs, information, excess, projection, estimates);
                }
            }
        });
        return estimates;
    }

    /** F and Σ S_f/v̂_f of some rows. */
    private void sum(int first, int count, double[] exposure, double[] information, double[] excess) {
        Arrays.fill(information, 0);
        Arrays.fill(excess, 0);
        int entries = exposures.entries();
        for (int f = 0; f < entries; f++) {
            for (int i = 0; i < count; i++) {
                double decoded = Dense.dot(own, (first + i) * rank, other, f * rank, rank);
                double weight = exposure[i * entries + f] / Math.max(decoded, LEAST_DECODED);
                Dense.axpy(weight, squares, f * pairs, information, i * pairs, pairs);
                Dense.axpy(weight, spread, f * pairs, excess, i * pairs, pairs);
            }
        }
    }

    private void solve(
            int row, int from, double[] information, double[] excess, double[] projection, RowEstimates estimates) {
        int l = live.length;
        double[] f = new double[l * l];
        double[] sum = new double[l * l];
        for (int a = 0; a < l; a++) {
            for (int b = 0; b < l; b++) {
                int pair = from + RowProducts.pair(a, b, l);
                f[a * l + b] = information[pair];
                sum[a * l + b] = information[pair] + excess[pair];
            }
        }
        double[] right = new double[l];
        for (int a = 0; a < l; a++) {
            int e = row * rank + live[a];
            right[a] = projection[e];
            if (!exposures.tells(row, l)) {
                double precision = ObservedEstimates.holding(prior.mean()[live[a]]);
                f[a * l + a] += precision;
                sum[a * l + a] += precision;
                right[a] += precision * own[e];
            }
        }
        double[] covariance = inverse(f);
        double[] ofSum = inverse(sum);
        int at = row * pairs;
        for (int a = 0; a < l; a++) {
            double estimate = 0;
            for (int b = 0; b < l; b++) {
                estimate += ofSum[a * l + b] * right[b];
                if (b >= a) {
                    estimates.covariances()[at++] = covariance[a * l + b];
                }
            }
            estimates.estimates()[row * l + a] = estimate;
        }
    }

    private double[] inverse(double[] matrix) {
        int l = live.length;
        return Dense.gramOfRows(
                Dense.invertLower(ShiftedCholesky.of(matrix, l, LEAST_SHARE).lower()), l);
    }
}
