package io.github.paenmf.spark;

import io.github.paenmf.SampleIds;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.io.ReadOptions;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.train.PartTotals;
import io.github.paenmf.train.PartedRows;
import io.github.paenmf.train.RowPart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;

/**
 * The rows of a dataset, as blocks that stay where they are until this is closed. Rows of a partition are in an order of
 * their own, by id or content: a shuffle before may bring them in another one when a lost partition is made again.
 */
final class SparkRows implements PartedRows, AutoCloseable {

    private static final Logger LOG = System.getLogger(SparkRows.class.getName());

    private static final double BYTES_OF_MB = 1 << 20;
    private static final double USUAL_BLOCK = 16;
    /** As many rows as a fit starts from, or fewer of so many bytes. */
    private static final int START_ROWS = 10_000;

    private static final double START_BYTES = 64 * BYTES_OF_MB;

    private final JavaSparkContext context;
    private final JavaRDD<BlocksOfRows.Item> blocks;
    private final int depth;
    private final TotalsOfPartition.All all;
    private final PartReader reader;
    /** Null where executors compute on processors alone. */
    private final Broadcast<DeviceSessions> devices;

    private SparkRows(
            JavaSparkContext context,
            JavaRDD<BlocksOfRows.Item> blocks,
            int depth,
            TotalsOfPartition.All all,
            PartReader reader,
            Broadcast<DeviceSessions> devices) {
        this.context = context;
        this.blocks = blocks;
        this.depth = depth;
        this.all = all;
        this.reader = reader;
        this.devices = devices;
    }

    /**
     * Makes the blocks, which is one job.
     *
     * @throws DataException that names the row if one cannot be used, or if there are none
     */
    static SparkRows of(Dataset<?> dataset, NmfEstimator<?, ?, ?> params) {
        Likelihood likelihood = params.likelihoodOfRows();
        JavaSparkContext context =
                JavaSparkContext.fromSparkContext(dataset.sparkSession().sparkContext());
        double megabytes = params.getMaxBlockSizeInMB();
        long mostBytes = (long) (BYTES_OF_MB * (megabytes == 0 ? USUAL_BLOCK : megabytes));
        JavaRDD<BlocksOfRows.Item> blocks = ordered(dataset, params)
                .toJavaRDD()
                .mapPartitions(new BlocksOfRows(params.getFeaturesCol(), params.takesNonNegative(), mostBytes))
                .persist(StorageLevel.MEMORY_AND_DISK());
        if (params.getCheckpointInterval() > 0) {
            if (context.getCheckpointDir().isPresent()) {
                blocks.checkpoint();
            } else {
                LOG.log(
                        Level.WARNING,
                        "checkpointInterval has no effect: no checkpoint directory is set; SparkContext.setCheckpointDir"
                                + " sets one");
            }
        }
        try {
            List<byte[]> messages =
                    blocks.mapPartitions(new TotalsOfPartition(likelihood)).collect();
            return new SparkRows(
                    context,
                    blocks,
                    params.getAggregationDepth(),
                    TotalsOfPartition.add(messages),
                    params.partReader(),
                    params.runsOnDevices() ? context.broadcast(new DeviceSessions()) : null);
        } catch (RuntimeException e) {
            release(context, blocks);
            throw e;
        }
    }

    /** (features, weight, id, key) of all rows, in order within partitions. */
    private static Dataset<Row> ordered(Dataset<?> dataset, NmfEstimator<?, ?, ?> params) {
        UDF1<Vector, Long> hash = RowHash::of;
        Column features = functions.col(params.getFeaturesCol());
        Column weight = params.isSet(params.weightCol())
                ? functions.col(params.getWeightCol()).cast(DataTypes.DoubleType)
                : functions.lit(1.0);
        Column id = params.isSet(params.idCol())
                ? functions.col(params.getIdCol()).cast(DataTypes.StringType)
                : functions.lit(null).cast(DataTypes.StringType);
        Column hashes = functions.udf(hash, DataTypes.LongType).apply(features);
        boolean byId = params.drawsNoise() && params.isSet(params.idCol());
        return dataset.select(
                        features.as("features"),
                        weight.as("weight"),
                        id.as("id"),
                        (byId ? functions.coalesce(ids(dataset, params.getIdCol()), hashes) : hashes).as("key"),
                        hashes.as("hash"))
                .sortWithinPartitions("id", "hash", "weight");
    }

    /** Whole numbers as they are, anything else by the hash of its name, as the library has names. */
    private static Column ids(Dataset<?> dataset, String name) {
        Column id = functions.col(name);
        DataType type = dataset.schema().apply(name).dataType();
        if (type.equals(DataTypes.LongType)
                || type.equals(DataTypes.IntegerType)
                || type.equals(DataTypes.ShortType)
                || type.equals(DataTypes.ByteType)) {
            return id.cast(DataTypes.LongType);
        }
        UDF1<String, Long> hash = value -> value == null ? null : SampleIds.ofName(value);
        return functions.udf(hash, DataTypes.LongType).apply(id.cast(DataTypes.StringType));
    }

    @Override
    public PartTotals totals() {
        return all.totals();
    }

    @Override
    public List<String> columnNames() {
        return List.of();
    }

    /** Those with the least hashes: the same ones however the rows are parted. */
    @Override
    public RowSource start() {
        double bytesOfRow = Math.max(1, all.bytes() / (double) totals().rows());
        int wanted = (int) Math.max(1, Math.min(START_ROWS, START_BYTES / bytesOfRow));
        List<RowsToStart.Chosen> chosen = RowsToStart.of(blocks, wanted, totals().rows());
        int features = totals().features();
        if (chosen.isEmpty()) {
            return Matrix.zeros(1, features);
        }
        SparseMatrix.Builder rows = SparseMatrix.builder(features);
        chosen.stream()
                .sorted(Comparator.comparingLong(RowsToStart.Chosen::hash))
                .forEach(row -> rows.addRow(row.columns(), row.values(), row.columns().length));
        SparseMatrix start = rows.build();
        return start.density() > ReadOptions.MAX_SPARSE_DENSITY ? Matrix.of(start) : start;
    }

    @Override
    public Sums sums(RowPart part, RowParameters current, int step) {
        Broadcast<byte[]> broadcast = context.broadcast(Messages.write(current::writeTo));
        try {
            return TreeOfSums.add(
                    blocks.mapPartitions(new SumsOfPartition(reader, part, broadcast, step, devices)), depth);
        } finally {
            broadcast.destroy();
        }
    }

    @Override
    public void close() {
        if (devices != null) {
            devices.destroy();
        }
        release(context, blocks);
    }

    private static void release(JavaSparkContext context, JavaRDD<BlocksOfRows.Item> blocks) {
        blocks.unpersist(false);
        if (blocks.getCheckpointFile().isPresent()) {
            Path file = new Path(blocks.getCheckpointFile().get());
            try {
                file.getFileSystem(context.hadoopConfiguration()).delete(file, true);
            } catch (IOException e) {
                throw new UncheckedIOException("the checkpoint of the rows cannot be removed: " + file, e);
            }
        }
    }
}
