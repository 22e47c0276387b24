package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Coefficients;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/**
 * Standard NMF on an NVIDIA GPU. Both factors and their numerators stay on the device, and V does if it
 * fits; else it is streamed in runs of rows. Products are cuBLAS's, the rest is in cuda/factors.cu.
 */
public final class CudaNmfBackend implements NmfBackend {

    private static final long RUN_BYTES = 256L << 20;
    private static final long WORKSPACE_BYTES = 32L << 20;
    /** Rows of a task of {@link #solveH}, which the processor's threads share. */
    private static final int SOLVED_ROWS = 256;
    /** Left to the driver and to others. */
    private static final double USABLE_MEMORY = 0.92;

    private final NmfProblem problem;
    private final Execution execution;
    private final float inverseScale;
    private final int n;
    private final int m;
    private final int r;
    private final DeviceArena arena;
    private final CudaContext context;
    private final CUstream stream;
    private final Blas blas;
    private final WeibullKernels kernels;
    /** W and Q = VᵀH, m × r; H and C = V·W, n × r; G = WᵀW and K = HᵀH, r × r. */
    private final DeviceBuffer w;

    private final DeviceBuffer q;
    private final DeviceBuffer h;
    private final DeviceBuffer c;
    private final DeviceBuffer g;
    private final DeviceBuffer k;
    private final DeviceBuffer sums;
    /** V̂ of some rows, or X·YᵀY of some rows of a factor X. */
    private final DeviceBuffer scratch;

    private final DeviceData data;
    private final int runRows;
    private boolean closed;

    /**
     * Opens the device and allocates all memory of the factorisation.
     *
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the factors do not fit
     */
    public static CudaNmfBackend open(NmfProblem problem, Execution execution) {
        return open(problem, execution, Integer.MAX_VALUE);
    }

    /** The same, with V streamed even where it would fit if it has more rows than {@code mostRows}. */
    static CudaNmfBackend open(NmfProblem problem, Execution execution, int mostRows) {
        CudaContext context = CudaContext.open(execution.device());
        DeviceArena arena = new DeviceArena(context);
        arena.own(context);
        return arena.construct(() -> new CudaNmfBackend(problem, execution, mostRows, context, arena));
    }

    private CudaNmfBackend(
            NmfProblem problem, Execution execution, int mostRows, CudaContext context, DeviceArena arena) {
        this.problem = problem;
        this.execution = execution;
        this.inverseScale = (float) (1 / problem.dataScale());
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.context = context;
        this.arena = arena;
        this.stream = context.newStream();
        this.kernels = new WeibullKernels(context.module(), context.device());
        w = arena.allocate(4L * m * r, "W");
        q = arena.allocate(4L * m * r, "Q");
        h = arena.allocate(4L * n * r, "H");
        c = arena.allocate(4L * n * r, "C");
        g = arena.allocate(4L * r * r, "G");
        k = arena.allocate(4L * r * r, "K");
        long free = context.freeMemory();
        blas = arena.own(new Blas(stream, arena.allocate(Math.min(WORKSPACE_BYTES, free / 16), "cuBLAS")));
        long runBytes = Math.min(RUN_BYTES, context.freeMemory() / 16);
        long most = Math.max((long) n * m, Math.max(n, (long) m) * r);
        scratch = arena.allocate(4 * Math.max(Math.max(m, r), Math.min(most, runBytes / 4)), "scratch");
        sums = arena.allocate(8L * kernels.blocks(Long.MAX_VALUE / 2) * 2, "sums");
        long rowBytes = 4L * DeviceData.stride(m);
        boolean resident = n <= mostRows && rowBytes * n <= context.freeMemory() * USABLE_MEMORY;
        runRows = resident ? n : (int) Math.max(1, Math.min(Math.min(n, mostRows), runBytes / rowBytes));
        data = new DeviceData(context, arena, runRows, m, resident);
    }

    @Override
    public String description() {
        return String.format(
                Locale.ROOT,
                "CUDA, %s (compute capability %s), %s, %s",
                context.device().name(),
                context.device().computeCapability(),
                execution.precision() == Precision.TF32 ? "TF32 products" : "FP32",
                data.resident() ? "data on the device" : "data streamed in runs of " + runRows + " rows");
    }

    private interface Run {
        /**
         * @param v the run's rows on the device
         * @param from the first of them
         */
        void accept(DeviceMatrix v, int from);
    }

