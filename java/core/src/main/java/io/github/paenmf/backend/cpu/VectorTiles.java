package io.github.paenmf.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of a few rows with a few columns, with all sums in registers: the innermost part of {@link
 * VectorGemm}. Twelve sums are enough to keep two multiply-add units busy, and leave room for the
 * factors among 16 registers; with more rows, C2 runs out of registers for their addresses. No tile calls a method of
 * ours: a tile is as much as C2 inlines, and a call takes its vectors as objects.
 */
final class VectorTiles {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

    /** Width of a vector. */
    static final int BITS = FLOATS.vectorBitSize();
    /** Floats in a vector. */
    static final int LANES = FLOATS.length();
    /** Most rows of a tile. */
    static final int ROWS = 6;
    /** Most columns of a tile. */
    static final int COLUMNS = 2 * LANES;

    private static final int DOT_ROWS = 4;
    private static final int DOT_COLUMNS = 3;

    /** What a tile adds to where it does not add to C: stores of two kinds are more code than C2 compiles whole. */
    private static final float[] ZEROS = new float[COLUMNS];

    private VectorTiles() {}

    /**
     * A·B, stored or added to C. Where there are fewer rows than a tile has, the last is computed and stored
     * more than once.
     *
     * @param rows of A and C, at most {@link #ROWS}
     * @param columns of C that are wanted, at most {@link #COLUMNS}; B and C have room for all
     * @param add only to what {@link #fits}; a row stored twice would be added twice
     */
    static void tile(
            int rows,
            int columns,
            int k,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            boolean add,
            float[] c,
            int offsetC,
            int ldc) {
        if (columns <= LANES) {
            tile6x1(rows, k, a, offsetA, lda, b, offsetB, ldb, add, c, offsetC, ldc);
        } else if (rows <= 3) {
            tile3x2(rows, k, a, offsetA, lda, b, offsetB, ldb, add, c, offsetC, ldc);
        } else {
            tile6x2(rows, k, a, offsetA, lda, b, offsetB, ldb, add, c, offsetC, ldc);
        }
    }

    /** Whether there is a tile of this size, so that nothing beyond it is stored. */
    static boolean fits(int rows, int columns) {
        return rows == ROWS && columns % LANES == 0 || rows == 3 && columns == COLUMNS;
    }

