package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.testing.PartsHere;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Partitions of a dataset as parts on one machine. */
final class Parts {

    private Parts() {}

    static void assertSameBits(ProbabilisticModel expected, ProbabilisticModel actual) {
        assertArrayEquals(expected.history().reconstruction(), actual.history().reconstruction());
        assertArrayEquals(expected.history().kl(), actual.history().kl());
        assertArrayEquals(expected.basis().toRows(), actual.basis().toRows());
        if (expected instanceof VariationalModel one && actual instanceof VariationalModel other) {
            assertArrayEquals(
                    one.basisInclusion().toRows(), other.basisInclusion().toRows());
        }
    }

    private static long hash(Row row) {
        return RowHash.of((Vector) row.get(1));
    }

    /** The rows of each partition by their hashes, which are all there is to start from, and to draw noise by, as well. */
    static PartsHere of(Dataset<Row> dataset) {
        return of(dataset, Comparator.comparingLong(Parts::hash), Parts::hash);
    }

    /** The rows of each partition by the names of their ids, with other ones for noise. */
    static PartsHere byId(Dataset<Row> dataset, ToLongFunction<Row> noiseId) {
        return of(dataset, Comparator.comparing(row -> row.get(0).toString()), noiseId);
    }

    private static PartsHere of(Dataset<Row> dataset, Comparator<Row> order, ToLongFunction<Row> key) {
        List<RowSource> parts = new ArrayList<>();
        List<Weights> weights = new ArrayList<>();
        List<long[]> ids = new ArrayList<>();
        List<Row> all = new ArrayList<>();
        for (List<Row> partition : dataset.javaRDD().glom().collect()) {
            RowBlock block = block(partition, order, key);
            parts.add(block.data());
            weights.add(block.weights());
            ids.add(block.keys());
            all.addAll(partition);
        }
        RowSource start = block(all, Comparator.comparingLong(Parts::hash), key).data();
        return new PartsHere(parts, weights, ids, Likelihood.GAUSSIAN, start);
    }

    private static RowBlock block(List<Row> rows, Comparator<Row> order, ToLongFunction<Row> key) {
        RowBlock.Builder builder = new RowBlock.Builder("features", false, Long.MAX_VALUE, Integer.MAX_VALUE);
        rows.stream()
                .sorted(order)
                .forEach(row -> builder.add((Vector) row.get(1), row.getDouble(2), key.applyAsLong(row), ""));
        return builder.build();
    }
}
