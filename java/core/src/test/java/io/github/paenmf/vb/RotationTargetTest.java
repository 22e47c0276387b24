package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RotationTargetTest {

    private static RotationTarget target(int n, int m, int r, boolean zeros) {
        TwoSidedPosterior fit =
                Planted.of(n, m, r, 0.6, 0.8, 3, Planted.gaussian(0.2)).fit(60, zeros);
        assertEquals(r, fit.liveComponents().length);
        return RotationPosterior.of(fit, Parallel.serial()).target();
    }

    /** Near I, but no mode. */
    private static double[] near(int r) {
        Random random = new Random(8);
        double[] m = Dense.identity(r);
        for (int e = 0; e < m.length; e++) {
            m[e] += 0.03 * random.nextGaussian();
        }
        return m;
    }

    private static double[] moved(double[] m, int element, double by) {
        double[] moved = m.clone();
        moved[element] += by;
        return moved;
    }

    /**
     * Central differences by e = 1e-5: values of about 1e3 are right to 1e-12, which is off by 1e-7 after the division,
     * and e² of the third derivative, which is below 1e6 for deviations of 1e-2, makes 1e-4.
     */
    @ParameterizedTest
    @CsvSource({"57, 31, 3, true", "31, 57, 2, false", "40, 33, 5, true", "300, 23, 3, false"})
    void theGradientIsThatOfDifferences(int n, int m, int r, boolean zeros) {
        RotationTarget target = target(n, m, r, zeros);
        double[] at = near(r);
        double[] gradient = new double[r * r];
        target.evaluate(at, gradient);
        double[] unused = new double[r * r];
        ErrorReport report = new ErrorReport("gradient of the rotation");
        double e = 1e-5;
        for (int element = 0; element < r * r; element++) {
            double difference =
                    (target.evaluate(moved(at, element, e), unused) - target.evaluate(moved(at, element, -e), unused))
                            / (2 * e);
            report.compare("element " + element, difference, gradient[element], 1e-4 + 1e-6 * Math.abs(difference));
        }
        report.log();
    }

    /** Differences of gradients by e = 1e-6: 1e-12/e of rounding of 1e4, and e² of fourth derivatives below 1e9. */
    @ParameterizedTest
    @CsvSource({"57, 31, 3, true", "31, 57, 2, false", "40, 33, 5, true", "300, 23, 3, false"})
    void theInformationIsThatOfDifferencesOfGradients(int n, int m, int r, boolean zeros) {
        RotationTarget target = target(n, m, r, zeros);
        double[] at = near(r);
        double[] information = target.information(at);
        int d = r * r;
        double[] more = new double[d];
        double[] less = new double[d];
        double greatest = 0;
        for (int u = 0; u < d; u++) {
            greatest = Math.max(greatest, Math.abs(information[u * d + u]));
        }
        ErrorReport report = new ErrorReport("information of the rotation");
        double e = 1e-6;
        for (int u = 0; u < d; u++) {
            target.evaluate(moved(at, u, e), more);
            target.evaluate(moved(at, u, -e), less);
            for (int v = 0; v < d; v++) {
                double difference = (less[v] - more[v]) / (2 * e);
                int element = u * d + v;
                report.compare(() -> "element " + element, difference, information[element], 1e-7 * greatest);
                assertEquals(information[v * d + u], information[element], 1e-12 * greatest);
            }
        }
        report.log();
    }

    @Test
    void isDefinedWhereTheDeterminantIsAboveZero() {
        RotationTarget target = target(31, 29, 2, true);
        double[] gradient = new double[4];

        assertEquals(Double.NEGATIVE_INFINITY, target.evaluate(new double[] {0, 1, 1, 0}, gradient));
        assertEquals(Double.NEGATIVE_INFINITY, target.evaluate(new double[] {1, 2, 2, 4}, gradient));
        assertEquals(Double.NEGATIVE_INFINITY, target.evaluate(new double[] {Double.NaN, 0, 0, 1}, gradient));
        assertTrue(target.evaluate(new double[] {1, 0, 0, 1}, gradient) > Double.NEGATIVE_INFINITY);
    }

    @Test
    void theModeIsAMaximum() {
        TwoSidedPosterior fit =
                Planted.of(90, 41, 3, 0.6, 0.8, 3, Planted.gaussian(0.2)).fit(60, true);
        RotationPosterior posterior = RotationPosterior.of(fit, Parallel.serial());
        double[] gradient = new double[9];
        double[] z = new double[9];
        double most = posterior.metric().evaluate(posterior.target(), z, gradient);

        assertTrue(posterior.converged());
        assertTrue(Lbfgs.greatest(gradient) <= 1e-3);
        Random random = new Random(1);
        for (int trial = 0; trial < 50; trial++) {
            for (int e = 0; e < 9; e++) {
                z[e] = 0.3 * random.nextGaussian();
            }
            assertTrue(posterior.metric().evaluate(posterior.target(), z, gradient) < most);
        }
    }
}
