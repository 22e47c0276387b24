package io.github.paenmf.spark;

import io.github.paenmf.VariationalModel;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.train.PartedRows;
import io.github.paenmf.train.VbPart;
import java.io.IOException;
import java.util.function.Function;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;

/**
 * Variational NMF of the rows of a dataset, an estimator of Spark ML: V ≈ H·basisᵀ where each coefficient of both factors has
 * a posterior. The model is that of {@link io.github.paenmf.VariationalNmf}.
 *
 * <pre>{@code
 * VariationalNmfModel model = new VariationalNmf().setK(20).setOutputCol("coefficients").fit(dataset);
 * Dataset<Row> coefficients = model.transform(dataset);
 * }</pre>
 *
 * <p>Values are finite, and those of counts ({@code poisson}) at least 0. Tasks that have a GPU make their sums there, except
 * of counts or with weights.
 */
public final class VariationalNmf extends NmfEstimator<VariationalNmf, VariationalNmfModel, VariationalModel> {

    private static final long serialVersionUID = 1;

    static final String IMPROVEMENT = "least rise of the ELBO in 20 passes, in nats per entry";
    static final int PASSES = 200;

    /** With a random uid. */
    public VariationalNmf() {
        this(Identifiable$.MODULE$.randomUID("vnmf"));
    }

    /** With a uid of the caller's. */
    public VariationalNmf(String uid) {
        super(uid, owner -> new ParamSet(owner, IMPROVEMENT), PASSES);
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
    Function<PartedRows, VariationalModel> fitter() {
        return settings(getK(), likelihoodOfRows())
                .epochs(getMaxIter())
                .tolerance(getTol())
                .seed(getSeed())
                .build()::fit;
    }

    /** Those that rows hear of. */
    private static io.github.paenmf.VariationalNmf.Builder settings(int rank, Likelihood likelihood) {
        return io.github.paenmf.VariationalNmf.builder().rank(rank).likelihood(likelihood);
    }

    @Override
    PartReader partReader() {
        int rank = getK();
        Likelihood likelihood = likelihoodOfRows();
        return in -> VbPart.read(settings(rank, likelihood).build().configuration(), in);
    }

    @Override
    VariationalNmfModel model(VariationalModel fitted) throws IOException {
        return new VariationalNmfModel(uid(), StoredFit.of(VariationalModel.class, fitted));
    }

    @Override
    boolean takesNonNegative() {
        return likelihoodOfRows() == Likelihood.POISSON;
    }

    @Override
    boolean drawsNoise() {
        return false;
    }
}
