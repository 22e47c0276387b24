package io.github.paenmf.math;

import static io.github.paenmf.testing.ErrorReport.U_DOUBLE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.testing.ErrorReport;
import org.apache.commons.numbers.gamma.Gamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class WeibullTest {

    /**
     * Relative error of Γ and of the absolute value of ψ in commons-numbers, in units of roundoff: Γ
     * above 20 is a power of a rounded base, which multiplies one rounding by the argument, 21.
     */
    private static final double GAMMA = 64;

    @Test
    void theReferenceHasItsRows() {
        assertEquals(24, WeibullReference.divergences().size());
        assertEquals(16, WeibullReference.samples().size());
    }

    @ParameterizedTest
    @MethodSource("io.github.paenmf.math.WeibullReference#divergences")
    void divergenceAndItsDerivatives(WeibullReference row) {
        double k = row.k1();
        double lambda = row.l1();
        double k0 = row.k2();
        double lambda0 = row.l2();
        double z = 1 + k0 / k;
        double tail = Math.pow(lambda / lambda0, k0) * Gamma.value(z);
        double digamma = Math.abs(org.apache.commons.numbers.gamma.Digamma.value(z));
        // Every term is rounded at its own size, and their sum may be far smaller than they are; a
        // rounding of z reaches Γ(z) multiplied by z ψ(z).
        double tailError = tail * (GAMMA + 2 * z * digamma);
        double terms = Math.abs(Math.log(k / k0))
                + (2 * k + k0) * Math.abs(Math.log(lambda))
                + k0 * Math.abs(Math.log(lambda0))
                + Math.abs(k - k0) / k
                + 1;
        // 1e-16 relative: the reference itself has 17 digits; its 12-digit cases lie near the prior,
        // where k + 1e-6 is not the decimal number: 1e-6 · roundoff, far below the sum's own.
        ErrorReport report = new ErrorReport("KL of " + row);
        report.compare("value", row.value(), Weibull.kl(k, lambda, k0, lambda0), U_DOUBLE * (8 * terms + tailError));
        report.compare(
                "by shape",
                row.byShape(),
                Weibull.klByShape(k, lambda, k0, lambda0),
                U_DOUBLE
                        * (8 / k
                                + k0 / (k * k) * (8 + tailError * (digamma + 1) + tail * (GAMMA * (digamma + 1) + 8))));
        report.compare(
                "by scale",
                row.byScale(),
                Weibull.klByScale(k, lambda, k0, lambda0),
                U_DOUBLE * k0 / lambda * (tailError + 8 * (tail + 1)));
        // Numerical integration: 1e-12 of the largest part is what quadrature was asked for.
        report.compare("integral", row.integral(), Weibull.kl(k, lambda, k0, lambda0), 1e-12 * (terms + tail));
    }

    @ParameterizedTest
    @MethodSource("io.github.paenmf.math.WeibullReference#samples")
    void sampleAndItsDerivatives(WeibullReference row) {
        double k = row.k1();
        double lambda = row.l1();
        double e = -Math.log(row.eps());
        double logE = Math.log(e);
        // eps is a rounded decimal: E = −ln ε moves by roundoff/ε, relatively by roundoff/(ε E);
        // 1/k multiplies what is relative in E, and |ln E|/k what is relative in 1/k.
        double bound = U_DOUBLE * (8 + (4 + 1 / (row.eps() * e)) / k + 2 * Math.abs(logE) / k);
        double h = Weibull.sample(k, lambda, row.eps());
        ErrorReport report = new ErrorReport("sample of " + row);
        report.compare("h", row.value(), h, bound * row.value());
        report.compare("by scale", row.byScale(), h / lambda, (bound + U_DOUBLE) * row.byScale());
        report.compare(
                "by shape",
                row.byShape(),
                -h * logE / (k * k),
                bound * Math.abs(row.byShape()) + h / (k * k) * U_DOUBLE * (4 + 1 / (row.eps() * e)));
    }

    @ParameterizedTest
    @CsvSource({"0.3,0.01", "0.7,2", "1,1", "1.5,0.3", "2.5,40", "30,1000"})
    void meanAndVarianceAreTheIntegralsOfTheQuantile(double k, double lambda) {
        double mean = overUniform(k, lambda, 1);
        double square = overUniform(k, lambda, 2);
        // The rule below is exact to 1e-10; the difference of the moments loses their ratio.
        assertEquals(mean, Weibull.mean(k, lambda), 1e-10 * mean);
        assertEquals(square - mean * mean, Weibull.variance(k, lambda), 2e-10 * square);
    }

    /** ∫₀¹ quantile(p)^power dp by Simpson's rule in t with 1 − p = exp(−t⁴), which smooths the ends. */
    private static double overUniform(double k, double lambda, int power) {
        int intervals = 1 << 16;
        double width = Math.pow(200, 0.25) / intervals; // leaves out e⁻²⁰⁰
        double sum = 0;
        for (int i = 1; i <= intervals; i++) {
            double t = i * width;
            double y = Math.pow(t, 4);
            double x = y < 0.5 ? Weibull.quantile(k, lambda, -Math.expm1(-y)) : Weibull.sample(k, lambda, Math.exp(-y));
            double value = Math.pow(x, power) * 4 * Math.pow(t, 3) * Math.exp(-y);
            sum += value * (i == intervals ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return sum * width / 3;
    }

    @ParameterizedTest
    @CsvSource({"0.1,0.01", "0.7,2", "1,1", "2.5,40", "50,1000"})
    void quantileInvertsTheDistributionFunction(double k, double lambda) {
        for (double p : new double[] {1e-12, 0.001, 0.05, 0.5, 0.63, 0.95, 0.999999}) {
            double y = Math.pow(Weibull.quantile(k, lambda, p) / lambda, k);
            // k and 1/k cancel: a rounding of the power times k, and |ln y| for that of 1/k.
            double bound = U_DOUBLE * (8 + 4 * k + 4 * Math.abs(Math.log(y)));
            assertEquals(p, -Math.expm1(-y), bound * Math.min(y, 1), "p = " + p);
        }
        assertEquals(Weibull.quantile(k, lambda, 0.5), Weibull.median(k, lambda), 16 / k * U_DOUBLE * lambda);
        assertEquals(Weibull.quantile(k, lambda, 0.25), Weibull.sample(k, lambda, 0.75), 1e-15 * lambda * 16 / k);
    }

    @Test
    void theExponentialDistributionIsTheCaseOfShapeOne() {
        assertEquals(3, Weibull.mean(1, 3), 1e-14);
        assertEquals(9, Weibull.variance(1, 3), 1e-13);
        assertEquals(3 * Math.log(2), Weibull.median(1, 3), 1e-15);
        assertEquals(0, Weibull.quantile(1, 3, 0));
    }

    /** The trapezoidal rule in ln E, which converges faster than any power of its step for such integrands. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "0.3, 2, 4, 0.7", "0.5, 0.001, 0.5, 1000", "20, 3, 0.8, 3", "2, 1, 2.0000001, 1"})
    void wassersteinDistanceIsTheIntegralOverEqualQuantiles(double k, double lambda, double k2, double lambda2) {
        double step = 1.0 / 64;
        double integral = 0;
        for (double x = -45; x < 7; x += step) {
            double e = Math.exp(x);
            double difference = lambda * Math.pow(e, 1 / k) - lambda2 * Math.pow(e, 1 / k2);
            integral += difference * difference * Math.exp(x - e) * step;
        }
        double squares = lambda * lambda * Gamma.value(1 + 2 / k) + lambda2 * lambda2 * Gamma.value(1 + 2 / k2);
        // what cancels is of the size of the squares; E < e^-45 adds less than that share of them, E > e^7 none
        double tolerance = 4 * GAMMA * U_DOUBLE * squares;
        assertEquals(integral, Weibull.squaredWasserstein(k, lambda, k2, lambda2), tolerance);
    }

    @Test
    void wassersteinDistanceOfEqualDistributionsIsZeroAndNeverLess() {
        assertEquals(0, Weibull.squaredWasserstein(0.7, 3, 0.7, 3));
        assertEquals(0, Weibull.squaredWasserstein(1.3, 0.1, 1.3, 0.1));
    }

    @ParameterizedTest
    @CsvSource({"0.5, 2", "1, 0.3", "3.5, 7"})
    void densityIsTheSlopeOfTheDistribution(double k, double lambda) {
        for (double p = 0.05; p < 1; p += 0.1) {
            double h = Weibull.quantile(k, lambda, p);
            double step = 1e-4 * h;
            double slope = (distribution(k, lambda, h + step) - distribution(k, lambda, h - step)) / (2 * step);
            // the third derivative is at most about 100 times the density over h²
            assertEquals(slope, Weibull.density(k, lambda, h), 1e-5 * slope);
        }
    }

    private static double distribution(double k, double lambda, double h) {
        return -Math.expm1(-Math.pow(h / lambda, k));
    }

    @Test
    void densityAtTheEdge() {
        assertEquals(0, Weibull.density(2, 1, -1));
        assertEquals(0, Weibull.density(2, 1, 0));
        assertEquals(0.25, Weibull.density(1, 4, 0));
        assertEquals(Double.POSITIVE_INFINITY, Weibull.density(0.5, 1, 0));
    }
}
