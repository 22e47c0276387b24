package io.github.paenmf.train.steps;

import io.github.paenmf.data.Paging;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;

/**
 * The order of rows in an epoch of mini-batches: all rows shuffled. Of rows that are not all in memory, the runs that are
 * read together are shuffled, and then the rows of each pool, of as many runs as are held at once: so an epoch reads each
 * run once. It depends on the seed, the step and the size of a pool alone.
 */
final class RowOrder {

    private final RowSource data;
    private final int[] rows;
    /** Where each pool begins in the order, and at last n. */
    private final int[] pools;
    /** Of each pool, the first rows of its runs, ascending; null where all rows are in memory. */
    private final int[][] runs;
    /** The last pool that reading has come to. */
    private int reached = -1;

    private RowOrder(RowSource data, int[] rows, int[] pools, int[][] runs) {
        this.data = data;
        this.rows = rows;
        this.pools = pools;
        this.runs = runs;
    }

    /**
     * The order of an epoch.
     *
     * @param step the first of the epoch
     */
    static RowOrder of(RowSource data, long seed, int step) {
        int n = data.rows();
        Paging paging = data.paging();
        int[] rows = new int[n];
        if (paging == null) {
            Arrays.setAll(rows, i -> i);
            shuffle(rows, 0, n, seed, step, 0);
            return new RowOrder(data, rows, new int[] {0, n}, null);
        }
        int[] all = new int[(n - 1) / paging.runRows() + 1];
        Arrays.setAll(all, i -> i);
        shuffle(all, 0, all.length, seed, step, 1);
        int runsOfPool = paging.poolRows() / paging.runRows();
        int count = (all.length - 1) / runsOfPool + 1;
        int[] pools = new int[count + 1];
        int[][] runs = new int[count][];
        for (int pool = 0; pool < count; pool++) {
            int first = pool * runsOfPool;
            runs[pool] = Arrays.stream(all, first, Math.min(all.length, first + runsOfPool))
                    .sorted()
                    .map(run -> run * paging.runRows())
                    .toArray();
            int at = pools[pool];
            for (int from : runs[pool]) {
                for (int row = from; row < Math.min(n, from + paging.runRows()); row++) {
                    rows[at++] = row;
                }
            }
            shuffle(rows, pools[pool], at, seed, step, 0);
            pools[pool + 1] = at;
        }
        return new RowOrder(data, rows, pools, runs);
    }

    /** Sorts indices by random keys: one number each, whatever the batch size. */
    private static void shuffle(int[] indices, int from, int to, long seed, int step, int block) {
        int[] words = new int[Philox.WORDS];
        long[] keyed = new long[to - from];
        for (int i = 0; i < keyed.length; i++) {
            int index = indices[from + i];
            Philox.words(seed, index, block, step, Purpose.SHUFFLING, words);
            keyed[i] = (long) words[0] << 32 | index;
        }
        Arrays.sort(keyed);
        for (int i = 0; i < keyed.length; i++) {
            indices[from + i] = (int) keyed[i];
        }
    }

    /** The index of each row; not written to afterwards. */
    int[] rows() {
        return rows;
    }

    /** Says that reading has come to a place in the order: its pool is needed, and then the next. */
    void reach(int from) {
        if (runs == null) {
            return;
        }
        int pool = Math.max(0, reached);
        while (pools[pool + 1] <= from) {
            pool++;
        }
        if (pool > reached) {
            reached = pool;
            int[] now = runs[pool];
            int[] next = pool + 1 < runs.length ? runs[pool + 1] : new int[0];
            int[] both = Arrays.copyOf(now, now.length + next.length);
            System.arraycopy(next, 0, both, now.length, next.length);
            data.expect(both);
        }
    }
}
