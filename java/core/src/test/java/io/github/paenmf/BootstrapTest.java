package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.Bootstrap;
import io.github.paenmf.model.Likelihood;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Standard errors of the parts from rows drawn anew. */
class BootstrapTest {

    private static final int FEATURES = 12;
    private static final int RANK = 2;

    /** Samples with the same two parts, whose amounts are exponential: parts 0 in four features each. */
    private static Matrix samples(int rows, long seed) {
        Random random = new Random(seed);
        float[][] values = new float[rows][FEATURES];
        for (float[] row : values) {
            double[] h = {-Math.log1p(-random.nextDouble()), -Math.log1p(-random.nextDouble())};
            for (int f = 0; f < FEATURES; f++) {
                double signal = (f < 8 ? h[0] * (1 + f) : 0) + (f >= 4 ? h[1] * (FEATURES - f) : 0);
                row[f] = (float) Math.max(0, signal + 0.5 * random.nextGaussian());
            }
        }
        return Matrix.of(values);
    }

    private static double[] amounts(Matrix h) {
        double[] means = new double[RANK];
        for (int i = 0; i < h.rows(); i++) {
            for (int j = 0; j < RANK; j++) {
                means[j] += (double) h.get(i, j) / h.rows();
            }
        }
        return means;
    }

    /**
     * The spread over other samples is what the errors tell of one set of samples. Of 30 sets the spread is known to
     * 1/√(2·29) for one weight; taken as if the weights of a component were one number, to 1/√(2·2·29) = 9 % for two
     * components. The bounds are 4 of these deviations, and 5 % for what 20 fits of a bootstrap, which are averaged over the
     * sets, are too few.
     */
    @Test
    void errorsAreTheSpreadOverOtherSamples() {
        int sets = 30;
        double[][] weights = new double[sets][FEATURES * RANK];
        double errors = 0;
        Matrix start = samples(2000, 99);
        Matrix basis = Nmf.builder().rank(RANK).epochs(100).build().fit(start).basis();
        for (int set = 0; set < sets; set++) {
            NmfModel model = Nmf.builder()
                    .rank(RANK)
                    .threads(1)
                    .epochs(40)
                    .initialBasis(basis)
                    .bootstrap(20)
                    .seed(set)
                    .build()
                    .fit(samples(150, set));
            double[] amounts = amounts(model.trainingCoefficients().orElseThrow());
            Matrix upper = model.bootstrapIntervals(0.9).orElseThrow().upper();
            for (int f = 0; f < FEATURES; f++) {
                for (int j = 0; j < RANK; j++) {
                    weights[set][f * RANK + j] = model.basis().get(f, j) * amounts[j];
                    double error = (upper.get(f, j) - model.basis().get(f, j)) / Bootstrap.reach(0.9) * amounts[j];
                    errors += error * error / sets;
                }
            }
        }
        double spread = 0;
        for (int e = 0; e < FEATURES * RANK; e++) {
            double mean = 0;
            double squares = 0;
            for (double[] set : weights) {
                mean += set[e] / sets;
                squares += set[e] * set[e] / sets;
            }
            spread += (squares - mean * mean) * sets / (sets - 1);
        }
        double ratio = Math.sqrt(errors / spread);
        assertTrue(ratio > 1 - 0.41 && ratio < 1 + 0.41, () -> "errors are " + ratio + " of the spread");
    }

    @ParameterizedTest
    @EnumSource(Likelihood.class)
    void intervalsOfVariationalNmfHoldTheFitAndAreInUnitsOfTheData(Likelihood likelihood) {
        Matrix data = samples(65, 1);
        VariationalModel model = VariationalNmf.builder()
                .rank(RANK)
                .threads(1)
                .likelihood(likelihood)
                .epochs(40)
                .bootstrap(8)
                .build()
                .fit(data);

        VariationalModel.Bounds narrow = model.bootstrapIntervals(0.5).orElseThrow();
        VariationalModel.Bounds wide = model.bootstrapIntervals(0.95).orElseThrow();
        Matrix basis = model.basis();
        double widths = 0;
        for (int f = 0; f < FEATURES; f++) {
            for (int j = 0; j < RANK; j++) {
                float weight = basis.get(f, j);
                assertTrue(wide.lower().get(f, j) <= narrow.lower().get(f, j));
                assertTrue(narrow.lower().get(f, j) <= weight
                        && weight <= narrow.upper().get(f, j));
                assertTrue(narrow.upper().get(f, j) <= wide.upper().get(f, j));
                assertTrue(wide.lower().get(f, j) >= 0);
                widths += (wide.upper().get(f, j) - weight) / (FEATURES * RANK);
            }
        }
        // 65 exponential amounts alone have a standard error of an eighth of the weights, whose mean is near 4
        double mean = widths;
        assertTrue(mean > 0.2 && mean < 4, () -> "mean reach " + mean);
        assertEquals(8, model.bootstrap().orElseThrow().matches().fits());
    }

    static Stream<Scaling> scalings() {
        return Stream.of(Scaling.NONE, Scaling.NONE.withFeatureScale(FeatureScale.SD));
    }

    /** A unit that is a power of two changes no bit but the exponent. */
    @ParameterizedTest
    @MethodSource("scalings")
    void errorsAreInTheUnitOfTheData(Scaling scaling) {
        Matrix data = samples(65, 2);
        Matrix upper = upper(data, scaling);
        Matrix ofScaled = upper(TestData.scaled(data, 0x1p10), scaling);

        for (int f = 0; f < FEATURES; f++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(0x1p10 * upper.get(f, j), ofScaled.get(f, j), 1e-6 * ofScaled.get(f, j));
            }
        }
    }

    private static Matrix upper(Matrix data, Scaling scaling) {
        return Nmf.builder()
                .rank(RANK)
                .threads(1)
                .epochs(20)
                .scaling(scaling)
                .bootstrap(4)
                .build()
                .fit(data)
                .bootstrapIntervals(0.9)
                .orElseThrow()
                .upper();
    }

    @Test
    void aLevelOutsideOfItsRangeIsRefused() {
        NmfModel model = Nmf.builder().rank(1).epochs(1).build().fit(samples(5, 3));

        assertThrows(IllegalArgumentException.class, () -> model.bootstrapIntervals(1));
    }
}
