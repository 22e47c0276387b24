package io.github.paenmf.vb;

/**
 * Least-squares coefficients of rows of one factor given the other one, where what is known differs from row to row: a row
 * is x̂ except for a normal distribution with a covariance of its own.
 *
 * @param rows how many, n
 * @param rank number of components, r
 * @param estimates x̂, n × r, not cut off at 0
 * @param covariances of them, packed symmetric matrices (see {@link RowProducts#pair}), n × pairs
 */
record RowEstimates(int rows, int rank, double[] estimates, double[] covariances) {

    /** @throws IllegalArgumentException if an array has another length */
    RowEstimates {
        Require.length("the estimates", estimates, (long) rows * rank);
        Require.length("their covariances", covariances, (long) rows * RowProducts.pairs(rank));
    }

    /** Some rows, in that order. */
    RowEstimates select(int[] chosen) {
        if (chosen.length == rows) {
            return this;
        }
        int pairs = RowProducts.pairs(rank);
        double[] few = new double[chosen.length * rank];
        double[] fewCovariances = new double[chosen.length * pairs];
        for (int i = 0; i < chosen.length; i++) {
            System.arraycopy(estimates, chosen[i] * rank, few, i * rank, rank);
            System.arraycopy(covariances, chosen[i] * pairs, fewCovariances, i * pairs, pairs);
        }
        return new RowEstimates(chosen.length, rank, few, fewCovariances);
    }
}
