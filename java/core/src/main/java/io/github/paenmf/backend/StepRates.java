package io.github.paenmf.backend;

/**
 * Learning rates of one fit, with the data's statistics worked in.
 *
 * @param encoder of Wλ and Wk
 * @param bias of bλ and bk
 * @param decoder of Wf, one value per feature
 */
public record StepRates(float encoder, float bias, float[] decoder) {}
