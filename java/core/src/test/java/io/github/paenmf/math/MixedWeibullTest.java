package io.github.paenmf.math;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MixedWeibullTest {

    /** Expected: mpmath 1.3, quad over t in pieces from 1e-12 to 128, and gammainc, with 30 digits. */
    @ParameterizedTest
    @CsvSource({
        "2, 1, 0.5, 3, 2, 0.9, 1.558697287701799",
        "3, 1.5, 0.999, 3, 1.5, 1, 2.284148088750563e-5",
        "50, 1, 0.6, 60, 1.01, 0.7, 0.09292257850136818",
        "0.7, 1, 0.3, 1.2, 2, 0.30001, 0.2178071182442326",
        "1, 0.1, 1e-6, 5, 2, 0.8, 2.839243543583266",
        "0.3, 1, 0.5, 0.4, 2, 0.6, 443.7169249992228",
        "8, 2, 1e-30, 9, 1, 0.5, 0.4562866185240068",
        "2, 1, 0.7, 3, 1, 0.7, 0.01500350350617324",
        "2, 1, 0, 3, 2, 0.6, 2.166588703082241",
        "3, 1, 0.89999910000045, 3, 1.001, 0.9, 8.133783212149255e-7",
    })
    void wassersteinDistanceIsTheIntegralOverEqualQuantiles(
            double k, double lambda, double p, double k2, double lambda2, double p2, double squared) {
        double tolerance = 1e-13 * Math.max(meanSquare(k, lambda, p), meanSquare(k2, lambda2, p2)); // as documented
        assertEquals(squared, MixedWeibull.squaredWasserstein(k, lambda, p, k2, lambda2, p2), tolerance);
        assertEquals(squared, MixedWeibull.squaredWasserstein(k2, lambda2, p2, k, lambda, p), tolerance);
    }

    private static double meanSquare(double k, double lambda, double p) {
        double mean = MixedWeibull.mean(k, lambda, p);
        return MixedWeibull.variance(k, lambda, p) + mean * mean;
    }

    @Test
    void wassersteinDistanceOfEqualDistributionsIsZero() {
        assertEquals(0, MixedWeibull.squaredWasserstein(0.7, 3, 0.4, 0.7, 3, 0.4));
        assertEquals(0, MixedWeibull.squaredWasserstein(2, 3, 0, 5, 1, 0));
    }

    /** Of certain ones there is a closed form, which one that is all but certain must come near. */
    @Test
    void wassersteinDistanceGoesOverIntoThatOfWeibullDistributions() {
        double expected = Weibull.squaredWasserstein(1.5, 2, 4, 1);
        // p = 1 − 2⁻⁴⁰ moves a mean square of 5 by 5·2⁻⁴⁰ < 5e-12, times the squared logarithm of the tail, < 30²
        assertEquals(expected, MixedWeibull.squaredWasserstein(1.5, 2, 1 - 0x1p-40, 4, 1, 1), 5e-9);
    }
}
