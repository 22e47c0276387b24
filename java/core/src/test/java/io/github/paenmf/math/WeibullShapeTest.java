package io.github.paenmf.math;

import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.testing.ErrorReport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeibullShapeTest {

    private static final ErrorReport REPORT = new ErrorReport("shape of a coefficient of variation");

    @AfterAll
    static void log() {
        REPORT.log();
    }

    /** Cubic Hermite in cells of .0026: the error is at most h⁴/384 = 1.2e-13 of the fourth derivative, below 100 here. */
    @ParameterizedTest
    @ValueSource(doubles = {0.06, 0.1, 0.37, 0.4999, 0.5001, 0.83, 1, 1.9, 3.6, 17, 411, 9e4, 1e9, 1e150})
    void findsTheShapeAgain(double k) {
        double cv = k > 1e8
                ? Math.PI / Math.sqrt(6) / k // to 1/k
                : Math.sqrt(Weibull.variance(k, 1)) / Weibull.mean(k, 1);

        REPORT.compare("k", k, WeibullShape.ofCoefficientOfVariation(cv), 1.2e-11 * k + (k > 1e8 ? 2 : 0));
    }

    @Test
    void goesOnSmoothlyAtTheEndOfTheTable() {
        double cv = Math.sqrt(Math.expm1(1.34 * 1.34));

        REPORT.compare(
                "k",
                WeibullShape.ofCoefficientOfVariation(cv * (1 + 1e-12)),
                WeibullShape.ofCoefficientOfVariation(cv * (1 - 1e-12)),
                2e-11);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesWhatIsNoCoefficientOfVariation(double cv) {
        assertThrows(IllegalArgumentException.class, () -> WeibullShape.ofCoefficientOfVariation(cv));
    }
}
