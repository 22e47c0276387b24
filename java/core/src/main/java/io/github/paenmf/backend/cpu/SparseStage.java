package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;

/**
 * Products by the nonzeros of data, in time that grows with the nonzeros. W, S and Q are kept with one row per feature or sample,
 * so that a nonzero meets a run of components. P is made in blocks of rows. Q is made in slices of features with about
 * as many nonzeros each, every one of which goes through the rows in order, or, where they are short, feature by feature
 * through a copy in column order. Either way a sum goes by ascending row: so how it is cut up changes no bit.
 */
class SparseStage implements DataStage {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;

    private final CpuLayout layout;
    private final CpuAlgorithm<?> algorithm;
    private final SparseKernel kernel;
    private final Workers workers;
    private final int m;
    /** The first of them, in W, S and Q. */
    private final int first;

    private final int columns;
    private final int r;
    /** Stride of components in Qᵀ and Wᵀ. */
    private final int stride;
    /** Stride of rows of W, S and Q. */
    private final int ld;

    /** W, m × ld. */
    private final float[] w;

    private final float[] ps;
    /** S of a chunk, rows × ld. */
    private final float[] s;
    /** Qᵀ. */
    private final float[] q;
    /** Q of what is at work, m × ld. */
    private final float[] sums;
    /** Of each worker: the nonzeros of a row. */
    private final int[][] at;

    private final float[][] values;
    private Rows chunk;
    private RowSource source;
    /** Where the slices of features begin, and at last m. */
    private int[] slices;
    /** Null where Q is made row by row. */
    private ColumnCopy columnCopy;
    /** Of each worker: the nonzeros of a column. */
    private int[][] rowsAt;

    private float[][] columnValues;

    /** Made when it is first used, which most fits never do. */
    private SparseErrors errors;
    /** Of each worker, for those. */
    private double[][] projections;

    private final Workers.Task transposeTask = this::transpose;

    SparseStage(
            CpuLayout layout, CpuAlgorithm<?> algorithm, CpuRuntime runtime, Workers workers, float[] ps, float[] q) {
        this(layout, algorithm, runtime, workers, ps, q, 0, layout.shape().columns());
    }

    /**
     * Of some columns of W, S and Q, whose P lies where that of all would.
     *
     * @param first of the columns
     * @param columns how many, the last of which are the decoder's where they are no fewer
     */
    SparseStage(
            CpuLayout layout,
            CpuAlgorithm<?> algorithm,
            CpuRuntime runtime,
            Workers workers,
            float[] ps,
            float[] q,
            int first,
            int columns) {
        this.layout = layout;
        this.algorithm = algorithm;
        this.kernel = runtime.sparseKernel();
        this.workers = workers;
        this.m = layout.shape().features();
        this.first = first;
        this.columns = columns;
        this.r = layout.shape().rank();
        this.stride = layout.featureStride();
        this.ld = kernel.stride(columns);
        this.w = new float[Math.multiplyExact(m, ld)];
        this.ps = ps;
        this.s = new float[Math.multiplyExact(layout.chunkRows(), ld)];
        this.q = q;
        this.sums = new float[w.length];
        this.at = new int[layout.threads()][m];
        this.values = new float[layout.threads()][m];
    }

    @Override
    public int projectionStride() {
        return ld;
    }

    @Override
    public Gemm.RightFactor rightFactor() {
        return null;
    }

    @Override
    public void weightsChanged(int from, int to) {
        ParameterState.transpose(
                algorithm.weights(), first * stride + from, columns, to - from, stride, w, from * ld, ld);
    }

    @Override
    public void open(Rows newChunk) {
        chunk = newChunk;
        if (chunk.data() != source) {
            source = chunk.data();
            slices = FeatureSlices.of(source, layout.threads());
            columnCopy = layout.shape().hasMiniBatches() ? null : ColumnCopy.ifShort(source, slices.length - 1);
            prepareColumns();
        }
    }

    /** Turns to what another stage of the same data has turned to. */
    final void open(SparseStage other) {
        chunk = other.chunk;
        if (other.source != source) {
            source = other.source;
            slices = other.slices;
            columnCopy = other.columnCopy;
            prepareColumns();
        }
    }

    private void prepareColumns() {
        if (columnCopy != null) {
            rowsAt = new int[layout.threads()][columnCopy.longest()];
            columnValues = new float[layout.threads()][columnCopy.longest()];
            columnsAreCopied(columnCopy.longest());
        }
    }

