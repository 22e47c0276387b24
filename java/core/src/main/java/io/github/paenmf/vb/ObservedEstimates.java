package io.github.paenmf.vb;

import java.util.stream.IntStream;

/**
 * Least-squares coefficients of rows of which entries are missing: x̂ = Gᵢ⁻¹·c with the Gram matrix Gᵢ of the other factor
 * over the entries that are observed, and the covariance σ²Gᵢ⁻¹. Rows that have few of these are held by their posterior
 * mean and a tenth of the prior's precision, so that what they say nothing of stays within what the prior says.
 */
final class ObservedEstimates {

    /** Rows with fewer observed entries for each component are held, and say nothing of the rotation. */
    private static final int LEAST_ENTRIES = 2;

    /** Deviation of what holds a row, in terms of the prior's. */
    private static final double HELD = 10;

    /** Least information of a direction, in terms of a row's greatest. */
    private static final double LEAST_SHARE = 1e-12;

    private ObservedEstimates() {}

    /** The precision by which a coefficient of a row of few entries is held. */
    static double holding(double priorMean) {
        double deviation = HELD * priorMean;
        return 1 / (deviation * deviation);
    }

    /** The rows that say where their coefficients are by themselves, ascending. */
    static int[] telling(ObservedInformation observed, int rows, int components) {
        return IntStream.range(0, rows)
                .filter(i -> tells(observed, i, components))
                .toArray();
    }

    private static boolean tells(ObservedInformation observed, int row, int components) {
        return observed.observed(row) >= LEAST_ENTRIES * components;
    }

    /**
     * Of some rows, of their live components.
     *
     * @param observed information of the rows, of all components
     * @param prior of all components
     * @param noiseVariance σ²
     * @param live components that are estimated, ascending
     */
    static RowEstimates of(
            FactorRows rows,
            ObservedInformation observed,
            FactorPrior prior,
            double noiseVariance,
            int[] live,
            Parallel parallel) {
        int r = rows.rank();
        int l = live.length;
        int pairs = RowProducts.pairs(l);
        RowEstimates estimates =
                new RowEstimates(rows.rows(), l, new double[rows.rows() * l], new double[rows.rows() * pairs]);
        if (l == 0) {
            return estimates;
        }
        Chunks chunks = new Chunks(rows.rows(), 16);
        parallel.run(chunks.count(), task -> {
            int[] entries = new int[observed.entries()];
            double[] all = new double[r * r];
            double[] right = new double[l];
            for (int i = chunks.first(task); i < chunks.end(task); i++) {
                observed.of(i, entries, all);
                double[] information = Dense.submatrix(all, r, live);
                for (int a = 0; a < l; a++) {
                    int e = i * r + live[a];
                    right[a] = rows.projection()[e] / noiseVariance;
                    if (!tells(observed, i, l)) {
                        double precision = holding(prior.mean()[live[a]]);
                        information[a * l + a] += precision;
                        right[a] += precision * rows.mean()[e];
                    }
                }
                double[] covariance = Dense.gramOfRows(
                        Dense.invertLower(
                                ShiftedCholesky.of(information, l, LEAST_SHARE).lower()),
                        l);
                int at = i * pairs;
                for (int a = 0; a < l; a++) {
                    estimates.estimates()[i * l + a] = Dense.dot(covariance, a * l, right, 0, l);
                    for (int b = a; b < l; b++) {
                        estimates.covariances()[at++] = covariance[a * l + b];
                    }
                }
            }
        });
        return estimates;
    }
}
