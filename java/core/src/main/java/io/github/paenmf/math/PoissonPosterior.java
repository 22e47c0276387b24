package io.github.paenmf.math;

/**
 * The best Weibull posterior of one coefficient of NMF with a Poisson likelihood, in float32. Of counts v ~ Poisson(Σⱼ
 * hⱼ·wⱼ) with an exponential prior of mean λ₀ the negative evidence lower bound (ELBO) depends on coefficient j by
 *
 * <pre>−a ln g + c μ + KL,   KL = ln k − ln g + μ/λ₀ + ln λ₀ − γ − 1</pre>
 *
 * where μ is its mean, g = exp(E ln h) = μ R its geometric mean, R = exp(−γ/k)/Γ(1 + 1/k), γ Euler's constant, c the
 * exposure (the sum of the other factor's means), and a = g Σ v wⱼ/v̂ the counts that are allocated to it. The least is
 * at μ = (a + 1)/(c + 1/λ₀) and at the shape k that minimises (a + 1)(ln Γ(1 + 1/k) + γ/k) + ln k, a function of a
 * alone. In x = 1/k and t = 1/√(a + 1) that is x(ψ(1 + x) + γ) = t², so that kt, R and all that follows are smooth in t
 * from 0 to 1: each is one polynomial in 2t − 1. For a = 0 it is the prior's exponential, k = 1; as a grows, k → π√((a +
 * 1)/6) and R → 1 − 1/(2(a + 1)).
 *
 * <p>Bounds of errors for a from 0 to 10⁹, where a itself is exact: relative, 2e-6 of k, R and the variance.
 * Without fused operations, as in {@link FloatMath}.
 */
public final class PoissonPosterior {

    /** Of polynomials, lowest power first; written by poisson_posterior.py, among the resources of the tests. */
    private static final float[] SHAPE = {
        1.1226958f,
        -0.13924094f,
        0.018461162f,
        -0.002050096f,
        0.00012419965f,
        1.5247663e-05f,
        -6.218926e-06f,
        8.6724964e-07f,
        1.2572797e-09f
    };

    private static final float[] RATIO = {
        0.87309635f,
        -0.24534526f,
        -0.099826f,
        0.027940864f,
        0.007903375f,
        -0.001964076f,
        -0.0004643732f,
        0.00010206698f,
        2.1074104e-05f,
        -3.8499297e-06f,
        -7.071828e-07f
    };

    private static final float[] DIVERGENCE = {
        -1.3257736f,
        0.1569822f,
        0.16257043f,
        0.007100822f,
        -0.0009785806f,
        0.00010226493f,
        -1.613962e-06f,
        -2.522646e-06f,
        6.051111e-07f
    };

    private static final float[] VARIATION = {
        0.8878229f,
        0.01366676f,
        0.10074892f,
        -0.010629582f,
        0.01006212f,
        -0.002562461f,
        0.0011821009f,
        -0.00040612376f,
        0.00015803141f,
        -5.973863e-05f,
        2.2669854e-05f,
        -6.814785e-06f,
        2.4573524e-06f,
        -2.0394014e-06f,
        7.94264e-07f
    };

    private PoissonPosterior() {}

    /** t, which the other functions go by: 1/√(a + 1). */
    public static float argument(float a) {
        return 1f / (float) Math.sqrt(a + 1f);
    }

    /** The shape k, 1 or more. Relative error 2e-6. */
    public static float shape(float t) {
        return polynomial(SHAPE, t) / t;
    }

    /** R, the geometric mean exp(E ln h) over the mean. Relative error 2e-6. */
    public static float ratio(float t) {
        return polynomial(RATIO, t);
    }

    /** dR/da. */
    public static float ratioSlope(float t) {
        float z = 2f * t - 1f;
        float sum = 0;
        for (int i = RATIO.length - 1; i >= 1; i--) {
            sum = sum * z + i * RATIO[i];
        }
        return -sum * (t * t * t); // dt/da = −t³/2, dz/dt = 2
    }

    /** The variance over the squared mean. Relative error 2e-6. */
    public static float squaredVariation(float t) {
        return polynomial(VARIATION, t) * (t * t);
    }

    /**
     * The KL divergence from an exponential prior. Error 2e-6 · (1 + |ln(relativeMean · t)| + relativeMean).
     *
     * @param relativeMean μ/λ₀
     */
    public static float divergence(float t, float relativeMean) {
        return polynomial(DIVERGENCE, t) - FloatMath.log(relativeMean * t) + relativeMean;
    }

    /** Of R, in powers of 2t − 1, lowest first. */
    public static float[] ratioCoefficients() {
        return RATIO.clone();
    }

    /** Of the variance over the squared mean and t², likewise. */
    public static float[] variationCoefficients() {
        return VARIATION.clone();
    }

    /** Of what of the KL divergence does not depend on the mean, likewise. */
    public static float[] divergenceCoefficients() {
        return DIVERGENCE.clone();
    }

    private static float polynomial(float[] coefficients, float t) {
        float z = 2f * t - 1f;
        float sum = coefficients[coefficients.length - 1];
        for (int i = coefficients.length - 2; i >= 0; i--) {
            sum = sum * z + coefficients[i];
        }
        return sum;
    }
}
