package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfInference;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.History;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.steps.DataStatistics;
import java.util.List;
import java.util.stream.IntStream;

/**
 * First factors of standard NMF from given ones. A model has V ≈ H·basisᵀ, and a fit √a·V·√b/s ≈ (√a·H)·(√b·W)ᵀ, a and b
 * the weights of rows and features and s the scale of the data: so √b·W = basis·√b/s, and H has its row's root alone.
 *
 * <ul>
 *   <li>Coefficients that are not given are those by which the basis explains the rows best, as {@code transform} gives
 *       them. Multiplicative updates never leave 0: there they are at least {@link #LEAST_SHARE} of what would explain 1/r
 *       of the mean of the data.
 *   <li>Components that are not given start at random, their coefficients times {@link #FREE_SHARE}, so that what the given
 *       ones explain stays theirs at first.
 * </ul>
 */
final class GivenStart {

    private static final float FREE_SHARE = 0.1f;
    private static final double LEAST_SHARE = 0.01;

    private GivenStart() {}

    /**
     * @param given in the order of the data, in units of the data as they were scaled before everything else
     * @param data times the roots of their weights
     */
    static NmfParameters parameters(
            GivenFactors given, NmfConfiguration c, RowSource data, DataStatistics statistics, Execution execution) {
        return parameters(
                given.basis(),
                statistics.scale(),
                given.coefficients(),
                c,
                data,
                statistics,
                execution,
                c.algorithm().isMultiplicative());
    }

    /**
     * What a model goes on from.
     *
     * @param w of the model, in units of the scaled data
     */
    static NmfParameters parameters(
            Matrix w, NmfConfiguration c, RowSource data, DataStatistics statistics, Execution execution) {
        return parameters(
                w, 1, null, c, data, statistics, execution, c.algorithm().isMultiplicative());
    }

    /**
     * What other algorithms start from; a component that no row needs has coefficients above 0, too.
     *
     * @param counts whether coefficients are those of the least Kullback-Leibler divergence, not of least squares
     */
    static HalsStart start(
            GivenFactors given,
            int rank,
            long seed,
            boolean counts,
            RowSource data,
            DataStatistics statistics,
            Execution execution) {
        NmfConfiguration c = new NmfConfiguration(
                rank,
                counts ? NmfAlgorithm.KL : NmfAlgorithm.HALS,
                NmfInit.GIVEN,
                1,
                0,
                1,
                data.mask() == null ? Missing.NONE : Missing.NAN,
                seed);
        NmfParameters factors = parameters(
                given.basis(), statistics.scale(), given.coefficients(), c, data, statistics, execution, true);
        try (NmfInference inference = inference(factors.w(), c, statistics.scale(), execution)) {
            return new HalsStart(factors, inference.squaredError(data, factors.h()));
        }
    }

    /**
     * @param unit what the basis is divided by to be in units of the scaled data
     * @param coefficients or null
     * @param positive whether coefficients must be above 0
     */
    private static NmfParameters parameters(
            Matrix basis,
            double unit,
            Matrix coefficients,
            NmfConfiguration c,
            RowSource data,
            DataStatistics statistics,
            Execution execution,
            boolean positive) {
        NmfParameters factors = NmfInitialiser.random(c, statistics);
        int r0 = basis.columns();
        double[] rowRoots = statistics.weights().rootsOfRows(data.rows());
        double[] featureRoots = statistics.weights().rootsOfFeatures(data.columns());
        Matrix w = scaled(basis, featureRoots, 1 / unit);
        copy(w, factors.w());
        if (coefficients != null) {
            copy(scaled(coefficients, rowRoots, 1), factors.h());
            return factors;
        }
        Matrix h = coefficients(w, c, data, statistics.scale(), execution);
        if (positive) {
            double[] least = leastCoefficients(basis, unit, c.rank(), statistics);
            for (int i = 0; i < h.rows(); i++) {
                for (int j = 0; j < r0; j++) {
                    int at = h.offset(i) + j;
                    h.storage(i)[at] = (float) Math.max(h.storage(i)[at], rowRoots[i] * least[j]);
                }
            }
        }
        for (int i = 0; i < h.rows(); i++) {
            for (int j = r0; j < c.rank(); j++) {
                factors.h().storage(i)[factors.h().offset(i) + j] *= FREE_SHARE;
            }
        }
        copy(h, factors.h());
        return factors;
    }

