package io.github.paenmf.backend.cpu;

import static io.github.paenmf.backend.cpu.VectorTiles.COLUMNS;
import static io.github.paenmf.backend.cpu.VectorTiles.ROWS;

import java.util.Arrays;

/**
 * Matrix products in cache blocks around {@link VectorTiles}. B is copied into panels of {@link
 * VectorTiles#COLUMNS} columns, each of which stays in the L1 cache while the rows of A go past it;
 * the rows are read where they lie. Loaded by name, since the Vector API may be absent.
 */
final class VectorGemm implements Gemm {

    /** Rows of a panel: with its columns and the rows of A about the size of an L1 cache. */
    private static final int PANEL_ROWS = 384;
    /** Columns of B that are packed at once. */
    private static final int BLOCK_COLUMNS = 4 * COLUMNS;
    /** Rows of Aᵀ that are packed at once; with a panel's length about the size of an L2 cache. */
    private static final int BLOCK_ROWS = 40 * ROWS;
    /** Up to this many rows of C, a panel of B is not used often enough to be worth packing. */
    private static final int UNPACKED_ROWS = 2 * ROWS;
    /** Packing a transposed B costs about this many times what adding up the lanes of a result does. */
    private static final int PACKING_COST = 8;

    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    /** Packed parts of A and B, which grow to what a thread's products need. */
    private static final class Scratch {
        private float[] a = {};
        private float[] b = {};
        /** A tile that reaches beyond the columns of C. */
        private final float[] edge = new float[ROWS * COLUMNS];

        float[] a(int size) {
            if (a.length < size) {
                a = new float[size];
            }
            return a;
        }

        float[] b(int size) {
            if (b.length < size) {
                b = new float[size];
            }
            return b;
        }
    }

    @Override
    public String description() {
        return "java, " + VectorTiles.BITS + "-bit vectors";
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
        if (!transposeA && transposeB && m <= k / PACKING_COST) {
            VectorTiles.dots(m, n, k, a, offsetA, lda, b, offsetB, ldb, add, c, offsetC, ldc);
            return;
        }
        Scratch buffers = scratch.get();
        int depth = depth(k);
        for (int p = 0; p < k; p += depth) {
            int kc = Math.min(depth, k - p);
            boolean addPass = add || p > 0;
            for (int j = 0; j < n; j += BLOCK_COLUMNS) {
                int nc = Math.min(BLOCK_COLUMNS, n - j);
                int whole = !transposeB && m <= UNPACKED_ROWS ? nc / COLUMNS * COLUMNS : 0; // columns read in place
                float[] panels = buffers.b(kc * padded(nc - whole));
                int bAt = transposeB ? offsetB + j * ldb + p : offsetB + p * ldb + j;
                if (transposeB) {
                    packTransposed(kc, nc, b, bAt, ldb, panels, 0, kc);
                } else {
                    pack(kc, nc - whole, b, bAt + whole, ldb, panels);
                }
                for (int i = 0; i < m; i += BLOCK_ROWS) {
                    int mc = Math.min(BLOCK_ROWS, m - i);
                    float[] rows = a;
                    int rowsAt = offsetA + i * lda + p;
                    int rowsLd = lda;
                    if (transposeA) {
                        rows = buffers.a(mc * kc);
                        rowsAt = 0;
                        rowsLd = kc;
                        transpose(mc, kc, a, offsetA + p * lda + i, lda, rows);
                    }
                    int to = offsetC + i * ldc + j;
                    tiles(mc, whole, kc, rows, rowsAt, rowsLd, b, bAt, COLUMNS, ldb, addPass, c, to, ldc, buffers);
                    tiles(
                            mc,
                            nc - whole,
                            kc,
                            rows,
                            rowsAt,
                            rowsLd,
                            panels,
                            0,
                            kc * COLUMNS,
                            COLUMNS,
                            addPass,
                            c,
                            to + whole,
                            ldc,
                            buffers);
                }
            }
        }
    }

    /** Of the panels: as even as possible, so that the last is not a short one. */
    private static int depth(int k) {
        int passes = (k + PANEL_ROWS - 1) / PANEL_ROWS;
        return passes == 0 ? 1 : (k + passes - 1) / passes;
    }

    private static int padded(int columns) {
        return (columns + COLUMNS - 1) / COLUMNS * COLUMNS;
    }

    private static int wholeVectors(int columns) {
        return (columns + VectorTiles.LANES - 1) / VectorTiles.LANES * VectorTiles.LANES;
    }

