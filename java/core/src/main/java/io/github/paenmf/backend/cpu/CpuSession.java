package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.SavedState;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.model.StateVisitor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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

    /** Stride of components in Qᵀ and Wᵀ. */
    private final int stride;

    private final GramStage gramStage;
    /**
     * For each row block of the chunk a region of {@link #blockFloats}: P, rows × columns with a stride of
     * the data's stage, and after it Sᵀ, columns × rows with a stride of {@link #blockStride}.
     */
    private final float[] ps;

    private final int blockFloats;
    private final int blockStride;
    private final DataStage data;
    /** Null unless Q and K are over observed entries alone. */
    private final MissingSums missing;
    /** Whether the products are of ratios, beside which there is neither G nor K. */
    private final boolean ofRatios;

    private final RowStageBlock[] rowStageBlocks;
    private final double[] blockSums;
    private final double[] blockResiduals;

    /** Qᵀ, columns × m, and K, r × r, of the step so far; not yet written where {@link #sumsAreZero}. */
    private final float[] q;

    private final float[] k;
    private boolean sumsAreZero = true;
    /** All but Q and K. */
    private final Sums sums;

    private final SavedState saved = new SavedState();

    /** Of the updates whose objectives were not taken. */
    private final List<Objective> objectives = new ArrayList<>(STEPS_IN_FLIGHT);

    /** What the tasks below work on: they are made once, since a step must not allocate. */
    private Rows chunk;

    private int step;
    private boolean gramIsDue;
    /** Whether G is of the weights, where the algorithm makes it. */
    private boolean gramIsMade;

    private final Workers.Task projectTask = this::projectTask;
    private final Workers.Task rowStageTask = this::rowStageTask;
    private final Workers.Task residualTask = this::residualTask;
    private final Workers.Task accumulateTask = this::accumulateTask;
    private final Workers.Task missingTask = this::missingTask;

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
        this.stride = layout.featureStride();
        this.blockStride = layout.blockStride();
        this.blockFloats = layout.blockFloats();
        this.ps = new float[Math.multiplyExact(layout.blocks(), blockFloats)];
        this.rowStageBlocks = new RowStageBlock[layout.threads()];
        Arrays.setAll(rowStageBlocks, t -> new RowStageBlock());
        this.blockSums = new double[layout.blocks() * algorithm.rowSums()];
        this.blockResiduals = new double[layout.blocks()];
        this.q = new float[columns * stride];
        this.k = new float[r * r];
        this.sums = new Sums(0, 0, 0, algorithm.rowSums());
        this.workers = new Workers(layout.threads());
        this.missing = algorithm.missingSums();
        this.ofRatios = algorithm.ratioRows() != null || algorithm.countDecoder() != null;
        if (algorithm.divergence() != null) {
            this.data = new BetaStage(layout, algorithm, runtime, ps, q);
        } else if (algorithm.countDecoder() != null) {
            this.data = new CountStage(layout, algorithm, runtime, workers, ps, q, algorithm.countDecoder());
        } else if (ofRatios) {
            this.data = new PoissonStage(layout, algorithm, runtime, workers, ps, q, algorithm.ratioRows());
        } else if (shape.sparse()) {
            this.data = new SparseStage(layout, algorithm, runtime, workers, ps, q);
        } else {
            this.data = new DenseStage(layout, algorithm, runtime, workers, ps, q);
        }
        this.gramStage = new GramStage(layout, algorithm, gemm, data.rightFactor(), workers);
    }

    @Override
    public String description() {
        return runtime.description(execution.threads(), workers.threads());
    }

    @Override
    public String kind() {
        return "CPU, BLAS " + execution.blas().name().toLowerCase(Locale.ROOT);
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
        return source instanceof SparseSource sparse
                ? new SparseProducts(sparse, layout.shape().dataScale(), runtime.sparseKernel(), workers)
                : new CpuProducts(source, layout, new BlockProducts(gemm), workers);
    }

    @Override
    public void setParameters(P parameters) {
        algorithm.set(parameters);
        weightsReplaced();
        objectives.clear();
    }

    @Override
    public void readParameters(P target) {
        algorithm.read(target);
    }

    @Override
    public RowParameters rowParameters() {
        return algorithm.rowParameters();
    }

    @Override
    public void setRowParameters(RowParameters parameters) {
        algorithm.set(parameters);
        gramIsMade = false;
        weightsChanged(0, m);
    }

    @Override
    public void saveState() {
        requireObjectivesTaken();
        saved.save(algorithm::visit);
    }

    @Override
    public void restoreState() {
        requireObjectivesTaken();
        saved.restore(algorithm::visit);
        weightsReplaced();
    }

    @Override
    public void visitState(StateVisitor visitor) {
        requireObjectivesTaken();
        algorithm.visit(visitor);
        weightsReplaced();
    }

    private void weightsReplaced() {
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
        data.weightsChanged(from, to);
    }

    Workers workers() {
        return workers;
    }

    @Override
    public void clearSums() {
        sumsAreZero = true;
        sums.clearScalars();
        if (missing != null) {
            missing.clear();
        }
    }

    /** Writes the zeros that {@link #clearSums} has left out. */
    private void writeSums() {
        if (sumsAreZero) {
            Arrays.fill(q, 0f);
            Arrays.fill(k, 0f);
            sumsAreZero = false;
        }
    }

    /** Writes what has been left out until all rows have come. */
    private void completeSums() {
        writeSums();
        if (missing != null) {
            missing.moveTo(q, (float) layout.shape().dataScale());
        }
    }

    /** Made beside P, which it does not depend on, unless the update before has made it. */
    @Override
    public void gram() {
        if (ofRatios) {
            return;
        }
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
        int tasks = data.beginProject();
        workers.run(tasks + (gramIsDue ? 1 : 0), projectTask);
        gramIsDue = false;
    }

    private void projectTask(int worker, int task) {
        if (gramIsDue && task == 0) {
            gramStage.make();
        } else {
            data.project(worker, gramIsDue ? task - 1 : task);
        }
    }

    @Override
    public void rowStage(Rows newChunk, int newStep) {
        chunk = newChunk;
        step = newStep;
        int blocks = layout.blocks(chunk);
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
        block.rows = layout.blockRows(chunk, index);
        block.step = step;
        block.values = ps;
        block.offset = index * blockFloats;
        block.projectionStride = data.projectionStride();
        block.blockStride = blockStride;
        block.g = gramStage.g();
        block.sums = blockSums;
        block.sumsOffset = index * sums.ofRows().length;
        data.completeProjection(index);
        block.projectionSum = data.projectionSum(index);
        algorithm.rowStage(worker, block);
    }

    @Override
    public void residual(Rows newChunk) {
        chunk = newChunk;
        data.open(chunk);
        data.beginResidual();
        int blocks = layout.blocks(chunk);
        workers.run(blocks, residualTask);
        for (int block = 0; block < blocks; block++) { // one by one, so that chunks do not change the sum
            sums.addResidual(layout.blockRows(chunk, block), blockResiduals[block]);
        }
    }

    private void residualTask(int worker, int block) {
        boolean all = chunk.data().mask() == null || data.leavesOutMissing();
        blockResiduals[block] = all ? data.squaredError(worker, block) : observedError(block);
    }

    /** ‖V − H·Wᵀ‖² of one block over its observed entries. */
    private double observedError(int block) {
        ObservedErrors errors = new ObservedErrors(
                chunk.data(),
                new MatrixView(algorithm.weights(), decoder * stride, stride),
                r,
                layout.shape().dataScale());
        MatrixView h = new MatrixView(ps, block * blockFloats + decoder * blockStride, blockStride);
        double sum = 0;
        for (int i = 0; i < layout.blockRows(chunk, block); i++) {
            sum += errors.squaredError(chunk.id(block * BLOCK_ROWS + i), h, i);
        }
        return sum;
    }

    @Override
    public void accumulate(Rows newChunk, double squaredNorm) {
        chunk = newChunk;
        data.open(chunk);
        // The first task is K, the others are parts of Q: each owns its part of the sums and goes
        // through the rows in order.
        workers.run(1 + data.beginAccumulate(), accumulateTask);
        if (missing != null) {
            workers.run(layout.slices(), missingTask);
            missing.accumulated();
        }
        sumsAreZero = false;
        sums.addRows(chunk.count(), squaredNorm);
    }

    private void accumulateTask(int worker, int task) {
        if (task > 0) {
            data.accumulate(worker, task - 1, !sumsAreZero);
            return;
        }
        if (ofRatios) {
            return;
        }
        if (missing != null && missing.replacesGram()) {
            if (sumsAreZero) {
                Arrays.fill(k, 0f);
            }
            return;
        }
        for (int block = 0; block < layout.blocks(chunk); block++) {
            int h = block * blockFloats + decoder * blockStride;
            int count = layout.blockRows(chunk, block);
            boolean add = !sumsAreZero || block > 0;
            gemm.multiply(false, true, r, r, count, ps, h, blockStride, ps, h, blockStride, add, k, 0, r);
        }
    }

    private void missingTask(int worker, int slice) {
        missing.accumulate(worker, slice, chunk, ps, algorithm.weights());
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
        completeSums();
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
        completeSums();
        if (gramIsDue) { // all rows were gone through elsewhere
            gramStage.make();
            gramIsDue = false;
        }
        objectives.add(algorithm.update(this, q, k, gramStage.g(), sums));
    }

    @Override
    public List<Objective> takeObjectives() {
        List<Objective> taken = List.copyOf(objectives);
        objectives.clear();
        return taken;
    }

    @Override
    public void close() {
        workers.close();
    }
}
