package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.cuda.TileChoice.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What blocks the fused kernels get on devices that need not be there. */
class TileChoiceTest {

    /** Of a block, on devices of compute capability 9.0. */
    private static final int SHARED_BYTES = 227 * 1024;

    private static final int REGISTERS = 96;

    /** The limits of a multiprocessor of compute capability 9.0, where a block takes 1 KiB more than it asks for. */
    private static int resident(int threads, int sharedBytes) {
        int byShared = 228 * 1024 / (sharedBytes + 1024);
        return Math.min(Math.min(byShared, 65536 / (REGISTERS * threads)), Math.min(2048 / threads, 32));
    }

    private static TileChoice.Device device(int multiprocessors) {
        return new TileChoice.Device(multiprocessors, SHARED_BYTES, 512, TileChoiceTest::resident);
    }

    private static Work work(String kernel) {
        return kernel.equals("step") ? Work.STEP : Work.UPDATE;
    }

    /**
     * Threads of a block and blocks. What a simulator found for kernels of this kind, with 80 multiprocessors: a step of
     * 94 × 9 takes 14.6, 15.1, 16.7 and 18.1 thousand cycles with blocks of 64, 128, 256 and 512, an update of 361 × 81
     * 75.8, 53.8, 35.7 and 37.4.
     */
    @ParameterizedTest
    @CsvSource({
        "step, 94, 9, 4, 64, 5",
        "step, 94, 9, 84, 64, 5",
        "step, 94, 9, 108, 64, 5",
        "step, 94, 9, 132, 64, 5",
        "step, 94, 9, 148, 64, 5",
        "update, 361, 81, 84, 256, 31",
        "update, 361, 81, 108, 256, 31",
        "update, 361, 81, 132, 256, 31",
        "update, 361, 81, 148, 256, 31",
        "step, 5000, 5, 84, 64, 157",
        "step, 5000, 5, 132, 64, 157",
        "step, 2429, 9, 108, 64, 116",
        "step, 2429, 9, 148, 64, 116",
        "step, 2429, 81, 132, 512, 102",
        "step, 100000, 64, 132, 512, 132",
        "step, 60000, 128, 132, 512, 132",
        "step, 10000, 1000, 132, 512, 132",
        "update, 784, 128, 132, 256, 98",
        "update, 10000, 64, 84, 512, 84"
    })
    void choosesTheBlockOf(String kernel, int rows, int rank, int multiprocessors, int threads, int blocks) {
        TileChoice choice = TileChoice.of(work(kernel), rows, rank, device(multiprocessors));
        assertEquals(threads + " × " + blocks, choice.block() + " × " + choice.blocks(rows));
    }

    /** No other size is estimated to be faster, and all fit the device. */
    @ParameterizedTest
    @CsvSource({"94, 9", "38, 5", "5000, 5", "361, 81", "2429, 9", "2429, 81", "1, 1", "7, 2048", "100000, 64"})
    void noOtherSizeIsFaster(int rows, int rank) {
        for (Work work : new Work[] {Work.STEP, Work.UPDATE}) {
            for (int multiprocessors : new int[] {4, 84, 108, 132, 148}) {
                TileChoice best = TileChoice.of(work, rows, rank, device(multiprocessors));
                double cycles = best.cycles(work, rows, rank, multiprocessors);
                for (int threads = 64; threads <= 512; threads *= 2) {
                    int only = threads;
                    TileChoice other = TileChoice.of(
                            work,
                            rows,
                            rank,
                            new TileChoice.Device(
                                    multiprocessors,
                                    SHARED_BYTES,
                                    512,
                                    (block, shared) -> block == only ? resident(block, shared) : 0));
                    assertTrue(
                            other == null || other.cycles(work, rows, rank, multiprocessors) >= cycles,
                            () -> best + " is slower than " + other);
                }
                assertTrue(best.blocks(rows) <= best.maxBlocks() && best.sharedBytes() <= SHARED_BYTES);
                assertEquals(best.block() / ((rank + 3) / 4), best.tileRows());
            }
        }
    }

    /** Rows that are not there count for nothing: a tile of more takes as long. */
    @Test
    void rowsThatAreNotThereAreNoWork() {
        TileChoice large = new TileChoice(512, 264, 170, 12, 40_000);
        TileChoice small = new TileChoice(256, 528, 85, 12, 20_000);
        Work alone = new Work(4, 1e6, 0, false); // nothing but instructions
        assertEquals(alone.instructions(), large.cycles(alone, 40, 9, 132), 0.01 * alone.instructions());
        assertEquals(alone.instructions(), small.cycles(alone, 40, 9, 132), 0.01 * alone.instructions());
    }

    @Test
    void aMatrixThatDoesNotFitIsCopiedForEachTile() {
        TileChoice whole = new TileChoice(256, 4, 2, 512, 0);
        TileChoice parts = new TileChoice(256, 4, 2, 64, 0);
        double once = whole.cycles(Work.UPDATE, 8, 512, 4);
        assertEquals(once, parts.cycles(Work.UPDATE, 8, 512, 4));
        double more = parts.cycles(Work.UPDATE, 80, 512, 4) - whole.cycles(Work.UPDATE, 80, 512, 4);
        // ten tiles a block: nine copies more of 512² values, at 64 bytes a cycle at best
        assertTrue(more > 9 * 4.0 * 512 * 512 / 64, () -> "only " + more + " cycles");
    }

    /** Kernels whose warps share nothing: of 94 rows by fours, one warp each, before eight share a block. */
    @ParameterizedTest
    @CsvSource({"24, 8, 132, 1", "24, 8, 4, 4", "608, 8, 132, 4", "5000, 8, 132, 8", "1, 4, 4, 1", "12, 4, 4, 2"})
    void warpsAreSpreadOverMultiprocessors(int tasks, int most, int multiprocessors, int warps) {
        CudaDevice device = new CudaDevice(0, "none", 9, 0, multiprocessors, SHARED_BYTES, false, 0);
        assertEquals(warps, device.warps(tasks, most));
    }

    @Test
    void rowsThatNoBlockHoldsHaveNone() {
        assertNull(TileChoice.of(Work.STEP, 100, 2049, device(132)));
        TileChoice.Device little = new TileChoice.Device(132, 300, 512, TileChoiceTest::resident);
        assertNull(TileChoice.of(Work.STEP, 100, 81, little));
    }
}
