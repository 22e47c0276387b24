package io.github.paenmf.backend.cpu;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every provider against products in double. */
@Tag("jdk")
class GemmTest {

    /** What is in no matrix keeps this value. */
    private static final float OUTSIDE = -77f;

    static List<Gemm> providers() {
        return List.of(
                CpuRuntime.scalar("for a test").gemm(),
                CpuRuntime.choose(null, true, true).gemm(),
                NetlibGemm.pureJava(false, false),
                NetlibGemm.pureJava(false, true),
                NetlibGemm.pureJava(true, true));
    }

    /** m, n, k: single ones, edges of tiles and vectors, more than one panel and block, few rows and a long sum. */
    static Stream<Arguments> providersAndShapes() {
        int[][] shapes = {
            {1, 1, 1},
            {1, 33, 7},
            {7, 1, 31},
            {6, 32, 1},
            {13, 17, 65},
            {31, 127, 33},
            {12, 65, 9},
            {65, 31, 257},
            {3, 5, 1031},
            {5, 7, 129},
            {257, 129, 401},
            {101, 263, 769},
            {9, 600, 70}
        };
        return providers().stream().flatMap(gemm -> Arrays.stream(shapes).map(shape -> Arguments.of(gemm, shape)));
    }

    /** A matrix within an array that holds more. */
    private record Operand(float[] values, int offset, int ld) {

        static Operand random(int rows, int columns, SplittableRandom random) {
            Operand operand = filled(rows, columns);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    operand.values[operand.offset + i * operand.ld + j] = (float) random.nextDouble(-1, 1);
                }
            }
            return operand;
        }

        static Operand filled(int rows, int columns) {
            int ld = columns + 3;
            float[] values = new float[5 + rows * ld + 2];
            Arrays.fill(values, OUTSIDE);
            return new Operand(values, 5, ld);
        }

        double get(boolean transposed, int i, int j) {
            return values[transposed ? offset + j * ld + i : offset + i * ld + j];
        }
    }

    @ParameterizedTest
    @MethodSource("providersAndShapes")
    void productsAreThoseInDouble(Gemm gemm, int[] shape) {
        int m = shape[0];
        int n = shape[1];
        int k = shape[2];
        ErrorReport report = new ErrorReport(gemm.description() + ", " + Arrays.toString(shape));
        SplittableRandom random = new SplittableRandom(Arrays.hashCode(shape));
        for (int transposes = 0; transposes < 4; transposes++) {
            boolean ta = (transposes & 1) != 0;
            boolean tb = (transposes & 2) != 0;
            Operand a = ta ? Operand.random(k, m, random) : Operand.random(m, k, random);
            Operand b = tb ? Operand.random(n, k, random) : Operand.random(k, n, random);
            for (boolean add : new boolean[] {false, true}) {
                Operand c = Operand.random(m, n, random);
                if (!add) {
                    fill(c, m, n, Float.NaN);
                }
                float[] before = c.values.clone();
                gemm.multiply(
                        ta, tb, m, n, k, a.values, a.offset, a.ld, b.values, b.offset, b.ld, add, c.values, c.offset,
                        c.ld);
                String what = "transposed " + ta + " " + tb + (add ? ", added" : "");
                compare(report, what, m, n, k, a, ta, b, tb, add, before, c);
            }
        }
        report.log();
    }

    private static void fill(Operand c, int m, int n, float value) {
        for (int i = 0; i < m; i++) {
            Arrays.fill(c.values, c.offset + i * c.ld, c.offset + i * c.ld + n, value);
        }
    }

    private static void compare(
            ErrorReport report,
            String what,
            int m,
            int n,
            int k,
            Operand a,
            boolean ta,
            Operand b,
            boolean tb,
            boolean add,
            float[] before,
            Operand c) {
        boolean[] inside = new boolean[before.length];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double terms = 0;
                for (int p = 0; p < k; p++) {
                    double term = a.get(ta, i, p) * b.get(tb, p, j);
                    sum += term;
                    terms += Math.abs(term);
                }
                int at = c.offset + i * c.ld + j;
                inside[at] = true;
                double old = add ? before[at] : 0;
                double expected = sum + old;
                // the sum; then the sum with what was there
                double bound = U * ((reduction(k) + 1) * terms + Math.abs(old));
                int row = i;
                int column = j;
                report.compare(() -> what + " [" + row + ", " + column + "]", expected, c.values[at], bound);
            }
        }
        for (int i = 0; i < before.length; i++) {
            if (!inside[i]) {
                assertEquals(OUTSIDE, c.values[i], what + ": the value beside C at " + i);
            }
        }
    }

    /** Set in parts, as slices of features are; an element has the same bits in whichever rows of A it is made. */
    @ParameterizedTest
    @MethodSource("providersAndShapes")
    void aRightFactorGivesTheProduct(Gemm gemm, int[] shape) {
        int m = shape[0];
        int n = shape[1];
        int k = shape[2];
        ErrorReport report = new ErrorReport(gemm.description() + ", right factor, " + Arrays.toString(shape));
        SplittableRandom random = new SplittableRandom(Arrays.hashCode(shape));
        Operand a = Operand.random(m, k, random);
        int ld = k + 3;
        float[] transposed = new float[n * ld];
        for (int i = 0; i < transposed.length; i++) {
            transposed[i] = (float) random.nextDouble(-1, 1);
        }
        Gemm.RightFactor factor = gemm.rightFactor(n, k);
        for (int from = 0; from < k; from += 32) {
            factor.set(from, Math.min(k, from + 32), transposed, ld);
        }
        int ldc = factor.columns();
        float[] c = new float[m * ldc];
        factor.multiply(m, a.values, a.offset, a.ld, c, 0, ldc);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double terms = 0;
                for (int p = 0; p < k; p++) {
                    double term = a.get(false, i, p) * transposed[j * ld + p];
                    sum += term;
                    terms += Math.abs(term);
                }
                int row = i;
                int column = j;
                report.compare(() -> "[" + row + ", " + column + "]", sum, c[i * ldc + j], U * reduction(k) * terms);
            }
        }
        report.log();
        float[] last = new float[ldc];
        factor.multiply(1, a.values, a.offset + (m - 1) * a.ld, a.ld, last, 0, ldc);
        if (!gemm.description().startsWith("netlib")) {
            assertEquals(
                    Arrays.hashCode(Arrays.copyOfRange(c, (m - 1) * ldc, (m - 1) * ldc + n)),
                    Arrays.hashCode(Arrays.copyOf(last, n)),
                    "the last row by itself");
        }
    }
}
