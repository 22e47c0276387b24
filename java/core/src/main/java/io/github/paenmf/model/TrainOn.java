package io.github.paenmf.model;

/** Which value of the latent distribution a training step decodes. */
public enum TrainOn {
    /** A random sample: the model proper. */
    SAMPLE,
    /** The median (ε = ½): the deterministic ablation of the paper's figure 5. */
    MEDIAN
}
