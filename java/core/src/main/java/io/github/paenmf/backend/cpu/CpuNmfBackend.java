package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Coefficients;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;

/**
 * Standard NMF on the CPU. As in {@link CpuSession}, work is cut into blocks of rows and slices of features, and each
 * sum has one owner who goes through the blocks in order: the number of threads changes no bit. Factors are kept with
 * a component a row, padded with zeros, which updates leave as they are.
 */
public final class CpuNmfBackend implements NmfBackend {

    /** Keeps updates defined where a component is unused. */
    static final float DENOMINATOR_MIN = 1e-20f;
    /** Smaller factors become 0: products of them would be denormal, which is slow, and do not matter. */
    static final float FACTOR_MIN = 1e-20f;

    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;
    /** Rows of a task of {@link #solveH}: few, since some rows take longer than others. */
    private static final int SOLVED_ROWS = 32;
    /** Rows of a factor are padded to a multiple of what the kernels take at once. */
    private static final int ALIGNMENT = 64;
    /** Floating-point operations of an epoch that are worth a thread: about 30 µs. */
    private static final double THREAD_FLOPS = 3e6;
    /** Floating-point operations that are worth the start of a thread: about 200 µs. */
    private static final double START_FLOPS = 2e7;
    /** Up to so many rows, W is not worth packing for its product with V. */
    private static final int FEW_ROWS = 128;
    /** Slices of features for each thread: wide, since each reads all of H. */
    private static final int SLICES_PER_THREAD = 2;

    private final NmfProblem problem;
    private final Matrix v;
    private final float inverseScale;
    private final Gemm gemm;
    private final UpdateKernel kernel;
    private final CpuRuntime runtime;
    private final Execution execution;
    private final Workers workers;
    private final int n;
    private final int m;
    private final int r;
    private final int blocks;
    private final int sliceFeatures;
    private final int slices;

    /** Wᵀ and Qᵀ = HᵀV of the raw data, r × m at a distance of {@link #stride}. */
    private final float[] w;

    private final float[] q;
    private final int stride;
    /** W as the right factor of C = V·W and of G. */
    private final Gemm.RightFactor factor;
    /** Hᵀ of each row block, r × its rows at a distance of {@link #blockStride}. */
    private final float[][] h;

    private final int blockStride;
    /** G = WᵀW, r × r at a distance of {@code factor.columns()}. */
    private final float[] g;
    /** K = HᵀH, r × r. */
    private final float[] k;

    private final Scratch[] scratch;
    private final Residuals residuals;
    private final Workers.Task updateHTask = this::updateHTask;
    private final Workers.Task accumulateTask = this::accumulateTask;
    private final Workers.Task updateWTask = this::updateWTask;
    private final Workers.Task gramTask = this::gramTask;

    /** Of one worker. */
    private static final class Scratch {
        /** C of a block, rows × {@code factor.columns()}. */
        final float[] c;
        /** Cᵀ, r × rows. */
        final float[] numerator;
        /** Products of a factor and a Gram matrix, with a component a row. */
        final float[] product;

        Scratch(int rows, int columns, int numerators, int products) {
            c = new float[rows * columns];
            numerator = new float[numerators];
            product = new float[products];
        }
    }

