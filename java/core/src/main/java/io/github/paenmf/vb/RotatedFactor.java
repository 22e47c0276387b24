package io.github.paenmf.vb;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;

/**
 * Intervals of the rows of one factor from draws of the rotation: for each draw the coefficient given it, 0 or from a
 * truncated normal, and of these the quantiles. A row's interval depends on that row, its id and the fit alone.
 *
 * <p>Where the noise grows with the signal, only the width of that normal is the one of the row's own noise ({@link
 * RowNoise}). Its place and the probability of 0 are those of the fit's constant noise: weighed against the row's own,
 * the prior would pull large coefficients, whose noise is large too, away from what was fitted.
 */
public final class RotatedFactor {

    private final RotationDraws draws;
    private final int l;
    private final int count;
    private final boolean basis;
    private final FactorPrior prior;
    private final double[] inverseGram;
    /** Of rows that are known each in their own way; null where all are known alike. */
    private final RowEstimates own;
    /** By which each coefficient's variance exceeds that of constant noise; null where it does not. */
    private final Shares noise;

    private interface Shares {
        void of(double[] mean, int from, int row, double[] target);
    }

    /** The draws' matrices, [component][row of M][draw], M or M⁻ᵀ. */
    private final double[] matrices;

    /** Standard deviations, the same for all rows unless they have their own, and scales, [component][draw]. */
    private final double[] deviations;

    private final double[] scales;

    /**
     * For rows of H, those of the fit and new ones.
     *
     * @param gramW G = E[WᵀW], r × r
     * @param w means of W, m × r
     * @param prior of H
     * @param noiseVariance σ²
     * @param noise the noise's variance by the fitted value, of mean σ²
     * @throws IllegalArgumentException if lengths do not match the draws' rank, or G is not positive definite
     */
    public static RotatedFactor ofH(
            double[] gramW,
            double[] w,
            FactorPrior prior,
            double noiseVariance,
            VarianceFunction noise,
            RotationDraws draws) {
        return new RotatedFactor(gramW, prior, noiseVariance, draws, false, w, noise, new double[0]);
    }

    /**
     * For rows of W.
     *
     * @param gramH K = E[HᵀH], r × r
     * @param h means of H, n × r
     * @param prior of W
     * @param noiseVariance σ²
     * @param noise the noise's variance by the fitted value, of mean σ²
     * @throws IllegalArgumentException if lengths do not match the draws' rank, or K is not positive definite
     */
    public static RotatedFactor ofW(
            double[] gramH,
            double[] h,
            FactorPrior prior,
            double noiseVariance,
            VarianceFunction noise,
            RotationDraws draws) {
        return new RotatedFactor(gramH, prior, noiseVariance, draws, true, h, noise, new double[0]);
    }

    /**
     * For rows of W whose shares are known.
     *
     * @param shares as {@link #shares} gave them, or empty where the noise is constant
     * @throws IllegalArgumentException if lengths do not match the draws' rank, or K is not positive definite
     */
    public static RotatedFactor ofW(
            double[] gramH, FactorPrior prior, double noiseVariance, double[] shares, RotationDraws draws) {
        VarianceFunction constant = VarianceFunction.constant(noiseVariance);
        return new RotatedFactor(gramH, prior, noiseVariance, draws, true, new double[0], constant, shares);
    }

    /**
     * For rows that are known each in their own way.
     *
     * @param estimates of the rows' live components
     * @param prior of all components of the factor
     * @param basis whether they are of W
     * @throws IllegalArgumentException if the estimates are not of the draws' live components
     */
    static RotatedFactor ofRows(RowEstimates estimates, FactorPrior prior, RotationDraws draws, boolean basis) {
        return new RotatedFactor(estimates, prior, draws, basis);
    }

    private RotatedFactor(RowEstimates estimates, FactorPrior allPriors, RotationDraws draws, boolean basis) {
        Require.length("the prior means", allPriors.mean(), draws.rank());
        this.draws = draws;
        this.basis = basis;
        l = draws.live().length;
        count = draws.count();
        prior = l == 0 ? allPriors : allPriors.select(draws.live());
        matrices = new double[l * l * count];
        deviations = new double[0];
        scales = new double[l * count];
        inverseGram = new double[0];
        noise = null;
        if (estimates.rank() != l) {
            throw new IllegalArgumentException(
                    "the estimates are of " + estimates.rank() + " components, and the draws of " + l);
        }
        own = estimates;
        for (int k = 0; k < count; k++) {
            place(k);
        }
    }