    /** Up to six rows, two vectors of columns. */
    private static void tile6x2(
            int rows,
            int k,
            float[] a,
            int a0,
            int lda,
            float[] b,
            int bt,
            int ldb,
            boolean add,
            float[] c,
            int ct,
            int ldc) {
        int a1 = a0 + Math.min(1, rows - 1) * lda;
        int a2 = a0 + Math.min(2, rows - 1) * lda;
        int a3 = a0 + Math.min(3, rows - 1) * lda;
        int a4 = a0 + Math.min(4, rows - 1) * lda;
        int a5 = a0 + Math.min(5, rows - 1) * lda;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        FloatVector c30 = zero;
        FloatVector c31 = zero;
        FloatVector c40 = zero;
        FloatVector c41 = zero;
        FloatVector c50 = zero;
        FloatVector c51 = zero;
        for (int p = 0, q = bt; p < k; p++, q += ldb) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, q);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, q + LANES);
            FloatVector x0 = FloatVector.broadcast(FLOATS, a[a0 + p]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(FLOATS, a[a1 + p]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(FLOATS, a[a2 + p]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
            FloatVector x3 = FloatVector.broadcast(FLOATS, a[a3 + p]);
            c30 = x3.fma(b0, c30);
            c31 = x3.fma(b1, c31);
            FloatVector x4 = FloatVector.broadcast(FLOATS, a[a4 + p]);
            c40 = x4.fma(b0, c40);
            c41 = x4.fma(b1, c41);
            FloatVector x5 = FloatVector.broadcast(FLOATS, a[a5 + p]);
            c50 = x5.fma(b0, c50);
            c51 = x5.fma(b1, c51);
        }
        float[] before = add ? c : ZEROS;
        int from = add ? ct : 0;
        int step = add ? ldc : 0;
        FloatVector.fromArray(FLOATS, before, from).add(c00).intoArray(c, ct);
        FloatVector.fromArray(FLOATS, before, from + LANES).add(c01).intoArray(c, ct + LANES);
        FloatVector.fromArray(FLOATS, before, from + step).add(c10).intoArray(c, ct + ldc);
        FloatVector.fromArray(FLOATS, before, from + step + LANES).add(c11).intoArray(c, ct + ldc + LANES);
        FloatVector.fromArray(FLOATS, before, from + 2 * step).add(c20).intoArray(c, ct + 2 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 2 * step + LANES).add(c21).intoArray(c, ct + 2 * ldc + LANES);
        FloatVector.fromArray(FLOATS, before, from + 3 * step).add(c30).intoArray(c, ct + 3 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 3 * step + LANES).add(c31).intoArray(c, ct + 3 * ldc + LANES);
        FloatVector.fromArray(FLOATS, before, from + 4 * step).add(c40).intoArray(c, ct + 4 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 4 * step + LANES).add(c41).intoArray(c, ct + 4 * ldc + LANES);
        FloatVector.fromArray(FLOATS, before, from + 5 * step).add(c50).intoArray(c, ct + 5 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 5 * step + LANES).add(c51).intoArray(c, ct + 5 * ldc + LANES);
    }

    /** Up to three rows, two vectors of columns. */
    private static void tile3x2(
            int rows,
            int k,
            float[] a,
            int a0,
            int lda,
            float[] b,
            int bt,
            int ldb,
            boolean add,
            float[] c,
            int ct,
            int ldc) {
        int a1 = a0 + Math.min(1, rows - 1) * lda;
        int a2 = a0 + Math.min(2, rows - 1) * lda;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c00 = zero;
        FloatVector c01 = zero;
        FloatVector c10 = zero;
        FloatVector c11 = zero;
        FloatVector c20 = zero;
        FloatVector c21 = zero;
        for (int p = 0, q = bt; p < k; p++, q += ldb) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, q);
            FloatVector b1 = FloatVector.fromArray(FLOATS, b, q + LANES);
            FloatVector x0 = FloatVector.broadcast(FLOATS, a[a0 + p]);
            c00 = x0.fma(b0, c00);
            c01 = x0.fma(b1, c01);
            FloatVector x1 = FloatVector.broadcast(FLOATS, a[a1 + p]);
            c10 = x1.fma(b0, c10);
            c11 = x1.fma(b1, c11);
            FloatVector x2 = FloatVector.broadcast(FLOATS, a[a2 + p]);
            c20 = x2.fma(b0, c20);
            c21 = x2.fma(b1, c21);
        }
        float[] before = add ? c : ZEROS;
        int from = add ? ct : 0;
        int step = add ? ldc : 0;
        FloatVector.fromArray(FLOATS, before, from).add(c00).intoArray(c, ct);
        FloatVector.fromArray(FLOATS, before, from + LANES).add(c01).intoArray(c, ct + LANES);
        FloatVector.fromArray(FLOATS, before, from + step).add(c10).intoArray(c, ct + ldc);
        FloatVector.fromArray(FLOATS, before, from + step + LANES).add(c11).intoArray(c, ct + ldc + LANES);
        FloatVector.fromArray(FLOATS, before, from + 2 * step).add(c20).intoArray(c, ct + 2 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 2 * step + LANES).add(c21).intoArray(c, ct + 2 * ldc + LANES);
    }

    /** Up to six rows, one vector of columns. */
    private static void tile6x1(
            int rows,
            int k,
            float[] a,
            int a0,
            int lda,
            float[] b,
            int bt,
            int ldb,
            boolean add,
            float[] c,
            int ct,
            int ldc) {
        int a1 = a0 + Math.min(1, rows - 1) * lda;
        int a2 = a0 + Math.min(2, rows - 1) * lda;
        int a3 = a0 + Math.min(3, rows - 1) * lda;
        int a4 = a0 + Math.min(4, rows - 1) * lda;
        int a5 = a0 + Math.min(5, rows - 1) * lda;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector c00 = zero;
        FloatVector c10 = zero;
        FloatVector c20 = zero;
        FloatVector c30 = zero;
        FloatVector c40 = zero;
        FloatVector c50 = zero;
        for (int p = 0, q = bt; p < k; p++, q += ldb) {
            FloatVector b0 = FloatVector.fromArray(FLOATS, b, q);
            FloatVector x0 = FloatVector.broadcast(FLOATS, a[a0 + p]);
            c00 = x0.fma(b0, c00);
            FloatVector x1 = FloatVector.broadcast(FLOATS, a[a1 + p]);
            c10 = x1.fma(b0, c10);
            FloatVector x2 = FloatVector.broadcast(FLOATS, a[a2 + p]);
            c20 = x2.fma(b0, c20);
            FloatVector x3 = FloatVector.broadcast(FLOATS, a[a3 + p]);
            c30 = x3.fma(b0, c30);
            FloatVector x4 = FloatVector.broadcast(FLOATS, a[a4 + p]);
            c40 = x4.fma(b0, c40);
            FloatVector x5 = FloatVector.broadcast(FLOATS, a[a5 + p]);
            c50 = x5.fma(b0, c50);
        }
        float[] before = add ? c : ZEROS;
        int from = add ? ct : 0;
        int step = add ? ldc : 0;
        FloatVector.fromArray(FLOATS, before, from).add(c00).intoArray(c, ct);
        FloatVector.fromArray(FLOATS, before, from + step).add(c10).intoArray(c, ct + ldc);
        FloatVector.fromArray(FLOATS, before, from + 2 * step).add(c20).intoArray(c, ct + 2 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 3 * step).add(c30).intoArray(c, ct + 3 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 4 * step).add(c40).intoArray(c, ct + 4 * ldc);
        FloatVector.fromArray(FLOATS, before, from + 5 * step).add(c50).intoArray(c, ct + 5 * ldc);
    }

    /**
     * A·B, stored or added to C, from Bᵀ: the sums run along the rows of both, lane by lane, and their
     * lanes are added up at the end.
     */
    static void dots(
            int m,
            int n,
            int k,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            boolean add,
            float[] c,
            int offsetC,
            int ldc) {
        float[] lanes = LANES_OF_DOTS.get();
        int whole = FLOATS.loopBound(k);
        for (int j = 0; j < n; j += DOT_COLUMNS) {
            int columns = Math.min(DOT_COLUMNS, n - j);
            for (int i = 0; i < m; i += DOT_ROWS) {
                int rows = Math.min(DOT_ROWS, m - i);
                dots4x3(rows, columns, whole, a, offsetA + i * lda, lda, b, offsetB + j * ldb, ldb, lanes);
                for (int row = 0; row < rows; row++) {
                    for (int column = 0; column < columns; column++) {
                        float sum = sumOfLanes(lanes, (row * DOT_COLUMNS + column) * LANES);
                        int x = offsetA + (i + row) * lda;
                        int y = offsetB + (j + column) * ldb;
                        for (int p = whole; p < k; p++) {
                            sum += a[x + p] * b[y + p];
                        }
                        int at = offsetC + (i + row) * ldc + j + column;
                        c[at] = add ? c[at] + sum : sum;
                    }
                }
            }
        }
    }

    private static final ThreadLocal<float[]> LANES_OF_DOTS =
            ThreadLocal.withInitial(() -> new float[DOT_ROWS * DOT_COLUMNS * LANES]);

    private static float sumOfLanes(float[] lanes, int from) {
        float sum0 = 0;
        float sum1 = 0;
        for (int lane = from; lane < from + LANES; lane += 2) {
            sum0 += lanes[lane];
            sum1 += lanes[lane + 1];
        }
        return sum0 + sum1;
    }

    /** Up to 4 rows of A with 3 rows of Bᵀ. */
    private static void dots4x3(
            int rows, int columns, int k, float[] a, int a0, int lda, float[] b, int b0, int ldb, float[] lanes) {
        int a1 = a0 + Math.min(1, rows - 1) * lda;
        int a2 = a0 + Math.min(2, rows - 1) * lda;
        int a3 = a0 + Math.min(3, rows - 1) * lda;
        int b1 = b0 + Math.min(1, columns - 1) * ldb;
        int b2 = b0 + Math.min(2, columns - 1) * ldb;
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector s00 = zero;
        FloatVector s01 = zero;
        FloatVector s02 = zero;
        FloatVector s10 = zero;
        FloatVector s11 = zero;
        FloatVector s12 = zero;
        FloatVector s20 = zero;
        FloatVector s21 = zero;
        FloatVector s22 = zero;
        FloatVector s30 = zero;
        FloatVector s31 = zero;
        FloatVector s32 = zero;
        for (int p = 0; p < k; p += LANES) {
            FloatVector y0 = FloatVector.fromArray(FLOATS, b, b0 + p);
            FloatVector y1 = FloatVector.fromArray(FLOATS, b, b1 + p);
            FloatVector y2 = FloatVector.fromArray(FLOATS, b, b2 + p);
            FloatVector x0 = FloatVector.fromArray(FLOATS, a, a0 + p);
            s00 = x0.fma(y0, s00);
            s01 = x0.fma(y1, s01);
            s02 = x0.fma(y2, s02);
            FloatVector x1 = FloatVector.fromArray(FLOATS, a, a1 + p);
            s10 = x1.fma(y0, s10);
            s11 = x1.fma(y1, s11);
            s12 = x1.fma(y2, s12);
            FloatVector x2 = FloatVector.fromArray(FLOATS, a, a2 + p);
            s20 = x2.fma(y0, s20);
            s21 = x2.fma(y1, s21);
            s22 = x2.fma(y2, s22);
            FloatVector x3 = FloatVector.fromArray(FLOATS, a, a3 + p);
            s30 = x3.fma(y0, s30);
            s31 = x3.fma(y1, s31);
            s32 = x3.fma(y2, s32);
        }
        zero.add(s00).intoArray(lanes, 0);
        zero.add(s01).intoArray(lanes, LANES);
        zero.add(s02).intoArray(lanes, 2 * LANES);
        zero.add(s10).intoArray(lanes, 3 * LANES);
        zero.add(s11).intoArray(lanes, 4 * LANES);
        zero.add(s12).intoArray(lanes, 5 * LANES);
        zero.add(s20).intoArray(lanes, 6 * LANES);
        zero.add(s21).intoArray(lanes, 7 * LANES);
        zero.add(s22).intoArray(lanes, 8 * LANES);
        zero.add(s30).intoArray(lanes, 9 * LANES);
        zero.add(s31).intoArray(lanes, 10 * LANES);
        zero.add(s32).intoArray(lanes, 11 * LANES);
    }
}
