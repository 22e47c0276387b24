package io.github.paenmf.spark;

import io.github.paenmf.ProbabilisticModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.linalg.DenseMatrix;
import org.apache.spark.ml.linalg.Matrix;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * What the models of all estimators have in common. {@code transform} adds the coefficients of each row, the medians of their
 * distributions, and with {@code intervalCol} intervals of them: a row has one answer, whichever rows are beside it. {@code save}
 * writes parameters as Spark ML does, and beside them {@code model.npz}, which the library and the command line read.
 *
 * @param <M> the model itself, which every setter returns
 * @param <F> the library's model in it
 */
public abstract class NmfEstimatorModel<M extends NmfEstimatorModel<M, F>, F extends ProbabilisticModel>
        extends Model<M> implements NmfParams, DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private static final String FILE = "model.npz";

    private final String uid;
    private final ParamSet params;
    /** Null in one that is being read. */
    private final StoredFit<F> fit;

    /**
     * @param params made of this, whose uid is there by then
     */
    NmfEstimatorModel(String uid, Function<Params, ParamSet> params, int passes, StoredFit<F> fit) {
        this.uid = uid;
        this.fit = fit;
        this.params = params.apply(this);
        this.params.setDefaults(this, passes);
    }

    /** One of another fit, without parameters. */
    abstract M of(String newUid, StoredFit<F> newFit);

    @Override
    public String uid() {
        return uid;
    }

    @Override
    public ParamSet paramSet() {
        return params;
    }

    /** The model itself, for all that it can do beside: scores, samples, reports. */
    public F fitted() {
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
        Broadcast<StoredFit<F>> everywhere = JavaSparkContext.fromSparkContext(
                        dataset.sparkSession().sparkContext())
                .broadcast(fit);
        return rows.mapPartitions(new TransformOfRows<>(everywhere, this, dataset.schema()), Encoders.row(schema));
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return Columns.ofTransform(this, schema);
    }

    @Override
    public M copy(ParamMap extra) {
        return copyValues(of(uid, fit), extra).setParent(parent());
    }

    @SuppressWarnings("unchecked") // each model names itself
    final M self() {
        return (M) this;
    }

    /** Sets the name of the column of vectors. */
    public M setFeaturesCol(String value) {
        set(featuresCol(), value);
        return self();
    }

    /** Sets the name of the column of coefficients. */
    public M setOutputCol(String value) {
        set(outputCol(), value);
        return self();
    }

    /** Sets the name of the column of intervals. */
    public M setIntervalCol(String value) {
        set(intervalCol(), value);
        return self();
    }

    /** Sets the probability of the intervals, in (0, 1). */
    public M setIntervalLevel(double value) {
        set(intervalLevel(), value);
        return self();
    }

    /** Sets the name of the column that messages name rows by. */
    public M setIdCol(String value) {
        set(idCol(), value);
        return self();
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

    /**
     * Reads models that were saved.
     *
     * @param <M> the model
     * @param <F> the library's model in it
     */
    static final class Reader<M extends NmfEstimatorModel<M, F>, F extends ProbabilisticModel> extends MLReader<M> {

        private final MLReader<M> ofParams;
        private final Class<F> kind;

        Reader(MLReader<M> ofParams, Class<F> kind) {
            this.ofParams = ofParams;
            this.kind = kind;
        }

        @Override
        public M load(String path) {
            M params = ofParams.session(sparkSession()).load(path);
            Path file = new Path(path, FILE);
            try (InputStream in = file.getFileSystem(new JavaSparkContext(sc()).hadoopConfiguration())
                    .open(file)) {
                M model = params.of(params.uid(), StoredFit.of(kind, in.readAllBytes()));
                return params.copyValues(model, ParamMap.empty());
            } catch (IOException e) {
                throw new UncheckedIOException("the model cannot be read from " + file, e);
            }
        }
    }
}
