package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedNmf;
import java.util.Arrays;

/**
 * Coefficients of rows by a {@link BetaDivergence}, each row by itself, and how far rows are from what they decode to.
 * Entries of a row that are missing do not count.
 */
public final class BetaRows {

    /** An update that changes no coefficient of a row by more, of the greatest, is its last. */
    private static final float TOLERANCE = 1e-6f;

    private static final int MOST_UPDATES = 2000;
    private static final int TILE = BetaTile.WIDTH;

    private final int m;
    private final int r;
    private final double dataScale;
    private final BetaDivergence divergence;
    private final FactorPenalty penalty;
    private final Gemm gemm;
    /** Wᵀ, r × m. */
    private final float[] transposed;
    /** W, m × r: products with the transpose of a matrix sum in another order where there are few rows. */
    private final float[] w;

    /** Σ over the components of W, of each feature. */
    private final double[] sums;

    private BetaRows(FittedNmf model, CpuRuntime runtime) {
        this.m = model.features();
        this.r = model.rank();
        this.dataScale = model.dataScale();
        this.divergence = new BetaDivergence(model.configuration().beta(), runtime.powerKernel());
        this.penalty = FactorPenalty.of(model.configuration().penalties().coefficients(), m, null);
        this.gemm = runtime.gemm();
        this.transposed = new float[Math.multiplyExact(r, m)];
        this.w = new float[transposed.length];
        this.sums = new double[m];
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < r; j++) {
                transposed[j * m + f] = model.w().get(f, j);
                w[f * r + j] = model.w().get(f, j);
                sums[f] += model.w().get(f, j);
            }
        }
    }

    /** Of a model whose divergence is neither half the squared error nor that of Kullback and Leibler. */
    public static BetaRows of(FittedNmf model, Execution execution) {
        return new BetaRows(model, CpuRuntime.get(execution.blas()));
    }

    /**
     * Writes coefficients of at most {@link Matrix#ROW_ALIGNMENT} rows, n × r: by updates from equal ones, until they
     * change next to nothing. Where β is in [1, 2] and there is no other minimum, that is the least divergence.
     *
     * @param first the first row
     */
    public void encode(RowSource data, int first, int rows, Matrix h) {
        BetaTile tile = new BetaTile(divergence, dataScale, m);
        BetaDivergence.Scratch scratch = new BetaDivergence.Scratch(rows);
        int[] active = new int[rows];
        float[] x = new float[rows * r];
        int count = rows;
        for (int i = 0; i < rows; i++) {
            active[i] = first + i;
            Arrays.fill(x, i * r, (i + 1) * r, start(data, first + i));
        }
        float[] p = new float[2 * r * rows];
        float[] terms = new float[2 * r * rows];
        float[] now = new float[r * rows];
        for (int update = 0; update < MOST_UPDATES && count > 0; update++) {
            project(data, active, count, x, tile, p);
            ParameterState.transpose(p, 0, count, 2 * r, 2 * r, terms, 0, rows);
            ParameterState.transpose(x, 0, count, r, r, now, 0, rows);
            divergence.multiply(
                    new MatrixView(now, 0, rows),
                    new MatrixView(terms, 0, rows),
                    new MatrixView(terms, r * rows, rows),
                    r,
                    count,
                    penalty,
                    scratch);
            int left = 0;
            for (int i = 0; i < count; i++) {
                boolean goesOn = take(now, i, rows, x, left * r, x, i * r);
                if (goesOn && update + 1 < MOST_UPDATES) {
                    active[left++] = active[i];
                } else {
                    System.arraycopy(x, left * r, h.storage(active[i]), h.offset(active[i]), r);
                }
            }
            count = left;
        }
    }

    /**
     * Moves a row to where it goes on.
     *
     * @return whether it has changed by more than the tolerance
     */
    private boolean take(float[] now, int row, int stride, float[] target, int to, float[] before, int from) {
        float greatest = 0;
        float change = 0;
        for (int j = 0; j < r; j++) {
            float value = now[j * stride + row];
            greatest = Math.max(greatest, value);
            change = Math.max(change, Math.abs(value - before[from + j]));
            target[to + j] = value;
        }
        return change > TOLERANCE * greatest;
    }

    /** With which a row of equal coefficients has the mean of its data. */
    private float start(RowSource data, int row) {
        float[] values = new float[m];
        data.copyRow(row, values, 0);
        double observed = 0;
        double total = 0;
        boolean[] missing = missing(data.mask(), row);
        for (int f = 0; f < m; f++) {
            total += values[f] / dataScale;
            observed += missing != null && missing[f] ? 0 : sums[f];
        }
        return observed > 0 ? (float) (total / observed) : 0f;
    }

    /** Null where no entry is. */
    private boolean[] missing(Mask mask, int row) {
        if (mask == null) {
            return null;
        }
        int[] listed = new int[m];
        int count = mask.copyListed(row, listed);
        boolean[] missing = new boolean[m];
        Arrays.fill(missing, mask.listsObserved());
        for (int l = 0; l < count; l++) {
            missing[listed[l]] = !mask.listsObserved();
        }
        return missing;
    }

    private void project(RowSource data, int[] ids, int rows, float[] x, BetaTile tile, float[] p) {
        for (int from = 0; from < m; from += TILE) {
            int width = Math.min(TILE, m - from);
            decode(x, 0, rows, from, width, tile);
            tile.makeTerms(data, row -> ids[row], rows, from, width);
            for (int part = 0; part < 2; part++) {
                float[] terms = part == 0 ? tile.values() : tile.decoded();
                gemm.multiply(
                        false, false, rows, r, width, terms, 0, TILE, w, from * r, r, from > 0, p, part * r, 2 * r);
            }
        }
    }

    private void decode(float[] x, int offset, int rows, int from, int width, BetaTile tile) {
        gemm.multiply(false, false, rows, width, r, x, offset, r, transposed, from, m, false, tile.decoded(), 0, TILE);
    }

    /**
     * The divergence of at most {@link Matrix#ROW_ALIGNMENT} rows, in units of the scaled data.
     *
     * @param first the first row
     * @param h their coefficients, n × r
     */
    public double divergence(RowSource data, int first, int rows, Matrix h) {
        BetaTile tile = new BetaTile(divergence, dataScale, m);
        double sum = 0;
        for (int from = 0; from < m; from += TILE) {
            int width = Math.min(TILE, m - from);
            decode(h.storage(first), h.offset(first), rows, from, width, tile);
            for (int i = 0; i < rows; i++) {
                sum += tile.divergence(data, first + i, i, from, width);
            }
        }
        return sum;
    }
}
