package io.github.paenmf.model;

/** Which value of the latent distribution a training step decodes. */
public enum TrainOn {
    /** A random sample: the model proper. */
    SAMPLE,
    /** The median (ε = ½): the deterministic ablation of the paper's figure 5. */
    MEDIAN,
    /**
     * The scale: h = λ, whatever k (ε = 1/e, so that E = 1). Without KL, as it must be, this is the deterministic
     * autoencoder with one hidden layer of the paper's figure 1, h = f(V·Wλ + bλ).
     */
    SCALE;

    /** ε of every coefficient in every step, or 0 where it is random. */
    public float epsilon() {
        return switch (this) {
            case SAMPLE -> 0;
            case MEDIAN -> 0.5f;
            case SCALE -> (float) (1 / Math.E);
        };
    }
}
