package io.github.paenmf.spark;

import io.github.paenmf.VariationalModel;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.MLReader;

/** A fitted {@link VariationalNmf}; {@code intervalCol} gets credible intervals, by mean-field posteriors. */
public final class VariationalNmfModel extends NmfEstimatorModel<VariationalNmfModel, VariationalModel> {

    private static final long serialVersionUID = 1;

    /** Of parameters alone, for readers of Spark ML; {@link #load} reads a whole model. */
    public VariationalNmfModel(String uid) {
        this(uid, null);
    }

    VariationalNmfModel(String uid, StoredFit<VariationalModel> fit) {
        super(uid, owner -> new ParamSet(owner, VariationalNmf.IMPROVEMENT), VariationalNmf.PASSES, fit);
    }

    /** Reads models that were saved. */
    public static MLReader<VariationalNmfModel> read() {
        return new Reader<>(new DefaultParamsReadable<VariationalNmfModel>() {}.read(), VariationalModel.class);
    }

    /** Reads a model that was saved. */
    public static VariationalNmfModel load(String path) {
        return read().load(path);
    }

    @Override
    VariationalNmfModel of(String newUid, StoredFit<VariationalModel> newFit) {
        return new VariationalNmfModel(newUid, newFit);
    }
}
