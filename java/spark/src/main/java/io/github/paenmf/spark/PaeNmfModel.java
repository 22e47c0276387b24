package io.github.paenmf.spark;

import io.github.paenmf.spark.PaeNmfParams.OfPae;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.MLReader;

/** A fitted {@link PaeNmf}; {@code intervalCol} gets quantiles of the encoder's distributions. */
public final class PaeNmfModel extends NmfEstimatorModel<PaeNmfModel, io.github.paenmf.PaeNmfModel>
        implements PaeNmfParams {

    private static final long serialVersionUID = 1;

    /** Of parameters alone, for readers of Spark ML; {@link #load} reads a whole model. */
    public PaeNmfModel(String uid) {
        this(uid, null);
    }

    PaeNmfModel(String uid, StoredFit<io.github.paenmf.PaeNmfModel> fit) {
        super(uid, OfPae::new, PaeNmf.PASSES, fit);
    }

    /** Reads models that were saved. */
    public static MLReader<PaeNmfModel> read() {
        return new Reader<>(new DefaultParamsReadable<PaeNmfModel>() {}.read(), io.github.paenmf.PaeNmfModel.class);
    }

    /** Reads a model that was saved. */
    public static PaeNmfModel load(String path) {
        return read().load(path);
    }

    @Override
    public OfPae paramSet() {
        return (OfPae) super.paramSet();
    }

    @Override
    PaeNmfModel of(String newUid, StoredFit<io.github.paenmf.PaeNmfModel> newFit) {
        return new PaeNmfModel(newUid, newFit);
    }
}