    /** Warns of zeros that multiplicative updates never leave. */
    static List<Warning> warnings(GivenFactors given, NmfConfiguration c) {
        if (!c.algorithm().isMultiplicative()) {
            return List.of();
        }
        long ofBasis = given.fixed() ? 0 : zeros(given.basis());
        long ofCoefficients = given.coefficients() == null ? 0 : zeros(given.coefficients());
        if (ofBasis + ofCoefficients == 0) {
            return List.of();
        }
        return List.of(new Warning(
                Warning.Code.ZEROS_STAY,
                "multiplicative updates never leave 0, and of the given factors " + ofBasis + " weights and "
                        + ofCoefficients + " coefficients are 0: they stay so. nmf-hals leaves 0 where that explains"
                        + " the data better."));
    }

    /** Warns of features of new rows that multiplicative updates of a model, which has no weight for them, do not learn. */
    static List<Warning> warnings(Matrix w, NmfConfiguration c, DataStatistics statistics) {
        long unseen = IntStream.range(0, w.rows())
                .filter(f -> statistics.featureMeans()[f] > 0)
                .filter(f -> IntStream.range(0, w.columns()).allMatch(j -> w.get(f, j) == 0))
                .count();
        return unseen == 0 || !c.algorithm().isMultiplicative()
                ? List.of()
                : List.of(new Warning(
                        Warning.Code.ZEROS_STAY,
                        "multiplicative updates never leave 0, and " + unseen + (unseen == 1 ? " feature" : " features")
                                + " of the new rows had weights of 0 in all components: they stay so. A new fit, or"
                                + " nmf-hals, learns them."));
    }

    private static long zeros(Matrix factor) {
        long zeros = 0;
        for (int i = 0; i < factor.rows(); i++) {
            for (int j = 0; j < factor.columns(); j++) {
                zeros += factor.get(i, j) == 0 ? 1 : 0;
            }
        }
        return zeros;
    }

    private static Matrix scaled(Matrix factor, double[] roots, double times) {
        Matrix scaled = Matrix.zeros(factor.rows(), factor.columns());
        for (int i = 0; i < factor.rows(); i++) {
            for (int j = 0; j < factor.columns(); j++) {
                scaled.storage(i)[scaled.offset(i) + j] = (float) (factor.get(i, j) * roots[i] * times);
            }
        }
        return scaled;
    }

    /** Copies the first components. */
    private static void copy(Matrix source, Matrix target) {
        for (int i = 0; i < source.rows(); i++) {
            System.arraycopy(
                    source.storage(i), source.offset(i), target.storage(i), target.offset(i), source.columns());
        }
    }

    /** H of the data by some components alone, n × r₀. */
    private static Matrix coefficients(
            Matrix w, NmfConfiguration c, RowSource data, double scale, Execution execution) {
        Matrix h = Matrix.zeros(data.rows(), w.columns());
        try (NmfInference inference = inference(w, c, scale, execution)) {
            inference.encode(data, h);
        }
        return h;
    }

    private static NmfInference inference(Matrix w, NmfConfiguration c, double scale, Execution execution) {
        NmfConfiguration ofGiven = new NmfConfiguration(
                w.columns(), c.algorithm(), c.init(), 1, 0, 1, c.missing(), c.seed(), c.penalties(), c.beta());
        History none = new History(new double[0], new double[0], History.StopReason.EPOCHS);
        return Backends.openInference(execution, new FittedNmf(ofGiven, w, scale, List.of(), none, List.of()));
    }

    /** Of each component, what explains 1/r of the mean of the data, times {@link #LEAST_SHARE}; 0 where its weights are. */
    private static double[] leastCoefficients(Matrix basis, double unit, int rank, DataStatistics statistics) {
        double[] least = new double[basis.columns()];
        for (int j = 0; j < least.length; j++) {
            double sum = 0;
            for (int f = 0; f < basis.rows(); f++) {
                sum += basis.get(f, j) / unit;
            }
            double share = LEAST_SHARE * statistics.featureMean() / rank;
            least[j] = sum == 0 ? 0 : share * basis.rows() / sum;
        }
        return least;
    }
}
