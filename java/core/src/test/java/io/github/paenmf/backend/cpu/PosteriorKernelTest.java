package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.PosteriorOracle;
import io.github.paenmf.math.WeibullPosterior;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Plain loops against double precision, and vectors against plain loops, to the bit. */
@Tag("jdk")
class PosteriorKernelTest {

    private static final PosteriorKernel PLAIN = new ScalarPosteriorKernel();
    private static final PosteriorKernel VECTORS = vectors();
    private static final int OFFSET = 3;
    private static final float UNTOUCHED = -7;

    /** The choice of this JVM, once it is warm: by a clock that says that vectors take no time. */
    private static PosteriorKernel vectors() {
        PosteriorKernels kernels = CpuRuntime.choose(null, true, true).posteriorKernels();
        kernels.warmUp(PosteriorKernelsTest.clock(0, 1));
        return kernels.current();
    }

    /** Results of a kernel, in arrays with one row per component and room around them. */
    private static final class Sweep {
        final PosteriorOracle oracle;
        final int stride;
        final float[] x;
        final float[] variance;
        final float[] inclusion;
        final PosteriorSums sums;
        /** Means of a sweep that gives nothing else. */
        final float[] means;

        Sweep(PosteriorKernel kernel, PosteriorOracle oracle) {
            this(kernel, oracle, oracle.rank);
        }

        /** @param block components at once, the rest by a product before */
        Sweep(PosteriorKernel kernel, PosteriorOracle o, int block) {
            oracle = o;
            stride = o.rows + 5;
            x = transposed(o.x);
            means = transposed(o.x);
            variance = new float[x.length];
            inclusion = new float[x.length];
            Arrays.fill(variance, UNTOUCHED);
            Arrays.fill(inclusion, UNTOUCHED);
            sums = new PosteriorSums(o.rank);
            float[] numerator = transposed(o.numerator);
            PosteriorParameters parameters = new PosteriorParameters(o.precision, o.scale, o.prior, o.logit)
                    .withRows(o.logRatio == null ? null : priors(o));
            PosteriorScratch scratch = new PosteriorScratch();
            for (int first = 0; first < o.rank; first += block) {
                int components = Math.min(block, o.rank - first);
                float[] product = new float[components * o.rows];
                for (int j = 0; j < components; j++) {
                    for (int l = 0; l < o.rank; l++) {
                        boolean other = l < first || l >= first + components;
                        float times = other ? o.gram[(first + j) * o.rank + l] : 0;
                        for (int i = 0; i < o.rows; i++) {
                            product[j * o.rows + i] += x[OFFSET + l * stride + i] * times;
                        }
                    }
                }
                int at = OFFSET + first * stride;
                MatrixView numerators = new MatrixView(numerator, at, stride);
                MatrixView products = new MatrixView(product, 0, o.rows);
                MatrixView gram = new MatrixView(o.gram, first * o.rank + first, o.rank);
                kernel.means(
                        parameters,
                        first,
                        components,
                        o.rows,
                        new MatrixView(means, at, stride),
                        numerators,
                        products,
                        gram,
                        scratch);
                kernel.sweep(
                        parameters,
                        first,
                        components,
                        o.rows,
                        new MatrixView(x, at, stride),
                        numerators,
                        products,
                        gram,
                        new MatrixView(variance, at, stride),
                        new MatrixView(inclusion, at, stride),
                        sums,
                        scratch);
            }
        }

        private RowPriors priors(PosteriorOracle o) {
            RowPriors priors = new RowPriors(
                    new MatrixView(transposed(o.logRatio), OFFSET, stride),
                    new MatrixView(new float[x.length], OFFSET, stride));
            for (int i = 0; i < o.rows; i++) {
                for (int j = 0; j < o.rank; j++) {
                    priors.excess().data()[OFFSET + j * stride + i] =
                            (float) (Math.expm1(-o.logRatio[i * o.rank + j]) / o.prior[j]);
                }
            }
            return priors;
        }

