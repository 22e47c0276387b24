package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;

/**
 * Products with dense data. P is made in blocks of rows, or, where there are few, in slices of features; Q in slices of
 * features, each of which goes through the blocks in order.
 */
final class DenseStage implements DataStage {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;
    /** Values of a mini-batch whose copy is worth a thread: about 20 µs. */
    private static final int GATHER_FLOATS = 1 << 16;

    private final CpuLayout layout;
    private final CpuAlgorithm<?> algorithm;
    private final Workers workers;
    private final int m;
    private final int columns;
    /** Stride of components in Qᵀ and Wᵀ. */
    private final int stride;
    /** W as the right factor of P = V·W; null where P is made in slices of features. */
    private final Gemm.RightFactor factor;
    /** P of each slice of features, for few rows; empty where P is made in blocks of rows. */
    private final float[][] splits;

    private final float[] ps;
    private final float[] q;
    private final ChunkData data;
    private final BlockProducts products;
    private final Residuals residuals;
    private final Workers.Task gatherTask = this::gather;
    private Rows chunk;

    /**
     * @param ps P and S
     * @param q Qᵀ
     */
    DenseStage(
            CpuLayout layout, CpuAlgorithm<?> algorithm, CpuRuntime runtime, Workers workers, float[] ps, float[] q) {
        this.layout = layout;
        this.algorithm = algorithm;
        this.workers = workers;
        this.m = layout.shape().features();
        this.columns = layout.shape().columns();
        this.stride = layout.featureStride();
        this.factor = layout.splits() == 0 ? runtime.gemm().rightFactor(columns, m) : null;
        this.splits = new float[layout.splits()][layout.chunkRows() * columns];
        this.ps = ps;
        this.q = q;
        this.data = new ChunkData(layout);
        this.products = new BlockProducts(runtime.gemm());
        this.residuals = new Residuals(runtime.gemm(), m, layout.shape().dataScale(), layout.threads());
    }

    @Override
    public int projectionStride() {
        return factor == null ? columns : factor.columns();
    }

    @Override
    public Gemm.RightFactor rightFactor() {
        return factor;
    }

    @Override
    public void weightsChanged(int from, int to) {
        if (factor != null) {
            factor.set(from, to, algorithm.weights(), stride);
        }
    }

    @Override
    public void open(Rows newChunk) {
        chunk = newChunk;
        data.open(chunk);
    }

    @Override
    public int beginProject() {
        if (factor != null) {
            return layout.blocks(chunk);
        }
        if (data.mustGather()) {
            workers.run(gatherTasks(), gatherTask); // before any slice of features, since each of them reads all rows
        }
        return splits.length;
    }

    private int gatherTasks() {
        return (int) Math.min(chunk.count(), (long) chunk.count() * m / GATHER_FLOATS + 1);
    }

    private void gather(int worker, int task) {
        int tasks = gatherTasks();
        int first = chunk.count() * task / tasks;
        data.gather(first, chunk.count() * (task + 1) / tasks - first);
    }

    @Override
    public void project(int worker, int task) {
        if (factor == null) {
            projectFeatures(task);
        } else {
            projectRows(task);
        }
    }

    private void projectFeatures(int split) {
        int from = split * layout.splitFeatures();
        int width = Math.min(layout.splitFeatures(), m - from);
        products.project( // few rows: they are all in one block
                data.block(0),
                from,
                width,
                true,
                columns,
                algorithm.weights(),
                from,
                stride,
                splits[split],
                0,
                columns);
    }

    private void projectRows(int block) {
        if (data.mustGather()) {
            data.gather(block * BLOCK_ROWS, layout.blockRows(chunk, block)); // no other block reads these rows
        }
        products.project(data.block(block), factor, ps, block * layout.blockFloats(), projectionStride());
    }

    /** P from its parts, slice after slice. */
    @Override
    public void completeProjection(int block) {
        if (factor != null) {
            return;
        }
        int region = block * layout.blockFloats();
        int size = layout.blockRows(chunk, block) * columns;
        System.arraycopy(splits[0], 0, ps, region, size);
        for (int split = 1; split < splits.length; split++) {
            float[] part = splits[split];
            for (int i = 0; i < size; i++) {
                ps[region + i] += part[i];
            }
        }
    }

    @Override
    public int beginAccumulate() {
        return layout.slices();
    }

    @Override
    public void accumulate(int worker, int slice, boolean addToSums) {
        int from = slice * layout.sliceFeatures();
        int width = Math.min(layout.sliceFeatures(), m - from);
        int blocks = layout.blocks(chunk);
        for (int block = 0; block < blocks; block++) {
            boolean add = addToSums || block > 0;
            products.accumulate(
                    false,
                    columns,
                    ps,
                    block * layout.blockFloats(),
                    layout.blockStride(),
                    data.block(block),
                    from,
                    width,
                    add,
                    q,
                    from,
                    stride);
        }
    }

    @Override
    public void beginResidual() {}

    @Override
    public double squaredError(int worker, int block) {
        int decoder = columns - layout.shape().rank();
        return residuals.squaredError(
                worker,
                layout.shape().rank(),
                ps,
                block * layout.blockFloats() + decoder * layout.blockStride(),
                layout.blockStride(),
                algorithm.weights(),
                decoder * stride,
                stride,
                data.block(block));
    }
}