    /** Goes through V in order: in one run if it is resident. */
    private void forRuns(Run run) {
        if (data.resident()) {
            data.hold(problem.data(), stream);
            run.accept(DeviceMatrix.of(data.resident(0), n, m, data.stride()), 0);
            return;
        }
        for (int from = 0; from < n; from += runRows) {
            int count = Math.min(runRows, n - from);
            CUdeviceptr v = data.stream(new Rows(problem.data(), null, from, count), stream);
            run.accept(DeviceMatrix.of(v, count, m, data.stride()), from);
            data.release(stream);
        }
    }

    /** V·X / scale. */
    private void project(DeviceMatrix x, DeviceMatrix target, Precision precision) {
        forRuns((v, from) -> blas.multiply(inverseScale, v, x, 0f, target.rows(from, v.rows()), precision));
    }

    /** Vᵀ·Y / scale. */
    private void projectTransposed(DeviceMatrix y, DeviceMatrix target, Precision precision) {
        forRuns((v, from) -> blas.multiply(
                inverseScale, v.transpose(), y.rows(from, v.rows()), from == 0 ? 0f : 1f, target, precision));
    }

    @Override
    public Matrix project(Matrix x) {
        return context.call(() -> {
            try (DeviceBuffer from = uploaded(x);
                    DeviceBuffer to = DeviceBuffer.allocate(context, 4L * n * x.columns(), "a product")) {
                project(
                        DeviceMatrix.of(from.pointer(), m, x.columns()),
                        DeviceMatrix.of(to.pointer(), n, x.columns()),
                        Precision.FP32);
                return read(to, n, x.columns());
            }
        });
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        return context.call(() -> {
            try (DeviceBuffer from = uploaded(y);
                    DeviceBuffer to = DeviceBuffer.allocate(context, 4L * m * y.columns(), "a product")) {
                projectTransposed(
                        DeviceMatrix.of(from.pointer(), n, y.columns()),
                        DeviceMatrix.of(to.pointer(), m, y.columns()),
                        Precision.FP32);
                return read(to, m, y.columns());
            }
        });
    }

    private DeviceBuffer uploaded(Matrix matrix) {
        DeviceBuffer buffer = DeviceBuffer.allocate(context, 4 * matrix.size(), "a factor");
        write(matrix, buffer);
        return buffer;
    }

    /** Copies the blocks of a matrix, each of which is contiguous, to the device. */
    private void write(Matrix matrix, DeviceBuffer target) {
        forBlocks(matrix, (values, from, count) -> target.upload(from, Pointer.to(values), count, stream));
    }

    private Matrix read(DeviceBuffer source, int rows, int columns) {
        Matrix matrix = Matrix.zeros(rows, columns);
        forBlocks(matrix, (values, from, count) -> source.download(from, Pointer.to(values), count, stream));
        return matrix;
    }

    private interface Block {
        void accept(float[] values, long fromByte, long bytes);
    }

    private static void forBlocks(Matrix matrix, Block block) {
        for (int row = 0; row < matrix.rows(); row += matrix.rowsPerBlock()) {
            long count = Math.min(matrix.rowsPerBlock(), matrix.rows() - row);
            block.accept(matrix.storage(row), 4L * row * matrix.columns(), 4 * count * matrix.columns());
        }
    }

    @Override
    public void setFactors(Matrix newW, Matrix newH) {
        context.run(() -> {
            write(newW, w);
            write(newH, h);
            gram(factor(w, m), factor(g, r));
        });
    }

    @Override
    public void dataChanged() {
        data.forget();
    }

    @Override
    public Matrix readW() {
        return context.call(() -> {
            return read(w, m, r);
        });
    }

    @Override
    public Matrix readH() {
        return context.call(() -> {
            return read(h, n, r);
        });
    }

    private DeviceMatrix factor(DeviceBuffer buffer, int rows) {
        return DeviceMatrix.of(buffer.pointer(), rows, r);
    }

    private void gram(DeviceMatrix factor, DeviceMatrix target) {
        blas.multiply(1f, factor.transpose(), factor, 0f, target, Precision.FP32);
    }

    @Override
    public void updateH() {
        context.run(() -> {
            DeviceMatrix numerator = factor(c, n);
            project(factor(w, m), numerator, execution.precision());
            update(factor(h, n), numerator, factor(g, r));
        });
    }

    @Override
    public void updateW() {
        context.run(() -> {
            DeviceMatrix numerator = factor(q, m);
            projectTransposed(factor(h, n), numerator, execution.precision());
            gram(factor(h, n), factor(k, r));
            update(factor(w, m), numerator, factor(k, r));
            gram(factor(w, m), factor(g, r));
        });
    }

