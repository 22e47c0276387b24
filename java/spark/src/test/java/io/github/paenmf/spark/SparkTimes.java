package io.github.paenmf.spark;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.IntervalMethod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.recommendation.ALS;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Times epochs on Spark, which {@code benchmarks/spark} starts: {@code rows features nonzeros-of-a-row rank rounds
 * partitions...}. An epoch is what a fit of {@link #MORE} epochs takes longer than one of {@link #FEW}, over the difference, so
 * that neither blocks nor a start count. All take turns. Prints a table.
 */
public final class SparkTimes {

    private static final int FEW = 2;
    private static final int MORE = 6;

    private final int rows;
    private final int features;
    private final int ofRow;
    private final int rank;

    private SparkTimes(int rows, int features, int ofRow, int rank) {
        this.rows = rows;
        this.features = features;
        this.ofRow = ofRow;
        this.rank = rank;
    }

    /**
     * What is timed.
     *
     * @param beside what its time is divided by, or null
     * @param once whether it takes part in the last round alone, as an epoch of it takes far longer than those of the others
     */
    private record Contender(String name, Contender beside, boolean once, Fit fit, List<Double> seconds) {

        double[] sorted() {
            return seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        }

        double median() {
            return sorted()[seconds.size() / 2];
        }
    }

    /** A fit of so many epochs. */
    private interface Fit {
        void run(int epochs);
    }

    /** As the class says. */
    public static void main(String[] given) throws IOException {
        int[] numbers = Arrays.stream(given).mapToInt(Integer::parseInt).toArray();
        SparkTimes times = new SparkTimes(numbers[0], numbers[1], numbers[2], numbers[3]);
        int threads = Runtime.getRuntime().availableProcessors();
        try (SparkSession session = Sessions.builder("local[" + threads + "]").getOrCreate()) {
            times.run(session, threads, numbers[4], Arrays.copyOfRange(numbers, 5, numbers.length));
        }
    }

    private void run(SparkSession session, int threads, int rounds, int[] partitions) {
        RowSource all = matrix();
        String here = "one machine, " + threads + " threads";
        Contender vb = new Contender("vb, " + here, null, false, epochs -> fitHere(all, epochs), times());
        Contender pae = new Contender("pae, " + here, null, false, epochs -> fitPaeHere(all, epochs), times());
        List<Contender> contenders = new ArrayList<>(List.of(vb, pae));
        for (int count : partitions) {
            Dataset<Row> vectors = vectors(session, rows, count).cache();
            Dataset<Row> few = vectors(session, count, count).cache();
            Dataset<Row> ratings = ratings(session, count).cache();
            String on = ", Spark, " + count + " partitions";
            contenders.add(new Contender("vb" + on, vb, false, epochs -> fit(vectors, epochs), times()));
            contenders.add(new Contender("pae" + on, pae, false, epochs -> fitPae(vectors, epochs), times()));
            contenders.add(new Contender("vb" + on + " of one row", null, false, epochs -> fit(few, epochs), times()));
            contenders.add(new Contender(
                    "ALS, nonnegative, numBlocks " + count,
                    null,
                    true,
                    epochs -> als(ratings, count, epochs),
                    times()));
        }
        for (int round = 0; round <= rounds; round++) { // the first does not count
            for (Contender contender : contenders) {
                if (contender.once && round < rounds) {
                    continue;
                }
                double few = seconds(contender.fit, FEW);
                double more = seconds(contender.fit, MORE);
                System.err.printf(
                        Locale.ROOT, "round %d of %d, %s: %.1f s, %.1f s%n", round, rounds, contender.name, few, more);
                if (round > 0) {
                    contender.seconds.add((more - few) / (MORE - FEW));
                }
            }
        }
        System.out.println("| " + rows + " × " + features + ", " + (long) rows * ofRow + " nonzeros, rank " + rank
                + ", " + rounds + " rounds | seconds of an epoch, median | least–greatest | times one machine |");
        System.out.println("|---|---|---|---|");
        for (Contender contender : contenders) {
            double[] sorted = contender.sorted();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.4f | %.4f–%.4f | %s |%n",
                    contender.name,
                    contender.median(),
                    sorted[0],
                    sorted[sorted.length - 1],
                    contender.beside == null
                            ? ""
                            : String.format(Locale.ROOT, "%.1f", contender.median() / contender.beside.median()));
        }
    }

    private static List<Double> times() {
        return new ArrayList<>();
    }

    private static double seconds(Fit fit, int epochs) {
        long start = System.nanoTime();
        fit.run(epochs);
        return (System.nanoTime() - start) * 1e-9;
    }

    private void fitHere(RowSource data, int epochs) {
        io.github.paenmf.VariationalNmf.builder()
                .rank(rank)
                .epochs(epochs)
                .intervals(IntervalMethod.MEAN_FIELD)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(data);
    }

    private void fit(Dataset<Row> vectors, int epochs) {
        new VariationalNmf().setK(rank).setMaxIter(epochs).fit(vectors);
    }

    private void fitPaeHere(RowSource data, int epochs) {
        io.github.paenmf.PaeNmf.builder()
                .rank(rank)
                .epochs(epochs)
                .backend(Backends.Choice.CPU)
                .build()
                .fit(data);
    }

    private void fitPae(Dataset<Row> vectors, int epochs) {
        new PaeNmf().setK(rank).setMaxIter(epochs).setIdCol("id").fit(vectors);
    }

    /** Other than above, what is not there counts for nothing. */
    private void als(Dataset<Row> ratings, int blocks, int epochs) {
        new ALS()
                .setRank(rank)
                .setMaxIter(epochs)
                .setNonnegative(true)
                .setNumUserBlocks(blocks)
                .setNumItemBlocks(blocks)
                .fit(ratings);
    }

    /** Columns of one row, ascending, some features more often than others. */
    private static int[] columns(int features, int ofRow, int row) {
        SplittableRandom random = new SplittableRandom(row);
        return Stream.generate(() -> (int) (features * Math.pow(random.nextDouble(), 2)))
                .distinct()
                .limit(ofRow)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
    }

    private static double value(int row, int column) {
        return 1 + Math.floorMod(31 * row + 17 * column, 5);
    }

    private SparseMatrix matrix() {
        SparseMatrix.Builder builder = SparseMatrix.builder(features);
        float[] values = new float[ofRow];
        for (int i = 0; i < rows; i++) {
            int[] columns = columns(features, ofRow, i);
            for (int l = 0; l < ofRow; l++) {
                values[l] = (float) value(i, columns[l]);
            }
            builder.addRow(columns, values, ofRow);
        }
        return builder.build();
    }

    /** Made where they are, not on the driver. */
    private Dataset<Row> vectors(SparkSession session, int count, int partitions) {
        int m = features;
        int each = ofRow;
        MapFunction<Long, Row> row = i -> {
            int[] columns = columns(m, each, i.intValue());
            double[] values = Arrays.stream(columns)
                    .mapToDouble(column -> value(i.intValue(), column))
                    .toArray();
            return RowFactory.create(i, Vectors.sparse(m, columns, values), 1.0);
        };
        return session.range(0, count, 1, partitions).map(row, Encoders.row(Sessions.SCHEMA));
    }

    private Dataset<Row> ratings(SparkSession session, int partitions) {
        StructType schema = new StructType()
                .add("user", DataTypes.IntegerType)
                .add("item", DataTypes.IntegerType)
                .add("rating", DataTypes.FloatType);
        int m = features;
        int each = ofRow;
        FlatMapFunction<Long, Row> ofRow = i -> Arrays.stream(columns(m, each, i.intValue()))
                .mapToObj(column -> RowFactory.create(i.intValue(), column, (float) value(i.intValue(), column)))
                .iterator();
        return session.range(0, rows, 1, partitions).flatMap(ofRow, Encoders.row(schema));
    }
}
