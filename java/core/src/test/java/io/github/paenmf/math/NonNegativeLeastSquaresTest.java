package io.github.paenmf.math;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against the normal equations in 60 digits. An x is the minimum if the gradient is 0 where x > 0, and at most 0
 * elsewhere; where the columns are independent there is no other. So the oracle solves for what the answer says is above
 * 0, and holds that the solution fulfils both: then it is the exact one, to which the answer is compared.
 */
class NonNegativeLeastSquaresTest {

    private static final MathContext DIGITS = new MathContext(60, RoundingMode.HALF_EVEN);

    private static double[] solve(float[][] w, float[] v) {
        return new NonNegativeLeastSquares(equations(w)).solve(v, 0).clone();
    }

    private static NormalEquations equations(float[][] w) {
        double[][] rows = new double[w.length][w[0].length];
        for (int i = 0; i < w.length; i++) {
            for (int j = 0; j < w[0].length; j++) {
                rows[i][j] = w[i][j];
            }
        }
        return new NormalEquations(rows, w[0].length);
    }

    /** wⱼ·v in 60 digits. */
    private static BigDecimal[] products(float[][] w, float[] v) {
        BigDecimal[] sums = new BigDecimal[w[0].length];
        for (int j = 0; j < sums.length; j++) {
            BigDecimal sum = BigDecimal.ZERO;
            for (int i = 0; i < w.length; i++) {
                sum = sum.add(new BigDecimal(w[i][j]).multiply(new BigDecimal(v[i])), DIGITS);
            }
            sums[j] = sum;
        }
        return sums;
    }

    private static BigDecimal[][] gram(float[][] w) {
        BigDecimal[][] gram = new BigDecimal[w[0].length][];
        for (int j = 0; j < gram.length; j++) {
            int column = j;
            float[] values = new float[w.length];
            IntStream.range(0, w.length).forEach(i -> values[i] = w[i][column]);
            gram[j] = products(w, values);
        }
        return gram;
    }

    /** A·x = b by elimination; A is symmetric and positive definite, and so needs no pivoting. */
    private static BigDecimal[] eliminate(BigDecimal[][] a, BigDecimal[] b) {
        int n = b.length;
        for (int k = 0; k < n; k++) {
            for (int i = k + 1; i < n; i++) {
                BigDecimal factor = a[i][k].divide(a[k][k], DIGITS);
                for (int l = k; l < n; l++) {
                    a[i][l] = a[i][l].subtract(factor.multiply(a[k][l], DIGITS), DIGITS);
                }
                b[i] = b[i].subtract(factor.multiply(b[k], DIGITS), DIGITS);
            }
        }
        BigDecimal[] x = new BigDecimal[n];
        for (int i = n - 1; i >= 0; i--) {
            BigDecimal sum = b[i];
            for (int l = i + 1; l < n; l++) {
                sum = sum.subtract(a[i][l].multiply(x[l], DIGITS), DIGITS);
            }
            x[i] = sum.divide(a[i][i], DIGITS);
        }
        return x;
    }

    /** Compares with the exact solution; returns how many unknowns are above 0. */
    private static int compareWithExact(float[][] w, float[] v, double[] actual) {
        BigDecimal[][] gram = gram(w);
        BigDecimal[] c = products(w, v);
        int[] passive =
                IntStream.range(0, actual.length).filter(j -> actual[j] > 0).toArray();
        BigDecimal[][] a = Arrays.stream(passive)
                .mapToObj(i -> Arrays.stream(passive).mapToObj(j -> gram[i][j]).toArray(BigDecimal[]::new))
                .toArray(BigDecimal[][]::new);
        BigDecimal[] exact =
                eliminate(a, Arrays.stream(passive).mapToObj(j -> c[j]).toArray(BigDecimal[]::new));
        double greatest =
                Arrays.stream(exact).mapToDouble(BigDecimal::doubleValue).max().orElse(0);
        double error = 0;
        for (int p = 0; p < passive.length; p++) {
            assertTrue(exact[p].signum() > 0, "unknown " + passive[p] + " is not above 0");
            error = Math.max(error, Math.abs(exact[p].doubleValue() - actual[passive[p]]) / greatest);
        }
        for (int j = 0; j < actual.length; j++) {
            BigDecimal slope = c[j];
            for (int p = 0; p < passive.length; p++) {
                slope = slope.subtract(gram[j][passive[p]].multiply(exact[p], DIGITS), DIGITS);
            }
            // what 60 digits leave of a gradient of 0
            assertTrue(slope.doubleValue() <= 1e-30 * c[j].doubleValue(), "unknown " + j + " would rather grow");
        }
        assertTrue(error <= 1e-6, "an error of " + error + " of the greatest");
        return passive.length;
    }

