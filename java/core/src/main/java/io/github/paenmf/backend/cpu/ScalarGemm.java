package io.github.paenmf.backend.cpu;

import java.util.Arrays;

/**
 * Matrix products in plain loops that C2 compiles to vector instructions. It does so for rows that are
 * arrays of their own, indexed by the loop's variable alone; hence the copies of B and C in such rows.
 */
final class ScalarGemm implements Gemm {

    /** Rows of B that are copied at once. */
    private static final int BLOCK_ROWS = 64;
    /** Columns of B that are copied at once; with the rows about the size of an L2 cache. */
    private static final int BLOCK_COLUMNS = 512;
    /** Rows of B that one pass over a row of C adds. */
    private static final int PASS = 4;

    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    private static final class Scratch {
        private final float[][] b = new float[BLOCK_ROWS][BLOCK_COLUMNS];
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
            float alpha,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            float beta,
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
                copy(transposeB, depth, columns, b, from, ldb, buffers.b);
                for (int i = 0; i < m; i++) {
                    int to = offsetC + i * ldc + j;
                    sum(depth, columns, a, offsetA + i * rowStep + p * depthStep, depthStep, buffers);
                    store(columns, alpha, buffers.c, p == 0 ? beta : 1f, c, to);
                }
            }
        }
    }

    /** Rows of op(B), and zeros up to a whole pass. */
    private static void copy(
            boolean transposed, int rows, int columns, float[] b, int offset, int ld, float[][] target) {
        for (int p = 0; p < rows; p++) {
            if (!transposed) {
                System.arraycopy(b, offset + p * ld, target[p], 0, columns);
            }
        }
        for (int j = 0; transposed && j < columns; j++) {
            for (int p = 0; p < rows; p++) {
                target[p][j] = b[offset + j * ld + p];
            }
        }
    }

    /** One row of A with the rows of B, into the row of C in the buffers. */
    private static void sum(int rows, int columns, float[] a, int offset, int step, Scratch buffers) {
        float[][] b = buffers.b;
        float[] c = buffers.c;
        Arrays.fill(c, 0, columns, 0f);
        int p = 0;
        int at = offset;
        for (; p + PASS <= rows; p += PASS, at += PASS * step) {
            add(
                    columns,
                    a[at],
                    b[p],
                    a[at + step],
                    b[p + 1],
                    a[at + 2 * step],
                    b[p + 2],
                    a[at + 3 * step],
                    b[p + 3],
                    c);
        }
        for (; p < rows; p++, at += step) {
            add(columns, a[at], b[p], c);
        }
    }

    private static void add(
            int n, float a0, float[] b0, float a1, float[] b1, float a2, float[] b2, float a3, float[] b3, float[] c) {
        for (int j = 0; j < n; j++) {
            c[j] += a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j];
        }
    }

    private static void add(int n, float a0, float[] b0, float[] c) {
        for (int j = 0; j < n; j++) {
            c[j] += a0 * b0[j];
        }
    }

    private static void store(int n, float alpha, float[] sums, float beta, float[] c, int offset) {
        if (beta == 0) {
            for (int j = 0; j < n; j++) {
                c[offset + j] = alpha * sums[j];
            }
        } else {
            for (int j = 0; j < n; j++) {
                c[offset + j] = alpha * sums[j] + beta * c[offset + j];
            }
        }
    }
}