    @Override
    public int beginProject() {
        return layout.blocks(chunk);
    }

    @Override
    public void project(int worker, int block) {
        int rows = layout.blockRows(chunk, block);
        for (int i = 0; i < rows; i++) {
            int row = chunk.id(block * BLOCK_ROWS + i);
            int count = source.copyNonzeros(row, 0, m, at[worker], values[worker]);
            weigh(worker, block, i, count, at[worker], values[worker]);
            kernel.project(count, at[worker], values[worker], w, ld, ps, block * layout.blockFloats() + i * ld);
        }
    }

    /**
     * Makes of the nonzeros of a row what P is to be of: themselves.
     *
     * @param row counted from the first of the block
     */
    void weigh(int worker, int block, int row, int count, int[] columns, float[] nonzeros) {}

    /** Hears how many nonzeros at most {@link #weighAgain} gets from now on, if those are more than m. */
    void columnsAreCopied(int longest) {}

    /**
     * Makes of nonzeros what Q is to be of: themselves. They are of one row or of one column of V.
     *
     * @param at their columns, or their rows
     * @param x S of the row at {@code offset}, or W of the column
     * @param others the other one, with the rows that {@code at} says
     */
    void weighAgain(int worker, int count, int[] at, float[] nonzeros, float[] x, int offset, float[] others) {}

    /** The chunk that {@link #open} has turned to. */
    final Rows chunk() {
        return chunk;
    }

    /** W, m × {@link #projectionStride}; the array itself. */
    final float[] factor() {
        return w;
    }

    /** Nothing is left to do: each block is made in one go. */
    @Override
    public void completeProjection(int block) {}

    @Override
    public int beginAccumulate() {
        workers.run(layout.blocks(chunk), transposeTask);
        return slices.length - 1;
    }

    private void transpose(int worker, int block) {
        ParameterState.transpose(
                ps,
                block * layout.blockFloats() + first * layout.blockStride(),
                columns,
                layout.blockRows(chunk, block),
                layout.blockStride(),
                s,
                block * BLOCK_ROWS * ld,
                ld);
    }

    @Override
    public void accumulate(int worker, int slice, boolean add) {
        int from = slices[slice];
        int to = slices[slice + 1];
        if (add) {
            ParameterState.transpose(q, first * stride + from, columns, to - from, stride, sums, from * ld, ld);
        } else {
            Arrays.fill(sums, from * ld, to * ld, 0f);
        }
        if (columnCopy != null) {
            accumulateColumns(worker, from, to);
        } else {
            accumulateRows(worker, from, to);
        }
        ParameterState.transpose(sums, from * ld, to - from, columns, ld, q, first * stride + from, stride);
    }

    private void accumulateRows(int worker, int from, int to) {
        for (int i = 0; i < chunk.count(); i++) {
            int count = source.copyNonzeros(chunk.id(i), from, to, at[worker], values[worker]);
            weighAgain(worker, count, at[worker], values[worker], s, i * ld, w);
            kernel.accumulate(count, at[worker], values[worker], s, i * ld, sums, ld);
        }
    }

    private void accumulateColumns(int worker, int from, int to) {
        int[] rows = rowsAt[worker];
        float[] nonzeros = columnValues[worker];
        int first = chunk.from();
        for (int f = from; f < to; f++) {
            int count = columnCopy.copyNonzeros(f, first, first + chunk.count(), rows, nonzeros);
            weighAgain(worker, count, rows, nonzeros, w, f * ld, s);
            kernel.accumulateColumn(count, rows, nonzeros, s, sums, f * ld, ld);
        }
    }

    @Override
    public void beginResidual() {
        if (errors == null) {
            errors = new SparseErrors(layout.shape().dataScale(), r);
            projections = new double[layout.threads()][r];
        }
        errors.set(w, columns - r, ld, m);
    }

    @Override
    public double squaredError(int worker, int block) {
        int rows = layout.blockRows(chunk, block);
        int h = block * layout.blockFloats() + (first + columns - r) * layout.blockStride();
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            int count = source.copyNonzeros(chunk.id(block * BLOCK_ROWS + i), 0, m, at[worker], values[worker]);
            sum += errors.squaredError(
                    count, at[worker], values[worker], ps, h + i, layout.blockStride(), projections[worker]);
        }
        return sum;
    }
}
