package io.github.paenmf.spark;

import io.github.paenmf.VariationalModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.linalg.DenseMatrix;
import org.apache.spark.ml.linalg.Matrix;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * A fitted {@link VariationalNmf}. {@code transform} adds the coefficients of each row, the medians of their posteriors, and
 * with {@code intervalCol} credible intervals of them: a row has one answer, whichever rows are beside it. {@code save} writes
 * parameters as Spark ML does, and beside them {@code model.npz}, which {@link VariationalModel#load} and the command line
 * read.
 */
public final class VariationalNmfModel extends Model<VariationalNmfModel>
        implements VariationalNmfParams, DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private static final String FILE = "model.npz";

    private final String uid;
    private final ParamSet params;
    /** Null in one that is being read. */
    private final StoredFit fit;

    /** Of parameters alone, for readers of Spark ML; {@link #load} reads a whole model. */
    public VariationalNmfModel(String uid) {
        this(uid, null);
    }

    VariationalNmfModel(String uid, StoredFit fit) {
        this.uid = uid;
        this.fit = fit;
        this.params = new ParamSet(this);
        params.setDefaults(this);
    }

    /** Reads models that were saved. */
    public static MLReader<VariationalNmfModel> read() {
        return new Reader();
    }

    /** Reads a model that was saved. */
    public static VariationalNmfModel load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public ParamSet paramSet() {
        return params;
    }

    /** The model itself, for all that it can do beside: intervals of the basis, scores, reports. */
    public VariationalModel fitted() {
        return fit.model();
    }

    /** m. */
    public int numFeatures() {
        return fitted().features();
    }

    /** The parts, m × k, in units of the data. */
    public Matrix basis() {
        io.github.paenmf.data.Matrix basis = fitted().basis();
        double[] values = new double[Math.multiplyExact(basis.rows(), basis.columns())];
        for (int f = 0; f < basis.rows(); f++) {
            for (int j = 0; j < basis.columns(); j++) {
                values[j * basis.rows() + f] = basis.get(f, j);
            }
        }
        return new DenseMatrix(basis.rows(), basis.columns(), values);
    }

    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = transformSchema(dataset.schema());
        Dataset<Row> rows = dataset.toDF();
        Broadcast<StoredFit> everywhere = JavaSparkContext.fromSparkContext(
                        dataset.sparkSession().sparkContext())
                .broadcast(fit);
        return rows.mapPartitions(new TransformOfRows(everywhere, this, dataset.schema()), Encoders.row(schema));
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return Columns.ofTransform(this, schema);
    }

    @Override
    public VariationalNmfModel copy(ParamMap extra) {
        return copyValues(new VariationalNmfModel(uid, fit), extra).setParent(parent());
    }

    /** Sets the name of the column of vectors. */
    public VariationalNmfModel setFeaturesCol(String value) {
        set(featuresCol(), value);
        return this;
    }

    /** Sets the name of the column of coefficients. */
    public VariationalNmfModel setOutputCol(String value) {
        set(outputCol(), value);
        return this;
    }

    /** Sets the name of the column of intervals. */
    public VariationalNmfModel setIntervalCol(String value) {
        set(intervalCol(), value);
        return this;
    }

    /** Sets the probability of the intervals, in (0, 1). */
    public VariationalNmfModel setIntervalLevel(double value) {
        set(intervalLevel(), value);
        return this;
    }

    /** Sets the name of the column that messages name rows by. */
    public VariationalNmfModel setIdCol(String value) {
        set(idCol(), value);
        return this;
    }

    @Override
    public MLWriter write() {
        return new Writer(DefaultParamsWritable.super.write(), fit.bytes());
    }

    private static final class Writer extends MLWriter {

        private final MLWriter ofParams;
        private final byte[] bytes;

        Writer(MLWriter ofParams, byte[] bytes) {
            this.ofParams = ofParams;
            this.bytes = bytes;
        }

        @Override
        public void saveImpl(String path) {
            Path file = new Path(path, FILE);
            try {
                ofParams.session(sparkSession()).save(path);
                try (OutputStream out = file.getFileSystem(new JavaSparkContext(sc()).hadoopConfiguration())
                        .create(file, false)) {
                    out.write(bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("the model cannot be written to " + path, e);
            }
        }
    }

    private static final class Reader extends MLReader<VariationalNmfModel> {

        @Override
        public VariationalNmfModel load(String path) {
            VariationalNmfModel params = new DefaultParamsReadable<VariationalNmfModel>() {}.read()
                    .session(sparkSession())
                    .load(path);
            Path file = new Path(path, FILE);
            try (InputStream in = file.getFileSystem(new JavaSparkContext(sc()).hadoopConfiguration())
                    .open(file)) {
                VariationalNmfModel model = new VariationalNmfModel(params.uid(), StoredFit.of(in.readAllBytes()));
                return params.copyValues(model, ParamMap.empty());
            } catch (IOException e) {
                throw new UncheckedIOException("the model cannot be read from " + file, e);
            }
        }
    }
}
