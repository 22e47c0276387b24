package io.github.paenmf.backend;

/**
 * Learning rates of one fit, with the data's statistics worked in.
 *
 * @param encoder of the weights of the encoder's first layer, which without hidden layers are Wλ and Wk
 * @param bias of its biases, and those of all other layers
 * @param decoder of Wf, one value per feature
 * @param layers of the weights of each layer after the first one
 */
public record StepRates(float encoder, float bias, float[] decoder, float[] layers) {

    /** Without hidden layers. */
    public StepRates(float encoder, float bias, float[] decoder) {
        this(encoder, bias, decoder, new float[0]);
    }
}
