package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Shape;
import org.junit.jupiter.api.Test;

/** What fits where; no device is needed to say so. */
class PlanTest {

    private static final int ROWS = 2000;
    /** 101 features take 104 floats per row. */
    private static final long V = 4L * 104 * ROWS;
    /** P and S of 24 columns. */
    private static final long WORK = 8L * 24;

    private static Shape shape(int rows, int features, int batchRows) {
        return new Shape(rows, features, 7, 21, batchRows == 0 ? rows : batchRows, 1, false);
    }

    private static Plan plan(int batchRows, int chunkRows, long bytes) {
        return Plan.of(shape(ROWS, 101, batchRows), Execution.auto().withChunkRows(chunkRows), WORK, bytes, false);
    }

    @Test
    void allRowsAtOnceWhereTheyFit() {
        assertEquals(new Plan(true, ROWS), plan(0, 0, V + ROWS * WORK));
    }

    @Test
    void chunksOfWholeRowBlocksBesideResidentData() {
        assertEquals(new Plan(true, 1792), plan(0, 0, V + ROWS * WORK - 1));
        assertEquals(new Plan(true, 256), plan(0, 0, V + 256 * WORK));
    }

    @Test
    void runsAreStreamedWhereTheDataDoNotFit() {
        long least = V + 256 * WORK;
        long run = WORK + 2 * 4 * 104;
        assertEquals(new Plan(false, (int) (least / run) / 256 * 256), plan(0, 0, least - 1));
        assertEquals(new Plan(false, 256), plan(0, 0, 1)); // the allocation then says what is missing
    }

    /** An algorithm may take more for each row of a chunk. */
    @Test
    void whatAnAlgorithmTakesForEachRowCounts() {
        Shape shape = shape(ROWS, 101, 0);
        Execution auto = Execution.auto();
        assertEquals(new Plan(true, ROWS), Plan.of(shape, auto, WORK + 9, V + ROWS * (WORK + 9), false));
        assertEquals(new Plan(true, 1792), Plan.of(shape, auto, WORK + 9, V + ROWS * (WORK + 9) - 1, false));
        long run = WORK + 9 + 2 * 4 * 104;
        assertEquals(new Plan(false, 512), Plan.of(shape, auto, WORK + 9, 512 * run, true));
        assertEquals(new Plan(false, 256), Plan.of(shape, auto, WORK + 9, 512 * run - 1, true));
    }

    @Test
    void aChosenChunkIsNotExceeded() {
        assertEquals(new Plan(true, 512), plan(0, 512, 1L << 40));
    }

    /** They are gathered into a buffer, which takes its part. */
    @Test
    void miniBatchesNeedRoomForTheirRows() {
        long row = 4 * 104;
        assertEquals(new Plan(true, 300), plan(300, 0, V + 300 * (WORK + row)));
        assertEquals(new Plan(true, 256), plan(300, 0, V + 300 * (WORK + row) - 1));
    }

    /** More than 2³¹ values on the device, and beside it. */
    @Test
    void sizesExceedAnInt() {
        long values = 4L * 1024 * (3 << 20);
        Shape shape = shape(3 << 20, 1024, 0);

        assertEquals(new Plan(true, 3 << 20), Plan.of(shape, Execution.auto(), WORK, values + (3 << 20) * WORK, false));
        assertEquals(new Plan(false, 1 << 16), Plan.of(shape, Execution.auto(), WORK, values, false));
    }

    /** How many nonzeros there are shows later: P and S get half at most, and the data what is left. */
    @Test
    void rowsOfSparseDataGetHalfAtMost() {
        Shape shape = new Shape(ROWS, 1 << 27, 7, 21, ROWS, 1, true);
        Execution auto = Execution.auto();
        assertEquals(new Plan(true, ROWS), Plan.of(shape, auto, WORK + 9, 2 * ROWS * (WORK + 9), false));
        assertEquals(new Plan(true, 1792), Plan.of(shape, auto, WORK + 9, 2 * ROWS * (WORK + 9) - 2, false));
        assertEquals(new Plan(false, 512), Plan.of(shape, auto.withChunkRows(512), WORK, 1L << 40, true));
        assertEquals(
                new Plan(true, 256), Plan.of(shape, auto, WORK, 1, false)); // the allocation then says what is missing
    }

    /** A run of a whole row block would need 4 GiB of page-locked memory at once. */
    @Test
    void longRowsAreStreamedFewAtATime() {
        Shape shape = shape(1000, 1 << 22, 0);

        assertEquals(new Plan(false, 16), Plan.of(shape, Execution.auto(), WORK, 1L << 33, false));
        assertEquals(new Plan(false, 1), Plan.of(shape(9, 1 << 27, 0), Execution.auto(), WORK, 1, false));
    }
}
