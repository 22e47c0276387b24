package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.TrainOn;

/**
 * What a configuration and the scale of the data mean to the kernels; the struct of the same name in
 * weibull.cuh.
 *
 * @param encoderScale what V·[Wλ | Wk] is multiplied with before the biases are added
 * @param inverseDataScale what V·Wf is multiplied with to give C in units of the scaled data
 * @param inverseVariance 1/σ²; 1 where σ² is learned, and not a constant
 * @param kl whether the objective contains the KL term
 * @param heads floors and prior
 * @param trainOn which value of a latent is decoded; noise is drawn for a sample only
 */
public record WeibullConstants(
        float encoderScale,
        float inverseDataScale,
        float inverseVariance,
        boolean kl,
        HeadConstants heads,
        TrainOn trainOn) {

    /**
     * Those of a configuration.
     *
     * @param dataScale root mean square of the data
     * @param encoderScale 1/(dataScale·√m)
     */
    public static WeibullConstants of(PaeConfiguration c, double dataScale, float encoderScale) {
        return new WeibullConstants(
                encoderScale,
                (float) (1 / dataScale),
                c.learnsSigma() ? 1f : (float) (1 / (c.sigma() * c.sigma())),
                c.kl(),
                HeadConstants.of(c),
                c.trainOn());
    }

    /** In the order of the struct. */
    void pack(KernelArguments to) {
        to.value(encoderScale);
        to.value(inverseDataScale);
        to.value(inverseVariance);
        to.value(kl ? 1f : 0f);
        to.value(heads.lambdaMin());
        to.value(PaeConfiguration.LAMBDA_MAX);
        to.value(heads.shapeMin());
        to.value(heads.k0());
        to.value(heads.logLambda0());
        to.value(heads.klOffset());
        to.value(heads.unitPrior() ? 1 : 0);
        to.value(heads.softplus() ? 1 : 0);
        float epsilon = trainOn.epsilon();
        to.value(trainOn == TrainOn.SAMPLE ? 1 : 0);
        to.value(trainOn == TrainOn.SAMPLE ? 0f : FloatMath.log(-FloatMath.log(epsilon)));
    }
}