    /**
     * Products of rows of A and panels of B.
     *
     * @param panelStep distance in {@code b} between panels
     */
    private static void tiles(
            int m,
            int n,
            int k,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int panelStep,
            int ldb,
            boolean add,
            float[] c,
            int offsetC,
            int ldc,
            Scratch buffers) {
        for (int j = 0; j < n; j += COLUMNS) {
            int columns = Math.min(COLUMNS, n - j);
            int panel = offsetB + j / COLUMNS * panelStep;
            for (int i = 0; i < m; i += ROWS) {
                int rows = Math.min(ROWS, m - i);
                int to = offsetC + i * ldc + j;
                int from = offsetA + i * lda;
                if (VectorTiles.fits(rows, columns)) {
                    VectorTiles.tile(rows, columns, k, a, from, lda, b, panel, ldb, add, c, to, ldc);
                } else {
                    float[] edge = buffers.edge;
                    VectorTiles.tile(rows, columns, k, a, from, lda, b, panel, ldb, false, edge, 0, COLUMNS);
                    for (int row = 0; row < rows; row++) {
                        for (int column = 0; column < columns; column++) {
                            float sum = edge[row * COLUMNS + column];
                            int at = to + row * ldc + column;
                            c[at] = add ? c[at] + sum : sum;
                        }
                    }
                }
            }
        }
    }

    /** B into panels, zeros beyond its last column. */
    private static void pack(int k, int n, float[] b, int offset, int ld, float[] panels) {
        for (int j = 0; j < n; j += COLUMNS) {
            int columns = Math.min(COLUMNS, n - j);
            int to = j * k;
            for (int p = 0; p < k; p++, to += COLUMNS) {
                System.arraycopy(b, offset + p * ld + j, panels, to, columns);
                Arrays.fill(panels, to + columns, to + COLUMNS, 0f);
            }
        }
    }

    /**
     * Rows of B into panels from Bᵀ, zeros beyond its last column.
     *
     * @param offset of the first of the rows in the first column
     * @param firstRow where the rows begin in the panels
     * @param panelRows how many rows the panels have
     */
    private static void packTransposed(
            int k, int n, float[] b, int offset, int ld, float[] panels, int firstRow, int panelRows) {
        for (int j = 0; j < n; j += COLUMNS) {
            int columns = Math.min(COLUMNS, n - j);
            int to = (j / COLUMNS * panelRows + firstRow) * COLUMNS;
            for (int column = 0; column < columns; column++) {
                int from = offset + (j + column) * ld;
                for (int p = 0; p < k; p++) {
                    panels[to + column + p * COLUMNS] = b[from + p];
                }
            }
            for (int p = 0; columns < COLUMNS && p < k; p++) {
                Arrays.fill(panels, to + p * COLUMNS + columns, to + (p + 1) * COLUMNS, 0f);
            }
        }
    }

    /** Rows of Aᵀ, k × m, as rows of A. */
    private static void transpose(int m, int k, float[] a, int offset, int ld, float[] rows) {
        for (int p = 0; p < k; p++) {
            for (int i = 0; i < m; i++) {
                rows[i * k + p] = a[offset + p * ld + i];
            }
        }
    }

    @Override
    public RightFactor rightFactor(int n, int k) {
        return new Panels(n, k);
    }

    /** B in panels. */
    private final class Panels implements RightFactor {

        private final int n;
        private final int k;
        private final float[] panels;

        Panels(int n, int k) {
            this.n = n;
            this.k = k;
            this.panels = new float[Math.multiplyExact(padded(n), k)];
        }

        @Override
        public void set(int fromRow, int toRow, float[] transposed, int ld) {
            packTransposed(toRow - fromRow, n, transposed, fromRow, ld, panels, fromRow, k);
        }

        @Override
        public int columns() {
            return wholeVectors(n);
        }

        @Override
        public void multiply(int m, float[] a, int offsetA, int lda, float[] c, int offsetC, int ldc) {
            Scratch buffers = scratch.get();
            int depth = depth(k);
            for (int p = 0; p < k; p += depth) {
                int kc = Math.min(depth, k - p);
                tiles(
                        m,
                        columns(),
                        kc,
                        a,
                        offsetA + p,
                        lda,
                        panels,
                        p * COLUMNS,
                        k * COLUMNS,
                        COLUMNS,
                        p > 0,
                        c,
                        offsetC,
                        ldc,
                        buffers);
            }
        }
    }
}
