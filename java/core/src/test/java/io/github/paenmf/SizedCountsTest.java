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
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.VbInit;
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
import org.junit.jupiter.params.provider.EnumSource;

/** Counts of rows with size factors s: v ~ Poisson(s·W·h). */
class SizedCountsTest {

    private static final int N = 80;
    private static final int M = 23;
    private static final int RANK = 3;
    private static final Scaling GIVEN = Scaling.NONE.withSizeFactors(SizeFactors.GIVEN);
    private static final Scaling TOTAL = Scaling.NONE.withSizeFactors(SizeFactors.TOTAL);

    private static double[] factors() {
        return new SplittableRandom(3)
                .doubles(N, -2, 2)
                .map(u -> Math.rint(1 + Math.exp(u)))
                .toArray();
    }

    private static Matrix counts() {
        SplittableRandom random = new SplittableRandom(7);
        double[] s = factors();
        float[] values = new float[N * M];
        double[] w = random.doubles((long) M * RANK, 0, 2).map(u -> u * u).toArray();
        for (int i = 0; i < N; i++) {
            double[] h = random.doubles(RANK, 0, 1.5).toArray();
            for (int f = 0; f < M; f++) {
                double mean = 0;
                for (int j = 0; j < RANK; j++) {
                    mean += s[i] * h[j] * w[f * RANK + j];
                }
                values[i * M + f] = PoissonNumbers.draw(mean, random);
            }
        }
        return Matrix.wrap(values, N, M);
    }

    private static RowSource sized() {
        return SizeFactors.attach(counts(), factors());
    }

    private static Nmf.Builder kl(Scaling scaling) {
        return Nmf.builder()
                .rank(RANK)
                .seed(4)
                .epochs(100)
                .algorithm(NmfAlgorithm.KL)
                .init(NmfInit.RANDOM)
                .scaling(scaling)
                .backend(Backends.Choice.CPU);
    }

    private static VariationalNmf.Builder poisson(Scaling scaling) {
        return VariationalNmf.builder()
                .rank(RANK)
                .seed(2)
                .epochs(100)
                .likelihood(Likelihood.POISSON)
                .scaling(scaling)
                .backend(Backends.Choice.CPU);
    }

    /** Twice and three times the counts of a row, with the factor likewise, say the same of its coefficients. */
    @Test
    void countsAndFactorsOfARowMayBeMultiplied() {
        NmfModel model = kl(GIVEN).build().fit(sized());
        Matrix more = counts();
        double[] factors = factors();
        for (int i = 0; i < N; i++) {
            int times = 1 + i % 3;
            factors[i] *= times;
            for (int f = 0; f < M; f++) {
                more.storage(i)[more.offset(i) + f] *= times;
            }
        }
        Matrix h = model.transform(sized());
        Matrix same = model.transform(SizeFactors.attach(more, factors));
        double[] greatest = new double[N];
        for (int i = 0; i < N; i++) {
            greatest[i] = 0;
            for (int j = 0; j < RANK; j++) {
                greatest[i] = Math.max(greatest[i], h.get(i, j));
            }
            for (int j = 0; j < RANK; j++) {
                // the last sweep moved none by more than 1e-6 of the greatest, and took a tenth of the way or more
                assertEquals(h.get(i, j), same.get(i, j), 1e-5 * greatest[i]);
            }
        }
        VariationalModel posteriors = poisson(GIVEN).build().fit(sized());
        double width = width(posteriors, sized());
        assertTrue(width(posteriors, SizeFactors.attach(more, factors)) < 0.9 * width);
    }

    /** More counts tell more of the same coefficients. */
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

