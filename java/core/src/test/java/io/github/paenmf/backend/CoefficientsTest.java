package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.cpu.CpuRowBlocks;
import io.github.paenmf.data.Matrix;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Coefficients of rows whose basis is given. */
class CoefficientsTest {

    private static final double SCALE = 3;

    /** A quarter of the values is 0. */
    private static Matrix random(int rows, int columns, double scale) {
        SplittableRandom random = new SplittableRandom(31L * rows + columns);
        Matrix matrix = Matrix.zeros(rows, columns);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                double value = random.nextInt(4) == 0 ? 0 : -Math.log(1 - random.nextDouble());
                matrix.storage(i)[matrix.offset(i) + j] = (float) (scale * value);
            }
        }
        return matrix;
    }

    private static Matrix solve(Matrix data, Matrix w, double scale) {
        Matrix h = Matrix.zeros(data.rows(), w.columns());
        try (RowBlocks threads = new CpuRowBlocks(2)) {
            new Coefficients(w, scale).solve(data, h, threads);
        }
        return h;
    }

    /**
     * The solution is known by its gradient g = G·h − c: 0 where h > 0, and ≥ 0 where h = 0 (Karush, Kuhn, Tucker).
     * What is left of it is that h is rounded to float: each term by U.
     */
    @Test
    void theyAreTheNonNegativeLeastSquares() {
        int r = 7;
        Matrix data = random(261, 67, SCALE);
        Matrix w = random(67, r, 1.0 / r);

        Matrix h = solve(data, w, SCALE);

        int zeros = 0;
        for (int i = 0; i < h.rows(); i++) {
            for (int j = 0; j < r; j++) {
                double gradient = 0;
                double terms = 0;
                for (int f = 0; f < 67; f++) {
                    double fitted = 0;
                    for (int l = 0; l < r; l++) {
                        fitted += (double) w.get(f, l) * h.get(i, l);
                    }
                    double v = data.get(i, f) / SCALE;
                    gradient += w.get(f, j) * (fitted - v);
                    terms += w.get(f, j) * (fitted + v);
                }
                double bound = 2 * U * terms;
                assertTrue(gradient >= -bound, "a coefficient would rather grow");
                assertTrue(h.get(i, j) == 0 || gradient <= bound, "a coefficient would rather shrink");
                zeros += h.get(i, j) == 0 ? 1 : 0;
            }
        }
        assertTrue(zeros > 50 && zeros < 261 * r - 50, "both kinds occur, not " + zeros + " zeros");
    }

    @Test
    void anUnusedComponentHasNone() {
        Matrix w = random(17, 3, 1);
        for (int f = 0; f < 17; f++) {
            w.storage(f)[w.offset(f) + 1] = 0;
        }

        Matrix h = solve(random(33, 17, SCALE), w, SCALE);

        for (int i = 0; i < 33; i++) {
            assertEquals(0, h.get(i, 1), 0.0);
        }
    }

    /** Three columns that differ by at most 0.6 %; all values are whole numbers below 2²⁴, and so exact. */
    @Test
    void similarPartsAreToldApart() {
        SplittableRandom random = new SplittableRandom(8);
        int m = 24;
        Matrix w = Matrix.zeros(m, 3);
        Matrix h = Matrix.zeros(40, 3);
        Matrix data = Matrix.zeros(40, m);
        for (int i = 0; i < 40; i++) {
            for (int j = 0; j < 3; j++) {
                h.storage(i)[h.offset(i) + j] = random.nextInt(3) == 0 ? 0 : random.nextInt(j == 0 ? 1000 : 10);
            }
        }
        for (int f = 0; f < m; f++) {
            float common = random.nextInt(512, 1024);
            for (int j = 0; j < 3; j++) {
                w.storage(f)[w.offset(f) + j] = common + random.nextInt(4);
            }
            for (int i = 0; i < 40; i++) {
                for (int j = 0; j < 3; j++) {
                    data.storage(i)[data.offset(i) + f] += h.get(i, j) * w.get(f, j);
                }
            }
        }

        assertArrayEquals(h.toRows(), solve(data, w, 1).toRows());
    }

    @Test
    void aRowHasTheSameBitsAloneAndAmongOthers() {
        Matrix data = random(300, 700, SCALE);
        Matrix w = random(700, 17, 1);

        Matrix together = solve(data, w, SCALE);

        for (int i = 0; i < 300; i++) {
            float[] alone = solve(data.selectRows(new int[] {i}), w, SCALE).toRows()[0];
            assertArrayEquals(alone, together.toRows()[i]);
        }
    }

    @Test
    void aRowWithoutASolutionIsNamed() {
        Matrix data = random(70, 5, 1);
        data.storage(40)[data.offset(40) + 2] = Float.NaN;

        ArithmeticException thrown = assertThrows(ArithmeticException.class, () -> solve(data, random(5, 2, 1), 1));

        assertTrue(thrown.getMessage().startsWith("row 41: "), thrown.getMessage());
    }
}
