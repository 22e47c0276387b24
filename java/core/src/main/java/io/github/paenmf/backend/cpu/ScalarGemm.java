package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/**
 * Matrix products in plain loops that C2 compiles to vector instructions. It does so for rows that are
 * arrays of their own, indexed by the loop's variable alone; hence the copies of B and C in such rows.
 */
final class ScalarGemm implements Gemm {

    /** Rows of B that are copied at once; a multiple of {@link #PASS}. */
    private static final int BLOCK_ROWS = 87;
    /** Columns of B that are copied at once; with the rows no more than an L2 cache holds. */
    private static final int BLOCK_COLUMNS = 512;
    /** Rows of B that one pass over two rows of C adds. */
    private static final int PASS = 3;

    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    private static final class Scratch {
        private final float[][] b = new float[BLOCK_ROWS][BLOCK_COLUMNS];
        /** Of two rows of A what meets the rows of B. */
        private final float[] a0 = new float[BLOCK_ROWS];

        private final float[] a1 = new float[BLOCK_ROWS];
        /** Their products. */
        private final float[] sums0 = new float[BLOCK_COLUMNS];

        private final float[] sums1 = new float[BLOCK_COLUMNS];
        /** A row of C. */
        private final float[] c = new float[BLOCK_COLUMNS];
    }

    @Override
    public String description() {
        return "java, plain loops";
    }

    @Override
    public void multiply(
            boolean transposeA,
            boolean transposeB,
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
        Scratch buffers = scratch.get();
        int rowStep = transposeA ? 1 : lda;
        int depthStep = transposeA ? lda : 1;
        for (int j = 0; j < n; j += BLOCK_COLUMNS) {
            int columns = Math.min(BLOCK_COLUMNS, n - j);
            for (int p = 0; p < k; p += BLOCK_ROWS) {
                int depth = Math.min(BLOCK_ROWS, k - p);
                int from = transposeB ? offsetB + j * ldb + p : offsetB + p * ldb + j;
                int padded = copyB(transposeB, depth, columns, b, from, ldb, buffers.b);
                boolean addBlock = add || p > 0;
                for (int i = 0; i < m; i += 2) {
                    int last = Math.min(i + 1, m - 1); // the same row once more where there is no second one
                    int at = offsetA + p * depthStep;
                    copyA(depth, padded, a, at + i * rowStep, depthStep, buffers.a0);
                    copyA(depth, padded, a, at + last * rowStep, depthStep, buffers.a1);
                    sum(padded, columns, buffers);
                    int to = offsetC + i * ldc + j;
                    store(columns, buffers.sums0, addBlock, buffers.c, c, to);
                    if (last > i) {
                        store(columns, buffers.sums1, addBlock, buffers.c, c, to + ldc);
                    }
                }
            }
        }
    }

    /** Rows of op(B), and zeros up to a whole pass; returns how many rows that makes. */
    private static int copyB(
            boolean transposed, int rows, int columns, float[] b, int offset, int ld, float[][] target) {
        int padded = (rows + PASS - 1) / PASS * PASS;
        for (int p = 0; p < padded; p++) {
            if (p >= rows) {
                Arrays.fill(target[p], 0, columns, 0f);
            } else if (!transposed) {
                System.arraycopy(b, offset + p * ld, target[p], 0, columns);
            }
        }
        for (int j = 0; transposed && j < columns; j++) {
            for (int p = 0; p < rows; p++) {
                target[p][j] = b[offset + j * ld + p];
            }
        }
        return padded;
    }

    /** Part of a row of op(A), and zeros for the padding of B. */
    private static void copyA(int count, int padded, float[] a, int offset, int step, float[] target) {
        for (int p = 0; p < count; p++) {
            target[p] = a[offset + p * step];
        }
        Arrays.fill(target, count, padded, 0f);
    }

    /** Two rows of A with the rows of B. */
    private static void sum(int rows, int columns, Scratch buffers) {
        float[][] b = buffers.b;
        float[] a0 = buffers.a0;
        float[] a1 = buffers.a1;
        Arrays.fill(buffers.sums0, 0, columns, 0f);
        Arrays.fill(buffers.sums1, 0, columns, 0f);
        for (int p = 0; p < rows; p += PASS) {
            add(
                    columns,
                    a0[p],
                    a0[p + 1],
                    a0[p + 2],
                    a1[p],
                    a1[p + 1],
                    a1[p + 2],
                    b[p],
                    b[p + 1],
                    b[p + 2],
                    buffers.sums0,
                    buffers.sums1);
        }
    }

    /**
     * Two rows of C share what is loaded of B. A longer loop body, with more rows of either, stays below
     * C2's limit for unrolling only where some of the arguments are constants, and is not unrolled, and
     * so not compiled to vector instructions, otherwise. Java 25 wants {@code c + ..} rather than {@code c += ..}.
     */
    private static void add(
            int n,
            float a00,
            float a01,
            float a02,
            float a10,
            float a11,
            float a12,
            float[] b0,
            float[] b1,
            float[] b2,
            float[] c0,
            float[] c1) {
        for (int j = 0; j < n; j++) {
            float x0 = b0[j];
            float x1 = b1[j];
            float x2 = b2[j];
            c0[j] = c0[j] + a00 * x0 + a01 * x1 + a02 * x2;
            c1[j] = c1[j] + a10 * x0 + a11 * x1 + a12 * x2;
        }
    }

    /** By way of a row buffer, since C2 makes vectors only of arrays with the same index. */
    private static void store(int n, float[] sums, boolean add, float[] row, float[] c, int offset) {
        if (add) {
            System.arraycopy(c, offset, row, 0, n);
            add(n, sums, row);
            System.arraycopy(row, 0, c, offset, n);
        } else {
            System.arraycopy(sums, 0, c, offset, n);
        }
    }

    private static void add(int n, float[] sums, float[] row) {
        for (int j = 0; j < n; j++) {
            row[j] += sums[j];
        }
    }
}
