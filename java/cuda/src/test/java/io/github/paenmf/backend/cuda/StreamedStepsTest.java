package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.SparseDataSolver;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.backend.cpu.CpuRowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.steps.Epochs;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of rows come to the device while it computes. */
@Tag("cuda")
class StreamedStepsTest {

    private static final int N = 60;
    private static final int M = 5;
    private static final int BATCH = 10;

    /** Batches whose sums come one after the other, twice through the data: 12 of them. */
    private static List<String> trace(Path directory, boolean sparse) {
        Matrix dense = TestData.parts(N, M, 3);
        RowSource data = sparse ? SparseMatrix.of(dense) : dense;
        StepRates rates = new StepRates(0.02f, 0.01f, new float[M]);
        PaeProblem ofDense =
                new PaeProblem(PaeNmf.builder().rank(2).batchRows(BATCH).build().configuration(), N, M, 1, rates);
        PaeProblem problem = sparse ? SparseDataSolver.sparse(ofDense) : ofDense;
        PaeParameters start = new PaeParameters(M, 2);
        Arrays.fill(start.weights(), 0.5f);
        Arrays.fill(start.biases(), 1f);
        try (Solver<PaeParameters> solver = CudaSolvers.pae(problem, Execution.auto(), true, RowBlocks.serial())) {
            solver.setParameters(start);
            Epochs epochs = new Epochs(solver, problem.shape(), 1, data, new double[N], 0);
            epochs.run(0, 1);
            epochs.takeObjectives();
            return EmulatorTrace.of(directory, () -> epochs.run(1, 2));
        }
    }

    private static List<Integer> indices(List<String> trace, String pattern) {
        return IntStream.range(0, trace.size())
                .filter(i -> trace.get(i).matches(pattern))
                .boxed()
                .toList();
    }

    /** A row stage is submitted after the copy of its rows. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theRowsOfABatchAreOnTheirWayWhileTheOneBeforeIsComputed(boolean sparse, @TempDir Path directory) {
        List<String> trace = trace(directory, sparse);
        List<Integer> submitted = indices(trace, "submit \\d+ kernel weibull_step.*");
        List<Integer> run = indices(trace, "run \\d+ kernel weibull_step.*");
        String stream = trace.get(submitted.get(0)).replaceAll("submit (\\d+) .*", "$1");

        assertEquals(12, submitted.size());
        // What the objectives before were read by is waited for once more, when they are long there.
        List<String> batches = trace.subList(submitted.get(0), trace.size());
        assertEquals(List.of(), indices(batches, "synchronise " + stream + "( .*)?"));
        assertTrue(run.size() >= 6, "work runs when something waits for it: " + run);
        for (int i = 0; i < run.size() && i < 11; i++) {
            assertTrue(submitted.get(i + 1) < run.get(i), "batch " + i + " of " + submitted + ", run at " + run);
        }
    }

    private static int[] shuffled(int rows) {
        SplittableRandom random = new SplittableRandom(3);
        return random.ints(rows, 0, rows).toArray();
    }

    private static Matrix data(int rows, int columns, int oneOf) {
        SplittableRandom random = new SplittableRandom(5);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(oneOf) == 0 ? 1 + random.nextInt(1000) : 0;
        }
        return Matrix.wrap(values, rows, columns);
    }

    /** Enough for several threads; rows with padding, in their order and in another. */
    @Test
    void threadsGatherTheRowsOfARun() {
        int rows = 1000;
        int columns = 333;
        Matrix data = data(rows, columns, 1);
        int[] order = shuffled(rows);
        DeviceWorkspace.open(0, new CpuRowBlocks(3), device -> {
                    DeviceData runs = new DeviceData(device, 900, columns, false, true);
                    for (Rows run : List.of(new Rows(data, null, 256, 744), new Rows(data, order, 100, 900))) {
                        float[] values = new float[run.count() * runs.stride()];
                        int[] ids = new int[run.count()];
                        CUdeviceptr there = runs.stream(run);
                        CudaContext.check(JCudaDriver.cuStreamSynchronize(device.stream()), "cuStreamSynchronize");
                        CudaContext.check(
                                JCudaDriver.cuMemcpyDtoH(Pointer.to(values), there, 4L * values.length),
                                "cuMemcpyDtoH");
                        if (run.order() != null) {
                            CudaContext.check(
                                    JCudaDriver.cuMemcpyDtoH(Pointer.to(ids), runs.order(run), 4L * ids.length),
                                    "cuMemcpyDtoH");
                        }
                        runs.release();
                        for (int i = 0; i < run.count(); i++) {
                            assertEquals(run.order() == null ? 0 : run.id(i), ids[i]);
                            for (int j = 0; j < runs.stride(); j++) {
                                float expected = j < columns ? data.get(run.id(i), j) : 0;
                                assertEquals(expected, values[i * runs.stride() + j], 0);
                            }
                        }
                    }
                    return device;
                })
                .close();
    }

    /** Sums of rows, which floats hold exactly: the greatest is below 2²⁴. */
    private static void assertRowSums(SparseMatrix data, Rows run, DeviceWorkspace device, DeviceSparseData runs) {
        SparseKernels kernels =
                new SparseKernels(device.context().module(), device.context().device());
        float[] ones = new float[data.columns()];
        Arrays.fill(ones, 1f);
        DeviceBuffer x = device.allocate(4L * ones.length, "ones");
        DeviceBuffer sums = device.allocate(4L * run.count(), "sums");
        x.upload(ones, device.stream());
        DeviceSparseRows there = runs.stream(run, RowStarts.of(data));
        DeviceMatrix target = DeviceMatrix.of(sums.pointer(), run.count(), 1);
        kernels.project(there, DeviceMatrix.of(x.pointer(), ones.length, 1), 1, target, device.stream());
        float[] actual = new float[run.count()];
        sums.download(actual, device.stream());
        float[] row = new float[data.columns()];
        for (int i = 0; i < run.count(); i++) {
            data.copyRow(run.id(i), row, 0);
            double sum = 0;
            for (float value : row) {
                sum += value;
            }
            assertEquals(sum, actual[i], 0, "row " + i);
        }
        runs.release();
    }

    @Test
    void threadsGatherTheNonzerosOfARun() {
        SparseMatrix data = SparseMatrix.of(data(1000, 400, 2));
        int[] order = shuffled(1000);
        DeviceWorkspace.open(0, new CpuRowBlocks(3), device -> {
                    DeviceSparseData runs = new DeviceSparseData(device, 400, 150_000); // fewer than a run has
                    runs.allocate(2, 1000, 400_000, true);
                    assertRowSums(data, new Rows(data, null, 256, 744), device, runs);
                    Rows ordered = new Rows(data, order, 100, 900);
                    assertRowSums(data, ordered, device, runs);
                    return device;
                })
                .close();
    }

    /** More than is copied at once. */
    @Test
    void aRowOfManyNonzeros() {
        int features = (1 << 20) + 9;
        float[] values = new float[3 * features];
        Arrays.fill(values, features, 2 * features, 1f);
        values[2 * features + 7] = 5;
        SparseMatrix data = SparseMatrix.of(Matrix.wrap(values, 3, features));
        DeviceWorkspace.open(0, RowBlocks.serial(), device -> {
                    DeviceSparseData runs = new DeviceSparseData(device, features, Long.MAX_VALUE);
                    runs.allocate(2, 3, features + 1, false);
                    assertRowSums(data, Rows.inOrder(data, 0, 3), device, runs);
                    return device;
                })
                .close();
    }
}
