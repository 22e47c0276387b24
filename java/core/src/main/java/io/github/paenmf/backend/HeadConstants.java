package io.github.paenmf.backend;

import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;

/**
 * What a configuration means to the head kernels of every backend.
 *
 * @param softplus whether the heads are softplus instead of ReLU
 * @param lambdaMin floor of λ
 * @param shapeMin floor of k
 * @param unitPrior whether k₀ = λ₀ = 1, which needs no power
 * @param k0 prior shape
 * @param logLambda0 ln λ₀
 * @param klOffset what KL adds that depends on the prior alone: k₀ ln λ₀ − ln k₀ − γ − 1
 */
public record HeadConstants(
        boolean softplus,
        float lambdaMin,
        float shapeMin,
        boolean unitPrior,
        float k0,
        float logLambda0,
        float klOffset) {

    public static final float EULER_GAMMA = 0.57721566f;
    public static final float HALF_LOG_TWO_PI = 0.91893853f;

    /** Those of a configuration. */
    public static HeadConstants of(PaeConfiguration c) {
        double k0 = c.priorShape();
        double lambda0 = c.priorScale();
        return new HeadConstants(
                c.heads() == Heads.SOFTPLUS,
                (float) c.lambdaMin(),
                (float) c.shapeMin(),
                k0 == 1 && lambda0 == 1,
                (float) k0,
                (float) Math.log(lambda0),
                (float) (k0 * Math.log(lambda0) - Math.log(k0) - EULER_GAMMA - 1));
    }
}
