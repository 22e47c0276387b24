package io.github.paenmf.spark;

import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.train.PartedRows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.Function;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructType;

/**
 * What the estimators have in common: the dataset has a column of vectors, all of the same size; sparse ones stay sparse. A
 * pass is one job: each partition's sums over its rows, and then an update on the driver. Executors keep nothing from pass to
 * pass but the rows, so that a lost one changes no bit of the result; the same rows in the same partitions give the same bits.
 *
 * @param <E> the estimator itself, which every setter returns
 * @param <M> its model
 * @param <F> the library's model in that
 */
public abstract class NmfEstimator<
                E extends NmfEstimator<E, M, F>, M extends NmfEstimatorModel<M, F>, F extends ProbabilisticModel>
        extends Estimator<M> implements NmfParams, DefaultParamsWritable {

    private static final long serialVersionUID = 1;

    private final String uid;
    private final ParamSet params;

    /**
     * @param params made of this, whose uid is there by then
     */
    NmfEstimator(String uid, Function<Params, ParamSet> params, int passes) {
        this.uid = uid;
        this.params = params.apply(this);
        this.params.setDefaults(this, passes);
    }

    /**
     * Checks the parameters.
     *
     * @return what fits rows by them
     * @throws SettingException if a parameter has no effect beside the others
     */
    abstract Function<PartedRows, F> fitter();

    /** What makes on executors what the fit makes its sums by. */
    abstract PartReader partReader();

    /** What has been fitted, as a model without parameters. */
    abstract M model(F fitted) throws IOException;

    /** Whether values below 0 are refused. */
    abstract boolean takesNonNegative();

    /** Whether rows have noise, which goes by their ids. */
    abstract boolean drawsNoise();

    /** Whether sums can be made on a device: there are no kernels for others. */
    final boolean runsOnDevices() {
        return likelihoodOfRows() == Likelihood.GAUSSIAN && !isSet(weightCol());
    }

    final Likelihood likelihoodOfRows() {
        return Likelihood.valueOf(getLikelihood().toUpperCase(Locale.ROOT));
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
    public M fit(Dataset<?> dataset) {
        transformSchema(dataset.schema());
        Function<PartedRows, F> fitter = fitter();
        try (SparkRows rows = SparkRows.of(dataset, this)) {
            return copyValues(model(fitter.apply(rows)), ParamMap.empty()).setParent(this);
        } catch (IOException e) {
            throw new UncheckedIOException("the model cannot be written to a temporary file", e);
        }
    }

    @Override
    public StructType transformSchema(StructType schema) {
        return Columns.ofFit(this, schema);
    }

    @Override
    public E copy(ParamMap extra) {
        return defaultCopy(extra);
    }

    @SuppressWarnings("unchecked") // each estimator names itself
    final E self() {
        return (E) this;
    }

    /** Sets the number of components, above 0. */
    public E setK(int value) {
        set(k(), value);
        return self();
    }

    /** Sets the most passes over the data, at least 1. */
    public E setMaxIter(int value) {
        set(maxIter(), value);
        return self();
    }

    /** Sets the least improvement that lets a fit go on, in [0, 1); 0 makes all passes. */
    public E setTol(double value) {
        set(tol(), value);
        return self();
    }

    /** Sets the random seed. */
    public E setSeed(long value) {
        set(seed(), value);
        return self();
    }

    /** Sets how data vary around the fit: {@code gaussian} or {@code poisson}. */
    public E setLikelihood(String value) {
        set(likelihood(), value);
        return self();
    }

    /** Sets the name of the column of vectors. */
    public E setFeaturesCol(String value) {
        set(featuresCol(), value);
        return self();
    }

    /** Sets the name of the column of coefficients that the model adds. */
    public E setOutputCol(String value) {
        set(outputCol(), value);
        return self();
    }

    /** Sets the name of the column of intervals that the model adds. */
    public E setIntervalCol(String value) {
        set(intervalCol(), value);
        return self();
    }

    /** Sets the probability of the intervals, in (0, 1). */
    public E setIntervalLevel(double value) {
        set(intervalLevel(), value);
        return self();
    }

    /** Sets the name of the column that says how often a row counts; not with counts. */
    public E setWeightCol(String value) {
        set(weightCol(), value);
        return self();
    }

    /** Sets the name of the column that tells rows apart. */
    public E setIdCol(String value) {
        set(idCol(), value);
        return self();
    }

    /** Sets the depth of the tree of sums, at least 1. */
    public E setAggregationDepth(int value) {
        set(aggregationDepth(), value);
        return self();
    }

    /** Sets the most memory of a block of rows in MB, in [0, 1024). */
    public E setMaxBlockSizeInMB(double value) {
        set(maxBlockSizeInMB(), value);
        return self();
    }

    /** Sets whether blocks of rows are written to the checkpoint directory: at least 1 if they are, −1 if not. */
    public E setCheckpointInterval(int value) {
        set(checkpointInterval(), value);
        return self();
    }
}