        private float[] transposed(float[] rows) {
            float[] result = new float[OFFSET + oracle.rank * stride];
            Arrays.fill(result, UNTOUCHED);
            for (int i = 0; i < oracle.rows; i++) {
                for (int j = 0; j < oracle.rank; j++) {
                    result[OFFSET + j * stride + i] = rows[i * oracle.rank + j];
                }
            }
            return result;
        }

        float[] rows(float[] transposed) {
            float[] result = new float[oracle.rows * oracle.rank];
            for (int i = 0; i < oracle.rows; i++) {
                for (int j = 0; j < oracle.rank; j++) {
                    result[i * oracle.rank + j] = transposed[OFFSET + j * stride + i];
                }
            }
            return result;
        }

        void assertNothingElseTouched() {
            for (int i = 0; i < x.length; i++) {
                if (i < OFFSET || (i - OFFSET) % stride >= oracle.rows) {
                    assertEquals(UNTOUCHED, x[i], "x " + i);
                    assertEquals(UNTOUCHED, variance[i], "variance " + i);
                    assertEquals(UNTOUCHED, inclusion[i], "inclusion " + i);
                }
            }
        }

        void assertSumsAreThoseOfTheResults() {
            ErrorReport report = new ErrorReport("sums");
            for (int j = 0; j < oracle.rank; j++) {
                double[] expected = new double[3];
                for (int i = 0; i < oracle.rows; i++) {
                    int at = OFFSET + j * stride + i;
                    expected[0] += x[at];
                    expected[1] += variance[at];
                    expected[2] += inclusion[at];
                }
                // none is negative; a lane adds at most 8 values in float32, and the rest is in double
                double bound = 8 * ErrorReport.U;
                report.compare("mean " + j, expected[0], sums.mean[j], bound * expected[0]);
                report.compare("variance " + j, expected[1], sums.variance[j], bound * expected[1]);
                report.compare("inclusion " + j, expected[2], sums.inclusion[j], bound * expected[2]);
            }
        }

