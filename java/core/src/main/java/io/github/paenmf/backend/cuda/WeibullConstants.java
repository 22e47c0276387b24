package io.github.paenmf.backend.cuda;

import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.TrainOn;

/**
 * What a configuration and the scale of the data mean to the kernels; the struct of the same name in
 * weibull.cuh.
 *
 * @param encoderScale what V·[Wλ | Wk] is multiplied with before the biases are added
 * @param inverseDataScale what V·Wf is multiplied with to give C in units of the scaled data
 * @param inverseVariance 1/σ²
 * @param kl whether the objective contains the KL term
 * @param lambdaMin floor of λ
 * @param shapeMin floor of k
 * @param k0 prior shape
 * @param lambda0 prior scale
 * @param softplus whether the heads are softplus instead of ReLU
 * @param median whether ε is ½ instead of noise
 */
public record WeibullConstants(
        float encoderScale,
        float inverseDataScale,
        float inverseVariance,
        boolean kl,
        float lambdaMin,
        float shapeMin,
        double k0,
        double lambda0,
        boolean softplus,
        boolean median) {

    private static final double EULER_GAMMA = 0.57721566490153286;

    /**
     * Those of a configuration.
     *
     * @param dataScale root mean square of the data
     * @param encoderScale 1/(dataScale·√m)
     */
    public static WeibullConstants of(Configuration c, double dataScale, float encoderScale) {
        return new WeibullConstants(
                encoderScale,
                (float) (1 / dataScale),
                (float) (1 / (c.sigma() * c.sigma())),
                c.kl(),
                (float) c.lambdaMin(),
                (float) c.shapeMin(),
                c.priorShape(),
                c.priorScale(),
                c.heads() == Heads.SOFTPLUS,
                c.trainOn() == TrainOn.MEDIAN);
    }

    /** In the order of the struct. */
    void pack(KernelArguments to) {
        to.value(encoderScale);
        to.value(inverseDataScale);
        to.value(inverseVariance);
        to.value(kl ? 1f : 0f);
        to.value(lambdaMin);
        to.value(Configuration.LAMBDA_MAX);
        to.value(shapeMin);
        to.value((float) k0);
        to.value((float) Math.log(lambda0));
        to.value((float) (k0 * Math.log(lambda0) - Math.log(k0) - EULER_GAMMA - 1));
        to.value(k0 == 1 && lambda0 == 1 ? 1 : 0);
        to.value(softplus ? 1 : 0);
        to.value(median ? 1 : 0);
    }
}
