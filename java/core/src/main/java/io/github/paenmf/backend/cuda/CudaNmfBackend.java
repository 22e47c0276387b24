package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Coefficients;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;
import java.util.stream.IntStream;
import jcuda.Pointer;
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

    private final NmfProblem problem;
    private final Execution execution;
    private final float inverseScale;
    private final int n;
    private final int m;
    private final int r;
    private final DeviceWorkspace device;
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

    private final DeviceReconstruction reconstruction;
    private final DeviceData data;

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
        return DeviceWorkspace.open(
                execution.device(), device -> new CudaNmfBackend(problem, execution, mostRows, device));
    }

    private CudaNmfBackend(NmfProblem problem, Execution execution, int mostRows, DeviceWorkspace device) {
        this.problem = problem;
        this.execution = execution;
        this.inverseScale = (float) (1 / problem.dataScale());
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.device = device;
        this.context = device.context();
        this.stream = device.stream();
        this.kernels = device.kernels();
        w = device.allocate(4L * m * r, "W");
        q = device.allocate(4L * m * r, "Q");
        h = device.allocate(4L * n * r, "H");
        c = device.allocate(4L * n * r, "C");
        g = device.allocate(4L * r * r, "G");
        k = device.allocate(4L * r * r, "K");
        long free = context.freeMemory();
        blas = device.newBlas(stream, Math.min(WORKSPACE_BYTES, free / 16));
        long runBytes = Math.min(RUN_BYTES, context.freeMemory() / 16);
        long most = Math.max((long) n * m, Math.max(n, (long) m) * r);
        scratch = device.allocate(4 * Math.max(Math.max(m, r), Math.min(most, runBytes / 4)), "scratch");
        sums = device.allocate(8L * kernels.blocks(Long.MAX_VALUE / 2) * 2, "sums");
        reconstruction = new DeviceReconstruction(device, blas, scratch, sums, problem.dataScale());
        long rowBytes = 4L * DeviceData.stride(m);
        boolean resident = n <= mostRows && rowBytes * n <= device.usableMemory();
        int runRows = resident ? n : (int) Math.max(1, Math.min(Math.min(n, mostRows), runBytes / rowBytes));
        data = new DeviceData(device, runRows, m, resident);
    }

    @Override
    public String description() {
        return device.description(execution.precision()) + ", " + data.description();
    }

    /** V·X / scale. */
    private void project(DeviceMatrix x, DeviceMatrix target, Precision precision) {
        data.forRuns(
                problem.data(),
                (v, from) -> blas.multiply(inverseScale, v, x, 0f, target.rows(from, v.rows()), precision));
    }

    /** Vᵀ·Y / scale. */
    private void projectTransposed(DeviceMatrix y, DeviceMatrix target, Precision precision) {
        data.forRuns(
                problem.data(),
                (v, from) -> blas.multiply(
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
        MatrixTransfer.upload(matrix, buffer, stream);
        return buffer;
    }

    private Matrix read(DeviceBuffer source, int rows, int columns) {
        Matrix matrix = Matrix.zeros(rows, columns);
        MatrixTransfer.download(source, matrix, stream);
        return matrix;
    }

    @Override
    public void setFactors(Matrix newW, Matrix newH) {
        context.run(() -> {
            MatrixTransfer.upload(newW, w, stream);
            MatrixTransfer.upload(newH, h, stream);
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
        int atOnce = (int) Math.min(rows, scratch.bytes() / (4L * r));
        for (int from = 0; from < rows; from += atOnce) {
            int count = Math.min(atOnce, rows - from);
            DeviceMatrix x = factor.rows(from, count);
            DeviceMatrix product = factor(scratch, count);
            blas.multiply(1f, x, gram, 0f, product, Precision.FP32);
            kernels.multiplicativeUpdate(
                    x.pointer(), numerator.rows(from, count).pointer(), product.pointer(), (long) count * r, stream);
        }
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
        context.run(() -> MatrixTransfer.upload(solved, h, stream));
    }

    @Override
    public double residual() {
        return context.call(() -> {
            double[] total = new double[1];
            data.forRuns(problem.data(), (v, from) -> {
                DeviceMatrix coefficients = factor(h, n).rows(from, v.rows());
                total[0] += reconstruction.squaredError(v, coefficients, factor(w, m));
            });
            return total[0];
        });
    }

    @Override
    public void decode(Matrix target) {
        context.run(() -> reconstruction.decode(factor(h, n), factor(w, m), target, 0));
    }

    @Override
    public void close() {
        device.close();
    }
}