    /**
     * @param execution gives the threads
     */
    public CpuNmfBackend(NmfProblem problem, CpuRuntime runtime, Execution execution) {
        this.problem = problem;
        this.v = problem.data();
        this.inverseScale = (float) (1 / problem.dataScale());
        this.runtime = runtime;
        this.execution = execution;
        this.gemm = runtime.gemm();
        this.kernel = runtime.updateKernel();
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS;
        int threads = threads(execution.threads());
        this.sliceFeatures = padded((m - 1) / (threads * SLICES_PER_THREAD) + 1);
        this.slices = (m - 1) / sliceFeatures + 1;
        int blockRows = Math.min(n, BLOCK_ROWS);
        this.stride = stride(m);
        this.blockStride = stride(blockRows);
        int productStride = Math.max(blockStride, sliceFeatures);
        int products = problem.algorithm() == NmfAlgorithm.MU ? r : Math.min(r, BlockedComponents.AT_ONCE);
        double floats = (double) r * (blocks * (double) blockStride + 3.0 * stride + 2.0 * r)
                + threads * ((double) r * (blockRows + blockStride) + (double) products * productStride);
        Matrix.requireMemory((long) (4 * floats), "factorisation of " + n + " rows at rank " + r);
        this.w = new float[Math.multiplyExact(r, stride)];
        this.q = new float[r * stride];
        this.factor = blockRows <= FEW_ROWS ? new UnpackedFactor(gemm, r, m) : gemm.rightFactor(r, m);
        this.h = new float[blocks][r * blockStride];
        this.g = new float[Math.multiplyExact(r, factor.columns())];
        this.k = new float[r * r];
        this.workers = new Workers(threads);
        this.residuals = new Residuals(gemm, m, problem.dataScale(), threads);
        this.scratch = new Scratch[threads];
        Arrays.setAll(
                scratch, t -> new Scratch(blockRows, factor.columns(), r * blockStride, products * productStride));
    }

    /** Fewer than were asked for where an epoch is too short to share out among so many. */
    private int threads(int asked) {
        double flops = 4.0 * r * ((double) n * m + (double) r * (n + m));
        return Workers.worth(flops, THREAD_FLOPS, asked);
    }

    private static int padded(int count) {
        return (count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** A cache line more, so that not all components fall into the same cache sets. */
    private static int stride(int count) {
        return padded(count) + 16;
    }

    @Override
    public String description() {
        return runtime.description(execution.threads(), workers.threads());
    }

    private int blockRows(int block) {
        return Math.min(BLOCK_ROWS, n - block * BLOCK_ROWS);
    }

    private int sliceWidth(int slice) {
        return Math.min(sliceFeatures, m - slice * sliceFeatures);
    }

    @Override
    public Matrix project(Matrix x) {
        int columns = x.columns();
        Matrix result = Matrix.zeros(n, columns);
        float[] values = contiguous(x);
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            int rows = blockRows(block);
            float[] target = result.storage(first);
            int at = result.offset(first);
            gemm.multiply(
                    false,
                    false,
                    rows,
                    columns,
                    m,
                    v.storage(first),
                    v.offset(first),
                    m,
                    values,
                    0,
                    columns,
                    false,
                    target,
                    at,
                    columns);
            scale(target, at, rows * columns, inverseScale);
        });
        return result;
    }

    private static void scale(float[] values, int offset, int count, float by) {
        for (int i = offset; i < offset + count; i++) {
            values[i] *= by;
        }
    }

    private static float[] contiguous(Matrix matrix) {
        float[] values = new float[Math.toIntExact(matrix.size())];
        for (int i = 0; i < matrix.rows(); i++) {
            matrix.copyRow(i, values, i * matrix.columns());
        }
        return values;
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        int columns = y.columns();
        float[] transposed = new float[Math.multiplyExact(columns, m)];
        workers.run(slices, (worker, slice) -> {
            for (int block = 0; block < blocks; block++) {
                int first = block * BLOCK_ROWS;
                accumulate(slice, block, true, columns, y.storage(first), y.offset(first), columns, transposed, m);
            }
        });
        float[] result = new float[transposed.length];
        ParameterState.transpose(transposed, columns, m, m, result, columns);
        scale(result, 0, result.length, inverseScale);
        return Matrix.wrap(result, m, columns);
    }

    /**
     * Adds what a block contributes to some features of Yᵀ·V of the raw data.
     *
     * @param transpose whether Y lies with a row a row, rather than a component a row
     * @param columns of Y
     */
    private void accumulate(
            int slice,
            int block,
            boolean transpose,
            int columns,
            float[] y,
            int offsetY,
            int ldY,
            float[] target,
            int ldTarget) {
        int first = block * BLOCK_ROWS;
        int feature = slice * sliceFeatures;
        gemm.multiply(
                transpose,
                false,
                columns,
                sliceWidth(slice),
                blockRows(block),
                y,
                offsetY,
                ldY,
                v.storage(first),
                v.offset(first) + feature,
                m,
                block > 0,
                target,
                feature,
                ldTarget);
    }

