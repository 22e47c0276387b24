package io.github.paenmf.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.testing.PartsHere;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Partitions of a dataset as parts on one machine. */
final class Parts {

    private Parts() {}

    static void assertSameBits(VariationalModel expected, VariationalModel actual) {
        assertArrayEquals(expected.history().reconstruction(), actual.history().reconstruction());
        assertArrayEquals(expected.history().kl(), actual.history().kl());
        assertArrayEquals(expected.basis().toRows(), actual.basis().toRows());
        assertArrayEquals(
                expected.basisInclusion().toRows(), actual.basisInclusion().toRows());
    }

    /** The rows of each partition by their hashes, which are all there is to start from as well. */
    static PartsHere of(Dataset<Row> dataset) {
        List<RowSource> parts = new ArrayList<>();
        List<Weights> weights = new ArrayList<>();
        List<Row> all = new ArrayList<>();
        for (List<Row> partition : dataset.javaRDD().glom().collect()) {
            RowBlock block = byHash(partition);
            parts.add(block.data());
            weights.add(block.weights());
            all.addAll(partition);
        }
        return new PartsHere(parts, weights, Likelihood.GAUSSIAN, byHash(all).data());
    }

    private static RowBlock byHash(List<Row> rows) {
        RowBlock.Builder builder = new RowBlock.Builder("features", false, Long.MAX_VALUE, Integer.MAX_VALUE);
        rows.stream()
                .sorted(Comparator.comparingLong(row -> RowHash.of((Vector) row.get(1))))
                .forEach(row -> builder.add((Vector) row.get(1), row.getDouble(2), ""));
        return builder.build();
    }
}
