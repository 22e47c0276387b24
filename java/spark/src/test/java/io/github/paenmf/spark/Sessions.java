package io.github.paenmf.spark;

import io.github.paenmf.data.Matrix;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Sessions of tests, and data in them. */
final class Sessions {

    static final StructType SCHEMA = new StructType()
            .add("id", DataTypes.LongType)
            .add("features", SQLDataTypes.VectorType())
            .add("weight", DataTypes.DoubleType);

    private Sessions() {}

    /** The session of all tests in this process: two threads. */
    static SparkSession local() {
        return builder("local[2]").getOrCreate();
    }

    /** Without what serves large queries: compiling them takes longer than running them here. */
    static SparkSession.Builder builder(String master) {
        return SparkSession.builder()
                .master(master)
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.adaptive.enabled", "false")
                .config("spark.sql.codegen.wholeStage", "false")
                .config("spark.sql.codegen.factoryMode", "NO_CODEGEN");
    }

    /** Rows (id, features, weight 1), in their order over so many partitions. */
    static Dataset<Row> dataset(SparkSession session, Matrix data, int partitions, boolean sparse) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < data.rows(); i++) {
            double[] values = new double[data.columns()];
            for (int f = 0; f < values.length; f++) {
                values[f] = data.get(i, f);
            }
            Vector vector = Vectors.dense(values);
            rows.add(RowFactory.create((long) i, sparse ? vector.toSparse() : vector, 1.0));
        }
        return dataset(session, rows, partitions);
    }

    static Dataset<Row> dataset(SparkSession session, List<Row> rows, int partitions) {
        return session.createDataFrame(
                org.apache.spark.api.java.JavaSparkContext.fromSparkContext(session.sparkContext())
                        .parallelize(rows, partitions),
                SCHEMA);
    }
}
