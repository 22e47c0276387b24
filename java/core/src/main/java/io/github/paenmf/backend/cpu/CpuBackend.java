package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.backend.PartialSums;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.StepLosses;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox.Purpose;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The stages on the CPU.
 *
 * <p>Every sum goes in an order that depends on the problem alone: sums over rows go block after block
 * of {@link Matrix#ROW_ALIGNMENT} rows, those over features in runs of a fixed length. So the number of
 * threads and the size of chunks change no bit of the result; work is shared out in pieces that may
 * depend on the threads only where a piece owns what it sums.
 *
 * <p>Whatever has an axis of length m, or of rows, is kept with that axis innermost: Wᵀ, Qᵀ and, for
 * each row block, Sᵀ. No loop runs along the rank, which may be small.
 */
public final class CpuBackend implements Backend {

    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;
    /** Work space for P and S is kept to about this many floats. */
    private static final int AUTO_CHUNK_FLOATS = 1 << 25;

    private static final int MAX_CHUNK_FLOATS = Integer.MAX_VALUE - 8; // of one Java array
    /** Most updates whose losses wait; they cost next to nothing, and reports lag behind by no more. */
    private static final int STEPS_IN_FLIGHT = 64;
    /** Floating-point operations of a step that are worth a thread: about 20 µs. */
    private static final double THREAD_FLOPS = 2e6;
    /** Slices of features for each thread in {@code accumulate} and {@code update}: wide, since each reads all of S. */
    private static final int SLICES_PER_THREAD = 2;
    /** Up to so many rows a step, P is made in slices of features rather than blocks of rows. */
    private static final int FEW_ROWS = 128;

    private static final int SPLIT_FEATURES = 512;
    private static final int MAX_SPLITS = 8;
    /** Values of a mini-batch whose copy is worth a thread: about 20 µs. */
    private static final int GATHER_FLOATS = 1 << 16;

    private final Problem problem;
    private final Configuration configuration;
    private final Execution execution;
    private final CpuRuntime runtime;
    private final Gemm gemm;
    private final Workers workers;
    private final int m;
    private final int r;
    private final int chunkRows;
    private final int sliceFeatures;
    private final int slices;

    private final ParameterState state;
    /** Distance between components in Qᵀ and Wᵀ. */
    private final int stride;
    /** W as the right factor of P = V·W. */
    private final Gemm.RightFactor factor;
    /** P of each slice of features, for few rows; empty where P is made in blocks of rows. */
    private final float[][] splits;

    private final int splitFeatures;

    /** G = WfᵀWf, r × r. */
    private final float[] g;
    /**
     * For each row block of the chunk a region of {@link #blockFloats}: P, rows × 3r at a distance of
     * {@link #projectionStride}, and after it Sᵀ, 3r × rows at a distance of {@link #blockStride}.
     */
    private final float[] ps;

    private final int blockFloats;
    private final int projectionStride;
    private final int blockStride;
    /** V of the current chunk of a mini-batch; null where there are none. */
    private final Matrix gathered;

    private final HeadConstants headConstants;
    private final float inverseDataScale;
    private final float inverseVariance;
    private final HeadBlock[] headBlocks;
    private final HeadSums[] headSums;
    private final Residuals residuals;
    private final double[] blockKl;
    private final double[] blockHc;
    private final double[] blockResiduals;
    private final double[] blockBiasGradients;

    /** Qᵀ, 3r × m, and K, r × r, of the step so far; not yet written where {@link #sumsAreZero}. */
    private final float[] q;

    private final float[] k;
    private final double[] biasGradients;
    private boolean sumsAreZero = true;
    private double kl;
    private double hc;
    private double squaredNorm;
    private long rows;
    private double residual;
    private long residualRows;

    /** (Wf·K)ᵀ of a slice, one for each worker. */
    private final float[][] wk;
    /** Σ gradient² of each head, 2r. */
    private final double[] headNorms;

    /** Of the updates whose losses were not taken. */
    private final List<StepLosses> losses = new ArrayList<>(STEPS_IN_FLIGHT);

    /** What the tasks below work on: they are made once, since a step must not allocate. */
    private Rows chunk;

    private int step;
    private boolean gramIsDue;
    private final Workers.Task gatherTask = this::gatherTask;
    private final Workers.Task projectTask = this::projectTask;
    private final Workers.Task weibullTask = this::weibullTask;
    private final Workers.Task residualTask = this::residualTask;
    private final Workers.Task accumulateTask = this::accumulateTask;
    private final Workers.Task normTask = this::normTask;
    private final Workers.Task updateTask = this::updateTask;

    /**
     * @param execution gives the threads and the rows of a chunk
     */
    public CpuBackend(Problem problem, CpuRuntime runtime, Execution execution) {
        this.problem = problem;
        this.configuration = problem.configuration();
        this.execution = execution;
        this.runtime = runtime;
        this.gemm = runtime.gemm();
        this.m = problem.features();
        this.r = problem.rank();
        this.chunkRows = chunkRows(execution.chunkRows(), r, problem.batchRows());
        int threads = threads(execution.threads(), problem);
        this.sliceFeatures = ParameterState.stride((m - 1) / (threads * SLICES_PER_THREAD) + 1);
        this.slices = (m - 1) / sliceFeatures + 1;
        int maxBlocks = (chunkRows + BLOCK_ROWS - 1) / BLOCK_ROWS;
        int blockRows = Math.min(BLOCK_ROWS, chunkRows);
        double needed = memory(maxBlocks, blockRows, threads);
        Matrix.requireMemory((long) needed, "training step of " + chunkRows + " rows at rank " + r);

        this.state = new ParameterState(problem, runtime.updateKernel());
        this.stride = state.stride();
        int splitCount = splits(problem.batchRows(), m);
        this.splitFeatures = splitCount == 0 ? 0 : ParameterState.stride((m + splitCount - 1) / splitCount);
        this.splits = new float[splitCount][chunkRows * 3 * r];
        this.factor = splitCount == 0 ? gemm.rightFactor(3 * r, m) : null;
        this.projectionStride = factor == null ? 3 * r : factor.columns();
        this.blockStride = blockStride(blockRows);
        this.blockFloats = (int) blockFloats(blockRows, r);
        this.g = new float[r * r];
        this.ps = new float[Math.multiplyExact(maxBlocks, blockFloats)];
        this.gathered = problem.hasMiniBatches() ? Matrix.zeros(chunkRows, m) : null;
        this.headConstants = HeadConstants.of(configuration);
        this.inverseDataScale = (float) (1 / problem.dataScale());
        this.inverseVariance = (float) (1 / (configuration.sigma() * configuration.sigma()));
        this.residuals = new Residuals(gemm, m, problem.dataScale(), threads);
        this.headBlocks = new HeadBlock[threads];
        Arrays.setAll(headBlocks, t -> new HeadBlock(blockRows, r));
        this.headSums = new HeadSums[threads];
        Arrays.setAll(headSums, t -> new HeadSums());
        if (configuration.trainOn() != TrainOn.SAMPLE) {
            for (HeadBlock block : headBlocks) {
                Arrays.fill(block.noise, configuration.trainOn().epsilon());
            }
        }
        this.wk = new float[threads][r * sliceFeatures];
        this.blockKl = new double[maxBlocks];
        this.blockHc = new double[maxBlocks];
        this.blockResiduals = new double[maxBlocks];
        this.blockBiasGradients = new double[maxBlocks * 2 * r];
        this.q = new float[3 * r * stride];
        this.k = new float[r * r];
        this.biasGradients = new double[2 * r];
        this.headNorms = new double[2 * r];
        this.workers = new Workers(threads);
    }

    /** Fewer than were asked for where a step is too short to share out among so many. */
    private static int threads(int asked, Problem problem) {
        double flops = 12.0 * problem.batchRows() * problem.features() * problem.rank();
        return Workers.worth(flops, THREAD_FLOPS, asked);
    }

    /** Bytes of everything that grows with rows, features or rank; a double, since each may be large. */
    private double memory(int maxBlocks, int blockRows, int threads) {
        double chunk = blockFloats(blockRows, r) * maxBlocks + (problem.hasMiniBatches() ? (double) m * chunkRows : 0);
        double weights = 3.0 * r * ParameterState.stride(m);
        double parametersAndQ = (ParameterState.copies(configuration) + 2) * weights;
        double gramAndK = 2.0 * r * r;
        double scratch = threads * (16.0 * r * HeadBlock.stride(blockRows) + (double) r * sliceFeatures);
        double blockSums = 4.0 * r * maxBlocks; // doubles, 2r each
        double splitSums = 3.0 * r * splits(problem.batchRows(), m) * chunkRows;
        return 4 * (chunk + parametersAndQ + gramAndK + scratch + blockSums + splitSums);
    }

    /** What was asked for, or as many as keep the work space in bounds; whole blocks unless it is all rows. */
    private static int chunkRows(int asked, int rank, int rows) {
        int chosen = asked > 0 ? asked : rowsOfBlocks(AUTO_CHUNK_FLOATS, rank);
        return Math.min(Math.min(chosen, rowsOfBlocks(MAX_CHUNK_FLOATS, rank)), rows);
    }

    /** Rows of the whole blocks that fit, at least one block. */
    private static int rowsOfBlocks(int floats, int rank) {
        int blocks = (int) Math.max(1, floats / blockFloats(BLOCK_ROWS, rank));
        return blocks * BLOCK_ROWS;
    }

    /** Of one block: P with its rows padded to whole vectors, or Sᵀ. */
    private static double blockFloats(int blockRows, int rank) {
        double p = (double) HeadBlock.stride(blockRows) * ParameterState.stride(3 * rank);
        return Math.max(p, 3.0 * rank * blockStride(blockRows));
    }

    /** A cache line more than the rows need, so that not all components fall into the same cache sets. */
    private static int blockStride(int blockRows) {
        return HeadBlock.stride(blockRows) + 16;
    }

    /** In how many slices of features P is made, or 0 if it is made in blocks of rows. */
    private static int splits(int batchRows, int m) {
        return batchRows <= FEW_ROWS && m >= SPLIT_FEATURES ? Math.min(MAX_SPLITS, m / SPLIT_FEATURES) : 0;
    }

    @Override
    public String description() {
        return runtime.description(execution.threads(), workers.threads());
    }

    @Override
    public int chunkRows() {
        return chunkRows;
    }

    @Override
    public int stepsInFlight() {
        return STEPS_IN_FLIGHT;
    }

    @Override
    public void setParameters(Parameters parameters) {
        state.set(parameters);
        setFactor(0, m);
        losses.clear();
    }

    @Override
    public void readParameters(Parameters target) {
        state.read(target);
    }

    @Override
    public void saveState() {
        requireLossesTaken();
        state.save();
    }

    @Override
    public void restoreState() {
        requireLossesTaken();
        state.restore();
        setFactor(0, m);
    }

    private void requireLossesTaken() {
        if (!losses.isEmpty()) {
            throw new IllegalStateException(losses.size() + " losses were not taken");
        }
    }

    private void setFactor(int from, int to) {
        if (factor != null) {
            factor.set(from, to, state.weights(), stride);
        }
    }

    @Override
    public void clearSums() {
        sumsAreZero = true;
        Arrays.fill(biasGradients, 0.0);
        kl = 0;
        hc = 0;
        squaredNorm = 0;
        rows = 0;
        residual = 0;
        residualRows = 0;
    }

    /** Writes the zeros that {@link #clearSums} has left out. */
    private void writeSums() {
        if (sumsAreZero) {
            Arrays.fill(q, 0f);
            Arrays.fill(k, 0f);
            sumsAreZero = false;
        }
    }

    /** Made beside P, which it does not depend on. */
    @Override
    public void gram() {
        gramIsDue = true;
    }

    @Override
    public void project(Rows newChunk) {
        chunk = newChunk;
        if (factor == null && chunk.order() != null) {
            // before any slice of features, since each of them reads all rows
            workers.run(gatherTasks(), gatherTask);
        }
        int tasks = factor == null ? splits.length : blocks();
        workers.run(tasks + (gramIsDue ? 1 : 0), projectTask);
        gramIsDue = false;
    }

    private void projectTask(int worker, int task) {
        if (gramIsDue && task == 0) {
            float[] w = state.weights();
            int from = state.decoder();
            gemm.multiply(false, true, r, r, m, w, from, stride, w, from, stride, false, g, 0, r);
        } else if (factor == null) {
            projectFeatures(gramIsDue ? task - 1 : task);
        } else {
            projectRows(gramIsDue ? task - 1 : task);
        }
    }

    private void projectFeatures(int split) {
        int from = split * splitFeatures;
        int width = Math.min(splitFeatures, m - from);
        Matrix v = values();
        int row = firstRow();
        gemm.multiply(
                false,
                true,
                chunk.count(),
                3 * r,
                width,
                v.storage(row),
                v.offset(row) + from,
                m,
                state.weights(),
                from,
                stride,
                false,
                splits[split],
                0,
                3 * r);
    }

    private int gatherTasks() {
        return (int) Math.min(chunk.count(), (long) chunk.count() * m / GATHER_FLOATS + 1);
    }

    private void gatherTask(int worker, int task) {
        int tasks = gatherTasks();
        int first = chunk.count() * task / tasks;
        gather(first, chunk.count() * (task + 1) / tasks - first);
    }

    private void projectRows(int block) {
        int first = block * BLOCK_ROWS;
        int count = blockRows(block);
        if (chunk.order() != null) {
            gather(first, count); // no other block reads these rows
        }
        Matrix v = values();
        int row = firstRow() + first;
        factor.multiply(count, v.storage(row), v.offset(row), m, ps, block * blockFloats, projectionStride);
    }

    /** Copies rows that lie anywhere in the data side by side. */
    private void gather(int first, int count) {
        float[] target = gathered.storage(first);
        int offset = gathered.offset(first);
        for (int i = 0; i < count; i++) {
            chunk.data().copyRow(chunk.id(first + i), target, offset + i * m);
        }
    }

    /** Where the chunk's rows lie one after another, from {@link #firstRow} on. */
    private Matrix values() {
        return chunk.order() == null ? chunk.data() : gathered;
    }

    private int firstRow() {
        return chunk.order() == null ? chunk.from() : 0;
    }

    @Override
    public void weibullStep(Rows newChunk, int newStep) {
        chunk = newChunk;
        step = newStep;
        int blocks = blocks();
        workers.run(blocks, weibullTask);
        for (int block = 0; block < blocks; block++) {
            kl += blockKl[block];
            hc += blockHc[block];
            for (int j = 0; j < 2 * r; j++) {
                biasGradients[j] += blockBiasGradients[block * 2 * r + j];
            }
        }
    }

    private void weibullTask(int worker, int block) {
        HeadBlock heads = headBlocks[worker];
        HeadKernel kernel = runtime.headKernel();
        int count = blockRows(block);
        int length = HeadBlock.stride(count);
        int region = block * blockFloats;
        if (factor == null) {
            addSplits(region, count);
        }
        load(region, length, heads);
        if (configuration.trainOn() == TrainOn.SAMPLE) {
            for (int i = 0; i < length; i++) {
                heads.ids[i] = chunk.id(block * BLOCK_ROWS + Math.min(i, count - 1));
            }
            kernel.noise(configuration.seed(), step, Purpose.TRAINING, heads, length, r);
        }
        kernel.forward(headConstants, heads, r * length);
        // (H·G)ᵀ = G·Hᵀ, as G is symmetric
        gemm.multiply(false, false, r, length, r, g, 0, r, heads.h, 0, length, false, heads.hg, 0, length);
        HeadSums sums = headSums[worker];
        sums.clear();
        float klWeight = configuration.kl() ? 1f : 0f;
        int gradients = block * 2 * r;
        for (int j = 0; j < r; j++) {
            kernel.backward(
                    heads,
                    j * length,
                    count,
                    inverseVariance,
                    klWeight,
                    ps,
                    region + j * blockStride,
                    r * blockStride,
                    sums);
            blockBiasGradients[gradients + j] = sums.lambdaGradient;
            blockBiasGradients[gradients + r + j] = sums.kGradient;
        }
        blockKl[block] = sums.kl;
        blockHc[block] = sums.hc;
    }

    /** P from its parts, slice after slice. */
    private void addSplits(int region, int count) {
        int size = count * 3 * r;
        System.arraycopy(splits[0], 0, ps, region, size);
        for (int split = 1; split < splits.length; split++) {
            float[] part = splits[split];
            for (int i = 0; i < size; i++) {
                ps[region + i] += part[i];
            }
        }
    }

    /** aλ, ak and C from P, transposed; what is in the rows of the padding means nothing. */
    private void load(int region, int length, HeadBlock heads) {
        float[] biases = state.biases();
        float encoderScale = problem.encoderScale();
        int tile = 16; // rows whose part of P stays in the L1 cache
        for (int i = 0; i < length; i += tile) {
            int from = region + i * projectionStride;
            for (int j = 0; j < r; j++) {
                int to = j * length + i;
                load(from + j, encoderScale, biases[j], heads.aLambda, to, tile);
                load(from + r + j, encoderScale, biases[r + j], heads.aK, to, tile);
                load(from + 2 * r + j, inverseDataScale, 0f, heads.c, to, tile);
            }
        }
    }

    private void load(int from, float scale, float bias, float[] target, int to, int count) {
        for (int i = 0; i < count; i++) {
            target[to + i] = scale * ps[from + i * projectionStride] + bias;
        }
    }

    @Override
    public void residual(Rows newChunk) {
        chunk = newChunk;
        int blocks = blocks();
        workers.run(blocks, residualTask);
        for (int block = 0; block < blocks; block++) {
            residual += blockResiduals[block];
        }
        residualRows += chunk.count();
    }

    private void residualTask(int worker, int block) {
        int h = block * blockFloats + 2 * r * blockStride;
        blockResiduals[block] = residuals.squaredError(
                worker,
                blockRows(block),
                r,
                ps,
                h,
                blockStride,
                state.weights(),
                state.decoder(),
                stride,
                values(),
                firstRow() + block * BLOCK_ROWS);
    }

    @Override
    public void accumulate(Rows newChunk, double newSquaredNorm) {
        chunk = newChunk;
        // The first task is K, the others are slices of Q: each owns its part of the sums and goes
        // through the row blocks in order.
        workers.run(1 + slices, accumulateTask);
        sumsAreZero = false;
        rows += chunk.count();
        squaredNorm += newSquaredNorm;
    }

    private void accumulateTask(int worker, int task) {
        int from = (task - 1) * sliceFeatures;
        int width = Math.min(sliceFeatures, m - from);
        for (int block = 0; block < blocks(); block++) {
            int count = blockRows(block);
            int s = block * blockFloats;
            int h = s + 2 * r * blockStride;
            boolean add = !sumsAreZero || block > 0;
            if (task == 0) {
                gemm.multiply(false, true, r, r, count, ps, h, blockStride, ps, h, blockStride, add, k, 0, r);
            } else {
                Matrix v = values();
                int row = firstRow() + block * BLOCK_ROWS;
                int at = v.offset(row) + from;
                float[] values = v.storage(row);
                gemm.multiply(
                        false, false, 3 * r, width, count, ps, s, blockStride, values, at, m, add, q, from, stride);
            }
        }
    }

    @Override
    public void addSums(PartialSums other) {
        writeSums();
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < 3 * r; j++) {
                q[j * stride + f] += other.q()[f * 3 * r + j];
            }
        }
        for (int i = 0; i < k.length; i++) {
            k[i] += other.k()[i];
        }
        for (int j = 0; j < 2 * r; j++) {
            biasGradients[j] += other.biasGradients()[j];
        }
        kl += other.kl();
        hc += other.hc();
        squaredNorm += other.squaredNorm();
        rows += other.rows();
        residual += other.residual();
        residualRows += other.residualRows();
    }

    @Override
    public PartialSums readSums() {
        writeSums();
        PartialSums copy = new PartialSums(m, r);
        ParameterState.transpose(q, 3 * r, m, stride, copy.q(), 3 * r);
        System.arraycopy(k, 0, copy.k(), 0, k.length);
        System.arraycopy(biasGradients, 0, copy.biasGradients(), 0, 2 * r);
        copy.addLoss(kl, hc);
        copy.addRows(rows, squaredNorm);
        copy.addResidual(residualRows, residual);
        return copy;
    }

    @Override
    public void update() {
        if (losses.size() == STEPS_IN_FLIGHT) {
            throw new IllegalStateException("the losses of the last " + STEPS_IN_FLIGHT + " updates were not taken");
        }
        writeSums();
        losses.add(StepLosses.of(squaredError(), kl, rows, configuration.sigma()));
        state.beginUpdate();
        if (state.clips()) {
            workers.run(2 * r, normTask);
            state.clip(headNorms, biasGradients, rows);
        }
        workers.run(slices, updateTask);
        state.updateBiases(biasGradients, rows);
    }

    /** By the residual if every row has one, else by the Gram form. */
    private double squaredError() {
        if (residualRows == rows) {
            return residual;
        }
        double kg = 0;
        for (int i = 0; i < r * r; i++) {
            kg += (double) k[i] * g[i];
        }
        return StepLosses.gramForm(squaredNorm, hc, kg);
    }

    private void normTask(int worker, int head) {
        headNorms[head] = state.squaredNorm(head, q, rows);
    }

    private void updateTask(int worker, int slice) {
        int from = slice * sliceFeatures;
        int width = Math.min(sliceFeatures, stride - from);
        float[] product = wk[worker];
        // (Wf·K)ᵀ = K·Wfᵀ, as K is symmetric
        gemm.multiply(
                false,
                false,
                r,
                width,
                r,
                k,
                0,
                r,
                state.weights(),
                state.decoder() + from,
                stride,
                false,
                product,
                0,
                sliceFeatures);
        state.updateSlice(from, from + width, q, product, sliceFeatures, rows);
        setFactor(from, Math.min(m, from + width));
    }

    @Override
    public List<StepLosses> takeLosses() {
        List<StepLosses> taken = List.copyOf(losses);
        losses.clear();
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
