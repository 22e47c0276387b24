package io.github.paenmf.math;

import static io.github.paenmf.testing.ErrorReport.U_DOUBLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Shapes from 1e-3 to 1e12, scales from 1e-200 to 1e150, and pairs of distributions that differ by 1e-15 or by
 * everything, beside weibull_extremes.csv, which weibull_extremes.py made with mpmath.
 *
 * <p>Bounds are in units of roundoff. A power or an exponential multiplies the roundings of its exponent by the
 * exponent's size; Γ(z) those of z by z ψ(z) &lt; z ln z + 1. Nothing else may be lost: no subtraction of near values.
 */
class WeibullExtremesTest {

    /** Relative error of Γ, ψ and sums of a dozen terms, for arguments near 1. */
    private static final double BASE = 64;

    private record Row(String function, double k, double lambda, double x, double y, double value) {}

    private static List<Row> rows() throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                WeibullExtremesTest.class.getResourceAsStream("weibull_extremes.csv"), StandardCharsets.UTF_8))) {
            return reader.lines().skip(1).map(WeibullExtremesTest::parse).toList();
        }
    }

    private static Row parse(String line) {
        String[] cells = line.split(",", -1);
        double[] numbers = new double[cells.length];
        for (int i = 1; i < cells.length; i++) {
            numbers[i] = cells[i].isEmpty() ? Double.NaN : Double.parseDouble(cells[i]);
        }
        return new Row(cells[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mean",
                "variance",
                "median",
                "quantile",
                "density",
                "kl",
                "klByShape",
                "klByScale",
                "squaredWasserstein"
            })
    void agreesWithTheReferenceOverTheWholeRange(String function) throws IOException {
        List<Row> rows =
                rows().stream().filter(row -> row.function().equals(function)).toList();
        assertTrue(rows.size() >= 60, rows.size() + " rows");
        ErrorReport report = new ErrorReport(function);
        for (Row row : rows) {
            report.compare(row::toString, row.value(), actual(row), U_DOUBLE * bound(row));
        }
        report.log();
    }

    private static double actual(Row row) {
        double k = row.k();
        double lambda = row.lambda();
        return switch (row.function()) {
            case "mean" -> Weibull.mean(k, lambda);
            case "variance" -> Weibull.variance(k, lambda);
            case "median" -> Weibull.median(k, lambda);
            case "quantile" -> Weibull.quantile(k, lambda, row.x());
            case "density" -> Weibull.density(k, lambda, row.x());
            case "kl" -> Weibull.kl(k, lambda, row.x(), row.y());
            case "klByShape" -> Weibull.klByShape(k, lambda, row.x(), row.y());
            case "klByScale" -> Weibull.klByScale(k, lambda, row.x(), row.y());
            default -> Weibull.squaredWasserstein(k, lambda, row.x(), row.y());
        };
    }

    /** The largest error that rounding may leave, in units of roundoff. */
    private static double bound(Row row) {
        double k = row.k();
        double logScale = Math.abs(Math.log(row.lambda()));
        double value = Math.abs(row.value());
        return switch (row.function()) {
            case "mean" -> value * (BASE + 2 * ofGamma(1 + 1 / k) + logScale);
            case "variance" -> value * (3 * BASE + 4 * ofGamma(1 + 2 / k) + 4 * logScale);
            case "median" -> value * (8 + 3 / k + 2 * logScale);
            case "quantile" -> value * (8 + 3 * (1 + Math.abs(Math.log(-Math.log1p(-row.x())))) / k + 2 * logScale);
            case "density" -> {
                double log = row.x() == row.lambda() ? 0 : Math.log(row.x()) - Math.log(row.lambda());
                double roundings = (k + 1) * (1 + Math.exp(k * log)) * Math.abs(log);
                yield value * (16 + 4 * roundings + 2 * logScale + 2 * Math.abs(Math.log(row.x())));
            }
            case "kl" -> value * (BASE + 4 * ofGamma(1 + row.x() / k) + 4 * row.x() * distance(row));
            case "klByShape" -> {
                double a = row.x() / k;
                double slope = Math.abs(Digamma.value(1 + a) - 1 / a + Weibull.EULER_GAMMA);
                double digamma = Math.abs(Digamma.value(1 + a));
                // ψ has an absolute error of 16 roundings near its zero, and only the series has none near a = 1
                double absolute = 32 * (Math.abs(Math.expm1(logTail(row))) + (Math.abs(a - 1) > 0.25 ? 1 : 0));
                yield a / k * (tailError(row) * (digamma + U_DOUBLE) + absolute + 16 * slope);
            }
            case "klByScale" -> row.x() / row.lambda() * tailError(row);
            default -> value * (BASE + 4 * ofGamma(1 + 2 / Math.min(k, row.x())));
        };
    }

    private static double ofGamma(double z) {
        return z * Math.log(z) + 1;
    }

    private static double distance(Row row) {
        double difference = row.lambda() - row.y();
        return Math.abs(
                Math.abs(difference) < row.y() / 2
                        ? Math.log1p(difference / row.y())
                        : Math.log(row.lambda() / row.y()));
    }

    private static double logTail(Row row) {
        return Math.copySign(row.x() * distance(row), row.lambda() - row.y()) + LogGamma.value(1 + row.x() / row.k());
    }

    /** The error of eʷ − 1, w = k₀ ln(λ/λ₀) + ln Γ(1 + a): relative, and that of w by its terms. */
    private static double tailError(Row row) {
        double a = row.x() / row.k();
        double w = logTail(row);
        double terms =
                row.x() * distance(row) + Math.min(a, Math.abs(row.x() - row.k()) / row.k()) * (1 + Math.log1p(a));
        return Math.exp(w) * (8 * terms + (Math.abs(w) < 0.4 ? 0 : BASE)) + 8 * Math.abs(Math.expm1(w));
    }

    @ParameterizedTest
    @CsvSource({
        "1e6, 1.6449297637827162e-12",
        "1e8, 1.6449340238174553e-16",
        "1e10, 1.6449340664179187e-20",
    })
    void theVarianceOfANarrowDistributionIsThatOfAGumbelOne(double k, double variance) {
        assertEquals(variance, Weibull.variance(k, 1), 16 * U_DOUBLE * variance);
    }

    @Test
    void theDivergenceIsNeverNegative() {
        for (double k : new double[] {1e-3, 0.7, 1, 3.3, 1e6}) {
            for (double step = 1; step > 1e-17; step /= 3) {
                for (int side : new int[] {-1, 0, 1}) {
                    double shape = k * (1 + side * step / 2);
                    double kl = Weibull.kl(shape, 2 * (1 + step), k, 2);
                    assertTrue(kl >= 0, k + ", " + step + ": " + kl);
                    double distance = Weibull.squaredWasserstein(shape, 2 * (1 + step), k, 2);
                    assertTrue(distance >= 0, k + ", " + step + ": " + distance);
                }
            }
        }
    }

    @Test
    void theDensityIsANumberWhereItsFactorsAreNot() {
        assertEquals(0, Weibull.density(1000, 1, 3));
        assertEquals(2e-170, Weibull.density(2, 1, 1e-170), 16 * U_DOUBLE * 2e-170);
        assertEquals(0, Weibull.density(1e12, 1, Double.MAX_VALUE));
        assertEquals(0, Weibull.density(1e12, 1, Double.MIN_VALUE));
        assertEquals(0, Weibull.density(2, 1, Double.POSITIVE_INFINITY));
    }

    @Test
    void theEndsOfTheQuantileAreTheEndsOfTheDistribution() {
        for (double k : new double[] {1e-3, 1, 1e12}) {
            assertEquals(0, Weibull.quantile(k, 3, 0));
            assertEquals(Double.POSITIVE_INFINITY, Weibull.quantile(k, 3, 1));
        }
    }
}
