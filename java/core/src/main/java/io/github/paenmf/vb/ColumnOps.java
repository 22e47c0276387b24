package io.github.paenmf.vb;

/** Products of matrices that lie with one row per component and the rows of a factor innermost. */
final class ColumnOps {

    /** Rows of a window: what is in the processor's cache at once. */
    static final int WINDOW = 256;

    private ColumnOps() {}

    /** Transposes rows × rank to rank × rows. */
    static double[] byComponent(double[] rowMajor, int rows, int rank) {
        double[] transposed = new double[rowMajor.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rank; j++) {
                transposed[j * rows + i] = rowMajor[i * rank + j];
            }
        }
        return transposed;
    }

    /**
     * out(j, ·) = Σₐ m(a, j)·in(a, first…first + count).
     *
     * @param m rank × rank
     * @param in rank × stride
     * @param out rank × {@link #WINDOW}
     */
    static void rotate(double[] m, int rank, double[] in, int stride, int first, int count, double[] out) {
        for (int j = 0; j < rank; j++) {
            combine(m, j, rank, rank, in, stride, first, count, out, j * WINDOW);
        }
    }

    /** out = Σₐ m(offset + a·step)·in(a, first…first + count). */
    static void combine(
            double[] m,
            int offset,
            int step,
            int terms,
            double[] in,
            int stride,
            int first,
            int count,
            double[] out,
            int to) {
        for (int i = 0; i < count; i++) {
            out[to + i] = 0;
        }
        int a = 0;
        for (; a + 3 < terms; a += 4) {
            double f0 = m[offset + a * step];
            double f1 = m[offset + (a + 1) * step];
            double f2 = m[offset + (a + 2) * step];
            double f3 = m[offset + (a + 3) * step];
            int from = a * stride + first;
            for (int i = 0; i < count; i++) {
                out[to + i] += f0 * in[from + i]
                        + f1 * in[from + stride + i]
                        + f2 * in[from + 2 * stride + i]
                        + f3 * in[from + 3 * stride + i];
            }
        }
        for (; a < terms; a++) {
            Dense.axpy(m[offset + a * step], in, a * stride + first, out, to, count);
        }
    }

    /** sum(offset + a·step) += Σᵢ in(a, first + i)·y(from + i), for all a below {@code terms}. */
    static void dots(
            double[] in,
            int stride,
            int first,
            int terms,
            double[] y,
            int from,
            int count,
            double[] sum,
            int offset,
            int step) {
        int a = 0;
        for (; a + 3 < terms; a += 4) {
            double s0 = 0;
            double s1 = 0;
            double s2 = 0;
            double s3 = 0;
            int at = a * stride + first;
            for (int i = 0; i < count; i++) {
                double value = y[from + i];
                s0 += in[at + i] * value;
                s1 += in[at + stride + i] * value;
                s2 += in[at + 2 * stride + i] * value;
                s3 += in[at + 3 * stride + i] * value;
            }
            sum[offset + a * step] += s0;
            sum[offset + (a + 1) * step] += s1;
            sum[offset + (a + 2) * step] += s2;
            sum[offset + (a + 3) * step] += s3;
        }
        for (; a < terms; a++) {
            sum[offset + a * step] += Dense.dot(in, a * stride + first, y, from, count);
        }
    }
}
