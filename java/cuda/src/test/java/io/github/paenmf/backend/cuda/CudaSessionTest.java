package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The stages of an algorithm that is not PAE-NMF, with other columns and sums. All values are integers that a float
 * holds, so that every sum is exact: the greatest is below 300 · 10 · 20 · 2.
 */
@Tag("cuda")
class CudaSessionTest {

    private static final int N = 300;
    private static final int M = 5;
    private static final int R = 2;
    private static final int STEP = 7;

    /**
     * Row stage S = P, which sums up [rows, index of each row]; update W ← Q·G in its last part. It waits, and so
     * cannot be recorded.
     */
    private static final class Squaring implements CudaAlgorithm<float[]> {

        private final Parts parts;
        private final CUstream stream;
        private final DeviceBuffer w;
        private Sums before;

        Squaring(int columns, DeviceWorkspace device) {
            this.parts = Parts.padded(Collections.nCopies(columns / R, R));
            this.stream = device.stream();
            this.w = device.allocate(parts.bytes(M), "W");
        }

        @Override
        public Parts parts() {
            return parts;
        }

        @Override
        public DeviceMatrix weights() {
            return DeviceMatrix.of(w.pointer(), M, parts.columns());
        }

        @Override
        public List<DeviceBuffer> state() {
            return List.of(w);
        }

        @Override
        public void set(float[] parameters) {
            parts.upload(parameters, w, stream);
        }

        @Override
        public void read(float[] target) {
            parts.download(w, target, stream);
        }

        @Override
        public void setChunkRows(int rows) {
            // no launch depends on them
        }

        @Override
        public int rowSums() {
            return 2;
        }

        @Override
        public int partialRows(int rows) {
            return 1;
        }

        @Override
        public void rowStage(StepBuffers buffers, RowStageChunk chunk) {
            CudaContext.check(
                    JCudaDriver.cuMemcpyDtoDAsync(buffers.s(), buffers.p(), parts.bytes(chunk.rows()), stream),
                    "cuMemcpyDtoDAsync");
            CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
            int[] ids = IntStream.range(0, chunk.rows())
                    .map(i -> chunk.firstRow() + i)
                    .toArray();
            if (chunk.order() != null) {
                CudaContext.check(
                        JCudaDriver.cuMemcpyDtoH(Pointer.to(ids), chunk.order(), 4L * ids.length), "cuMemcpyDtoH");
            }
            double[] sums = new double[2];
            if (chunk.accumulate()) {
                CudaContext.check(JCudaDriver.cuMemcpyDtoH(Pointer.to(sums), buffers.partials(), 16), "cuMemcpyDtoH");
            }
            sums[0] += ids.length;
            sums[1] += IntStream.of(ids).sum();
            CudaContext.check(JCudaDriver.cuMemcpyHtoD(buffers.partials(), Pointer.to(sums), 16), "cuMemcpyHtoD");
        }

        @Override
        public void beforeUpdate(Sums step) {
            before = step;
        }

        @Override
        public void update(StepBuffers buffers, int partialRows, long rows) {
            DeviceMatrix decoder = parts.last(weights());
            buffers.blas().multiply(1f, parts.last(buffers.q()), buffers.g(), 0f, decoder, Precision.FP32);
            CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
            int[] counters = new int[3];
            CudaContext.check(JCudaDriver.cuMemcpyDtoH(Pointer.to(counters), buffers.counters(), 12), "cuMemcpyDtoH");
            assertArrayEquals(new int[] {STEP, counters[1], 0}, counters);
            double[] values = {rows, before.squaredNorm(), partialRows};
            CUdeviceptr entry = buffers.ring().withByteOffset(24L * (counters[1] % buffers.ringEntries()));
            CudaContext.check(JCudaDriver.cuMemcpyHtoD(entry, Pointer.to(values), 24), "cuMemcpyHtoD");
            int[] advanced = {STEP + 1, counters[1] + 1, 0};
            CudaContext.check(JCudaDriver.cuMemcpyHtoD(buffers.counters(), Pointer.to(advanced), 12), "cuMemcpyHtoD");
        }

        @Override
        public int objectiveValues() {
            return 3;
        }

        @Override
        public Objective objective(double[] values, Sums step) {
            assertArrayEquals(new double[] {step.rows(), step.squaredNorm(), 1}, values);
            return new Objective(step.hasResidual() ? step.residual() : Double.NaN, values[0]);
        }
    }

