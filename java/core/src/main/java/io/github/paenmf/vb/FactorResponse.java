package io.github.paenmf.vb;

/**
 * What linear response (Giordano, Broderick and Jordan 2018, Covariances, robustness and variational Bayes) adds to
 * the variances of one factor, for any of its rows.
 *
 * <p>Given the other factor, a row has the covariance C = (L + D)⁻¹ with the information L = G/σ² of the data and
 * D = diag(1/v) − diag(L), where v are the mean-field variances. Where the other factor is free as well, component j
 * of the row x gains xᵀ·Cov(E)ⱼ·x, Cov(E)ⱼ an r × r block (see {@link JointResponse}).
 */
public final class FactorResponse {

    /** Least D in terms of 1/v. */
    private static final double LEAST_SHARE = 1e-9;

    /** Most D in terms of the greatest information: a coefficient is then 0 to 1e-4 of the best one's deviation. */
    private static final double MOST_SHARE = 1e8;

    private final int rank;
    private final double[] information;
    private final double[] blocks;
    /** Of rows with missing entries; null where none is missing. */
    private final ObservedInformation observed;

    /**
     * Linear response given the other factor.
     *
     * @param gram E[XᵀX] of the other factor X, r × r
     * @param noiseVariance σ²
     */
    public static FactorResponse conditional(double[] gram, double noiseVariance, int rank) {
        return new FactorResponse(gram, noiseVariance, rank, null, null);
    }

    /**
     * Where entries are missing: of each row by those that are observed.
     *
     * @param gram E[XᵀX] of the other factor X, r × r
     * @param blocks as for {@link #joint}, or null to take X for given
     */
    static FactorResponse observed(
            ObservedInformation observed, double[] gram, double noiseVariance, int rank, double[] blocks) {
        return new FactorResponse(gram, noiseVariance, rank, blocks, observed);
    }

    /**
     * Linear response with the other factor free.
     *
     * @param gram E[XᵀX] of the other factor X, r × r
     * @param noiseVariance σ²
     * @param blocks Cov(E)ⱼ for each component j, r blocks of r × r, as {@link #blocks()} gave them
     */
    public static FactorResponse joint(double[] gram, double noiseVariance, int rank, double[] blocks) {
        Require.length("the covariance blocks", blocks, (long) rank * rank * rank);
        return new FactorResponse(gram, noiseVariance, rank, blocks.clone(), null);
    }

    private FactorResponse(
            double[] gram, double noiseVariance, int rank, double[] blocks, ObservedInformation observed) {
        Require.atLeast("the rank", rank, 1);
        Require.length("the Gram matrix", gram, (long) rank * rank);
        Require.positive("the noise variance", noiseVariance);
        this.rank = rank;
        this.information = new double[gram.length];
        for (int i = 0; i < gram.length; i++) {
            information[i] = gram[i] / noiseVariance;
        }
        this.blocks = blocks;
        this.observed = observed;
    }

    /** Cov(E)ⱼ, r blocks of r × r: what a model file keeps; empty for linear response given the other factor. */
    public double[] blocks() {
        return blocks == null ? new double[0] : blocks.clone();
    }

    /**
     * Variances of coefficients, rows × rank.
     *
     * @throws IllegalArgumentException if the rows have another rank
     */
    public double[] variances(FactorRows rows, Parallel parallel) {
        Require.rank(rows, rank);
        double[] variances = new double[rows.mean().length];
        Chunks chunks = new Chunks(rows.rows(), 16);
        parallel.run(chunks.count(), task -> {
            RowCovariance covariance = new RowCovariance(rank);
            double[] ofRow = observed == null ? information : new double[information.length];
            int[] entries = new int[observed == null ? 0 : observed.entries()];
            for (int i = chunks.first(task); i < chunks.end(task); i++) {
                if (observed != null) {
                    observed.of(i, entries, ofRow);
                }
                covariance.of(rows, i, ofRow);
                for (int j = 0; j < rank; j++) {
                    int e = i * rank + j;
                    variances[e] = Math.max(rows.variance()[e], covariance.inverse[j * rank + j]);
                    if (blocks != null) {
                        variances[e] +=
                                Math.max(0, Dense.quadratic(blocks, j * rank * rank, rows.mean(), i * rank, rank));
                    }
                }
            }
        });
        return variances;
    }

