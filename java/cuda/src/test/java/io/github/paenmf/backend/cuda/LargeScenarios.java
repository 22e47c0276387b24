package io.github.paenmf.backend.cuda;

import static io.github.paenmf.backend.cuda.CudaScenarios.print;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.LargeMatrix;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.TrainOn;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Values that lie more than 2³¹ values behind the first. Memory that nobody writes to takes no room. */
final class LargeScenarios {

    private LargeScenarios() {}

    /** Kernels, by rows that lie 2³⁰ floats apart, or by the index of rows. */
    static void offsets() {
        int far = 1 << 30;
        try (CudaContext context = CudaContext.open(0);
                DeviceArena arena = new DeviceArena(context)) {
            context.run(() -> offsets(context, arena, far));
        }
    }

    private static void offsets(CudaContext context, DeviceArena arena, int far) {
        WeibullKernels kernels = new WeibullKernels(context.module(), context.device());
        CUstream stream = context.newStream();
        DeviceBuffer v = arena.allocate(4L * (3L * far + 4), "four rows");
        DeviceBuffer out = arena.allocate(48, "results");
        DeviceBuffer order = arena.allocate(12, "an order");

        for (int row = 0; row < 4; row++) {
            upload(v, 4L * far * row, -1f, 10f * row, 3f, 4f);
        }
        kernels.projectNonNegative(v.pointer(), far, 4, 1, stream);
        order.upload(new int[] {3 * (far / 4), 0, far / 2}, stream);
        kernels.gatherRows(v.pointer(), order.pointer(), out.pointer(), 4, 3, stream);
        float[] gathered = new float[12];
        out.download(gathered, stream);
        print("gathered " + Arrays.toString(gathered));

        DeviceBuffer zeros = arena.allocate(32, "zeros");
        zeros.upload(new float[8], stream);
        kernels.squaredError(v.pointer(), far, zeros.pointer(), 4, 2, 1, out.pointer(), stream);
        double[] sums = new double[kernels.blocks(8)];
        out.download(sums, stream);
        print("squares " + Arrays.stream(sums).sum());
        kernels.columnSums(v.pointer(), far, 4, 2, out.pointer(), stream);
        double[] columns = new double[2];
        out.download(columns, stream);
        print("columns " + Arrays.toString(columns));
        print("nonzeros " + farNonzeros(context, arena, stream));
    }

    /** The product of a row whose nonzeros come after 2³¹ others. */
    private static float farNonzeros(CudaContext context, DeviceArena arena, CUstream stream) {
        long far = (1L << 31) + 5;
        DeviceBuffer starts = arena.allocate(24, "starts");
        DeviceBuffer columns = arena.allocate(4 * (far + 2), "columns");
        DeviceBuffer values = arena.allocate(4 * (far + 2), "values");
        DeviceBuffer x = arena.allocate(8, "a factor");
        DeviceBuffer product = arena.allocate(4, "a product");
        starts.upload(new long[] {0, far, far + 2}, stream);
        columns.upload(4 * far, new int[] {0, 1}, 0, 2, stream);
        upload(values, 4 * far, 3f, 5f);
        upload(x, 0, 1f, 10f);
        new SparseKernels(context.module(), context.device())
                .project(
                        new DeviceSparseRows(starts.pointer(), columns.pointer(), values.pointer(), null, 1, 1, 2),
                        DeviceMatrix.of(x.pointer(), 2, 1),
                        1,
                        DeviceMatrix.of(product.pointer(), 1, 1),
                        stream);
        float[] result = new float[1];
        product.download(result, stream);
        return result[0];
    }

    private static void upload(DeviceBuffer buffer, long offset, float... values) {
        CudaContext.check(
                JCudaDriver.cuMemcpyHtoD(buffer.pointer(offset), Pointer.to(values), 4L * values.length),
                "cuMemcpyHtoD");
    }

    /**
     * A step over rows before and behind value 2³¹ against a step over a copy of these rows: the same bits, since the
     * median needs no noise.
     */
    static void sums(boolean streamed) {
        int m = 1024;
        Matrix data = LargeMatrix.repeated(
                TestData.parts(Matrix.ROW_ALIGNMENT, m, 2), (1 << 21) / Matrix.ROW_ALIGNMENT, TestData.parts(77, m, 3));
        print("values " + data.size());
        int[] order = IntStream.range(0, data.rows()).toArray();
        for (int i = 0; i < 77; i++) {
            order[2 * i] = data.rows() - 1 - i; // between rows of the beginning
        }
        int[] all = IntStream.range(0, 155).toArray();
        Matrix selected = data.selectRows(Arrays.copyOf(order, 155)); // more than a batch
        int[] end = IntStream.range(data.rows() - 155, data.rows()).toArray();
        Matrix last = data.selectRows(end);
        try (Solver<PaeParameters> large = open(data, streamed);
                Solver<PaeParameters> small = open(selected, streamed);
                Solver<PaeParameters> behind = open(last, streamed)) {
            print(large.description());
            print("ordered "
                    + same(sums(large, new Rows(data, order, 0, 154)), sums(small, new Rows(selected, all, 0, 154))));
            print("stored "
                    + same(
                            sums(large, Rows.inOrder(data, data.rows() - 77, 77)),
                            sums(behind, Rows.inOrder(last, 78, 77))));
        }
    }

    private static Solver<PaeParameters> open(Matrix data, boolean streamed) {
        PaeProblem problem = new PaeProblem(
                PaeNmf.builder()
                        .rank(1)
                        .trainOn(TrainOn.MEDIAN)
                        .batchRows(154)
                        .build()
                        .configuration(),
                data.rows(),
                data.columns(),
                1,
                new StepRates(1, 1, new float[data.columns()]));
        SplittableRandom random = new SplittableRandom(3);
        PaeParameters parameters = new PaeParameters(data.columns(), 1);
        for (int i = 0; i < parameters.weights().length; i++) {
            parameters.weights()[i] = (float) random.nextDouble();
        }
        Solver<PaeParameters> backend = CudaSolvers.pae(problem, Execution.auto(), streamed, RowBlocks.serial());
        backend.setParameters(parameters);
        return backend;
    }

    private static Sums sums(Solver<PaeParameters> backend, Rows rows) {
        backend.clearSums();
        backend.gram();
        backend.project(rows);
        backend.rowStage(rows, 0);
        backend.accumulate(rows, 1);
        return backend.readSums();
    }

    private static boolean same(Sums a, Sums b) {
        return Arrays.equals(a.q(), b.q())
                && Arrays.equals(a.k(), b.k())
                && Arrays.equals(PaeSums.biasGradients(a), PaeSums.biasGradients(b))
                && PaeSums.kl(a) == PaeSums.kl(b)
                && PaeSums.hc(a) == PaeSums.hc(b);
    }
}
