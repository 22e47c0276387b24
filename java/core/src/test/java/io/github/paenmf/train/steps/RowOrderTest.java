package io.github.paenmf.train.steps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.RowStore;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowOrderTest {

    private static final int RUN = Matrix.ROW_ALIGNMENT;
    private static final int ROWS = 9 * RUN + 17;
    /** Runs of a pool: half of the blocks that fit. */
    private static final int POOL = 3;

    /** Rows of zeros in ten blocks, of which so many fit. */
    private static RowSource rows(int fitting) {
        return PagedRows.of(
                new RowStore() {

                    @Override
                    public int rows() {
                        return ROWS;
                    }

                    @Override
                    public int columns() {
                        return 1;
                    }

                    @Override
                    public int blockRows() {
                        return RUN;
                    }

                    @Override
                    public long nonzeros() {
                        return -1;
                    }

                    @Override
                    public long bytes(int block) {
                        return 1;
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
                        return Matrix.zeros(RUN, 1);
                    }

                    @Override
                    public void close() {}
                },
                fitting);
    }

    /** Each pool is of whole runs, and goes through its rows in another order than they are stored. */
    @Test
    void rowsAreShuffledWithinPoolsOfShuffledRuns() {
        int[] order = RowOrder.of(rows(2 * POOL), 5, 0).rows();

        assertArrayEquals(
                IntStream.range(0, ROWS).toArray(),
                Arrays.stream(order).sorted().toArray());
        assertTrue(Arrays.stream(order, 0, POOL * RUN).anyMatch(row -> row / RUN >= POOL), "runs are shuffled");
        for (int from = 0, pool = 0; from < ROWS; pool++) {
            int most = Math.min(ROWS, from + POOL * RUN);
            Set<Integer> runs = Arrays.stream(order, from, Math.min(most, from + RUN))
                    .map(row -> row / RUN)
                    .boxed()
                    .collect(Collectors.toSet());
            int end = from;
            while (end < ROWS && runs.contains(order[end] / RUN)) {
                end++;
            }
            assertEquals(pool < 3 ? POOL : 1, runs.size(), "runs of pool " + pool);
            int rowsOfRuns = runs.stream()
                    .mapToInt(run -> Math.min(RUN, ROWS - run * RUN))
                    .sum();
            assertEquals(rowsOfRuns, end - from, "rows of pool " + pool);
            int[] stored = Arrays.copyOfRange(order, from, end);
            Arrays.sort(stored);
            assertFalse(Arrays.equals(stored, Arrays.copyOfRange(order, from, end)));
            from = end;
        }
    }

    @Test
    void theOrderDependsOnSeedStepAndPoolAlone() {
        int[] order = RowOrder.of(rows(2 * POOL), 5, 0).rows();
        assertArrayEquals(order, RowOrder.of(rows(2 * POOL), 5, 0).rows());
        assertArrayEquals(order, RowOrder.of(rows(2 * POOL + 1), 5, 0).rows());
        assertFalse(Arrays.equals(order, RowOrder.of(rows(2 * POOL), 6, 0).rows()));
        assertFalse(Arrays.equals(order, RowOrder.of(rows(2 * POOL), 5, 9).rows()));
        assertFalse(Arrays.equals(order, RowOrder.of(rows(2 * POOL + 2), 5, 0).rows()));
        assertTrue(Arrays.equals(
                RowOrder.of(Matrix.zeros(ROWS, 1), 5, 0).rows(),
                RowOrder.of(rows(100), 5, 0).rows()));
    }
}