    @Override
    public void setFactors(Matrix newW, Matrix newH) {
        ParameterState.transpose(contiguous(newW), m, r, r, w, stride);
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            float[] rows = newH.storage(first);
            transpose(rows, newH.offset(first), blockRows(block), r, h[block]);
        });
        factor.set(0, m, w, stride);
        // the only use of threads, perhaps, where there are few rows
        gramOfW(Workers.worth(2.0 * r * r * m, START_FLOPS, workers.threads()));
    }

    /** Rows of n × r values into rows of components, and zeros up to whole ones. */
    private void transpose(float[] from, int offset, int rows, int ld, float[] to) {
        ParameterState.transpose(from, offset, rows, r, ld, to, 0, blockStride);
        for (int j = 0; j < r; j++) {
            Arrays.fill(to, j * blockStride + rows, j * blockStride + padded(rows), 0f);
        }
    }

    @Override
    public void dataChanged() {
        // nothing to do: V is read where it lies
    }

    @Override
    public Matrix readW() {
        float[] copy = new float[m * r];
        ParameterState.transpose(w, r, m, stride, copy, r);
        return Matrix.wrap(copy, m, r);
    }

    @Override
    public Matrix readH() {
        Matrix copy = Matrix.zeros(n, r);
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            ParameterState.transpose(
                    h[block], 0, r, blockRows(block), blockStride, copy.storage(first), copy.offset(first), r);
        });
        return copy;
    }

    private void gramOfW(int threads) {
        workers.run((r + BlockedComponents.AT_ONCE - 1) / BlockedComponents.AT_ONCE, threads, gramTask);
    }

    private void gramTask(int worker, int task) {
        int from = task * BlockedComponents.AT_ONCE;
        int columns = factor.columns();
        factor.multiply(
                Math.min(BlockedComponents.AT_ONCE, r - from), w, from * stride, stride, g, from * columns, columns);
    }

    /** C of a block of the raw data. */
    private float[] project(int block, Scratch work) {
        int first = block * BLOCK_ROWS;
        factor.multiply(blockRows(block), v.storage(first), v.offset(first), m, work.c, 0, factor.columns());
        return work.c;
    }

    @Override
    public void updateH() {
        workers.run(blocks, updateHTask);
    }

    private void updateHTask(int worker, int block) {
        Scratch work = scratch[worker];
        int rows = blockRows(block);
        transpose(project(block, work), 0, rows, factor.columns(), work.numerator);
        update(h[block], 0, blockStride, work.numerator, padded(rows), g, factor.columns(), work.product);
    }

    @Override
    public void updateW() {
        workers.run(1 + slices, accumulateTask);
        workers.run(slices, updateWTask);
        gramOfW(workers.threads());
    }

    private void accumulateTask(int worker, int task) {
        for (int block = 0; block < blocks; block++) {
            if (task > 0) {
                accumulate(task - 1, block, false, r, h[block], 0, blockStride, q, stride);
            } else {
                gemm.multiply(
                        false,
                        true,
                        r,
                        r,
                        blockRows(block),
                        h[block],
                        0,
                        blockStride,
                        h[block],
                        0,
                        blockStride,
                        block > 0,
                        k,
                        0,
                        r);
            }
        }
    }

    private void updateWTask(int worker, int slice) {
        int from = slice * sliceFeatures;
        int width = sliceWidth(slice);
        update(w, from, stride, q, padded(width), k, r, scratch[worker].product);
        factor.set(from, from + width, w, stride);
    }

    /**
     * Updates part of a factor X of V ≈ X·Yᵀ.
     *
     * @param x Xᵀ, a component a row, from {@code offset} on
     * @param numerator (V·Y)ᵀ of the raw data, laid out likewise
     * @param count of each row
     * @param gram YᵀY
     */
    private void update(
            float[] x, int offset, int ld, float[] numerator, int count, float[] gram, int ldGram, float[] product) {
        if (problem.algorithm() == NmfAlgorithm.MU) {
            gemm.multiply(false, false, r, count, r, gram, 0, ldGram, x, offset, ld, false, product, 0, count);
            for (int j = 0; j < r; j++) {
                int row = offset + j * ld;
                kernel.multiplicative(count, x, row, numerator, row, inverseScale, product, j * count);
            }
            return;
        }
        MatrixView factor = new MatrixView(x, offset, ld);
        MatrixView products = new MatrixView(gram, 0, ldGram);
        BlockedComponents.forAll(gemm, r, factor, count, products, product, (from, to, others) -> {
            int row = offset + from * ld;
            kernel.hierarchical(
                    count,
                    to - from,
                    x,
                    row,
                    ld,
                    numerator,
                    row,
                    ld,
                    inverseScale,
                    others,
                    count,
                    gram,
                    from * ldGram + from,
                    ldGram);
        });
    }

    @Override
    public double squaredError() {
        double wq = 0;
        double kg = 0;
        for (int j = 0; j < r; j++) {
            wq += dot(w, j * stride, q, j * stride, m);
            kg += dot(k, j * r, g, j * factor.columns(), r);
        }
        return Objective.gramForm(problem.squaredNorm(), wq / problem.dataScale(), kg);
    }

    /** In four sums, since each is a chain of additions. */
    static double dot(float[] x, int offsetX, float[] y, int offsetY, int count) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i <= count - 4; i += 4) {
            sum0 += (double) x[offsetX + i] * y[offsetY + i];
            sum1 += (double) x[offsetX + i + 1] * y[offsetY + i + 1];
            sum2 += (double) x[offsetX + i + 2] * y[offsetY + i + 2];
            sum3 += (double) x[offsetX + i + 3] * y[offsetY + i + 3];
        }
        for (; i < count; i++) {
            sum0 += (double) x[offsetX + i] * y[offsetY + i];
        }
        return sum0 + sum1 + sum2 + sum3;
    }

    @Override
    public void solveH() {
        Coefficients coefficients = new Coefficients(problem, readW());
        Coefficients.RowSolver[] solvers = new Coefficients.RowSolver[workers.threads()];
        workers.run((n - 1) / SOLVED_ROWS + 1, (worker, task) -> {
            if (solvers[worker] == null) {
                solvers[worker] = coefficients.solver();
            }
            int end = Math.min(n, (task + 1) * SOLVED_ROWS);
            for (int row = task * SOLVED_ROWS; row < end; row++) {
                double[] x = solvers[worker].solve(row);
                for (int j = 0; j < r; j++) {
                    h[row / BLOCK_ROWS][j * blockStride + row % BLOCK_ROWS] = (float) x[j];
                }
            }
        });
    }

    @Override
    public double residual() {
        double[] sums = new double[blocks];
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            sums[block] = residuals.squaredError(
                    worker, blockRows(block), r, h[block], 0, blockStride, w, 0, stride, v, first);
        });
        double total = 0;
        for (double sum : sums) {
            total += sum;
        }
        return total;
    }

    @Override
    public void decode(Matrix target) {
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            float[] values = target.storage(first);
            int offset = target.offset(first);
            decode(block, values, offset);
            scale(values, offset, blockRows(block) * m, (float) problem.dataScale());
        });
    }

    /** Rows of H·Wᵀ. */
    private void decode(int block, float[] target, int offset) {
        int rows = blockRows(block);
        gemm.multiply(true, false, rows, m, r, h[block], 0, blockStride, w, 0, stride, false, target, offset, m);
    }

    @Override
    public void close() {
        workers.close();
    }
}
