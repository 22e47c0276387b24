package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.DecoderUpdate;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parts of stacked matrices, each padded with columns of 0. */
@Tag("cuda")
class PartsTest {

    private static final int N = 40;
    private static final int M = 13;

    private static float[] random(int count) {
        SplittableRandom random = new SplittableRandom(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat(1, 2);
        }
        return values;
    }

    private static void assertPadded(Parts parts, float[] stacked, String message) {
        boolean[] isOwn = new boolean[parts.columns()];
        parts.forPlaces((own, padded) -> isOwn[padded] = true);
        for (int e = 0; e < stacked.length; e++) {
            boolean own = isOwn[e % parts.columns()];
            int at = e;
            assertTrue(own || stacked[e] == 0, () -> message + ", value " + at + " of rows of " + parts.columns());
        }
    }

    /** More than one block of them, and in place of others. */
    @ParameterizedTest
    @CsvSource({"1, 30000", "3, 30001", "4, 5", "9, 7", "81, 1"})
    void arraysComeBackAndTheRestIsZero(int rank, int rows) {
        Parts parts = Parts.of(rank, List.of());
        float[] values = random(3 * rank * rows);
        try (CudaContext context = CudaContext.open(0)) {
            context.run(() -> {
                CUstream stream = context.newStream();
                try (DeviceBuffer buffer = DeviceBuffer.allocate(context, parts.bytes(rows), "a test")) {
                    buffer.upload(random(rows * parts.columns()), stream);
                    parts.upload(values, buffer, stream);
                    float[] stacked = new float[rows * parts.columns()];
                    buffer.download(stacked, stream);
                    assertPadded(parts, stacked, "uploaded");
                    int last = 3 * rank * rows - 1;
                    assertEquals(values[last], stacked[stacked.length - 1 - (WeibullKernels.partWidth(rank) - rank)]);

                    float[] back = new float[values.length];
                    parts.download(buffer, back, stream);
                    assertArrayEquals(values, back);
                }
            });
        }
    }

    /** In the parameters and moments, after steps by stages, as a whole, in mini-batches and by gd. */
    @ParameterizedTest
    @CsvSource({
        "5, ADAM, PROJECTED, 0, true, ''",
        "5, ADAM, PROJECTED, 0, false, ''",
        "3, ADAM, MULTIPLICATIVE, 16, true, ''",
        "33, GD, PROJECTED, 0, true, ''",
        "5, ADAM, PROJECTED, 0, true, 7",
        "3, ADAM, MULTIPLICATIVE, 16, true, '6,5'"
    })
    void stepsLeaveZeroBesideTheParts(
            int rank, Optimiser optimiser, DecoderUpdate update, int batchRows, boolean cooperative, String hidden) {
        PaeConfiguration configuration = PaeNmf.builder()
                .rank(rank)
                .optimiser(optimiser)
                .decoderUpdate(update)
                .batchRows(batchRows)
                .hidden(CudaHiddenLayersTest.units(hidden))
                .build()
                .configuration();
        Matrix data = Matrix.wrap(random(N * M), N, M);
        DataStatistics statistics = DataStatistics.of(data, 0);
        PaeProblem problem = Initialiser.problem(configuration, data, statistics);
        Execution execution = Execution.auto().withCooperative(cooperative);
        Parts parts = Parts.of(rank, configuration.hidden());
        AtomicReference<PaeCudaAlgorithm> algorithm = new AtomicReference<>();
        AtomicReference<DeviceWorkspace> workspace = new AtomicReference<>();
        try (CudaSession<PaeParameters> session =
                CudaSession.open(problem.shape(), execution, false, RowBlocks.serial(), device -> {
                    workspace.set(device);
                    algorithm.set(new PaeCudaAlgorithm(problem, execution, device));
                    return algorithm.get();
                })) {
            PaeParameters start = Initialiser.parameters(configuration, statistics);
            session.setParameters(start);
            new Epochs(session, problem.shape(), configuration.seed(), data, statistics.rowNorms(), 0).run(0, 3);
            PaeParameters after = new PaeParameters(M, rank, configuration.hidden());
            session.readParameters(after);
            assertNotEquals(start, after);
            List<DeviceBuffer> stacked = algorithm.get().state().stream()
                    .filter(buffer -> buffer.bytes() == parts.bytes(M))
                    .toList();
            assertEquals(optimiser == Optimiser.ADAM ? 3 : 1, stacked.size());
            DeviceWorkspace device = workspace.get();
            device.context()
                    .run(() -> stacked.forEach(buffer -> {
                        float[] values = new float[M * parts.columns()];
                        buffer.download(values, device.stream());
                        assertPadded(parts, values, buffer.what());
                    }));
        }
    }
}