    private static float[] integers(int count, int below, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(below);
        }
        return values;
    }

    /** The stages one by one; matrices are row-major. */
    private static final class Expected {
        final float[] w;
        final float[] q;
        final float[] k = new float[R * R];
        double squaredNorm;
        double residual;
        double ids;

        Expected(Rows rows, float[] w, int columns) {
            this.w = w.clone();
            this.q = new float[M * columns];
            int decoder = columns - R;
            for (int i = 0; i < rows.count(); i++) {
                float[] v = new float[M];
                rows.data().copyRow(rows.id(i), v, 0);
                ids += rows.id(i);
                float[] s = new float[columns];
                for (int f = 0; f < M; f++) {
                    squaredNorm += v[f] * v[f];
                    for (int j = 0; j < columns; j++) {
                        s[j] += v[f] * w[f * columns + j];
                    }
                }
                for (int f = 0; f < M; f++) {
                    double error = v[f];
                    for (int j = 0; j < columns; j++) {
                        q[f * columns + j] += v[f] * s[j];
                        error -= j < decoder ? 0 : s[j] * w[f * columns + j];
                    }
                    residual += error * error;
                }
                for (int j = 0; j < R * R; j++) {
                    k[j] += s[decoder + j / R] * s[decoder + j % R];
                }
            }
            for (int f = 0; f < M; f++) {
                for (int j = 0; j < R; j++) {
                    float sum = 0;
                    for (int l = 0; l < R; l++) {
                        for (int e = 0; e < M; e++) {
                            sum += q[f * columns + decoder + l]
                                    * w[e * columns + decoder + l]
                                    * w[e * columns + decoder + j];
                        }
                    }
                    this.w[f * columns + decoder + j] = sum;
                }
            }
        }
    }

    private static void accumulate(CudaSession<?> session, Rows rows, boolean byResidual) {
        session.gram();
        for (int done = 0; done < rows.count(); done += session.chunkRows()) {
            int count = Math.min(session.chunkRows(), rows.count() - done);
            Rows chunk = new Rows(rows.data(), rows.order(), rows.from() + done, count);
            session.project(chunk);
            session.rowStage(chunk, STEP);
            if (byResidual) {
                session.residual(chunk);
            }
            session.accumulate(chunk, new Expected(chunk, new float[M * R], R).squaredNorm);
        }
    }

    /** W has the decoder alone, or parts before it; chunks of 256 rows; the second batch of an order. */
    @ParameterizedTest
    @CsvSource({"2, false, 0", "2, true, 0", "6, false, 0", "6, true, 0", "4, false, 120", "2, true, 120"})
    void anAlgorithmOfOtherColumnsAndSums(int columns, boolean streamed, int batchRows) {
        Matrix v = Matrix.wrap(integers(N * M, 2, 1), N, M);
        float[] w = integers(M * columns, 3, 2);
        int[] order = IntStream.range(0, N).map(i -> i * 7 % N).toArray();
        Rows rows = batchRows == 0 ? Rows.inOrder(v, 0, N) : new Rows(v, order, batchRows, batchRows);
        Expected expected = new Expected(rows, w, columns);
        Execution execution = Execution.auto().withChunkRows(256).withGraph(false);
        Shape shape = new Shape(N, M, R, columns, batchRows == 0 ? N : batchRows, 1, false);
        try (CudaSession<float[]> session = CudaSession.open(
                shape, execution, streamed, RowBlocks.serial(), device -> new Squaring(columns, device))) {
            session.setParameters(w);
            session.saveState();
            session.clearSums();
            accumulate(session, rows, true);

            Sums sums = session.readSums();
            assertArrayEquals(expected.q, sums.q());
            assertArrayEquals(expected.k, sums.k());
            assertArrayEquals(new double[] {rows.count(), expected.ids}, sums.ofRows());
            assertEquals(expected.squaredNorm, sums.squaredNorm());
            assertEquals(expected.residual, sums.residual());

            session.update();
            float[] updated = new float[M * columns];
            session.readParameters(updated);
            assertArrayEquals(expected.w, updated);
            assertEquals(List.of(new Objective(expected.residual, rows.count())), session.takeObjectives());

            // From the same state again, one half added as sums that were made elsewhere.
            session.restoreState();
            session.clearSums();
            session.addSums(sums);
            accumulate(session, rows, false);
            Sums twice = session.readSums();
            assertArrayEquals(new double[] {2 * rows.count(), 2 * expected.ids}, twice.ofRows());
            assertEquals(2 * expected.q[M * columns - 1], twice.q()[M * columns - 1]);
            session.update();
            assertEquals(List.of(new Objective(Double.NaN, 2 * rows.count())), session.takeObjectives());
        }
        assertEquals(0, Lifetime.live());
    }
}
