package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.SampleIds;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.DeviceException;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.train.PaePart;
import io.github.paenmf.train.VbPart;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vectors;
import org.junit.jupiter.api.Test;

/** Of solvers on the CPU, which are opened and closed as those of devices. */
class DeviceSessionsTest {

    private static final int RANK = 3;
    private static final Matrix DATA = TestData.planted(101, 13, RANK, 0.1, 7).data();
    private static final RowBlock.Joined ROWS = new RowBlock.Joined(DATA, SampleIds.range(1L << 40, DATA.rows()));
    private static final Execution EXECUTION =
            Execution.auto().withBackend(Backends.Choice.CPU).withThreads(1);
    private static final VbPart PART = new VbPart(
            io.github.paenmf.VariationalNmf.builder().rank(RANK).build().configuration(), 1, 101);

    private static RowParameters parameters(float value) {
        float[] w = new float[DATA.columns() * RANK];
        Arrays.fill(w, value);
        double[] others = new double[3 * RANK + 2];
        Arrays.fill(others, 0.5);
        return new RowParameters(w, others);
    }

    /** Counts how often it was asked. */
    private static final class Asked implements Supplier<RowBlock.Joined> {

        final AtomicInteger times = new AtomicInteger();

        @Override
        public RowBlock.Joined get() {
            times.incrementAndGet();
            return ROWS;
        }
    }

    @Test
    void rowsAreAskedForOnceUntilItIsClosed() {
        DeviceSessions sessions = new DeviceSessions();
        Asked rows = new Asked();
        for (float value : new float[] {0.1f, 0.2f}) {
            Sums expected = PART.sums(DATA, Weights.NONE, null, parameters(value), 0, EXECUTION);
            Sums actual = sessions.sums(5, rows, PART, parameters(value), 0, EXECUTION);
            assertArrayEquals(expected.q(), actual.q());
        }
        assertEquals(1, rows.times.get());
        sessions.sums(6, rows, PART, parameters(1), 0, EXECUTION);
        assertEquals(2, rows.times.get());
        assertEquals(2, sessions.waiting());

        sessions.close();
        assertEquals(0, sessions.waiting());
        sessions.sums(5, rows, PART, parameters(1), 0, EXECUTION);
        assertEquals(3, rows.times.get());
        sessions.close();
    }

    @Test
    void noiseGoesByTheKeysOfRows() {
        PaePart part =
                new PaePart(io.github.paenmf.PaeNmf.builder().rank(RANK).build().configuration(), 1, 1);
        float[] w = new float[DATA.columns() * 3 * RANK];
        double[] others = new double[2 * RANK + 1];
        Arrays.fill(others, 1);
        RowParameters parameters = new RowParameters(w, others);
        DeviceSessions sessions = new DeviceSessions();
        Sums expected = part.sums(DATA, Weights.NONE, ROWS.keys(), parameters, 2, EXECUTION);
        Sums actual = sessions.sums(5, () -> ROWS, part, parameters, 2, EXECUTION);
        assertArrayEquals(expected.k(), actual.k());
        sessions.close();
    }

    /** As where a task of the same partition, tried twice at once, comes back second. */
    @Test
    void whatIsInUseIsNeitherClosedNorGivenToAnother() {
        DeviceSessions sessions = new DeviceSessions();
        Asked rows = new Asked();
        Supplier<RowBlock.Joined> meanwhile = () -> {
            sessions.sums(5, rows, PART, parameters(1), 0, EXECUTION);
            return rows.get();
        };
        sessions.sums(5, meanwhile, PART, parameters(1), 0, EXECUTION);
        assertEquals(2, rows.times.get());
        assertEquals(1, sessions.waiting());
        sessions.close();
    }

    @Test
    void whatFailedIsNotKept() {
        DeviceSessions sessions = new DeviceSessions();
        RowParameters bad = new RowParameters(new float[0], new double[0]);
        assertThrows(IndexOutOfBoundsException.class, () -> sessions.sums(5, () -> ROWS, PART, bad, 0, EXECUTION));
        assertEquals(0, sessions.waiting());
    }

    private static final class Lost extends DeviceException {

        private static final long serialVersionUID = 1;

        Lost() {
            super("lost", null);
        }

        @Override
        public boolean isFatal() {
            return true;
        }
    }

    /** This process would end here, were it an executor. */
    @Test
    void aDriverOutlivesALostDevice() {
        Sessions.local();
        DeviceSessions sessions = new DeviceSessions();
        Supplier<RowBlock.Joined> failing = () -> {
            throw new Lost();
        };
        assertThrows(Lost.class, () -> sessions.sums(5, failing, PART, parameters(1), 0, EXECUTION));
    }

    private static final CountDownLatch CLOSED = new CountDownLatch(1);

    private static final class Closing implements Serializable, AutoCloseable {

        private static final long serialVersionUID = 1;

        @Override
        public void close() {
            CLOSED.countDown();
        }
    }

    /** What closes solvers on all executors when a fit ends. */
    @Test
    void sparkClosesABroadcastThatIsDestroyed() throws InterruptedException {
        JavaSparkContext context =
                JavaSparkContext.fromSparkContext(Sessions.local().sparkContext());
        context.broadcast(new Closing()).destroy();
        assertTrue(CLOSED.await(60, TimeUnit.SECONDS));
    }

    @Test
    void blocksAreJoinedInTheirOrder() {
        RowBlock.Builder builder = new RowBlock.Builder("features", false, Long.MAX_VALUE, 50);
        List<BlocksOfRows.Item> items = IntStream.range(0, 3)
                .mapToObj(block -> {
                    for (int i = 50 * block; i < Math.min(101, 50 * block + 50); i++) {
                        double[] values = new double[DATA.columns()];
                        for (int f = 0; f < values.length; f++) {
                            values[f] = DATA.get(i, f);
                        }
                        builder.add(Vectors.dense(values), 1, ROWS.keys()[i], "");
                    }
                    return new BlocksOfRows.Item(builder.build(), null);
                })
                .toList();
        RowBlock.Joined all = RowBlock.join(items.iterator());
        assertArrayEquals(DATA.toRows(), ((Matrix) all.rows()).toRows());
        assertArrayEquals(ROWS.keys(), all.keys());

        RowBlock.Builder wide = new RowBlock.Builder("features", false, Long.MAX_VALUE, 50);
        for (int block = 0; block < 2; block++) {
            wide.add(Vectors.sparse(20, new int[] {block}, new double[] {1 + block}), 1, 0, "");
        }
        BlocksOfRows.Item sparse = new BlocksOfRows.Item(wide.build(), null);
        SparseMatrix joined =
                (SparseMatrix) RowBlock.join(List.of(sparse, sparse).iterator()).rows();
        assertEquals(4, joined.nonzeros());
        float[] row = new float[20];
        joined.copyRow(3, row, 0);
        assertEquals(2, row[1]);
    }
}
