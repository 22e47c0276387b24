package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Initialiser;
import org.ejml.data.DMatrixRMaj;

/** First factors of standard NMF. */
final class NmfInitialiser {

    /** Singular values below this share of the greatest are those of rounding. */
    private static final double RANK_TOLERANCE = 1e-6;
    /** Of a singular vector's greatest value: what is smaller is what roundings left of 0. */
    private static final double ROUNDING = 1e-6;

    /** Of the mean of V: the deviation of what zeros become in NNDSVDar. */
    private static final double RANDOM_SHARE = 0.01;

    private NmfInitialiser() {}

    /**
     * @param products with V, times the roots of its weights
     * @return the factors, times these, likewise
     */
    static NmfParameters parameters(NmfConfiguration c, DataStatistics statistics, DataProducts products) {
        int rows = statistics.rowNorms().length;
        int m = statistics.featureMeans().length;
        NmfParameters factors = random(c, statistics);
        if (c.init().isOfSvd()) {
            TruncatedSvd svd = TruncatedSvd.of(products, rows, m, c.rank(), c.seed());
            Zeros zero = zeros(c, statistics);
            for (int j = 0; j < svd.right().numCols; j++) {
                if (svd.values()[j] > RANK_TOLERANCE * svd.values()[0]) {
                    setComponent(factors, svd, j, zero, statistics.weights());
                }
            }
        }
        return factors;
    }

    /**
     * What values of 0 become.
     *
     * @param value times the root of their weight
     * @param ofRandom what the values of a random start, which have that root, are multiplied by and added
     */
    private record Zeros(float value, float ofRandom) {}

    private static Zeros zeros(NmfConfiguration c, DataStatistics statistics) {
        float mean = (float) ofZeros(c, statistics);
        return switch (c.init()) {
            case NNDSVDA -> new Zeros(mean, 0);
            case NNDSVDAR -> new Zeros(0, (float) (RANDOM_SHARE * mean / deviation(c, statistics)));
            default -> new Zeros(c.algorithm().isMultiplicative() ? mean : 0f, 0);
        };
    }

    private static void multiply(Matrix factor, double[] roots) {
        for (int i = 0; i < factor.rows(); i++) {
            for (int j = 0; j < factor.columns(); j++) {
                factor.storage(i)[factor.offset(i) + j] *= (float) roots[i];
            }
        }
    }

    /** Both factors ~ |N(0, 1)|·√(mean(V)/r), times the roots of their weights. */
    static NmfParameters random(NmfConfiguration c, DataStatistics statistics) {
        int rows = statistics.rowNorms().length;
        int m = statistics.featureMeans().length;
        double deviation = deviation(c, statistics);
        NmfParameters factors = new NmfParameters(random(c, m, 2, deviation), random(c, rows, 3, deviation));
        multiply(factors.w(), statistics.weights().rootsOfFeatures(m));
        multiply(factors.h(), statistics.weights().rootsOfRows(rows));
        return factors;
    }

    /** Of the normal numbers of a random start. */
    private static double deviation(NmfConfiguration c, DataStatistics statistics) {
        return Math.sqrt(Math.abs(mean(statistics)) / c.rank()); // variational NMF takes values below 0
    }

    private static Matrix random(NmfConfiguration c, int rows, int draw, double deviation) {
        int r = c.rank();
        Matrix factor = Matrix.zeros(rows, r);
        int[] words = new int[Philox.WORDS];
        float[] uniforms = new float[2 * r];
        for (int i = 0; i < rows; i++) {
            Philox.uniforms(c.seed(), i, draw, Purpose.INITIALISATION, words, uniforms, 0, uniforms.length);
            for (int j = 0; j < r; j++) {
                double value = Math.abs(Initialiser.normal(uniforms, 2 * j));
                factor.storage(i)[factor.offset(i) + j] = (float) (deviation * value);
            }
        }
        return factor;
    }

    /**
     * What zeros become: the mean of V. With the Kullback-Leibler divergence, whose V is in units of the data, a factor is
     * in the root of that unit, and so is this.
     */
    private static double ofZeros(NmfConfiguration c, DataStatistics statistics) {
        double mean = mean(statistics);
        double meanSquare = statistics.squaredNorm() / statistics.entries();
        return c.algorithm() == NmfAlgorithm.KL ? mean / Math.sqrt(Math.sqrt(meanSquare)) : mean;
    }

    private static double mean(DataStatistics statistics) {
        return statistics.featureMean();
    }

    /**
     * Of a singular pair σ·u·zᵀ the dominating part that is of one sign: with u₊ = max(u, 0) and u₋ = max(−u, 0),
     * √(σ‖u₊‖‖z₊‖)·u₊/‖u₊‖ and likewise for z, or u₋ and z₋ where their norms' product is greater.
     *
     * @param factors of a random start
     * @param zero what values of 0 become
     */
    private static void setComponent(NmfParameters factors, TruncatedSvd svd, int j, Zeros zero, Weights weights) {
        double[] u = norms(svd.left(), j);
        double[] z = norms(svd.right(), j);
        int sign = u[0] * z[0] >= u[1] * z[1] ? 1 : -1;
        double uNorm = sign > 0 ? u[0] : u[1];
        double zNorm = sign > 0 ? z[0] : z[1];
        double scale = Math.sqrt(svd.values()[j] * uNorm * zNorm);
        setColumn(
                factors.h(),
                svd.left(),
                j,
                sign * scale / uNorm,
                zero,
                weights.rootsOfRows(factors.h().rows()));
        setColumn(
                factors.w(),
                svd.right(),
                j,
                sign * scale / zNorm,
                zero,
                weights.rootsOfFeatures(factors.w().rows()));
    }

    /** Norms of the positive and of the negative part of a column. */
    private static double[] norms(DMatrixRMaj vectors, int j) {
        double[] squares = new double[2];
        for (int i = 0; i < vectors.numRows; i++) {
            double value = vectors.unsafe_get(i, j);
            squares[value >= 0 ? 0 : 1] += value * value;
        }
        return new double[] {Math.sqrt(squares[0]), Math.sqrt(squares[1])};
    }

    private static void setColumn(Matrix target, DMatrixRMaj vectors, int j, double times, Zeros zero, double[] roots) {
        double greatest = 0;
        for (int i = 0; i < vectors.numRows; i++) {
            greatest = Math.max(greatest, times * vectors.unsafe_get(i, j));
        }
        for (int i = 0; i < vectors.numRows; i++) {
            double value = times * vectors.unsafe_get(i, j);
            float[] values = target.storage(i);
            int at = target.offset(i) + j;
            values[at] = value > ROUNDING * greatest
                    ? (float) value
                    : zero.value() * (float) roots[i] + zero.ofRandom() * values[at];
        }
    }
}
