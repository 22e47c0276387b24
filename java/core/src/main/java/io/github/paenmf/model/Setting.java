package io.github.paenmf.model;

/**
 * What can be set, whatever sets it: a program tells by it what a {@link SettingException} is about. Each constant is the
 * setting of that name of an estimator, a configuration, an {@link io.github.paenmf.backend.Execution} or a {@link
 * io.github.paenmf.RankSelection}, where its meaning and range are.
 */
public enum Setting {
    RANK("rank"),
    ALGORITHM("algorithm"),
    EPOCHS("epochs"),
    ENCODER_RATE("encoder learning rate"),
    BIAS_RATE("bias learning rate"),
    DECODER_RATE("decoder learning rate"),
    STEP_CLIP("step clip"),
    SIGMA("sigma"),
    LAMBDA_MIN("lambda floor"),
    SHAPE_MIN("shape floor"),
    HIDDEN("hidden layers"),
    PRIOR_SHAPE("prior shape"),
    PRIOR_SCALE("prior scale"),
    TRAIN_ON("train on"),
    INIT("init"),
    INIT_BASIS("initial basis"),
    INIT_COEFFICIENTS("initial coefficients"),
    FIX_BASIS("fixing the basis"),
    BATCH_ROWS("batch rows"),
    FORGET_FACTOR("forget factor"),
    NORMALISE("normalisation"),
    TOLERANCE("tolerance"),
    PATIENCE("patience"),
    NOISE("noise"),
    LIKELIHOOD("likelihood"),
    ZEROS("zeros"),
    INTERVALS("intervals"),
    MISSING("missing values"),
    REFINE("refine"),
    ENCODER("encoder"),
    SCALING("scaling"),
    WEIGHTS("weights"),
    COVARIATES("covariates"),
    L1("L1 penalty"),
    L2("L2 penalty"),
    PENALTY("penalty"),
    BETA("beta"),
    THREADS("threads"),
    CHUNK_ROWS("chunk rows"),
    BLAS("BLAS"),
    DEVICE("device"),
    PRECISION("precision"),
    GRAPH("graph"),
    COOPERATIVE("cooperative"),
    LEAST_RANK("the least rank"),
    GREATEST_RANK("the greatest rank"),
    RESTARTS("restarts"),
    RESAMPLE("resampling"),
    CONSENSUS("the consensus"),
    BOOTSTRAP("bootstrap"),
    CHECKPOINT("checkpoint"),
    RESOLUTION("resolution");

    private final String title;

    Setting(String title) {
        this.title = title;
    }

    /** What messages call it. */
    public String title() {
        return title;
    }

    /**
     * Checks a value.
     *
     * @param range what is valid, to follow "must be"
     * @throws SettingException if it is out of range
     */
    public void require(Object value, boolean valid, String range) {
        if (!valid) {
            throw SettingException.outOfRange(this, value, range);
        }
    }

    /**
     * Checks that something that was set has an effect.
     *
     * @param where it has none, to follow "has no effect"
     * @throws SettingException if it has none
     */
    public void requireEffect(boolean effective, String where) {
        if (!effective) {
            throw SettingException.withoutEffect(this, where);
        }
    }
}