    /** Factors in another unit are another unit of W: a fit starts from the same V̂, and does the same steps. */
    @ParameterizedTest
    @EnumSource(names = "GIVEN", mode = EnumSource.Mode.EXCLUDE)
    void theUnitOfFactorsIsThatOfTheBasis(VbInit init) {
        double[] small = Arrays.stream(factors()).map(s -> s / 1000).toArray();
        RowSource inOther = SizeFactors.attach(counts(), small);
        VariationalModel one = poisson(GIVEN).init(init).epochs(2).build().fit(sized());
        VariationalModel other = poisson(GIVEN).init(init).epochs(2).build().fit(inOther);
        // Sums of up to 80 floats, through two steps and the sweeps over a row: some hundreds of 6e-8; but the run of
        // NMF
        // is from random factors of another scale, which 20 epochs do not forget.
        double share = init == VbInit.RANDOM ? 1e-4 : 0.1;
        assertSame(one.reconstructMean(sized()), other.reconstructMean(inOther), share);
        assertSame(
                kl(GIVEN).epochs(2).build().fit(sized()).reconstruct(sized()),
                kl(GIVEN).epochs(2).build().fit(inOther).reconstruct(inOther),
                1e-4);
    }

    private static void assertSame(Matrix expected, Matrix actual, double share) {
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double difference = actual.get(i, f) - expected.get(i, f);
                squares += difference * difference;
                norm += (double) expected.get(i, f) * expected.get(i, f);
            }
        }
        assertEquals(0, Math.sqrt(squares / norm), share);
    }

    /** By plain loops over all entries, of which v̂ is s·h·w. */
    @Test
    void aScoreIsOfWhatIsExpectedOfARow() {
        NmfModel model = kl(GIVEN).epochs(500).build().fit(sized());
        assertScored(model, model.reconstruct(sized()));
        double[] history = model.history().reconstruction();
        Score score = model.score(sized());
        assertEquals(score.deviance() * M / 2, score.reconstructionPerSample(), 1e-9 * score.deviance() * M);
        assertEquals(score.objective(), history[499], 1e-4 * score.objective());

        VariationalModel posteriors = poisson(GIVEN).epochs(500).build().fit(sized());
        assertScored(posteriors, posteriors.reconstructMean(sized()));
        Score ofPosteriors = posteriors.score(sized());
        Latent latent = posteriors.transform(sized());
        VbParameters p = posteriors.fitted().parameters();
        double likelihood = 0;
        for (int i = 0; i < N; i++) {
            double s = factors()[i];
            for (int f = 0; f < M; f++) {
                double v = counts().get(i, f);
                double decoded = 0;
                for (int j = 0; j < RANK; j++) {
                    int e = f * RANK + j;
                    decoded += Weibull.geometricMean(
                                    latent.k().get(i, j), latent.lambda().get(i, j))
                            * Weibull.geometricMeanOfMoments(p.mean()[e], p.variance()[e]);
                    likelihood += s * latent.mean().get(i, j) * p.mean()[e];
                }
                likelihood += LogGamma.value(v + 1) - v * Math.log(s * decoded);
            }
        }
        assertEquals(likelihood / N, ofPosteriors.reconstructionPerSample(), 1e-5 * likelihood / N);
        double klOfBasis = 0;
        for (int e = 0; e < p.mean().length; e++) {
            double k = WeibullShape.ofMoments(p.mean()[e], p.variance()[e]);
            klOfBasis += Weibull.kl(k, p.mean()[e] / Weibull.mean(k, 1), 1, p.priorMean()[e % RANK]);
        }
        double[] kl = posteriors.history().kl();
        double[] reconstruction = posteriors.history().reconstruction();
        double expected = ofPosteriors.objective() + klOfBasis / N;
        assertEquals(expected, reconstruction[499] + kl[499], 1e-5 * expected);
        for (int e = 1; e < kl.length; e++) {
            double rise = reconstruction[e] + kl[e] - reconstruction[e - 1] - kl[e - 1];
            // v̂ and its logarithm before and after, of some 20 000 counts, and divergences to 2e-6 each
            assertTrue(rise <= (14 * ErrorReport.U * 2e4 + 4e-6 * (N + M) * RANK) / N, "epoch " + e + ": " + rise);
        }
    }

    private static void assertScored(FactorisationModel model, Matrix expected) {
        Matrix data = counts();
        double deviance = 0;
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                double v = data.get(i, f);
                double decoded = expected.get(i, f);
                deviance += 2 * ((v > 0 ? v * Math.log(v / decoded) : 0) - v + decoded);
                squares += (v - decoded) * (v - decoded);
                norm += v * v;
            }
        }
        Score score = model.score(sized());
        double error = Double.isNaN(score.relativeErrorMean()) ? score.relativeError() : score.relativeErrorMean();
        assertEquals(deviance / (N * M), score.deviance(), 1e-5 * score.deviance());
        assertEquals(Math.sqrt(squares / norm), error, 1e-5 * error);
    }

    /** Depths that differ thirtyfold are no part of what the rows are made of. */
    @Test
    void whatIsPlantedIsPredictedBetter() {
        RowSource sized = sized();
        CountThinning with = CountThinning.split(sized, 0.5, 1);
        CountThinning without = CountThinning.split(counts(), 0.5, 1);
        double sizes = with.heldOutDeviance(poisson(GIVEN).build().fit(with.training()));
        double none = without.heldOutDeviance(poisson(Scaling.NONE).build().fit(without.training()));
        double totals = without.heldOutDeviance(poisson(TOTAL).build().fit(without.training()));
        assertTrue(sizes < 0.99 * none, sizes + " with, " + none + " without");
        assertTrue(totals < 0.99 * none, totals + " by totals, " + none + " without");
        HoldOut hidden = HoldOut.split(sized, Missing.NONE, 0.2, 1);
        NmfModel model = kl(GIVEN).missing(true).build().fit(hidden.training());
        double error = hidden.relativeError(model);
        assertTrue(error < 0.6, String.valueOf(error));
    }

    @Test
    void modelsAreKeptAndAskForFactors(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("model.npz");
        VariationalModel model = poisson(GIVEN).epochs(5).build().fit(sized());
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file);
        assertArrayEquals(
                model.reconstruct(sized()).toRows(), loaded.reconstruct(sized()).toRows());
        assertThrows(DataException.class, () -> loaded.transform(counts()));
        assertThrows(DataException.class, () -> poisson(GIVEN).build().fit(counts()));
        assertThrows(DataException.class, () -> kl(Scaling.NONE).build().fit(sized()));
        VariationalModel more = poisson(Scaling.NONE).epochs(5).build().update(loaded, sized());
        assertTrue(more.score(sized()).objective() < model.score(sized()).objective());
        NmfModel totals = kl(TOTAL).epochs(5).build().fit(counts());
        totals.save(file);
        Matrix half = counts().selectRows(new int[] {0, 5, 7});
        assertArrayEquals(
                totals.reconstruct(counts()).selectRows(new int[] {0, 5, 7}).toRows(),
                NmfModel.load(file).reconstruct(half).toRows());
        assertEquals("given", model.settings().get("Size factors of rows"));
    }

    @Test
    void sparseCountsAndThoseWithHolesAreFittedLikewise() {
        Matrix holes = counts();
        for (int e = 0; e < N * M; e += 5) {
            holes.storage(0)[e] = Float.NaN;
        }
        SparseMatrix.Builder builder = SparseMatrix.builder(M);
        int[] columns = new int[M];
        float[] values = new float[M];
        for (int i = 0; i < N; i++) {
            builder.addRow(columns, values, holes.copyNonzeros(i, 0, M, columns, values));
        }
        RowSource dense = SizeFactors.attach(holes, factors());
        RowSource sparse = SizeFactors.attach(builder.build(), factors());
        VariationalModel expected =
                poisson(GIVEN).epochs(12).missing(true).build().fit(dense);
        VariationalModel actual =
                poisson(GIVEN).epochs(12).missing(true).build().fit(sparse);
        assertEquals(expected.history(), actual.history());
        assertArrayEquals(
                expected.reconstruct(dense).toRows(), actual.reconstruct(sparse).toRows());
    }
}
