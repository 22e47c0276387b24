package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.github.paenmf.backend.Sums;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TreeOfSumsTest {

    /** A task finds it here, in the same process. */
    private static final Map<Integer, CountDownLatch> ENDED = new ConcurrentHashMap<>();

    @AfterEach
    void forget() {
        ENDED.clear();
    }

    /** Of a partition: floats whose sum depends on the order. */
    private static Sums sums(int partition) {
        Sums sums = new Sums(3, 2, 2, 1);
        for (int i = 0; i < 6; i++) {
            sums.q()[i] = (float) Math.exp(6 * Math.sin(7 * partition + i));
        }
        sums.ofRows()[0] = partition;
        sums.addRows(1, 0.1 * partition);
        return sums;
    }

    private static Sums add(int from, int to) {
        Sums sums = sums(from);
        IntStream.range(from + 1, to).forEach(partition -> sums.add(sums(partition)));
        return sums;
    }

    /** Where tasks run two at a time, of each pair the second ends first. */
    private static Iterator<byte[]> message(int partition, boolean swapped) {
        if (swapped && partition % 2 == 0) {
            try {
                ENDED.get(partition + 1).await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        Sums sums = sums(partition);
        if (swapped) {
            ENDED.get(partition).countDown();
        }
        return Collections.singleton(Messages.write(sums::writeTo)).iterator();
    }

    private static JavaRDD<byte[]> messages(int partitions, boolean swapped) {
        IntStream.range(0, partitions).forEach(i -> ENDED.put(i, new CountDownLatch(1)));
        List<Integer> numbers = new ArrayList<>();
        IntStream.range(0, partitions).forEach(numbers::add);
        return JavaSparkContext.fromSparkContext(Sessions.local().sparkContext())
                .parallelize(numbers, partitions)
                .mapPartitions(of -> message(of.next(), swapped));
    }

    /** 8 partitions in ranges of 3, at depth 2. */
    @ParameterizedTest
    @CsvSource({"1, false", "1, true", "2, false", "2, true"})
    void whichTaskEndsFirstChangesNoBit(int depth, boolean swapped) {
        Sums expected = add(0, depth == 1 ? 8 : 3);
        if (depth == 2) {
            expected.add(add(3, 6));
            expected.add(add(6, 8));
        }

        Sums actual = TreeOfSums.add(messages(8, swapped), depth);

        assertArrayEquals(expected.q(), actual.q());
        assertEquals(expected.squaredNorm(), actual.squaredNorm());
        assertEquals(8, actual.rows());
        assertEquals(28, actual.ofRows()[0]);
    }

    /** Or the test above would show nothing. */
    @Test
    void theOrderChangesBits() {
        Sums backwards = sums(7);
        IntStream.range(0, 7).forEach(i -> backwards.add(sums(6 - i)));
        assertFalse(Arrays.equals(add(0, 8).q(), backwards.q()));
    }
}
