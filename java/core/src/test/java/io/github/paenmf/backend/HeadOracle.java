package io.github.paenmf.backend;

import static io.github.paenmf.testing.ErrorReport.U;

import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import org.apache.commons.numbers.gamma.Digamma;

/**
 * The heads of one latent in double, by textbook formulas, and how far a float32 kernel may be off.
 */
public final class HeadOracle {

    /** Documented relative errors of log and exp, rounded up to units of roundoff. */
    private static final double LOG = 2;

    private static final double EXP = 3;
    /** First term that the kernels leave out of the series of ln Γ, at its least argument: 1/(1260 · 5⁵). */
    private static final double STIRLING_REST = 2.6e-7;
    /** Likewise for ψ: 1/(240 · 5⁸). */
    private static final double DIGAMMA_REST = 1.1e-8;
    /** The least power E^(1/k) that the kernels return, e⁻⁸⁷. */
    private static final double POWER_MIN = 1.7e-38;

    private final boolean softplus;
    private final double lambdaMin;
    private final double shapeMin;
    private final double k0;
    private final double lambda0;

    public HeadOracle(PaeConfiguration c) {
        softplus = c.heads() == Heads.SOFTPLUS;
        lambdaMin = (float) c.lambdaMin();
        shapeMin = (float) c.shapeMin();
        k0 = c.priorShape();
        lambda0 = c.priorScale();
    }

    /** What a head kernel returns, or bounds of its errors. */
    public record Values(double h, double kl, double hByLambda, double hByK, double klByLambda, double klByK) {

        private double[] array() {
            return new double[] {h, kl, hByLambda, hByK, klByLambda, klByK};
        }
    }

    /** Values and derivatives by the encoder's outputs aλ and ak. */
    public Values exact(double aLambda, double aK, double epsilon) {
        return at(activate(aLambda), activate(aK), slope(aLambda), slope(aK), epsilon);
    }

    /** From the activations before their bounds, and the activations' slopes. */
    private Values at(double unboundedLambda, double unboundedK, double slopeLambda, double slopeK, double epsilon) {
        double lambda = boundedLambda(unboundedLambda);
        double k = boundedK(unboundedK);
        double sLambda = lambda == unboundedLambda ? slopeLambda : 0;
        double sK = k == unboundedK ? slopeK : 0;
        double h = Weibull.sample(k, lambda, epsilon);
        double logE = Math.log(-Math.log(epsilon));
        return new Values(
                h,
                Weibull.kl(k, lambda, k0, lambda0),
                h / lambda * sLambda,
                -h * logE / (k * k) * sK,
                Weibull.klByScale(k, lambda, k0, lambda0) * sLambda,
                Weibull.klByShape(k, lambda, k0, lambda0) * sK);
    }

    private double boundedLambda(double lambda) {
        return Math.min(Math.max(lambda, lambdaMin), PaeConfiguration.LAMBDA_MAX);
    }

    private double boundedK(double k) {
        return Math.max(k, shapeMin);
    }