    private RotatedFactor(
            double[] gram,
            FactorPrior allPriors,
            double noiseVariance,
            RotationDraws draws,
            boolean basis,
            double[] others,
            VarianceFunction function,
            double[] known) {
        int rank = draws.rank();
        Require.length("the Gram matrix", gram, (long) rank * rank);
        Require.length("the prior means", allPriors.mean(), rank);
        Require.positive("the noise variance", noiseVariance);
        if (others.length % rank != 0) {
            throw new IllegalArgumentException(
                    "the other factor holds " + others.length + " values, not a multiple of the rank, " + rank);
        }
        this.draws = draws;
        this.basis = basis;
        own = null;
        l = draws.live().length;
        count = draws.count();
        prior = l == 0 ? allPriors : allPriors.select(draws.live());
        matrices = new double[l * l * count];
        deviations = new double[l * count];
        scales = new double[l * count];
        if (l == 0) {
            inverseGram = new double[0];
            noise = null;
            return;
        }
        inverseGram = Dense.inverse("the Gram matrix", Dense.submatrix(gram, rank, draws.live()), l);
        for (int k = 0; k < count; k++) {
            double[] m = place(k);
            double[] squares = SharedRotationFactor.variances(m, Dense.multiply(inverseGram, m, l), l);
            for (int j = 0; j < l; j++) {
                deviations[j * count + k] = Math.sqrt(noiseVariance * squares[j]);
            }
        }
        if (known.length > 0) {
            noise = (mean, from, row, target) -> System.arraycopy(known, row * l, target, 0, l);
        } else if (function.isConstant()) {
            noise = null;
        } else {
            double[] mode = turn(draws.mode());
            RowNoise ofRows = new RowNoise(function, noiseVariance, liveColumns(others, rank), inverseGram, mode, l);
            noise = (mean, from, row, target) -> ofRows.shares(mean, from, target);
        }
    }

    /**
     * By how much the noise makes the variance of each coefficient differ from that of constant noise: rows × live
     * components, or empty where it is constant.
     */
    public double[] shares(FactorRows rows) {
        Require.rank(rows, draws.rank());
        if (noise == null) {
            return new double[0];
        }
        FactorRows selected = rows.select(draws.live());
        double[] shares = new double[rows.rows() * l];
        double[] row = new double[l];
        for (int i = 0; i < rows.rows(); i++) {
            noise.of(selected.mean(), i * l, i, row);
            System.arraycopy(row, 0, shares, i * l, l);
        }
        return shares;
    }

    private double[] liveColumns(double[] others, int rank) {
        double[] selected = new double[others.length / rank * l];
        for (int i = 0; i < selected.length; i++) {
            selected[i] = others[i / l * rank + draws.live()[i % l]];
        }
        return selected;
    }

    /** M for H, M⁻ᵀ for W. */
    private double[] turn(double[] m) {
        if (!basis) {
            return m;
        }
        double[] n = Inverse.of(m, l).transposed();
        if (n == null) {
            throw new IllegalArgumentException("a drawn rotation is singular");
        }
        return n;
    }

    /** Takes the matrix and scales of a draw; the matrix is M for H, M⁻ᵀ for W. */
    private double[] place(int k) {
        double[] m = turn(Arrays.copyOfRange(draws.matrices(), k * l * l, (k + 1) * l * l));
        for (int j = 0; j < l; j++) {
            for (int a = 0; a < l; a++) {
                matrices[(j * l + a) * count + k] = m[a * l + j];
            }
            double scale = draws.scales()[k * l + j];
            scales[j * count + k] = basis ? 1 / scale : scale;
        }
        return m;
    }

    /**
     * Intervals of rows. Components that take no part in the rotation have mean-field intervals.
     *
     * @param ids of the rows, for their noise: a row has the same interval wherever it is
     * @param level probability that an interval holds, in (0, 1)
     * @throws IllegalArgumentException if the level is out of range, the rows have another rank, or there are more or
     *     fewer ids than rows
     */
    public Intervals intervals(FactorRows rows, long[] ids, double level, long seed, Parallel parallel) {
        Require.level(level);
        Require.rank(rows, draws.rank());
        if (ids.length != rows.rows()) {
            throw new IllegalArgumentException(ids.length + " ids for " + rows.rows() + " rows");
        }
        if (own != null && own.rows() != rows.rows()) {
            throw new IllegalArgumentException(own.rows() + " estimates for " + rows.rows() + " rows");
        }
        Intervals intervals = MixtureQuantile.of(rows, level, parallel);
        if (l == 0) {
            return intervals;
        }
        FactorRows live = rows.select(draws.live());
        Chunks chunks = new Chunks(rows.rows(), 8);
        parallel.run(chunks.count(), task -> {
            Row row = new Row(seed, (1 - level) / 2);
            for (int i = chunks.first(task); i < chunks.end(task); i++) {
                row.intervals(live, i, ids[i], intervals);
            }
        });
        return intervals;
    }