    private void update(DeviceMatrix factor, DeviceMatrix numerator, DeviceMatrix gram) {
        int rows = factor.rows();
        if (problem.algorithm() == NmfAlgorithm.HALS) {
            kernels.halsUpdate(factor.pointer(), numerator.pointer(), gram.pointer(), rows, r, stream);
            return;
        }
        int atOnce = scratchRows(r);
        for (int from = 0; from < rows; from += atOnce) {
            int count = Math.min(atOnce, rows - from);
            DeviceMatrix x = factor.rows(from, count);
            DeviceMatrix product = factor(scratch, count);
            blas.multiply(1f, x, gram, 0f, product, Precision.FP32);
            kernels.multiplicativeUpdate(
                    x.pointer(), numerator.rows(from, count).pointer(), product.pointer(), (long) count * r, stream);
        }
    }

    /** How many rows of so many columns fit the scratch memory; at least one of m or r. */
    private int scratchRows(int columns) {
        return (int) Math.min(Integer.MAX_VALUE, scratch.bytes() / (4L * columns));
    }

    @Override
    public double squaredError() {
        return context.call(() -> {
            int wqBlocks = kernels.blocks((long) m * r);
            int kgBlocks = kernels.blocks((long) r * r);
            kernels.innerProduct(w.pointer(), q.pointer(), (long) m * r, sums.pointer(), stream);
            kernels.innerProduct(k.pointer(), g.pointer(), (long) r * r, sums.pointer(8L * wqBlocks), stream);
            double[] parts = new double[wqBlocks + kgBlocks];
            sums.download(Pointer.to(parts), 8L * parts.length, stream);
            double wq = Arrays.stream(parts, 0, wqBlocks).sum();
            double kg = Arrays.stream(parts, wqBlocks, parts.length).sum();
            return Objective.gramForm(problem.squaredNorm(), wq, kg);
        });
    }

    @Override
    public void solveH() {
        Coefficients coefficients = new Coefficients(problem, readW());
        Matrix solved = Matrix.zeros(n, r);
        IntStream.rangeClosed(0, (n - 1) / SOLVED_ROWS).parallel().forEach(task -> {
            Coefficients.RowSolver solver = coefficients.solver();
            int end = Math.min(n, (task + 1) * SOLVED_ROWS);
            for (int row = task * SOLVED_ROWS; row < end; row++) {
                double[] x = solver.solve(row);
                float[] values = solved.storage(row);
                int offset = solved.offset(row);
                for (int j = 0; j < r; j++) {
                    values[offset + j] = (float) x[j];
                }
            }
        });
        context.run(() -> write(solved, h));
    }

    /** Rows of V̂ = H·Wᵀ in units of the raw data, in the scratch memory. */
    private void decode(int from, int count) {
        DeviceMatrix decoded = DeviceMatrix.of(scratch.pointer(), count, m);
        DeviceMatrix coefficients = factor(h, n).rows(from, count);
        float scale = (float) problem.dataScale();
        blas.multiply(scale, coefficients, factor(w, m).transpose(), 0f, decoded, Precision.FP32);
    }

    @Override
    public double residual() {
        return context.call(() -> {
            double[] total = new double[1];
            int atOnce = scratchRows(m);
            forRuns((v, first) -> {
                for (int done = 0; done < v.rows(); done += atOnce) {
                    int count = Math.min(atOnce, v.rows() - done);
                    decode(first + done, count);
                    kernels.squaredError(
                            v.rows(done, count).pointer(),
                            v.stride(),
                            scratch.pointer(),
                            count,
                            m,
                            1 / problem.dataScale(),
                            sums.pointer(),
                            stream);
                    double[] parts = new double[kernels.blocks((long) count * m)];
                    sums.download(Pointer.to(parts), 8L * parts.length, stream);
                    total[0] += Arrays.stream(parts).sum();
                }
            });
            return total[0];
        });
    }

    @Override
    public void decode(Matrix target) {
        context.run(() -> {
            int atOnce = scratchRows(m);
            for (int from = 0; from < n; from += atOnce) {
                int count = Math.min(atOnce, n - from);
                decode(from, count);
                float[] rows = new float[Math.toIntExact((long) count * m)];
                scratch.download(Pointer.to(rows), 4L * rows.length, stream);
                for (int i = 0; i < count; i++) {
                    System.arraycopy(rows, i * m, target.storage(from + i), target.offset(from + i), m);
                }
            }
        });
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        arena.close();
    }
}
