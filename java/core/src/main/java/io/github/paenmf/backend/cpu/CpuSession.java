package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The stages on the CPU, which every algorithm shares: products, threads, and sums.
 *
 * <p>Every sum goes in an order that depends on the problem alone: sums over rows go block after block
 * of {@link Matrix#ROW_ALIGNMENT} rows, those over features in runs of a fixed length. So the number of
 * threads and the size of chunks change no bit of the result; work is shared out in pieces that may
 * depend on the threads only where a piece owns what it sums.
 *
 * <p>Whatever has an axis of length m, or of rows, is kept with that axis innermost: Wᵀ, Qᵀ and, for
 * each row block, Sᵀ. No loop runs along the rank, which may be small.
 *
 * @param <P> the parameters of the algorithm
 */
final class CpuSession<P> implements Solver<P> {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;
    /** Most updates whose objectives wait; they cost next to nothing, and reports lag behind by no more. */
    private static final int STEPS_IN_FLIGHT = 64;
    /** Values of a mini-batch whose copy is worth a thread: about 20 µs. */
    private static final int GATHER_FLOATS = 1 << 16;

    private final CpuLayout layout;
    private final CpuAlgorithm<P> algorithm;
    private final Execution execution;
    private final CpuRuntime runtime;
    private final Gemm gemm;
    private final Workers workers;
    private final int m;
    private final int r;
    private final int columns;
    /** Where Hᵀ begins in Sᵀ, and the decoder in Wᵀ: how many components come before. */
    private final int decoder;

    private final int sliceFeatures;
    /** Stride of components in Qᵀ and Wᵀ. */
    private final int stride;
    /** W as the right factor of P = V·W; null where P is made in slices of features. */
    private final Gemm.RightFactor factor;
    /** P of each slice of features, for few rows; empty where P is made in blocks of rows. */
    private final float[][] splits;

    private final GramStage gramStage;
    /**
     * For each row block of the chunk a region of {@link #blockFloats}: P, rows × columns with a stride of
     * {@link #projectionStride}, and after it Sᵀ, columns × rows with a stride of {@link #blockStride}.
     */
    private final float[] ps;

    private final int blockFloats;
    private final int projectionStride;
    private final int blockStride;
    private final ChunkData data;
    private final BlockProducts products;
    private final RowStageBlock[] rowStageBlocks;
    private final Residuals residuals;
    private final double[] blockSums;
    private final double[] blockResiduals;

    /** Qᵀ, columns × m, and K, r × r, of the step so far; not yet written where {@link #sumsAreZero}. */
    private final float[] q;

    private final float[] k;
    private boolean sumsAreZero = true;
    /** All but Q and K. */
    private final Sums sums;

    /** Of the updates whose objectives were not taken. */
    private final List<Objective> objectives = new ArrayList<>(STEPS_IN_FLIGHT);

    /** What the tasks below work on: they are made once, since a step must not allocate. */
    private Rows chunk;

    private int step;
    private boolean gramIsDue;
    /** Whether G is of the weights, where the algorithm makes it. */
    private boolean gramIsMade;

    private final Workers.Task gatherTask = this::gatherTask;
    private final Workers.Task projectTask = this::projectTask;
    private final Workers.Task rowStageTask = this::rowStageTask;
    private final Workers.Task residualTask = this::residualTask;
    private final Workers.Task accumulateTask = this::accumulateTask;

    /**
     * @param layout for which there is room, the algorithm's included
     */
    CpuSession(CpuLayout layout, CpuAlgorithm<P> algorithm, CpuRuntime runtime, Execution execution) {
        Shape shape = layout.shape();
        this.layout = layout;
        this.algorithm = algorithm;
        this.execution = execution;
        this.runtime = runtime;
        this.gemm = runtime.gemm();
        this.m = shape.features();
        this.r = shape.rank();
        this.columns = shape.columns();
        this.decoder = columns - r;
        this.sliceFeatures = layout.sliceFeatures();
        this.stride = layout.featureStride();
        this.splits = new float[layout.splits()][layout.chunkRows() * columns];
        this.factor = layout.splits() == 0 ? gemm.rightFactor(columns, m) : null;
        this.projectionStride = factor == null ? columns : factor.columns();
        this.blockStride = layout.blockStride();
        this.blockFloats = layout.blockFloats();
        this.ps = new float[Math.multiplyExact(layout.blocks(), blockFloats)];
        this.data = new ChunkData(layout);
        this.products = new BlockProducts(gemm);
        this.residuals = new Residuals(gemm, m, shape.dataScale(), layout.threads());
        this.rowStageBlocks = new RowStageBlock[layout.threads()];
        Arrays.setAll(rowStageBlocks, t -> new RowStageBlock());
        this.blockSums = new double[layout.blocks() * algorithm.rowSums()];
        this.blockResiduals = new double[layout.blocks()];
        this.q = new float[columns * stride];
        this.k = new float[r * r];
        this.sums = new Sums(0, 0, 0, algorithm.rowSums());
        this.workers = new Workers(layout.threads());
        this.gramStage = new GramStage(layout, algorithm, gemm, factor, workers);
    }

    @Override
    public String description() {
        return runtime.description(execution.threads(), workers.threads());
    }

    @Override
    public int chunkRows() {
        return layout.chunkRows();
    }

    @Override
    public int stepsInFlight() {
        return STEPS_IN_FLIGHT;
    }

    @Override
    public DataProducts products(RowSource source) {
        return new CpuProducts(source, layout, products, workers);
    }

    @Override
    public void setParameters(P parameters) {
        algorithm.set(parameters);
        gramIsMade = false;
        weightsChanged(0, m);
        objectives.clear();
    }

    @Override
    public void readParameters(P target) {
        algorithm.read(target);
    }

    @Override
    public void saveState() {
        requireObjectivesTaken();
        algorithm.save();
    }

    @Override
    public void restoreState() {
        requireObjectivesTaken();
        algorithm.restore();
        gramIsMade = false;
        weightsChanged(0, m);
    }

    private void requireObjectivesTaken() {
        if (!objectives.isEmpty()) {
            throw new IllegalStateException(objectives.size() + " losses were not taken");
        }
    }

    /** Hears that weights of features {@code from} to {@code to} are new; threads may each say so of their own. */
    void weightsChanged(int from, int to) {
        if (factor != null) {
            factor.set(from, to, algorithm.weights(), stride);
        }
    }

    Workers workers() {
        return workers;
    }

    @Override
    public void clearSums() {
        sumsAreZero = true;
        sums.clearScalars();
    }

    /** Writes the zeros that {@link #clearSums} has left out. */
    private void writeSums() {
        if (sumsAreZero) {
            Arrays.fill(q, 0f);
            Arrays.fill(k, 0f);
            sumsAreZero = false;
        }
    }

    /** Made beside P, which it does not depend on, unless the update before has made it. */
    @Override
    public void gram() {
        if (!algorithm.makesGram()) {
            gramIsDue = true;
        } else if (!gramIsMade) {
            makeGram();
        }
    }

    /** G of the present weights, at once. */
    void makeGram() {
        gramStage.shareOut();
        gramIsMade = true;
    }

    @Override
    public void project(Rows newChunk) {
        chunk = newChunk;
        data.open(chunk);
        if (factor == null && data.mustGather()) {
            // before any slice of features, since each of them reads all rows
            workers.run(gatherTasks(), gatherTask);
        }
        int tasks = factor == null ? splits.length : blocks();
        workers.run(tasks + (gramIsDue ? 1 : 0), projectTask);
        gramIsDue = false;
    }

    private void projectTask(int worker, int task) {
        if (gramIsDue && task == 0) {
            gramStage.make();
        } else if (factor == null) {
            projectFeatures(gramIsDue ? task - 1 : task);
        } else {
            projectRows(gramIsDue ? task - 1 : task);
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

    private int gatherTasks() {
        return (int) Math.min(chunk.count(), (long) chunk.count() * m / GATHER_FLOATS + 1);
    }

    private void gatherTask(int worker, int task) {
        int tasks = gatherTasks();
        int first = chunk.count() * task / tasks;
        data.gather(first, chunk.count() * (task + 1) / tasks - first);
    }

    private void projectRows(int block) {
        if (data.mustGather()) {
            data.gather(block * BLOCK_ROWS, blockRows(block)); // no other block reads these rows
        }
        products.project(data.block(block), factor, ps, block * blockFloats, projectionStride);
    }

    @Override
    public void rowStage(Rows newChunk, int newStep) {
        chunk = newChunk;
        step = newStep;
        int blocks = blocks();
        algorithm.beforeRows(gramStage.g());
        workers.run(blocks, rowStageTask);
        double[] total = sums.ofRows();
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < total.length; i++) {
                total[i] += blockSums[block * total.length + i];
            }
        }
    }

    private void rowStageTask(int worker, int index) {
        RowStageBlock block = rowStageBlocks[worker];
        block.chunk = chunk;
        block.firstRow = index * BLOCK_ROWS;
        block.rows = blockRows(index);
        block.step = step;
        block.values = ps;
        block.offset = index * blockFloats;
        block.projectionStride = projectionStride;
        block.blockStride = blockStride;
        block.g = gramStage.g();
        block.sums = blockSums;
        block.sumsOffset = index * sums.ofRows().length;
        if (factor == null) {
            addSplits(block.offset, block.rows);
        }
        algorithm.rowStage(worker, block);
    }

    /** P from its parts, slice after slice. */
    private void addSplits(int region, int count) {
        int size = count * columns;
        System.arraycopy(splits[0], 0, ps, region, size);
        for (int split = 1; split < splits.length; split++) {
            float[] part = splits[split];
            for (int i = 0; i < size; i++) {
                ps[region + i] += part[i];
            }
        }
    }

    @Override
    public void residual(Rows newChunk) {
        chunk = newChunk;
        data.open(chunk);
        int blocks = blocks();
        workers.run(blocks, residualTask);
        for (int block = 0; block < blocks; block++) { // one by one, so that chunks do not change the sum
            sums.addResidual(blockRows(block), blockResiduals[block]);
        }
    }

    private void residualTask(int worker, int block) {
        blockResiduals[block] = residuals.squaredError(
                worker,
                r,
                ps,
                block * blockFloats + decoder * blockStride,
                blockStride,
                algorithm.weights(),
                decoder * stride,
                stride,
                data.block(block));
    }

    @Override
    public void accumulate(Rows newChunk, double squaredNorm) {
        chunk = newChunk;
        data.open(chunk);
        // The first task is K, the others are slices of Q: each owns its part of the sums and goes
        // through the row blocks in order.
        workers.run(1 + layout.slices(), accumulateTask);
        sumsAreZero = false;
        sums.addRows(chunk.count(), squaredNorm);
    }

    private void accumulateTask(int worker, int task) {
        int from = (task - 1) * sliceFeatures;
        int width = Math.min(sliceFeatures, m - from);
        for (int block = 0; block < blocks(); block++) {
            int count = blockRows(block);
            int s = block * blockFloats;
            int h = s + decoder * blockStride;
            boolean add = !sumsAreZero || block > 0;
            if (task == 0) {
                gemm.multiply(false, true, r, r, count, ps, h, blockStride, ps, h, blockStride, add, k, 0, r);
            } else {
                products.accumulate(
                        false, columns, ps, s, blockStride, data.block(block), from, width, add, q, from, stride);
            }
        }
    }

    @Override
    public void addSums(Sums other) {
        writeSums();
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < columns; j++) {
                q[j * stride + f] += other.q()[f * columns + j];
            }
        }
        for (int i = 0; i < k.length; i++) {
            k[i] += other.k()[i];
        }
        sums.addScalars(other);
    }

    @Override
    public Sums readSums() {
        writeSums();
        Sums copy = new Sums(m, columns, r, sums.ofRows().length);
        ParameterState.transpose(q, columns, m, stride, copy.q(), columns);
        System.arraycopy(k, 0, copy.k(), 0, k.length);
        copy.addScalars(sums);
        return copy;
    }

    @Override
    public void update() {
        if (objectives.size() == STEPS_IN_FLIGHT) {
            throw new IllegalStateException("the losses of the last " + STEPS_IN_FLIGHT + " updates were not taken");
        }
        writeSums();
        objectives.add(algorithm.update(this, q, k, gramStage.g(), sums));
    }

    @Override
    public List<Objective> takeObjectives() {
        List<Objective> taken = List.copyOf(objectives);
        objectives.clear();
        return taken;
    }

    private int blocks() {
        return (chunk.count() + BLOCK_ROWS - 1) / BLOCK_ROWS;
    }

    private int blockRows(int block) {
        return Math.min(BLOCK_ROWS, chunk.count() - block * BLOCK_ROWS);
    }

    @Override
    public void close() {
        workers.close();
    }
}
