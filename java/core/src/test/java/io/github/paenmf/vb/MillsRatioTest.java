package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.testing.ErrorReport;
import org.apache.commons.numbers.gamma.Erfc;
import org.apache.commons.numbers.gamma.Erfcx;
import org.junit.jupiter.api.Test;

class MillsRatioTest {

    /** The oracle's argument is rounded: R changes by |zR′| of it, at most z²R for z > 0; its own error is 4 ulp. */
    @Test
    void isTheScaledComplementaryErrorFunction() {
        ErrorReport report = new ErrorReport("Mills ratio");
        for (int i = 0; i < 40_000; i++) {
            double z = -32 + i * 1e-3;
            double expected = Math.sqrt(Math.PI / 2) * Erfcx.value(-z / Math.sqrt(2));
            double bound = (16 + 2 * z * z * (z > 0 ? 1 : 0)) * Math.ulp(expected);

            report.compare("R(" + z + ")", expected, MillsRatio.value(z), bound);
        }
        report.compare("R(-1e8)", 1e-8, MillsRatio.value(-1e8), 1e-22);
        report.log();
    }

    @Test
    void theNormalDistributionComesFromIt() {
        for (double z = -37; z < 9; z += 0.37) {
            double expected = Erfc.value(-z / Math.sqrt(2)) / 2;

            assertEquals(expected, MillsRatio.normal(z), 1e-15 * (4 + z * z) * expected);
            double density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
            assertEquals(density / expected, MillsRatio.inverse(z), 1e-15 * (4 + z * z) * density / expected);
            if (z < 5) { // rounding of Φ moves z by Φ/φ = R of it
                double bound = 1e-15 * (2 * MillsRatio.value(z) + 10 * (1 + Math.abs(z)));
                assertEquals(z, MillsRatio.normalQuantile(expected), bound);
            }
        }
    }
}