    /** One row after the other: scratch of one thread. */
    private final class Row {
        private final long seed;
        private final double tail;
        private final double[] leastSquares = new double[l];
        private final double[] shares = new double[l];
        private final double[] drawn = new double[count];
        private final double[] deviationsOfRow = own == null ? deviations : new double[l * count];
        private final double[] turned = new double[own == null ? 0 : count];
        private final int blocks = (draws.rank() + Philox.WORDS - 1) / Philox.WORDS;
        private final int[] words = new int[count * Philox.WORDS];
        private int wordsOf;

        Row(long seed, double tail) {
            this.seed = seed;
            this.tail = tail;
        }

        void intervals(FactorRows rows, int i, long id, Intervals intervals) {
            if (own == null) {
                Arrays.fill(leastSquares, 0);
                for (int a = 0; a < l; a++) {
                    Dense.axpy(rows.projection()[i * l + a], inverseGram, a * l, leastSquares, 0, l);
                }
            } else {
                System.arraycopy(own.estimates(), i * l, leastSquares, 0, l);
                deviate(i);
            }
            Arrays.fill(shares, 1);
            if (noise != null) {
                noise.of(rows.mean(), i * l, i, shares);
            }
            wordsOf = blocks; // none of this row yet
            for (int j = 0; j < l; j++) {
                draw(j, id);
                int at = i * draws.rank() + draws.live()[j];
                double sum = 0;
                for (double value : drawn) {
                    sum += value;
                }
                intervals.mean()[at] = sum / count;
                Arrays.sort(drawn);
                intervals.lower()[at] = quantile(tail);
                intervals.upper()[at] = quantile(1 - tail);
            }
        }

        /** √(MⱼᵀΣMⱼ) of a row for each draw. */
        private void deviate(int i) {
            int from = i * RowProducts.pairs(l);
            Arrays.fill(deviationsOfRow, 0);
            for (int j = 0; j < l; j++) {
                for (int a = 0; a < l; a++) {
                    Arrays.fill(turned, 0);
                    for (int b = 0; b < l; b++) {
                        double covariance = own.covariances()[from + RowProducts.pair(a, b, l)];
                        Dense.axpy(covariance, matrices, (j * l + b) * count, turned, 0, count);
                    }
                    for (int k = 0; k < count; k++) {
                        deviationsOfRow[j * count + k] += matrices[(j * l + a) * count + k] * turned[k];
                    }
                }
            }
            for (int e = 0; e < deviationsOfRow.length; e++) { // which is above 0 except for rounding
                deviationsOfRow[e] = Math.sqrt(Math.max(deviationsOfRow[e], Double.MIN_NORMAL));
            }
        }

        private void draw(int j, long id) {
            int component = draws.live()[j];
            load(component / Philox.WORDS, id);
            Arrays.fill(drawn, 0);
            for (int a = 0; a < l; a++) {
                Dense.axpy(leastSquares[a], matrices, (j * l + a) * count, drawn, 0, count);
            }
            EntryDensity density = new EntryDensity(prior.mean()[j], prior.inclusion()[j]);
            double widening = Math.sqrt(shares[j]);
            for (int k = 0; k < count; k++) {
                double deviation = deviationsOfRow[j * count + k];
                density.at(drawn[k], deviation, 1 / deviation);
                double u = RotationPosterior.uniform(words[k * Philox.WORDS + component % Philox.WORDS]);
                drawn[k] = scales[j * count + k] * density.quantile(u, widening);
            }
        }

        private void load(int block, long id) {
            if (block == wordsOf) {
                return;
            }
            int[] four = new int[Philox.WORDS];
            for (int k = 0; k < count; k++) {
                Philox.words(seed, id, block, k, basis ? Purpose.BASIS_POSTERIOR : Purpose.COEFFICIENT_POSTERIOR, four);
                System.arraycopy(four, 0, words, k * Philox.WORDS, Philox.WORDS);
            }
            wordsOf = block;
        }

        /** Of the sorted draws, between the two nearest. */
        private double quantile(double q) {
            double place = q * (count - 1);
            int below = Math.min((int) place, Math.max(0, count - 2));
            int above = Math.min(below + 1, count - 1);
            return drawn[below] + (place - below) * (drawn[above] - drawn[below]);
        }
    }
}