    private double activate(double a) {
        return softplus ? Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))) : a;
    }

    private double slope(double a) {
        return softplus ? 1 / (1 + Math.exp(-a)) : 1;
    }

    /**
     * Bounds of the errors of a float32 kernel whose inputs aλ and ak are off by as much as given:
     * what the outputs change over that box, kinks included, plus the kernel's own roundings.
     */
    public Values bounds(double aLambda, double aK, double epsilon, double errorLambda, double errorK) {
        double lambda = activate(aLambda);
        double k = activate(aK);
        double[] centre = at(lambda, k, slope(aLambda), slope(aK), epsilon).array();
        double[] bounds = rounding(boundedLambda(lambda), boundedK(k), epsilon);
        // The activations have slopes of at most 1. Softplus rounds 1 + e^−|a| and the sum, and its
        // log and exp are off by a few roundings of what is at most ln 2 and 1.
        double offLambda = errorLambda + (softplus ? U * (5 + lambda) : 0);
        double offK = errorK + (softplus ? U * (5 + k) : 0);
        if (offLambda > 0 || offK > 0) {
            double[] farthest = new double[bounds.length];
            for (int corner = 0; corner < 4; corner++) {
                double[] moved = at(
                                lambda + ((corner & 1) == 0 ? offLambda : -offLambda),
                                k + ((corner & 2) == 0 ? offK : -offK),
                                slope(aLambda),
                                slope(aK),
                                epsilon)
                        .array();
                for (int i = 0; i < bounds.length; i++) {
                    farthest[i] = Math.max(farthest[i], Math.abs(moved[i] - centre[i]));
                }
            }
            for (int i = 0; i < bounds.length; i++) {
                bounds[i] += farthest[i];
            }
        }
        if (softplus) {
            // relative: the logistic function's own derivative s(1 − s) ≤ s, and five roundings
            bounds[2] += Math.abs(centre[2]) * (errorLambda + (EXP + 3) * U);
            bounds[3] += Math.abs(centre[3]) * (errorK + (EXP + 3) * U);
            bounds[4] += Math.abs(centre[4]) * (errorLambda + (EXP + 3) * U);
            bounds[5] += Math.abs(centre[5]) * (errorK + (EXP + 3) * U);
        }
        return new Values(bounds[0], bounds[1], bounds[2], bounds[3], bounds[4], bounds[5]);
    }

    /** First-order bounds of the kernel's roundings at exact λ and k: each operation adds one U. */
    private double[] rounding(double lambda, double k, double epsilon) {
        double power = Math.pow(-Math.log(epsilon), 1 / k);
        double h = lambda * power;
        double logE = Math.log(-Math.log(epsilon));
        // a relative error of E = −ln ε is an absolute one of ln E
        double logEError = U * (LOG + LOG * Math.abs(logE));
        double powerError = logEError / k + 2 * U * Math.abs(logE) / k + EXP * U;
        double floor = logE / k < -80 ? POWER_MIN : 0;
        double hError = h * (powerError + U) + lambda * floor;
        double hByLambdaError = power * (powerError + U) + floor;
        double hByKError = (hError * Math.abs(logE) + h * logEError + 6 * U * h * Math.abs(logE)) / (k * k);

        // Γ(1 + x) = exp(y)/product with w = x + 5, y = (w − ½) ln w − w + …; w is off by 2Ux + Uw, and
        // dy/dw ≈ ln w
        double x = k0 / k;
        double w = x + 5;
        double logW = Math.log(w);
        double yError = U * (w * logW * (3 + LOG + 2) + 4 * w) + STIRLING_REST;
        double gammaError = yError + (EXP + 12) * U;
        double digamma = Math.abs(Digamma.value(1 + x));
        double digammaError = U * (LOG * logW + 3 + logW + 12 * 25 / 12.0 + 2) + DIGAMMA_REST;

        double logLambda = Math.abs(Math.log(lambda));
        double logLambda0 = Math.abs(Math.log(lambda0));
        double ratioError = U * (k0 * ((LOG + 2) * logLambda + 3 * logLambda0) + EXP + 1);
        double tail = Math.exp(k0 * (Math.log(lambda) - Math.log(lambda0)))
                * org.apache.commons.numbers.gamma.Gamma.value(1 + x);
        double tailError = tail * (ratioError + gammaError + U);
        // five terms, added one after another
        double terms =
                Math.abs(Math.log(k)) + k0 * logLambda + x + tail + k0 * logLambda0 + Math.abs(Math.log(k0)) + 1.6;
        double klError = tailError + U * (LOG + 6) * terms;
        double klByLambdaError = k0 / lambda * (tailError + 4 * U * (tail + 1));
        double klByKError = 2 * U / k
                + x / k * (tailError * digamma + tail * digammaError + 6 * U * (1 + tail * (digamma + digammaError)));
        return new double[] {hError, klError, hByLambdaError, hByKError, klByLambdaError, klByKError};
    }
}
