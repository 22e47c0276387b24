package io.github.paenmf.spark;

import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.spark.PaeNmfParams.OfPae;
import io.github.paenmf.train.PaePart;
import io.github.paenmf.train.PartedRows;
import java.io.IOException;
import java.util.function.Function;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;

/**
 * PAE-NMF of the rows of a dataset, an estimator of Spark ML: an autoencoder whose encoder gives a row's coefficients as Weibull
 * distributions, and whose decoder is a basis ≥ 0. The model is that of {@link io.github.paenmf.PaeNmf}.
 *
 * <pre>{@code
 * PaeNmfModel model = new PaeNmf().setK(20).setIdCol("id").setOutputCol("coefficients").fit(dataset);
 * Dataset<Row> coefficients = model.transform(dataset);
 * }</pre>
 *
 * <p>Values are finite and at least 0. A pass is one step of adam over all rows. The noise of a row goes by {@code idCol}, or
 * else by the hash of its values, so that it does not depend on where the row is; rows with the same id, or without ids the same
 * values, share their noise. Tasks that have a GPU make their sums there, except of counts or with weights.
 */
public final class PaeNmf extends NmfEstimator<PaeNmf, PaeNmfModel, io.github.paenmf.PaeNmfModel>
        implements PaeNmfParams {

    private static final long serialVersionUID = 1;

    static final int PASSES = 1000;

    /** With a random uid. */
    public PaeNmf() {
        this(Identifiable$.MODULE$.randomUID("paenmf"));
    }

    /** With a uid of the caller's. */
    public PaeNmf(String uid) {
        super(uid, OfPae::new, PASSES);
    }

    /** Reads estimators that were saved. */
    public static MLReader<PaeNmf> read() {
        return new DefaultParamsReadable<PaeNmf>() {}.read();
    }

    /** Reads an estimator that was saved. */
    public static PaeNmf load(String path) {
        return read().load(path);
    }

    @Override
    public OfPae paramSet() {
        return (OfPae) super.paramSet();
    }

    /** Sets the learning rates, as a multiple of the usual ones, above 0. */
    public PaeNmf setStepSize(double value) {
        set(stepSize(), value);
        return this;
    }

    /**
     * Sets the standard deviation of the reconstruction error, in units of the data's root mean square, or 0 to learn it; not
     * with counts.
     */
    public PaeNmf setSigma(double value) {
        set(sigma(), value);
        return this;
    }

    @Override
    Function<PartedRows, io.github.paenmf.PaeNmfModel> fitter() {
        io.github.paenmf.PaeNmf.Builder builder = settings(getK(), getSeed(), likelihoodOfRows())
                .epochs(getMaxIter())
                .tolerance(getTol());
        if (isSet(sigma())) {
            builder.sigma(getSigma());
        }
        PaeConfiguration usual = builder.build().configuration();
        return builder.encoderRate(getStepSize() * usual.encoderRate())
                .biasRate(getStepSize() * usual.biasRate())
                .decoderRate(getStepSize() * usual.decoderRate())
                .build()::fit;
    }

    /** Those that rows hear of; σ is one of the parameters that change. */
    private static io.github.paenmf.PaeNmf.Builder settings(int rank, long seed, Likelihood likelihood) {
        return io.github.paenmf.PaeNmf.builder().rank(rank).seed(seed).likelihood(likelihood);
    }

    @Override
    PartReader partReader() {
        int rank = getK();
        long seed = getSeed();
        Likelihood likelihood = likelihoodOfRows();
        return in -> PaePart.read(settings(rank, seed, likelihood).build().configuration(), in);
    }

    @Override
    PaeNmfModel model(io.github.paenmf.PaeNmfModel fitted) throws IOException {
        return new PaeNmfModel(uid(), StoredFit.of(io.github.paenmf.PaeNmfModel.class, fitted));
    }

    @Override
    boolean takesNonNegative() {
        return true;
    }

    @Override
    boolean drawsNoise() {
        return true;
    }
}
