package io.github.paenmf.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which blocks of rows are in memory, and which are read ahead. */
@Timeout(60)
class BlockPoolTest {

    private static final int BLOCKS = 12;
    private static final int ROWS = Matrix.ROW_ALIGNMENT;
    private static final int BLOCK_BYTES = 1000;
    /** How many of them fit. */
    private static final int FITTING = 6;

    private final Store store = new Store();

    /** Blocks of one column whose values say which block it is; says what was read, and by whom. */
    private static final class Store implements RowStore {

        final List<Integer> read = Collections.synchronizedList(new ArrayList<>());
        final List<Integer> readAhead = Collections.synchronizedList(new ArrayList<>());
        /** Of the thread that reads ahead: as many blocks as it may read, and it says when it is done with one. */
        final Semaphore allowed = new Semaphore(0);

        final Semaphore done = new Semaphore(0);

        @Override
        public int rows() {
            return BLOCKS * ROWS;
        }

        @Override
        public int columns() {
            return 1;
        }

        @Override
        public int blockRows() {
            return ROWS;
        }

        @Override
        public long nonzeros() {
            return -1;
        }

        @Override
        public long bytes(int block) {
            return BLOCK_BYTES;
        }

        @Override
        public List<String> rowNames() {
            return List.of();
        }

        @Override
        public List<String> columnNames() {
            return List.of();
        }

        @Override
        public RowSource read(int block) {
            boolean ahead = Thread.currentThread().getName().equals("paenmf-reader");
            if (ahead && !allowed.tryAcquire()) {
                throw new IllegalStateException("it may not read now");
            }
            (ahead ? readAhead : read).add(block);
            if (ahead) {
                done.release();
            }
            Matrix rows = Matrix.zeros(ROWS, 1);
            Arrays.fill(rows.storage(0), block);
            return rows;
        }

        @Override
        public void close() {}
    }

    private PagedRows rows() {
        return PagedRows.of(store, FITTING * BLOCK_BYTES);
    }

    private static void use(PagedRows rows, int... blocks) {
        float[] value = new float[1];
        for (int block : blocks) {
            rows.copyRow(block * ROWS, value, 0);
            assertEquals(block, value[0]);
        }
    }

    @Test
    void neverMoreIsHeldThanFits() {
        PagedRows rows = rows();
        assertEquals(new Paging(ROWS, FITTING / 2 * ROWS), rows.paging());
        for (int block : new int[] {0, 7, 3, 11, 5, 9, 1, 7, 3, 2, 10, 4}) {
            use(rows, block);
            assertTrue(rows.heldBytes() <= FITTING * BLOCK_BYTES, rows.heldBytes() + " bytes");
        }
        assertEquals(FITTING * BLOCK_BYTES, rows.heldBytes());
    }

    /** Blocks far from each other are not read ahead of. */
    @Test
    void whatWasUsedLongestAgoGoesFirst() {
        PagedRows rows = rows();
        use(rows, 0, 2, 4, 6, 8, 10, 0, 2, 4, 1);
        use(rows, 0, 2, 4, 10, 8, 1);
        assertEquals(List.of(0, 2, 4, 6, 8, 10, 1), store.read, "6 has gone");
        use(rows, 6);
        assertEquals(List.of(0, 2, 4, 6, 8, 10, 1, 6), store.read);
    }

    @Test
    void blocksInOrderAreReadAheadUpToHalfOfThePool() throws InterruptedException {
        PagedRows rows = rows();
        store.allowed.release(3);
        use(rows, 0, 1);
        store.done.acquire(3);
        use(rows, 2, 3, 4);
        assertEquals(List.of(0, 1), store.read);
        assertEquals(List.of(2, 3, 4), store.readAhead);
    }

    @Test
    void whatIsExpectedIsReadInPlaceOfWhatFollows() throws InterruptedException {
        PagedRows rows = rows();
        store.allowed.release(3);
        rows.expect(IntStream.of(9, 3, 6).map(block -> block * ROWS).toArray());
        store.done.acquire(3);
        use(rows, 9, 3, 4, 6);
        assertEquals(List.of(9, 3, 6), store.readAhead);
        assertEquals(List.of(4), store.read);
    }

    /** It may be read again, by who needs it. */
    @Test
    void aFailureToReadAheadIsNoneUntilTheBlockIsNeeded() {
        PagedRows rows = rows();
        use(rows, 0, 1, 2, 3); // without leave to read ahead, that throws
        assertEquals(List.of(0, 1, 2, 3), store.read);
        assertTrue(store.readAhead.isEmpty());
    }

    /** Two threads go through the rows, each from a place of its own, with as few blocks as can be. */
    @Test
    void threadsAreEachGivenTheRightRows() throws InterruptedException {
        store.allowed.release(10_000);
        PagedRows rows = PagedRows.of(store, 4 * BLOCK_BYTES);
        CountDownLatch wrong = new CountDownLatch(1);
        List<Thread> threads = IntStream.range(0, 3)
                .mapToObj(thread -> new Thread(() -> {
                    float[] value = new float[1];
                    for (int i = 0; i < rows.rows(); i++) {
                        int row = (i + thread * rows.rows() / 3) % rows.rows();
                        rows.copyRow(row, value, 0);
                        if ((int) value[0] != row / ROWS) {
                            wrong.countDown();
                        }
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(1, wrong.getCount());
        assertTrue(rows.heldBytes() <= 4 * BLOCK_BYTES);
        assertTrue(
                store.read.size() + store.readAhead.size() < 3 * 3 * BLOCKS,
                "most blocks are read once by each thread");
    }

    @Test
    void rowsAreCheckedOnce() {
        store.allowed.release(10_000);
        PagedRows rows = rows();
        rows.requireNonNegative();
        int before = store.read.size() + store.readAhead.size();
        rows.requireFinite().requireNonNegative();
        assertEquals(before, store.read.size() + store.readAhead.size());
        assertThrows(IndexOutOfBoundsException.class, () -> rows.copyRow(rows.rows(), new float[1], 0));
        assertFalse(rows instanceof SparseSource);
    }

    @AfterEach
    void nothingWaits() {
        store.allowed.release(10_000);
    }
}
