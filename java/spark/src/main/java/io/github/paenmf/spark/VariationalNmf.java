package io.github.paenmf.spark;

import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.SettingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructType;

/**
 * Variational NMF of the rows of a dataset, an estimator of Spark ML: V ≈ H·basisᵀ where each coefficient of both factors has
 * a posterior. The model is that of {@link io.github.paenmf.VariationalNmf}.
 *
 * <pre>{@code
 * VariationalNmfModel model = new VariationalNmf().setK(20).setOutputCol("coefficients").fit(dataset);
 * Dataset<Row> coefficients = model.transform(dataset);
 * }</pre>
 *
 * <p>The dataset has a column of vectors, all of the same size; sparse ones stay sparse. Values are finite, and those of counts
 * ({@code poisson}) at least 0. A pass is one job: each partition's sums over its rows, and then an update of the basis on
 * the driver. Executors keep nothing from pass to pass but the rows, so that a lost one changes no bit of the result; the same
 * rows in the same partitions give the same bits.
 */
public final class VariationalNmf extends Estimator<VariationalNmfModel>
        implements VariationalNmfParams, DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private final String uid;
    private final ParamSet params;

    /** With a random uid. */
    public VariationalNmf() {
        this(Identifiable$.MODULE$.randomUID("vnmf"));
    }

    /** With a uid of the caller's. */
    public VariationalNmf(String uid) {
        this.uid = uid;
        this.params = new ParamSet(this);
        params.setDefaults(this);
    }

    /** Reads estimators that were saved. */
    public static MLReader<VariationalNmf> read() {
        return new DefaultParamsReadable<VariationalNmf>() {}.read();
    }

    /** Reads an estimator that was saved. */
    public static VariationalNmf load(String path) {
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

    /**
     * Fits a model.
     *
     * @throws IllegalArgumentException if a column is missing or of another type
     * @throws SettingException if a parameter has no effect beside the others
     * @throws DataException that names the row if one cannot be used, or if all values are 0
     */
    @Override
    public VariationalNmfModel fit(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        Likelihood likelihood = Likelihood.valueOf(getLikelihood().toUpperCase(Locale.ROOT));
        io.github.paenmf.VariationalNmf estimator = io.github.paenmf.VariationalNmf.builder()
                .rank(getK())
                .epochs(getMaxIter())
                .tolerance(getTol())
                .seed(getSeed())
                .likelihood(likelihood)
                .build();
        try (SparkRows rows = SparkRows.of(dataset, this, likelihood)) {
            VariationalModel fitted = estimator.fit(rows);
            VariationalNmfModel model = new VariationalNmfModel(uid, StoredFit.of(fitted));
            return copyValues(model, ParamMap.empty()).setParent(this);
        } catch (IOException e) {
            throw new UncheckedIOException("the model cannot be written to a temporary file", e);
        }
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return Columns.ofFit(this, schema);
    }

    @Override
    public VariationalNmf copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    /** Sets the number of components, above 0. */
    public VariationalNmf setK(int value) {
        set(k(), value);
        return this;
    }

    /** Sets the most passes over the data, at least 1. */
    public VariationalNmf setMaxIter(int value) {
        set(maxIter(), value);
        return this;
    }

    /** Sets the least rise of the ELBO in 20 passes, in nats per entry, in [0, 1); 0 makes all passes. */
    public VariationalNmf setTol(double value) {
        set(tol(), value);
        return this;
    }

    /** Sets the random seed. */
    public VariationalNmf setSeed(long value) {
        set(seed(), value);
        return this;
    }

    /** Sets how data vary around the fit: {@code gaussian} or {@code poisson}. */
    public VariationalNmf setLikelihood(String value) {
        set(likelihood(), value);
        return this;
    }

    /** Sets the name of the column of vectors. */
    public VariationalNmf setFeaturesCol(String value) {
        set(featuresCol(), value);
        return this;
    }

    /** Sets the name of the column of coefficients that the model adds. */
    public VariationalNmf setOutputCol(String value) {
        set(outputCol(), value);
        return this;
    }

    /** Sets the name of the column of intervals that the model adds. */
    public VariationalNmf setIntervalCol(String value) {
        set(intervalCol(), value);
        return this;
    }

    /** Sets the probability of the intervals, in (0, 1). */
    public VariationalNmf setIntervalLevel(double value) {
        set(intervalLevel(), value);
        return this;
    }

    /** Sets the name of the column that says how often a row counts; not with counts. */
    public VariationalNmf setWeightCol(String value) {
        set(weightCol(), value);
        return this;
    }

    /** Sets the name of the column that tells rows apart. */
    public VariationalNmf setIdCol(String value) {
        set(idCol(), value);
        return this;
    }

    /** Sets the depth of the tree of sums, at least 1. */
    public VariationalNmf setAggregationDepth(int value) {
        set(aggregationDepth(), value);
        return this;
    }

    /** Sets the most memory of a block of rows in MB, in [0, 1024). */
    public VariationalNmf setMaxBlockSizeInMB(double value) {
        set(maxBlockSizeInMB(), value);
        return this;
    }

    /** Sets whether blocks of rows are written to the checkpoint directory: at least 1 if they are, −1 if not. */
    public VariationalNmf setCheckpointInterval(int value) {
        set(checkpointInterval(), value);
        return this;
    }
}
