package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.testing.PoissonNumbers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts with missing values: what is left is fitted as by plain loops over it in double. */
class IncompleteCountsTest {

    private static final int N = 61;
    private static final int M = 31;
    private static final int RANK = 3;

    /** Counts around a product, of which a share is missing. */
    private static Matrix counts(double missing) {
        return counts(N, missing);
    }

    private static Matrix counts(int n, double missing) {
        SplittableRandom random = new SplittableRandom(7);
        float[] values = new float[n * M];
        double[] w = random.doubles((long) M * RANK, 0, 2).map(u -> u * u).toArray();
        for (int i = 0; i < n; i++) {
            double[] h = random.doubles(RANK, 0, 3).toArray();
            for (int f = 0; f < M; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += h[j] * w[f * RANK + j];
                }
                values[i * M + f] = PoissonNumbers.draw(mean, random);
            }
        }
        for (int e = 0; e < values.length; e++) {
            if (e / M % M != e % M && random.nextDouble() < missing) {
                values[e] = Float.NaN;
            }
        }
        return Matrix.wrap(values, n, M);
    }

    private static VariationalNmf.Builder poisson() {
        return VariationalNmf.builder()
                .rank(RANK)
                .seed(2)
                .likelihood(Likelihood.POISSON)
                .missing(true)
                .backend(Backends.Choice.CPU);
    }

    private static Nmf.Builder kl() {
        return Nmf.builder()
                .rank(RANK)
                .seed(4)
                .algorithm(NmfAlgorithm.KL)
                .init(NmfInit.RANDOM)
                .missing(true)
                .backend(Backends.Choice.CPU);
    }

    /** Both factors of a fit in double, and what is allocated to them by plain loops. */
    private static final class Oracle {

        final Matrix data;
        final double[][] h = new double[N][RANK];
        final double[][] w = new double[M][RANK];
        /** What v̂ is made with. */
        final double[][] gh = new double[N][RANK];

        final double[][] gw = new double[M][RANK];

        Oracle(Matrix data) {
            this.data = data;
        }

        static Oracle of(Matrix data, VariationalModel model) {
            Oracle oracle = new Oracle(data);
            Latent latent = model.transform(data);
            Matrix mean = latent.mean();
            VbParameters p = model.fitted().parameters();
            for (int j = 0; j < RANK; j++) {
                for (int i = 0; i < N; i++) {
                    oracle.h[i][j] = mean.get(i, j);
                    oracle.gh[i][j] = Weibull.geometricMean(
                            latent.k().get(i, j), latent.lambda().get(i, j));
                }
                for (int f = 0; f < M; f++) {
                    int e = f * RANK + j;
                    oracle.w[f][j] = p.mean()[e];
                    oracle.gw[f][j] = Weibull.geometricMeanOfMoments(p.mean()[e], p.variance()[e]);
                }
            }
            return oracle;
        }

        static Oracle of(Matrix data, NmfModel model, Matrix h) {
            Oracle oracle = new Oracle(data);
            Matrix w = model.basis();
            for (int j = 0; j < RANK; j++) {
                for (int i = 0; i < N; i++) {
                    oracle.h[i][j] = h.get(i, j);
                    oracle.gh[i][j] = h.get(i, j);
                }
                for (int f = 0; f < M; f++) {
                    oracle.w[f][j] = w.get(f, j);
                    oracle.gw[f][j] = w.get(f, j);
                }
            }
            return oracle;
        }

        static double product(double[] h, double[] w) {
            double sum = 0;
            for (int j = 0; j < RANK; j++) {
                sum += h[j] * w[j];
            }
            return sum;
        }

        /** What an update by all that is observed makes of a coefficient. */
        double coefficient(int i, int j, double plus, double rate) {
            double allocated = 0;
            double exposure = 0;
            for (int f = 0; f < M; f++) {
                float v = data.get(i, f);
                if (!Float.isNaN(v)) {
                    exposure += w[f][j];
                    allocated += v == 0 ? 0 : v * gh[i][j] * gw[f][j] / product(gh[i], gw[f]);
                }
            }
            return (allocated + plus) / (exposure + rate);
        }

        /** The same of a weight. */
        double weight(int f, int j, double plus, double rate) {
            double allocated = 0;
            double exposure = 0;
            for (int i = 0; i < N; i++) {
                float v = data.get(i, f);
                if (!Float.isNaN(v)) {
                    exposure += h[i][j];
                    allocated += v == 0 ? 0 : v * gh[i][j] * gw[f][j] / product(gh[i], gw[f]);
                }
            }
            return (allocated + plus) / (exposure + rate);
        }

        double divergence() {
            double sum = 0;
            for (int i = 0; i < N; i++) {
                for (int f = 0; f < M; f++) {
                    double v = data.get(i, f);
                    double decoded = product(h[i], w[f]);
                    sum += Double.isNaN(v) ? 0 : (v > 0 ? v * Math.log(v / decoded) : 0) - v + decoded;
                }
            }
            return sum;
        }

        int observed() {
            int count = 0;
            for (float[] row : data.toRows()) {
                for (float v : row) {
                    count += Float.isNaN(v) ? 0 : 1;
                }
            }
            return count;
        }
    }

    /** Where few entries are missing, and where few are there. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.6})
    void aFitOfPosteriorsEndsWhereNoUpdateMovesIt(double missing) {
        Matrix data = counts(missing);
        VariationalModel model = poisson().epochs(2000).build().fit(data);
        Oracle oracle = Oracle.of(data, model);
        double[] prior = model.fitted().parameters().priorMean();
        double greatest =
                Arrays.stream(oracle.w).flatMapToDouble(Arrays::stream).max().orElseThrow();
        ErrorReport coefficients = new ErrorReport("coefficients, " + missing + " missing");
        ErrorReport weights = new ErrorReport("weights, " + missing + " missing");
        for (int j = 0; j < RANK; j++) {
            double most = Arrays.stream(column(oracle.h, j)).max().orElseThrow();
            for (int i = 0; i < N; i++) {
                // the last sweep changed none by more than 1e-6 of the greatest, and a sweep goes a tenth of the way or
                // more
                coefficients.compare(i + ", " + j, oracle.coefficient(i, j, 1, 1), oracle.h[i][j], 1e-5 * most);
            }
            for (int f = 0; f < M; f++) {
                // one update, of sums of 61 floats by posteriors that have converged to 1e-5
                double expected = oracle.weight(f, j, 1, 1 / prior[j]);
                weights.compare(f + ", " + j, expected, oracle.w[f][j], 1e-4 * greatest);
            }
        }
        coefficients.log();
        weights.log();
    }

    private static double[] column(double[][] rows, int j) {
        return Arrays.stream(rows).mapToDouble(row -> row[j]).toArray();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.6})
    void aFitOfTheLeastDivergenceEndsWhereNoUpdateMovesIt(double missing) {
        Matrix data = counts(missing);
        NmfModel model = kl().epochs(3000).build().fit(data);
        Oracle oracle = Oracle.of(data, model, model.transform(data));
        Oracle ended = Oracle.of(data, model, model.trainingCoefficients().orElseThrow());
        ErrorReport coefficients = new ErrorReport("coefficients, " + missing + " missing");
        ErrorReport weights = new ErrorReport("weights, " + missing + " missing");
        for (int j = 0; j < RANK; j++) {
            double most = Arrays.stream(column(oracle.h, j)).max().orElseThrow();
            for (int i = 0; i < N; i++) {
                coefficients.compare(i + ", " + j, oracle.coefficient(i, j, 0, 0), oracle.h[i][j], 1e-5 * most);
            }
            double greatest = Arrays.stream(column(oracle.w, j)).max().orElseThrow();
            for (int f = 0; f < M; f++) {
                // one update of the last epoch, by the coefficients that it ended with
                weights.compare(f + ", " + j, ended.weight(f, j, 0, 0), oracle.w[f][j], 1e-4 * greatest);
            }
        }
        coefficients.log();
        weights.log();
        Score score = model.score(data);
        double divergence = oracle.divergence();
        // terms of either sign, in which floats of h and w are off by 1e-7 each
        assertEquals(divergence / N, score.reconstructionPerSample(), 1e-5 * divergence / N);
        assertEquals(2 * divergence / oracle.observed(), score.deviance(), 1e-5 * score.deviance());
        double[] history = model.history().reconstruction();
        assertEquals(divergence / N, history[history.length - 1], 1e-4 * divergence / N);
    }

    /** What a fit reports is what its own rows score, and steps never raise it, from beyond either. */
    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.6})
    void theObjectiveNeverRisesAndIsThatOfObservedEntries(double missing) {
        Matrix data = counts(missing);
        VariationalModel model = poisson().epochs(2000).build().fit(data);
        double[] reconstruction = model.history().reconstruction();
        double[] kl = model.history().kl();
        double total = 0;
        for (float[] row : data.toRows()) {
            for (float v : row) {
                total += Float.isNaN(v) ? 0 : v;
            }
        }
        // as PoissonTest has it: v̂ and its logarithm before and after, and divergences to 2e-6 each
        double bound = (14 * ErrorReport.U * total + 2 * 2e-6 * (N + M) * RANK) / N;
        for (int e = 1; e < kl.length; e++) {
            double rise = reconstruction[e] + kl[e] - reconstruction[e - 1] - kl[e - 1];
            assertTrue(rise <= bound, "epoch " + (e + 1) + ": the objective rose by " + rise);
        }
        VbParameters p = model.fitted().parameters();
        double klOfBasis = 0;
        for (int e = 0; e < p.mean().length; e++) {
            double k = WeibullShape.ofMoments(p.mean()[e], p.variance()[e]);
            klOfBasis += Weibull.kl(k, p.mean()[e] / Weibull.mean(k, 1), 1, p.priorMean()[e % RANK]);
        }
        Score score = model.score(data);
        double expected = score.objective() + klOfBasis / N;
        assertEquals(expected, reconstruction[1999] + kl[1999], 1e-5 * expected);
        Oracle oracle = Oracle.of(data, model);
        double likelihood = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double v = data.get(i, f);
                likelihood += Double.isNaN(v)
                        ? 0
                        : LogGamma.value(v + 1)
                                + Oracle.product(oracle.h[i], oracle.w[f])
                                - v * Math.log(Oracle.product(oracle.gh[i], oracle.gw[f]));
            }
        }
        assertEquals(likelihood / N, score.reconstructionPerSample(), 1e-5 * likelihood / N);
        assertEquals(2 * oracle.divergence() / oracle.observed(), score.deviance(), 1e-5 * score.deviance());
        assertEquals(-score.objective() * N / oracle.observed(), score.elbo(), 1e-12 * score.objective());
    }

    /** Where zeros are missing, too, what is listed is what is there. */
    @ParameterizedTest
    @CsvSource({"1, 0, false", "2, 0, true", "3, 256, true", "2, 256, false"})
    void threadsChunksAndStorageChangeNoBit(int threads, int chunkRows, boolean zeros) {
        Matrix data = counts(301, 0.1);
        VariationalModel expected =
                poisson().epochs(12).threads(1).zerosMissing(zeros).build().fit(data);
        RowSource stored = SparseMatrix.of(data);
        VariationalModel actual = poisson()
                .epochs(12)
                .zerosMissing(zeros)
                .threads(threads)
                .chunkRows(chunkRows)
                .build()
                .fit(stored);
        assertEquals(expected.history(), actual.history());
        assertArrayEquals(expected.basis().toRows(), actual.basis().toRows());
        assertArrayEquals(
                expected.transform(data).mean().toRows(),
                actual.transform(stored).mean().toRows());
        NmfModel one = kl().epochs(12).threads(1).zerosMissing(zeros).build().fit(data);
        NmfModel other = kl().epochs(12)
                .zerosMissing(zeros)
                .threads(threads)
                .chunkRows(chunkRows)
                .build()
                .fit(stored);
        assertEquals(one.history(), other.history());
        assertArrayEquals(one.basis().toRows(), other.basis().toRows());
        assertArrayEquals(one.transform(data).toRows(), other.transform(stored).toRows());
    }

    /** The counts' own noise is fitted by the one, and not by the other. */
    @Test
    void posteriorsPredictHiddenEntriesBetter() {
        HoldOut split = HoldOut.split(counts(0.1), Missing.NAN, 0.3, 1);
        NmfModel plain = kl().rank(8).epochs(300).build().fit(split.training());
        VariationalModel bayes = poisson().rank(8).epochs(300).build().fit(split.training());
        double errorOfPlain = split.relativeError(plain);
        double errorOfBayes = split.relativeError(bayes);
        assertTrue(errorOfBayes < 0.9 * errorOfPlain, errorOfBayes + " against " + errorOfPlain);
        assertTrue(errorOfBayes < 0.7, String.valueOf(errorOfBayes));
    }

    @ParameterizedTest
    @EnumSource(
            value = IntervalMethod.class,
            names = {"JOINT", "CONDITIONAL", "MEAN_FIELD"})
    void rowsOfWhichLittleIsKnownHaveWiderIntervals(IntervalMethod method) {
        Matrix data = counts(0.1);
        VariationalModel model = poisson().epochs(200).intervals(method).build().fit(data);
        assertEquals(method, model.intervalMethod());
        Matrix less = data.copy();
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f += 2) {
                less.storage(i)[less.offset(i) + f] = Float.NaN;
            }
        }
        assertTrue(width(model, less) > 1.2 * width(model, data));
    }

    private static double width(VariationalModel model, RowSource data) {
        VariationalModel.Bounds bounds = model.intervals(data, 0.9);
        double sum = 0;
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < RANK; j++) {
                sum += bounds.upper().get(i, j) - bounds.lower().get(i, j);
            }
        }
        return sum;
    }

    @Test
    void whatIsMissingStaysMissingInBothParts() {
        Matrix data = counts(0.2);
        CountThinning counts = CountThinning.split(data, Missing.NAN, 0.8, 3);
        float[] training = new float[M];
        float[] heldOut = new float[M];
        for (int i = 0; i < N; i++) {
            counts.training().copyRow(i, training, 0);
            counts.heldOut().copyRow(i, heldOut, 0);
            for (int f = 0; f < M; f++) {
                assertEquals(data.get(i, f), training[f] + heldOut[f]);
            }
        }
        NmfModel model = kl().epochs(20).build().fit(counts.training());
        Matrix h = model.transform(counts.training());
        double expected = 0;
        int observed = 0;
        for (int i = 0; i < N; i++) {
            counts.heldOut().copyRow(i, heldOut, 0);
            for (int f = 0; f < M; f++) {
                double decoded = 0;
                for (int j = 0; j < RANK; j++) {
                    decoded += 0.25 * h.get(i, j) * model.basis().get(f, j);
                }
                double v = heldOut[f];
                observed += Double.isNaN(v) ? 0 : 1;
                expected += Double.isNaN(v) ? 0 : 2 * ((v > 0 ? v * Math.log(v / decoded) : 0) - v + decoded);
            }
        }
        // coefficients times a quarter in float32
        assertEquals(expected / observed, counts.heldOutDeviance(model), 1e-6 * expected / observed);
        CountThinning ofSparse = CountThinning.split(SparseMatrix.of(data), Missing.NAN, 0.8, 3);
        assertEquals(counts.heldOutDeviance(model), ofSparse.heldOutDeviance(model));
        assertThrows(IllegalArgumentException.class, () -> CountThinning.split(data, Missing.ZEROS, 0.8, 3));
        assertThrows(DataException.class, () -> CountThinning.split(data, 0.8, 3));
    }

    @Test
    void modelsAreKeptAndGoOn(@TempDir Path folder) throws Exception {
        Matrix data = counts(0.2);
        Path file = folder.resolve("model.npz");
        NmfModel divergence = kl().epochs(5).build().fit(data);
        divergence.save(file);
        NmfModel loaded = NmfModel.load(file);
        assertEquals(Missing.NAN, loaded.missing());
        assertArrayEquals(
                divergence.reconstruct(data).toRows(), loaded.reconstruct(data).toRows());
        VariationalModel posteriors = poisson().epochs(5).build().fit(data);
        posteriors.save(file);
        VariationalModel kept = VariationalModel.load(file);
        assertEquals(Missing.NAN, kept.missing());
        VariationalModel more = poisson().missing(false).epochs(5).build().update(kept, data);
        assertEquals(10, more.totalEpochs());
        assertTrue(more.score(data).objective() < kept.score(data).objective());
    }
}