        void assertSameBits(Sweep other) {
            assertArrayEquals(x, other.x);
            assertArrayEquals(x, means);
            assertArrayEquals(x, other.means);
            assertArrayEquals(variance, other.variance);
            assertArrayEquals(inclusion, other.inclusion);
            assertArrayEquals(sums.mean, other.sums.mean);
            assertArrayEquals(sums.variance, other.sums.variance);
            assertArrayEquals(sums.inclusion, other.sums.inclusion);
            assertEquals(sums.divergence, other.sums.divergence);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, true, 100", "1, 1, false, 100", "7, 3, true, 4", "31, 5, false, 25", "33, 9, true, 1e4",
        "64, 16, true, 100", "65, 17, false, 1e6", "127, 2, true, 1e-3", "128, 7, true, 1e6", "129, 31, true, 25",
        "130, 40, false, 25", "19, 129, true, 1", "259, 4, true, 1e8", "67, 3, true, 1e-12", "67, 3, false, 1e-12",
        "67, 3, true, 1e12"
    })
    void sweepsAgreeWithDoublePrecisionAndEachOther(int rows, int rank, boolean pointMass, float precision) {
        PosteriorOracle oracle = new PosteriorOracle(rows, rank, pointMass, precision, 17);
        Sweep sweep = new Sweep(PLAIN, oracle);
        double[] divergence = oracle.check(
                "sweep of " + rows + " x " + rank,
                sweep.rows(sweep.x),
                sweep.rows(sweep.variance),
                sweep.rows(sweep.inclusion));
        // a lane adds at most 8 values in float32: a share of their magnitudes, none below 0 except for its own error
        double bound = divergence[1] + 8 * ErrorReport.U * (divergence[0] + 2 * divergence[1]);
        new ErrorReport("KL").compare("KL", divergence[0], sweep.sums.divergence, bound);
        sweep.assertNothingElseTouched();
        sweep.assertSumsAreThoseOfTheResults();
        sweep.assertSameBits(new Sweep(VECTORS, oracle));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, true, 100",
        "7, 3, false, 4",
        "33, 9, true, 1e4",
        "129, 5, true, 1e-3",
        "131, 19, false, 25",
        "67, 3, true, 1e-12"
    })
    void priorsOfRowsAgreeWithDoublePrecisionAndEachOther(int rows, int rank, boolean pointMass, float precision) {
        PosteriorOracle oracle = new PosteriorOracle(rows, rank, pointMass, precision, 17).withPriorsOfRows(4);
        Sweep sweep = new Sweep(PLAIN, oracle, 8);
        double[] divergence = oracle.check(
                "priors of rows " + rows + " x " + rank,
                sweep.rows(sweep.x),
                sweep.rows(sweep.variance),
                sweep.rows(sweep.inclusion));
        double bound = divergence[1] + 8 * ErrorReport.U * (divergence[0] + 2 * divergence[1]);
        assertEquals(divergence[0], sweep.sums.divergence, bound);
        sweep.assertSameBits(new Sweep(VECTORS, oracle, 8));
    }

    @Test
    void aComponentThatTheOtherFactorDoesNotUseHasThePriorsOfRows() {
        PosteriorOracle oracle = new PosteriorOracle(37, 2, true, 100, 3).withPriorsOfRows(5);
        Arrays.fill(oracle.gram, 0, 3, 0f);
        Sweep sweep = new Sweep(PLAIN, oracle);
        oracle.check("unused", sweep.rows(sweep.x), sweep.rows(sweep.variance), sweep.rows(sweep.inclusion));
        sweep.assertSameBits(new Sweep(VECTORS, oracle));
    }

    @Test
    void componentsInBlocksAgreeWithDoublePrecisionAndEachOther() {
        PosteriorOracle oracle = new PosteriorOracle(131, 19, true, 100, 5);
        Sweep sweep = new Sweep(PLAIN, oracle, 8);
        oracle.check("blocks", sweep.rows(sweep.x), sweep.rows(sweep.variance), sweep.rows(sweep.inclusion));
        sweep.assertSameBits(new Sweep(VECTORS, oracle, 8));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aComponentThatTheOtherFactorDoesNotUseHasItsPrior(boolean pointMass) {
        PosteriorOracle oracle = new PosteriorOracle(37, 4, pointMass, 100, 3);
        for (int l = 0; l < 4; l++) {
            oracle.gram[l] = 0;
            oracle.gram[4 * l] = 0;
        }
        oracle.gram[0] = 1e-42f; // denormal
        Sweep sweep = new Sweep(PLAIN, oracle);
        double[] divergence =
                oracle.check("unused", sweep.rows(sweep.x), sweep.rows(sweep.variance), sweep.rows(sweep.inclusion));
        double bound = divergence[1] + 8 * ErrorReport.U * (divergence[0] + 2 * divergence[1]);
        assertEquals(divergence[0], sweep.sums.divergence, bound);
        sweep.assertSameBits(new Sweep(VECTORS, oracle));
    }

    /** Of any sign and size: nothing becomes NaN, negative or, as variances, 0. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void extremeNumeratorsGiveFiniteResults(boolean pointMass) {
        for (float precision : new float[] {1e-30f, 1e-6f, 1, 1e6f, 1e15f}) {
            PosteriorOracle oracle = new PosteriorOracle(67, 2, pointMass, precision, 8);
            for (int i = 0; i < oracle.numerator.length; i++) {
                oracle.numerator[i] = (float) ((i % 2 == 0 ? 1 : -1) * Math.pow(10, i * 30.0 / 134 - 15));
            }
            Sweep sweep = new Sweep(PLAIN, oracle);
            for (int i = 0; i < oracle.rows; i++) {
                for (int at : new int[] {OFFSET + i, OFFSET + sweep.stride + i}) {
                    assertTrue(sweep.x[at] >= 0 && sweep.x[at] <= Float.MAX_VALUE, "mean " + sweep.x[at]);
                    float variance = sweep.variance[at];
                    assertTrue(variance >= Float.MIN_NORMAL && variance <= Float.MAX_VALUE, "variance " + variance);
                    assertTrue(sweep.inclusion[at] > 0 && sweep.inclusion[at] <= 1, "p " + sweep.inclusion[at]);
                }
            }
            assertTrue(Double.isFinite(sweep.sums.divergence), "KL " + sweep.sums.divergence);
            sweep.assertSameBits(new Sweep(VECTORS, oracle));
        }
    }

    @Test
    void notANumberStaysVisible() {
        for (PosteriorKernel kernel : new PosteriorKernel[] {PLAIN, VECTORS}) {
            PosteriorOracle oracle = new PosteriorOracle(40, 2, true, 1, 8);
            oracle.numerator[0] = Float.NaN;
            Sweep sweep = new Sweep(kernel, oracle);
            assertTrue(Float.isNaN(sweep.x[OFFSET]) && Float.isNaN(sweep.variance[OFFSET]));
            assertTrue(Double.isNaN(sweep.sums.divergence) && Double.isNaN(sweep.sums.mean[0]));
        }
    }

    @Test
    void whatFollowsFromBetaIsThatOfTheFunctions() {
        float[] beta = new float[4001];
        for (int i = 0; i < beta.length; i++) {
            beta[i] = (float) Math.sinh((i - 2000) / 200.0); // to 11 013 on both sides, through all pieces
        }
        beta[1] = Float.NEGATIVE_INFINITY;
        beta[3999] = 1e30f;
        float[] plain = new float[beta.length];
        PLAIN.inclusions(beta, 1, 4000, 2f, plain);
        for (PosteriorKernel kernel : new PosteriorKernel[] {PLAIN, VECTORS}) {
            float[] lambda = new float[beta.length];
            float[] k = new float[beta.length];
            float[] mean = new float[beta.length];
            float[] inclusion = new float[beta.length];
            kernel.distributions(beta, 1, 4000, 3f, lambda, k);
            kernel.standardMeans(beta, 1, 4000, mean);
            kernel.inclusions(beta, 1, 4000, 2f, inclusion);
            assertArrayEquals(plain, inclusion);
            for (float[] values : List.of(lambda, k, mean, inclusion)) {
                assertEquals(0, values[0] + values[4000]);
            }
            for (int i = 1; i < 4000; i++) {
                float shape = WeibullPosterior.shape(beta[i]);
                assertEquals(shape, k[i]);
                assertEquals(WeibullPosterior.mean(beta[i]), mean[i]);
                assertEquals(mean[i] / WeibullPosterior.unitMean(shape) * 3f, lambda[i]);
                double odds = WeibullPosterior.leastCost(beta[i]) - 2f;
                // exp is off by 2e-7, and its argument by a rounding of it; below e⁻⁸⁰ p is that
                double expected = 1 / (1 + Math.exp(Math.min(80, odds)));
                assertEquals(expected, inclusion[i], expected * (4e-7 + 6e-8 * Math.min(80, Math.abs(odds))));
            }
        }
    }

    @Test
    void sumsAddUp() {
        PosteriorOracle oracle = new PosteriorOracle(11, 2, true, 1, 8);
        PosteriorSums once = new Sweep(PLAIN, oracle).sums;
        PosteriorSums twice = new PosteriorSums(2);
        twice.add(once);
        twice.add(once);
        assertEquals(2 * once.mean[1], twice.mean[1]);
        assertEquals(2 * once.variance[0], twice.variance[0]);
        assertEquals(2 * once.inclusion[1], twice.inclusion[1]);
        assertEquals(2 * once.divergence, twice.divergence);
        twice.clear();
        assertEquals(0, twice.mean[0] + twice.variance[0] + twice.inclusion[0] + twice.divergence);
    }
}
