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
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.recommendation.ALS;
import org.apache.spark.sql.Dataset;
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
    private static final int MORE = 12;

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

    /** What is timed. */
    private record Contender(String name, Fit fit, List<Double> seconds) {}

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
        List<Contender> contenders = new ArrayList<>();
        RowSource all = matrix();
        contenders.add(new Contender("one machine, " + threads + " threads", epochs -> fitHere(all, epochs), times()));
        for (int count : partitions) {
            Dataset<Row> vectors = vectors(session, rows, count).cache();
            contenders.add(new Contender("Spark, " + count + " partitions", epochs -> fit(vectors, epochs), times()));
            Dataset<Row> few = vectors(session, count, count).cache();
            contenders.add(
                    new Contender("Spark, " + count + " partitions of one row", epochs -> fit(few, epochs), times()));
            Dataset<Row> ratings = ratings(session, count).cache();
            contenders.add(new Contender(
                    "ALS, nonnegative, numBlocks " + count, epochs -> als(ratings, count, epochs), times()));
        }
        for (int round = 0; round <= rounds; round++) { // the first does not count
            for (Contender contender : contenders) {
                double few = seconds(contender.fit, FEW);
                double more = seconds(contender.fit, MORE);
                if (round > 0) {
                    contender.seconds.add((more - few) / (MORE - FEW));
                }
            }
        }
        System.out.println("| " + rows + " × " + features + ", " + (long) rows * ofRow + " nonzeros, rank " + rank
                + " | seconds of an epoch, median | least–greatest |");
        System.out.println("|---|---|---|");
        for (Contender contender : contenders) {
            double[] sorted = contender.seconds.stream()
                    .mapToDouble(Double::doubleValue)
                    .sorted()
                    .toArray();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.3f | %.3f–%.3f |%n",
                    contender.name,
                    sorted[sorted.length / 2],
                    sorted[0],
                    sorted[sorted.length - 1]);
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
    private int[] columns(int row) {
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
            int[] columns = columns(i);
            for (int l = 0; l < ofRow; l++) {
                values[l] = (float) value(i, columns[l]);
            }
            builder.addRow(columns, values, ofRow);
        }
        return builder.build();
    }

    private static JavaSparkContext context(SparkSession session) {
        return JavaSparkContext.fromSparkContext(session.sparkContext());
    }

    private Dataset<Row> vectors(SparkSession session, int count, int partitions) {
        List<Row> made = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int row = i;
            int[] columns = columns(row);
            double[] values = Arrays.stream(columns)
                    .mapToDouble(column -> value(row, column))
                    .toArray();
            made.add(RowFactory.create((long) i, Vectors.sparse(features, columns, values), 1.0));
        }
        return Sessions.dataset(session, made, partitions);
    }

    private Dataset<Row> ratings(SparkSession session, int partitions) {
        StructType schema = new StructType()
                .add("user", DataTypes.IntegerType)
                .add("item", DataTypes.IntegerType)
                .add("rating", DataTypes.FloatType);
        List<Row> made = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            for (int column : columns(i)) {
                made.add(RowFactory.create(i, column, (float) value(i, column)));
            }
        }
        return session.createDataFrame(context(session).parallelize(made, partitions), schema);
    }
}
