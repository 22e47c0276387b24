package io.github.paenmf.math;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against mpmath, over a table that is dense around the joints of the pieces. */
class WeibullPosteriorTest {

    /** The documented relative errors. */
    static final double MEAN_ERROR = 2e-6;

    static final double VARIANCE_ERROR = 1e-5;
    static final double SHAPE_ERROR = 1e-5;

    private static final List<PosteriorReference> TABLE = PosteriorReference.all();

    /** Of the polynomial 1e-6; of ln w, at most ln(1 + |β|) + 1, 1e-7 by FloatMath and two roundings of 6e-8. */
    static double costError(double beta) {
        return 1e-6 + 2.2e-7 * Math.log1p(Math.max(0, -beta));
    }

    /** That of the cost, half of what β times the error of β − m or of m comes to, and the roundings of a few terms. */
    static double divergenceError(double beta) {
        return costError(beta) + 2e-6;
    }

    static double lessMeanError(double beta) {
        return beta > WeibullPosterior.MIDDLE ? 1e-6 / Math.max(1, beta) : 1e-6 * Math.max(1, -beta);
    }

    @Test
    void functionsAreWithinTheirBoundsOverTheTable() {
        ErrorReport mean = new ErrorReport("mean");
        ErrorReport variance = new ErrorReport("variance");
        ErrorReport shape = new ErrorReport("shape");
        ErrorReport cost = new ErrorReport("least cost");
        ErrorReport less = new ErrorReport("beta - mean");
        assertTrue(TABLE.size() > 300 && TABLE.get(0).beta() == -1e4f && last().beta() == 1e6f);
        for (PosteriorReference row : TABLE) {
            float beta = row.beta();
            String at = "beta " + beta;
            mean.compare(at, row.mean(), WeibullPosterior.mean(beta), MEAN_ERROR * row.mean());
            variance.compare(at, row.variance(), WeibullPosterior.variance(beta), VARIANCE_ERROR * row.variance());
            shape.compare(at, row.shape(), WeibullPosterior.shape(beta), SHAPE_ERROR * row.shape());
            double reduced = row.reducedLeastCost();
            cost.compare(at, reduced, WeibullPosterior.reducedLeastCost(beta), costError(beta));
            double least = reduced - (beta > 0 ? 0.5 * beta * beta : 0);
            double bound = costError(beta) + 4 * U * Math.abs(least); // of two products and a difference
            cost.compare(at, least, WeibullPosterior.leastCost(beta), bound);
            double divergence = reduced + (beta > 0 ? -beta * row.lessMean() : beta * row.mean()) / 2 - 0.5;
            cost.compare(at, divergence, WeibullPosterior.divergence(beta), divergenceError(beta));
            less.compare(at, row.lessMean(), WeibullPosterior.lessMean(beta), lessMeanError(beta));
        }
        List.of(mean, variance, shape, cost, less).forEach(ErrorReport::log);
    }

    private static PosteriorReference last() {
        return TABLE.get(TABLE.size() - 1);
    }

    @Test
    void evaluateGivesTheBitsOfTheFunctions() {
        int count = TABLE.size();
        float[] beta = new float[count];
        for (int i = 0; i < count; i++) {
            beta[i] = TABLE.get(i).beta();
        }
        float[] mean = new float[count];
        float[] variance = new float[count];
        float[] leastCost = new float[count];
        float[] divergence = new float[count];
        WeibullPosterior.evaluate(beta, mean, variance, leastCost, divergence, 1, count);
        assertEquals(0f, mean[0]);
        for (int i = 1; i < count; i++) {
            assertEquals(WeibullPosterior.mean(beta[i]), mean[i]);
            assertEquals(WeibullPosterior.variance(beta[i]), variance[i]);
            assertEquals(WeibullPosterior.leastCost(beta[i]), leastCost[i]);
            assertEquals(WeibullPosterior.divergence(beta[i]), divergence[i]);
        }
    }

    /** Polynomials meet at the joints, so that what is left there is the rounding of their coefficients and terms. */
    @ParameterizedTest
    @ValueSource(floats = {WeibullPosterior.MIDDLE, WeibullPosterior.FAR})
    void piecesMeetAtTheirJoints(float joint) {
        float next = Math.nextUp(joint);
        // ten coefficients and terms below 1 in magnitude, of which few are as large; slopes are at most 1
        float bound = (float) (16 * U);
        assertEquals(WeibullPosterior.mean(joint), WeibullPosterior.mean(next), bound * joint);
        assertEquals(WeibullPosterior.variance(joint), WeibullPosterior.variance(next), 4 * bound);
        assertEquals(WeibullPosterior.shape(joint), WeibullPosterior.shape(next), 4 * bound);
        assertEquals(WeibullPosterior.reducedLeastCost(joint), WeibullPosterior.reducedLeastCost(next), bound);
    }

    /** At steps so wide that the functions change by more than their errors. */
    @Test
    void meanAndShapeGrowWithBetaAndTheLeastCostFalls() {
        float last = -1e4f;
        for (float beta = next(last); beta < 1e6f; beta = next(last)) {
            float from = last;
            float to = beta;
            assertTrue(WeibullPosterior.mean(to) > WeibullPosterior.mean(from), () -> "mean after " + from);
            assertTrue(WeibullPosterior.leastCost(to) < WeibullPosterior.leastCost(from), () -> "cost after " + from);
            if (from > -100) { // below it is 1 except for its rounding
                assertTrue(WeibullPosterior.shape(to) > WeibullPosterior.shape(from), () -> "shape after " + from);
            }
            last = beta;
        }
    }

