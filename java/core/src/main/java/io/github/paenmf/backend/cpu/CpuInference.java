package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.model.SavedModel;

/** What every fitted model computes on data, on the CPU: reconstructions and their errors. */
public class CpuInference implements Inference {

    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;
    /** Floating-point operations of a call that are worth a thread: about 200 µs, twice what it takes to start one. */
    private static final double THREAD_FLOPS = 2e7;
    /** What a draw or the KL divergence of a coefficient, powers in double, takes the time of. */
    private static final int VALUE_FLOPS = 1000;

    private final SavedModel model;
    private final Gemm gemm;
    private final Workers workers;
    private final int m;
    private final int r;
    /** Wᵀ, r × m; null until something is decoded. */
    private float[] decoder;

    /**
     * @param execution gives the threads
     */
    public CpuInference(SavedModel model, CpuRuntime runtime, Execution execution) {
        this.model = model;
        this.gemm = runtime.gemm();
        this.workers = new Workers(execution.threads());
        this.m = model.features();
        this.r = model.rank();
    }

    /** How many threads there may be, and so workers. */
    final int workers() {
        return workers.threads();
    }

    /**
     * Wᵀ as it is multiplied with: a product with its transpose sums in another order where there are few rows, and a
     * row is to be decoded to the same bits among any others.
     */
    private float[] decoder() {
        if (decoder == null) {
            decoder = new float[Math.multiplyExact(r, m)];
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < r; j++) {
                    decoder[j * m + i] = model.basis(i, j);
                }
            }
        }
        return decoder;
    }

    @Override
    public final void decode(Matrix h, Matrix target) {
        float[] wf = decoder();
        forBlocks(
                h.rows(),
                threads(h.rows(), r),
                (worker, first, rows) -> decode(wf, h, first, rows, target.storage(first), target.offset(first)));
    }

    private void decode(float[] wf, Matrix h, int first, int rows, float[] target, int offset) {
        gemm.multiply(
                false, false, rows, m, r, h.storage(first), h.offset(first), r, wf, 0, m, false, target, offset, m);
        float scale = (float) model.dataScale();
        for (int i = offset; i < offset + rows * m; i++) {
            target[i] *= scale;
        }
    }

    @Override
    public final double squaredError(RowSource data, Matrix h) {
        double[] blockSums = new double[(data.rows() + BLOCK_ROWS - 1) / BLOCK_ROWS];
        int threads = threads(data.rows(), r);
        int workersAtWork = Math.min(threads, blockSums.length);
        BlockTask task = errorTask(data, h, blockSums, workersAtWork);
        forBlocks(data.rows(), threads, task);
        double total = 0;
        for (double sum : blockSums) {
            total += sum;
        }
        return total;
    }

    private BlockTask errorTask(RowSource data, Matrix h, double[] blockSums, int workersAtWork) {
        Mask mask = data.mask();
        if (mask != null) {
            return data instanceof SparseSource sparse && !mask.listsObserved()
                    ? allButMissing(mask, sparseErrors(sparse, h, blockSums, workersAtWork), h, blockSums)
                    : observedErrors(data, h, blockSums);
        }
        return data instanceof SparseSource sparse
                ? sparseErrors(sparse, h, blockSums, workersAtWork)
                : errors(data, h, blockSums, workersAtWork);
    }

    private BlockTask observedErrors(RowSource data, Matrix h, double[] blockSums) {
        MatrixView w = new MatrixView(decoder(), 0, m);
        return (worker, first, rows) -> {
            ObservedErrors errors = new ObservedErrors(data, w, r, model.dataScale());
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                sum += errors.squaredError(i, new MatrixView(h.storage(i), h.offset(i), 1), 0);
            }
            blockSums[first / BLOCK_ROWS] = sum;
        };
    }

    /** Of sparse data with few missing entries, which read as 0: what all entries come to, less what these do. */
    private BlockTask allButMissing(Mask mask, BlockTask all, Matrix h, double[] blockSums) {
        return (worker, first, rows) -> {
            int[] missing = new int[m];
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                int count = mask.copyListed(i, missing);
                for (int l = 0; l < count; l++) {
                    double fitted = 0;
                    for (int j = 0; j < r; j++) {
                        fitted += (double) h.get(i, j) * model.basis(missing[l], j);
                    }
                    sum += fitted * fitted;
                }
            }
            all.run(worker, first, rows);
            blockSums[first / BLOCK_ROWS] = Math.max(0, blockSums[first / BLOCK_ROWS] - sum);
        };
    }

    private BlockTask errors(RowSource data, Matrix h, double[] blockSums, int workersAtWork) {
        float[] wf = decoder();
        float[][] scratch = new float[workersAtWork][Math.min(BLOCK_ROWS, data.rows()) * m];
        return (worker, first, rows) -> {
            float[] decoded = scratch[worker];
            decode(wf, h, first, rows, decoded, 0);
            float[] values = new float[m];
            double sum = 0;
            for (int i = 0; i < rows; i++) {
                data.copyRow(first + i, values, 0);
                for (int j = 0; j < m; j++) {
                    double residual = (values[j] - (double) decoded[i * m + j]) / model.dataScale();
                    sum += residual * residual;
                }
            }
            blockSums[first / BLOCK_ROWS] = sum;
        };
    }

    private BlockTask sparseErrors(SparseSource data, Matrix h, double[] blockSums, int workersAtWork) {
        SparseErrors errors = new SparseErrors(model.dataScale(), r);
        float[] w = new float[Math.multiplyExact(m, r)];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < r; j++) {
                w[i * r + j] = model.basis(i, j);
            }
        }
        errors.set(w, 0, r, m);
        int[][] at = new int[workersAtWork][m];
        float[][] values = new float[workersAtWork][m];
        double[][] projections = new double[workersAtWork][r];
        return (worker, first, rows) -> {
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                int count = data.copyNonzeros(i, 0, m, at[worker], values[worker]);
                sum += errors.squaredError(
                        count, at[worker], values[worker], h.storage(i), h.offset(i), 1, projections[worker]);
            }
            blockSums[first / BLOCK_ROWS] = sum;
        };
    }

    @Override
    public final void forBlocks(int rows, Task task) {
        int threads = Workers.worth((double) VALUE_FLOPS * rows * r, THREAD_FLOPS, workers.threads());
        forBlocks(rows, threads, (worker, first, count) -> task.run(first, count));
    }

    interface BlockTask {
        void run(int worker, int firstRow, int rows);
    }

    /**
     * Fewer than there may be where a call is too short to share out among so many.
     *
     * @param length of the sums of products, for each row and feature
     */
    final int threads(int rows, int length) {
        return Workers.worth(2.0 * rows * m * length, THREAD_FLOPS, workers.threads());
    }

    final void forBlocks(int rows, int threads, BlockTask task) {
        int blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
        workers.run(blocks, threads, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            task.run(worker, first, Math.min(BLOCK_ROWS, rows - first));
        });
    }

    @Override
    public final void close() {
        workers.close();
    }
}
