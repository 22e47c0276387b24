package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays go to the device and back through page-locked memory. */
@Tag("cuda")
class StagedCopiesTest {

    private static final int SLOT = StagedCopies.SLOT_BYTES / 4;

    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
    }

    @AfterEach
    void close() {
        context.pop();
        arena.close();
        context.close();
    }

    private static int[] random(int count) {
        return new SplittableRandom(count).ints(count).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, SLOT - 1, SLOT, SLOT + 1, 2 * SLOT, 3 * SLOT + 7})
    void anyNumberOfElementsGoesThereAndBack(int count) {
        int[] there = random(count);
        DeviceBuffer buffer = arena.allocate(4L * count, "numbers");
        buffer.upload(there, stream);
        int[] back = new int[count];
        buffer.download(back, stream);

        assertArrayEquals(there, back);
    }

    /** Copies wait in the stream until something asks for them: by then slots have been used again. */
    @Test
    void whatIsUploadedMayChangeAtOnce() {
        int[] values = new int[3];
        DeviceBuffer[] buffers = new DeviceBuffer[7];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i] = arena.allocate(12, "numbers");
            values[0] = i;
            values[2] = -i;
            buffers[i].upload(values, stream);
        }
        values[0] = 100;
        int[] back = new int[3];
        for (int i = 0; i < buffers.length; i++) {
            buffers[i].download(back, stream);
            assertArrayEquals(new int[] {i, 0, -i}, back);
        }
    }

    @Test
    void aCopyStaysInTheBuffer() {
        DeviceBuffer buffer = arena.allocate(12, "numbers");

        assertThrows(IndexOutOfBoundsException.class, () -> buffer.upload(new int[4], stream));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.upload(4, new float[3], 0, 3, stream));
        assertThrows(IndexOutOfBoundsException.class, () -> buffer.download(new double[2], stream));
    }

    /** What the driver is handed of arrays keeps the garbage collector waiting for as long as the stream is busy. */
    @Test
    void theDriverIsNeverHandedAnArray(@TempDir Path directory) {
        Execution execution = Execution.auto().withBackend(Choice.CUDA);
        Matrix dense = TestData.parts(40, 5, 3);
        SparseMatrix sparse = SparseMatrix.of(dense);
        List<String> trace = EmulatorTrace.of(directory, () -> {
            PaeNmf.builder()
                    .rank(2)
                    .epochs(2)
                    .batchRows(25)
                    .execution(execution)
                    .build()
                    .fit(dense)
                    .score(dense);
            VariationalNmf.builder()
                    .rank(2)
                    .epochs(2)
                    .execution(execution)
                    .build()
                    .fit(sparse)
                    .score(sparse);
        });

        assertEquals(
                List.of(),
                trace.stream().filter(line -> line.contains("pageable")).toList());
        assertTrue(trace.stream()
                .anyMatch(line -> line.matches("run \\d+ copy of \\d+ bytes from page-locked to device")));
        assertTrue(trace.stream()
                .anyMatch(line -> line.matches("run \\d+ copy of \\d+ bytes from device to page-locked")));
    }
}
