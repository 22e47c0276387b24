package io.github.paenmf.spark;

import io.github.paenmf.backend.Sums;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/**
 * Adds up the sums of partitions, range by range, each in the order of its partitions. What is added to what depends on the
 * number of partitions alone, so that the result has the same bits whichever task ends first, and after a lost executor;
 * {@code treeAggregate} adds in the order of arrival.
 */
final class TreeOfSums {

    private TreeOfSums() {}

    /**
     * Runs the job.
     *
     * @param ofPartitions at most one message of each partition
     * @param depth of the tree; 1 adds all on the driver
     */
    static Sums add(JavaRDD<byte[]> ofPartitions, int depth) {
        JavaRDD<byte[]> level = ofPartitions;
        int count = ofPartitions.getNumPartitions();
        int scale = Math.max(2, (int) Math.ceil(Math.pow(count, 1.0 / depth)));
        while (depth > 1 && count > scale + (count - 1) / scale + 1) { // as treeAggregate decides it
            count = (count - 1) / scale + 1;
            level = ranges(level, scale, count);
        }
        return inOrder(level.collect());
    }

    private static JavaRDD<byte[]> ranges(JavaRDD<byte[]> level, int scale, int count) {
        return level.mapPartitionsWithIndex(
                        (index, messages) -> messages.hasNext()
                                ? Collections.singleton(new Tuple2<>(index, messages.next()))
                                        .iterator()
                                : Collections.<Tuple2<Integer, byte[]>>emptyIterator(),
                        true)
                .mapToPair(indexed -> new Tuple2<>(indexed._1() / scale, indexed))
                .partitionBy(new HashPartitioner(count)) // of a range's number: that is itself
                .values()
                .mapPartitions(TreeOfSums::addRange);
    }

    private static Iterator<byte[]> addRange(Iterator<Tuple2<Integer, byte[]>> arrived) {
        List<Tuple2<Integer, byte[]>> range = new ArrayList<>();
        arrived.forEachRemaining(range::add);
        if (range.isEmpty()) {
            return Collections.emptyIterator();
        }
        range.sort(Comparator.comparing(Tuple2::_1));
        Sums sums = inOrder(range.stream().map(Tuple2::_2).toList());
        return Collections.singleton(Messages.write(sums::writeTo)).iterator();
    }

    private static Sums inOrder(List<byte[]> messages) {
        Sums sums = Messages.read(messages.get(0), Sums::read);
        for (byte[] message : messages.subList(1, messages.size())) {
            sums.add(Messages.read(message, Sums::read));
        }
        return sums;
    }
}