    /**
     * Columns around a common one, so that W is of about the given condition: it is the ratio of the common part's
     * length, √r, to what is each column's own.
     */
    private static float[][] similar(SplittableRandom random, int m, int r, double condition) {
        float[][] w = new float[m][r];
        for (float[] row : w) {
            double common = 1 + random.nextDouble();
            for (int j = 0; j < r; j++) {
                row[j] = (float) (common + (random.nextDouble() - 0.5) * 6 * Math.sqrt(r) / condition);
            }
        }
        return w;
    }

    private static float[] mixture(SplittableRandom random, float[][] w, double noise) {
        int r = w[0].length;
        double[] x = random.doubles(r).map(u -> u < 0.5 ? 0 : u).toArray();
        float[] v = new float[w.length];
        for (int i = 0; i < v.length; i++) {
            double sum = 0;
            for (int j = 0; j < r; j++) {
                sum += w[i][j] * x[j];
            }
            v[i] = (float) Math.max(0, sum * (1 + noise * (random.nextDouble() - 0.5)));
        }
        return v;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1",
        "7, 3, 10",
        "33, 7, 1e2",
        "65, 17, 1e3",
        "31, 7, 1e4",
        "127, 31, 1e5",
        "67, 7, 1e6",
        "130, 31, 1e6",
    })
    void solutionsAreExactWhateverTheCondition(int m, int r, double condition) {
        assertExact(m, r, condition);
    }

    @ParameterizedTest
    @CsvSource({"257, 81, 1e5", "200, 130, 1e3", "260, 130, 1e6"})
    @Tag("long")
    void solutionsOfManyCoefficientsAreExact(int m, int r, double condition) {
        assertExact(m, r, condition);
    }

    private static void assertExact(int m, int r, double condition) {
        SplittableRandom random = new SplittableRandom(m + r);
        float[][] w = similar(random, m, r, condition);
        NonNegativeLeastSquares solver = new NonNegativeLeastSquares(equations(w));
        int count = r > 50 ? 1 : 20; // the exact solution takes r³ fractions
        int above = 0;
        for (int row = 0; row < count; row++) {
            float[] v = mixture(random, w, row % 3 * 0.1);
            above += compareWithExact(w, v, solver.solve(v, 0));
        }
        assertTrue(r == 1 || above < count * r, "some are 0");
        assertTrue(above > 0);
    }

    /** Features over three decades, which the columns share. */
    @Test
    void solutionsAreExactForFeaturesOfUnequalScale() {
        SplittableRandom random = new SplittableRandom(5);
        float[][] w = new float[13][10];
        for (int i = 0; i < 13; i++) {
            double scale = Math.pow(10, 3 * random.nextDouble());
            for (int j = 0; j < 10; j++) {
                w[i][j] = (float) (scale * (0.5 + random.nextDouble()));
            }
        }
        for (int row = 0; row < 50; row++) {
            float[] v = mixture(random, w, 0.2);
            compareWithExact(w, v, solve(w, v));
        }
    }

    /** Three parts that are all but one: what 2000 sweeps of coordinate descent do not tell apart. */
    @Test
    void similarPartsAreToldApart() {
        SplittableRandom random = new SplittableRandom(8);
        float[][] w = new float[24][3];
        for (float[] row : w) {
            float common = random.nextInt(512, 1024);
            row[0] = common;
            row[1] = common + random.nextInt(4);
            row[2] = common + random.nextInt(4);
        }
        float[] v = new float[24];
        for (int i = 0; i < 24; i++) {
            v[i] = 100 * w[i][0] + w[i][1] + 3 * w[i][2]; // below 2²⁴, and so exact
        }
        assertArrayEquals(new double[] {100, 1, 3}, solve(w, v), 1e-9);
    }

    /** No dot product is above the bound that rounding, and columns within 1e-7 of each other, leave. */
    private static void requireMinimum(float[][] w, float[] v, double[] x) {
        requireMinimum(w, v, x, 0);
    }

    private static void requireMinimum(float[][] w, float[] v, double[] x, double l1) {
        double norm = Math.sqrt(IntStream.range(0, v.length)
                .mapToDouble(i -> (double) v[i] * v[i])
                .sum());
        double[] residual = new double[v.length];
        for (int i = 0; i < v.length; i++) {
            residual[i] = v[i];
            for (int j = 0; j < x.length; j++) {
                residual[i] -= w[i][j] * x[j];
            }
        }
        for (int j = 0; j < x.length; j++) {
            double slope = -l1;
            double squares = 0;
            for (int i = 0; i < v.length; i++) {
                slope += w[i][j] * residual[i];
                squares += (double) w[i][j] * w[i][j];
            }
            double bound = 1e-6 * norm * Math.sqrt(squares);
            assertTrue(x[j] >= 0 && Double.isFinite(x[j]));
            assertTrue(slope <= bound, "unknown " + j + " would rather grow: " + slope);
            assertTrue(x[j] == 0 || slope >= -bound, "unknown " + j + " would rather shrink: " + slope);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 31, 200})
    void singularProblemsHaveAMinimumToo(int r) {
        SplittableRandom random = new SplittableRandom(r);
        for (int m : new int[] {1, r / 2 + 1, 2 * r}) {
            float[][] w = similar(random, m, r, 3);
            for (float[] row : w) {
                row[r - 1] = row[0]; // a column twice
                if (r > 2) {
                    row[r / 2] = 0;
                    row[r - 2] = 2 * row[0]; // and once more, longer
                }
            }
            float[] v = mixture(random, w, 0.3);

            double[] x = solve(w, v);

            requireMinimum(w, v, x);
            assertEquals(0, r > 2 ? x[r / 2] : 0, "an unused column");
            assertArrayEquals(x, solve(w, v), 0.0);
        }
    }

    /** Of many that explain the same, the coefficients with the least sum: the gradient with l1 tells. */
    @ParameterizedTest
    @ValueSource(ints = {2, 7, 31, 100})
    void aPenaltyTellsDependentColumnsApart(int r) {
        SplittableRandom random = new SplittableRandom(r);
        for (int m : new int[] {1, r / 2 + 1, r}) {
            for (double l1 : new double[] {1e-3, 0.1, 1}) {
                float[][] w = similar(random, m, r, 3);
                float[] v = mixture(random, w, 0.3);
                double[] x = new NonNegativeLeastSquares(equations(w), l1).solve(v, 0);
                requireMinimum(w, v, x, l1);
            }
        }
    }

    @Test
    void ofEqualColumnsTheFirstIsUsed() {
        float[][] w = {{1, 1, 2, 0, 1}, {2, 2, 1, 0, 2}, {0, 0, 3, 0, 0}};
        assertArrayEquals(new double[] {3, 0, 1, 0, 0}, solve(w, new float[] {5, 7, 3}), 1e-14);
    }

    @Test
    void zerosHaveNoCoefficients() {
        float[][] w = {{1, 0.5f, 0}, {0, 2, 0}};
        assertArrayEquals(new double[3], solve(w, new float[2]));
        assertArrayEquals(new double[] {0, 0, 0}, solve(new float[2][3], new float[] {1, 2}));
    }

    /** 1e-30 and 1e30 squared are far beyond a float. */
    @Test
    void scaleDoesNotMatter() {
        float[][] w = {{1e-25f, 1}, {3e-25f, 2}, {1e-25f, 4}};
        double[] x = solve(w, new float[] {2e30f, 5e30f, 5e30f});
        assertEquals(1e30, x[1], 1e30 * 1e-6);
        assertEquals(1e55, x[0], 1e55 * 1e-6);
    }

    @Test
    void aSolverForgetsWhatItSolvedBefore() {
        SplittableRandom random = new SplittableRandom(3);
        float[][] w = similar(random, 33, 7, 1e3);
        NonNegativeLeastSquares solver = new NonNegativeLeastSquares(equations(w));
        for (int row = 0; row < 30; row++) {
            float[] v = mixture(random, w, 0.3);
            assertArrayEquals(solve(w, v), solver.solve(v, 0));
        }
    }
}