    /**
     * Intervals of rows.
     *
     * @param level probability that an interval holds, in (0, 1)
     * @throws IllegalArgumentException if the level is out of range or the rows have another rank
     */
    public Intervals intervals(FactorRows rows, double level, Parallel parallel) {
        Require.level(level);
        double[] variances = variances(rows, parallel);
        return MixtureQuantile.of(rows, e -> variances[(int) e], level, parallel);
    }

    /** Mean-field intervals: those of the posteriors as they are. */
    public static Intervals meanField(FactorRows rows, double level, Parallel parallel) {
        Require.level(level);
        return MixtureQuantile.of(rows, level, parallel);
    }

    double[] information() {
        return information;
    }

    /** C and D of one row after the other. */
    static final class RowCovariance {
        private final int rank;
        final double[] diagonal;
        final double[] inverse;
        private final double[] factor;

        RowCovariance(int rank) {
            this.rank = rank;
            diagonal = new double[rank];
            inverse = new double[rank * rank];
            factor = new double[rank * rank];
        }

        /** Leaves D in {@code diagonal} and C = (L + D)⁻¹, its lower triangle, in {@code inverse}. */
        void of(FactorRows rows, int row, double[] information) {
            double greatest = 0;
            for (int j = 0; j < rank; j++) {
                greatest = Math.max(greatest, information[j * rank + j]);
            }
            for (int j = 0; j < rank; j++) {
                double precision = Math.min(1 / rows.variance()[row * rank + j], MOST_SHARE * greatest);
                diagonal[j] = Math.max(LEAST_SHARE * precision, precision - information[j * rank + j]);
            }
            decompose(information);
            invert();
        }

        /** Likewise with a D that is given, above 0, from {@code from} on. */
        void of(double[] information, double[] stiffness, int from) {
            System.arraycopy(stiffness, from, diagonal, 0, rank);
            decompose(information);
            invert();
        }

        /** The lower factor of L + D. */
        private void decompose(double[] information) {
            for (int i = 0; i < rank; i++) {
                for (int j = 0; j <= i; j++) {
                    double value = information[i * rank + j]
                            + (i == j ? diagonal[i] : 0)
                            - Dense.dot(factor, i * rank, factor, j * rank, j);
                    if (i > j) {
                        factor[i * rank + j] = value / factor[j * rank + j];
                    } else if (value > 0) {
                        factor[i * rank + i] = Math.sqrt(value);
                    } else {
                        throw new IllegalArgumentException("the information of the data is not positive definite;"
                                + " is the Gram matrix that of the other factor?");
                    }
                }
            }
        }

        /** C = F⁻ᵀF⁻¹ from the lower factor F. */
        private void invert() {
            // row c of `inverse` holds column c of F⁻¹ for now
            for (int c = 0; c < rank; c++) {
                for (int i = 0; i < rank; i++) {
                    double value = i == c ? 1 : 0;
                    if (i > c) {
                        value = -Dense.dot(factor, i * rank + c, inverse, c * rank + c, i - c);
                    }
                    inverse[c * rank + i] = i < c ? 0 : value / factor[i * rank + i];
                }
            }
            for (int j = 0; j < rank; j++) {
                for (int i = j; i < rank; i++) {
                    factor[i * rank + j] = Dense.dot(inverse, i * rank + i, inverse, j * rank + i, rank - i);
                }
            }
            System.arraycopy(factor, 0, inverse, 0, inverse.length);
        }
    }
}