    private static float next(float beta) {
        return beta + Math.max(1e-3f, Math.abs(beta) * 1e-3f);
    }

    @Test
    void asymptotesHoldFarOutside() {
        for (float beta = 1e6f; beta < WeibullPosterior.LIMIT; beta *= 7) {
            assertEquals(1 / beta, WeibullPosterior.mean(-beta), MEAN_ERROR / beta);
            double square = 1 / ((double) beta * beta);
            assertEquals(square, WeibullPosterior.variance(-beta), VARIANCE_ERROR * square);
            assertEquals(1, WeibullPosterior.shape(-beta), SHAPE_ERROR);
            double cost = Math.log(beta) + Weibull.EULER_GAMMA + 1;
            assertEquals(cost, WeibullPosterior.leastCost(-beta), costError(-beta));
            assertEquals(beta, WeibullPosterior.mean(beta), MEAN_ERROR * beta);
            assertEquals(1, WeibullPosterior.variance(beta), VARIANCE_ERROR);
            double shape = Math.PI * beta / Math.sqrt(6);
            assertEquals(shape, WeibullPosterior.shape(beta), SHAPE_ERROR * shape);
            assertEquals(last().reducedLeastCost(), WeibullPosterior.reducedLeastCost(beta), 2 * costError(beta));
        }
    }

    @Test
    void functionsStopAtTheLimitAndKeepNaN() {
        for (float beta : new float[] {1e19f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
            for (float limit : new float[] {WeibullPosterior.LIMIT, -WeibullPosterior.LIMIT}) {
                float beyond = Math.copySign(beta, limit);
                assertEquals(WeibullPosterior.mean(limit), WeibullPosterior.mean(beyond));
                assertEquals(WeibullPosterior.variance(limit), WeibullPosterior.variance(beyond));
                assertEquals(WeibullPosterior.leastCost(limit), WeibullPosterior.leastCost(beyond));
                assertEquals(WeibullPosterior.shape(limit), WeibullPosterior.shape(beyond));
                assertTrue(Float.isFinite(WeibullPosterior.leastCost(beyond)));
                assertTrue(WeibullPosterior.variance(beyond) >= Float.MIN_NORMAL);
            }
        }
        assertTrue(Float.isNaN(WeibullPosterior.mean(Float.NaN)));
        assertTrue(Float.isNaN(WeibullPosterior.variance(Float.NaN)));
        assertTrue(Float.isNaN(WeibullPosterior.leastCost(Float.NaN)));
    }

    /**
     * What the bound loses with a Weibull instead of the exact posterior, a truncated normal: at most 0.0172 nats up to
     * β = 4, most near 1.1, and then up to 0.0906 as β grows and the Weibull, which is skew, stands for a normal.
     */
    @Test
    void theWeibullLosesLittleAgainstTheTruncatedNormal() {
        PosteriorReference worst = TABLE.get(0);
        double small = 0;
        for (PosteriorReference row : TABLE) {
            double loss = loss(row);
            // a posterior cannot beat the exact one; both costs have 16 digits
            assertTrue(loss > -1e-14 * Math.max(1, Math.abs(row.trueLeastCost())), () -> "beta " + row.beta());
            worst = loss > loss(worst) ? row : worst;
            small = row.beta() <= 4 ? Math.max(small, loss) : small;
        }
        String found = String.format(Locale.ROOT, "%.4f at %g, %.4f up to 4", loss(worst), worst.beta(), small);
        assertEquals("0.0906 at 1.00000e+06, 0.0172 up to 4", found);
    }

    private static double loss(PosteriorReference row) {
        return row.reducedLeastCost() - row.trueLeastCost();
    }

    @Test
    void cudaHasTheSameCoefficients() throws IOException {
        String text = Files.readString(Path.of("../../cuda/include/posterior_coefficients.cuh"));
        assertSame(text, "kPosteriorMean", WeibullPosterior.meanCoefficients());
        assertSame(text, "kPosteriorVariance", WeibullPosterior.varianceCoefficients());
        assertSame(text, "kPosteriorCost", WeibullPosterior.costCoefficients());
    }

    private static void assertSame(String text, String name, float[] coefficients) {
        Matcher matcher =
                Pattern.compile(name + "\\[(\\d+)] = \\{([^}]*),\\s*}").matcher(text);
        assertTrue(matcher.find(), name);
        assertEquals(coefficients.length, Integer.parseInt(matcher.group(1)), name);
        String[] literals = matcher.group(2).split(",", -1);
        assertEquals(coefficients.length, literals.length, name);
        for (int i = 0; i < literals.length; i++) {
            assertEquals(coefficients[i], Float.parseFloat(literals[i].strip()), name + " " + i);
        }
    }

    @Test
    void meansOfUnitScaleAreAsPreciseAsTheySay() {
        for (double x = 0; x <= 1; x += 1.0 / 4096) {
            double expected = Weibull.mean(1 / x, 1);
            assertEquals(expected, WeibullPosterior.unitMean((float) (1 / x)), 5e-7 * expected);
        }
    }
}
