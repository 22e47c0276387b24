package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.paenmf.model.NoiseKind;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class VarianceFitTest {

    private static final int ENTRIES = 997;

    /** Fitted values 0 to 3, and residuals of exactly this variance, of both signs. */
    private static VarianceFit sums(double a, double b, double c, int first, int end) {
        float[] fitted = new float[ENTRIES];
        float[] values = new float[ENTRIES];
        for (int i = 0; i < ENTRIES; i++) {
            double v = 3.0 * i / ENTRIES;
            fitted[i] = (float) v;
            values[i] = (float) (v + (i % 2 == 0 ? 1 : -1) * Math.sqrt(a + b * v + c * v * v));
        }
        VarianceFit sums = new VarianceFit(1.5);
        sums.add(values, fitted, first, end - first);
        return sums;
    }

    private static double mean(double a, double b, double c) {
        double mean = 0;
        for (int i = 0; i < ENTRIES; i++) {
            mean += new VarianceFunction(a, b, c).variance((float) (3.0 * i / ENTRIES)) / ENTRIES;
        }
        return mean;
    }

    static Stream<Arguments> functions() {
        return Stream.of(
                arguments(0.04, 0.0, 0.0, NoiseKind.CONSTANT),
                arguments(0.0, 0.05, 0.0, NoiseKind.COUNTS),
                arguments(0.0, 0.0, 0.04, NoiseKind.PERCENTAGE),
                arguments(0.01, 0.02, 0.005, NoiseKind.COUNTS));
    }

    /** Values are rounded to 6e-8·3 each, residuals are about .2: 2e-6 of a square, and the condition is about 100. */
    @ParameterizedTest
    @MethodSource
    void functions(double a, double b, double c, NoiseKind kind) {
        double variance = mean(a, b, c);
        VarianceFit.Result result = sums(a, b, c, 0, ENTRIES).fit(variance);

        assertEquals(a, result.function().a(), 1e-4 * variance);
        assertEquals(b, result.function().b(), 1e-4 * variance);
        assertEquals(c, result.function().c(), 1e-4 * variance);
        assertEquals(kind, result.kind());
        assertFalse(result.kind().words().isEmpty());
    }

    @Test
    void theMeanIsTheNoiseVariance() {
        VarianceFunction function = sums(0.01, 0.02, 0.005, 0, ENTRIES).fit(7).function();

        assertEquals(7, mean(function.a(), function.b(), function.c()), 1e-12);
    }

    @Test
    void noCoefficientIsNegative() {
        // concave: the unconstrained c is below 0
        float[] fitted = {0, 1, 2, 3};
        float[] values = {0, 2, 3.3f, 4.4f}; // squared residuals 0, 1, 1.69, 1.96
        VarianceFit sums = new VarianceFit(1.5);
        sums.add(values, fitted, 0, 4);
        VarianceFunction function = sums.fit(1).function();

        assertEquals(0, function.c());
        assertTrue(function.b() > 0);
    }

    @Test
    void mergedPartsHaveTheBitsOfPartsInOrder() {
        VarianceFit merged = sums(0.01, 0.02, 0.005, 0, 300);
        merged.merge(sums(0.01, 0.02, 0.005, 300, ENTRIES));
        VarianceFit again = sums(0.01, 0.02, 0.005, 0, 300);
        again.merge(sums(0.01, 0.02, 0.005, 300, ENTRIES));
        VarianceFunction whole = sums(0.01, 0.02, 0.005, 0, ENTRIES).fit(1).function();

        assertEquals(again.fit(1), merged.fit(1));
        VarianceFunction function = merged.fit(1).function();
        assertArrayEquals( // sums of 1000 terms, condition 100: 1000·100·1e-16
                new double[] {whole.a(), whole.b(), whole.c()},
                new double[] {function.a(), function.b(), function.c()},
                1e-11);
    }

    @Test
    void withoutResidualsTheNoiseIsConstant() {
        VarianceFit sums = new VarianceFit(1);
        sums.add(new float[] {1, 2}, new float[] {1, 2}, 0, 2);

        assertEquals(VarianceFunction.constant(3), sums.fit(3).function());
    }

    @Test
    void oneFittedValueGivesAConstant() {
        VarianceFit sums = new VarianceFit(1);
        sums.add(new float[] {1, 2, 3}, new float[] {2, 2, 2}, 0, 3);

        assertEquals(2, sums.fit(2).function().variance(2), 1e-12);
    }

    @Test
    void fittedValuesBelowZeroCountAsZero() {
        assertEquals(0.5, new VarianceFunction(0.5, 1, 1).variance(-3));
    }

    @Test
    void refusesWrongArguments() {
        VarianceFit sums = new VarianceFit(1);
        float[] two = new float[2];
        assertThrows(IllegalArgumentException.class, () -> new VarianceFit(0));
        assertThrows(IllegalArgumentException.class, () -> sums.add(two, two, 1, 2));
        assertThrows(IllegalArgumentException.class, () -> sums.add(two, two, -1, 2));
        assertThrows(IllegalArgumentException.class, () -> sums.add(two, two, 0, -1));
        assertThrows(IllegalArgumentException.class, () -> sums.merge(new VarianceFit(2)));
        assertThrows(IllegalStateException.class, () -> sums.fit(1));
        assertThrows(IllegalArgumentException.class, () -> sums.fit(0));
        assertThrows(IllegalArgumentException.class, () -> new VarianceFunction(-1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new VarianceFunction(0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> VarianceFunction.constant(Double.NaN));
    }
}
