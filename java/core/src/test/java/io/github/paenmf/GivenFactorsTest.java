package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Fits of standard NMF that start from given factors, and those that keep some. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GivenFactorsTest {

    private static final int N = 37;
    private static final int M = 13;
    private static final int RANK = 3;

    Backends.Choice backend() {
        return Backends.Choice.CPU;
    }

    /** How data come, each of which has units of its own for the factors of a fit. */
    enum Kind {
        PLAIN,
        SPARSE,
        SCALED,
        WEIGHTED,
        INCOMPLETE,
        SIZED;

        RowSource data() {
            SplittableRandom random = new SplittableRandom(4);
            double[] w = random.doubles(M * RANK).map(u -> 40 * u * u).toArray();
            Matrix data = Matrix.zeros(N, M);
            for (int i = 0; i < N; i++) {
                double[] h = random.doubles(RANK).map(u -> u * u).toArray();
                for (int f = 0; f < M; f++) {
                    double mean = 0;
                    for (int j = 0; j < RANK; j++) {
                        mean += h[j] * w[f * RANK + j];
                    }
                    double value = Math.rint(mean * (0.7 + 0.6 * random.nextDouble()));
                    boolean missing = this == INCOMPLETE && random.nextInt(6) == 0;
                    data.storage(i)[data.offset(i) + f] = missing ? Float.NaN : (float) value;
                }
            }
            return switch (this) {
                case SPARSE -> SparseMatrix.of(data);
                case SIZED ->
                    SizeFactors.attach(
                            data,
                            IntStream.range(0, N).mapToDouble(i -> 0.5 + i % 4).toArray());
                default -> data;
            };
        }

        Scaling scaling() {
            return switch (this) {
                case SCALED -> new Scaling(SizeFactors.TOTAL, true, FeatureScale.SD);
                case SIZED -> Scaling.NONE.withSizeFactors(SizeFactors.GIVEN);
                default -> Scaling.NONE;
            };
        }

        Weights weights() {
            return this == WEIGHTED
                    ? Weights.NONE
                            .withRows(IntStream.range(0, N)
                                    .mapToDouble(i -> 1 + i % 3)
                                    .toArray())
                            .withFeatures(IntStream.range(0, M)
                                    .mapToDouble(f -> 0.25 + f % 2)
                                    .toArray())
                    : Weights.NONE;
        }

        boolean goesWith(NmfAlgorithm algorithm, Backends.Choice backend) {
            if (backend == Backends.Choice.CUDA) { // whose kernels know nothing of the others
                return (this == PLAIN || this == WEIGHTED) && algorithm != NmfAlgorithm.KL;
            }
            return !((this == SCALED || this == WEIGHTED) && algorithm == NmfAlgorithm.KL);
        }
    }

    /** Enough for HALS to converge. */
    int epochs() {
        return 2000;
    }

    Stream<Arguments> fits() {
        return Stream.of(NmfAlgorithm.values())
                .flatMap(algorithm -> Stream.of(Kind.values())
                        .filter(kind -> kind.goesWith(algorithm, backend()))
                        .map(kind -> Arguments.of(algorithm, kind)));
    }

    private Nmf.Builder builder(NmfAlgorithm algorithm, Kind kind) {
        return Nmf.builder()
                .backend(backend())
                .rank(RANK)
                .seed(1)
                .algorithm(algorithm)
                .scaling(kind.scaling())
                .missing(kind == Kind.INCOMPLETE);
    }

    static double last(NmfModel model) {
        double[] objective = model.history().reconstruction();
        return objective[objective.length - 1];
    }

    static Matrix coefficients(NmfModel model) {
        return model.trainingCoefficients().orElseThrow();
    }

    private static void assertNear(Matrix expected, Matrix actual, double relative) {
        double greatest = 0;
        for (float[] row : expected.toRows()) {
            for (float value : row) {
                greatest = Math.max(greatest, value);
            }
        }
        for (int i = 0; i < expected.rows(); i++) {
            for (int j = 0; j < expected.columns(); j++) {
                assertEquals(expected.get(i, j), actual.get(i, j), relative * greatest, i + ", " + j);
            }
        }
    }

    /**
     * Steps have no memory but the factors, those of nmf-kl from the fourth on. The given factors are rounded to float32
     * three times at most on their way, 2e-7, which an update with a denominator of a tenth makes 2e-6.
     */
    @ParameterizedTest
    @MethodSource("fits")
    void aFitFromTheFactorsOfAnotherGoesOnAsThatWould(NmfAlgorithm algorithm, Kind kind) {
        RowSource data = kind.data();
        Nmf.Builder builder = builder(algorithm, kind).init(NmfInit.RANDOM);
        NmfModel first = builder.epochs(2).build().fit(data, kind.weights());
        NmfModel whole = builder.epochs(3).build().fit(data, kind.weights());
        NmfModel second = builder(algorithm, kind)
                .epochs(1)
                .initialBasis(first.basis())
                .initialCoefficients(coefficients(first))
                .build()
                .fit(data, kind.weights());

        assertEquals(last(whole), last(second), 1e-5 * last(whole));
        assertNear(whole.basis(), second.basis(), 1e-5);
        assertNear(coefficients(whole), coefficients(second), 1e-5);
        assertEquals(NmfInit.GIVEN, second.configuration().init());
    }

    /** They are those that explain the rows best, so that the first epoch is no worse than the last one of the other fit. */
    @ParameterizedTest
    @MethodSource("fits")
    void coefficientsThatAreNotGivenStartFromTheBasis(NmfAlgorithm algorithm, Kind kind) {
        RowSource data = kind.data();
        NmfModel first = builder(algorithm, kind).epochs(60).build().fit(data, kind.weights());
        NmfModel second = builder(algorithm, kind)
                .epochs(1)
                .initialBasis(first.basis())
                .build()
                .fit(data, kind.weights());

        // With multiplicative updates none starts from 0, but from a hundredth of what is usual.
        double more = algorithm == NmfAlgorithm.HALS ? 1e-5 : 0.02;
        assertTrue(last(second) <= last(first) * (1 + more), last(second) + " after " + last(first));
    }

    static Matrix firstColumns(Matrix matrix, int count) {
        return matrix.selectColumns(IntStream.range(0, count).toArray());
    }

    /** Values that no unit but the data's holds to the bit. */
    static Matrix catalogue() {
        SplittableRandom random = new SplittableRandom(9);
        float[][] values = new float[M][RANK - 1];
        for (float[] row : values) {
            for (int j = 0; j < row.length; j++) {
                row[j] = random.nextInt(4) == 0 ? 0f : (float) (1e-3 * random.nextDouble());
            }
        }
        return Matrix.of(values);
    }

    @ParameterizedTest
    @MethodSource("fits")
    void fixedComponentsKeepTheirWeightsToTheBitWhileOthersLearn(NmfAlgorithm algorithm, Kind kind) {
        RowSource data = kind.data();
        Nmf.Builder builder = builder(algorithm, kind).epochs(30).initialBasis(catalogue());
        NmfModel fixed = builder.fixBasis(true).build().fit(data, kind.weights());
        NmfModel alone = builder(algorithm, kind)
                .rank(RANK - 1)
                .epochs(30)
                .initialBasis(catalogue())
                .fixBasis(true)
                .build()
                .fit(data, kind.weights());
        NmfModel free = builder.fixBasis(false).build().fit(data, kind.weights());

        assertArrayEquals(
                catalogue().toRows(), firstColumns(fixed.basis(), RANK - 1).toRows());
        assertArrayEquals(catalogue().toRows(), alone.basis().toRows());
        assertNotEquals(0, fixed.basis().get(0, RANK - 1));
        assertTrue(last(fixed) < 0.9 * last(alone), last(fixed) + " with a free one, " + last(alone) + " without");
        assertTrue(last(free) < last(fixed), last(free) + " if all learn, " + last(fixed) + " if not");
        assertEquals(RANK - 1, fixed.fixedComponents());
        if (kind != Kind.SCALED) { // whose reconstructions are no products
            Matrix h = fixed.transform(data);
            Matrix reconstruction = fixed.reconstruct(data);
            for (int f = 0; f < M; f++) {
                double product = 0;
                for (int j = 0; j < RANK; j++) {
                    product += data.sizeFactor(2) * h.get(2, j) * fixed.basis().get(f, j);
                }
                assertEquals(product, reconstruction.get(2, f), 1e-5 * product); // roundings of float32
            }
        }
        assertEquals("2", fixed.settings().get("Fixed components"));
    }

    /**
     * Karush, Kuhn and Tucker for the free component and all coefficients, of the squared error: what a value would lower it
     * by is 0 where it is above 0, and at most 0 where it is 0. HALS has converged to the rounding of its sums, 1e-5 of
     * their terms.
     */
    @Test
    void whatIsFreeExplainsBestWhatFixedComponentsLeave() {
        Matrix data = (Matrix) Kind.PLAIN.data();
        NmfModel model = builder(NmfAlgorithm.HALS, Kind.PLAIN)
                .epochs(epochs())
                .initialBasis(catalogue())
                .fixBasis(true)
                .build()
                .fit(data);
        Matrix h = coefficients(model);
        Matrix w = model.basis();

        for (int f = 0; f < M; f++) {
            assertOptimal(w.get(f, RANK - 1), column(data, f), h, w.toRows()[f], RANK - 1);
        }
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < RANK; j++) {
                assertOptimal(h.get(i, j), data.toRows()[i], w, h.toRows()[i], j);
            }
        }
    }

    private static float[] column(Matrix matrix, int f) {
        return matrix.transpose().toRows()[f];
    }

    /** Of one value x_j of v ≈ Y·x. */
    private static void assertOptimal(float value, float[] v, Matrix y, float[] x, int j) {
        double gradient = 0;
        double terms = 0;
        for (int l = 0; l < v.length; l++) {
            double fit = 0;
            for (int k = 0; k < x.length; k++) {
                fit += (double) y.get(l, k) * x[k];
            }
            gradient += y.get(l, j) * (fit - v[l]);
            terms += y.get(l, j) * (fit + v[l]);
        }
        assertTrue(gradient >= -1e-5 * terms, gradient + " of " + terms);
        assertTrue(value == 0 || gradient <= 1e-5 * terms, gradient + " of " + terms);
    }
}
