package io.github.paenmf.backend.cpu;

import io.github.paenmf.math.Weibull;

/** What the posteriors of all coefficients of a component share. */
final class PosteriorComponent {

    /**
     * √A·λ₀ below this: the posterior is the prior. Data move its mean by a share √A·λ₀·‖v‖/σ, far less than float32 shows,
     * and β stays within what the functions of β take.
     */
    static final float LEAST_WEIGHT = 1e-15f;

    /** What it was set to last. */
    private PosteriorParameters parameters;

    private float norm;

    float precision;
    float scale;
    boolean pointMass;
    /** Whether the likelihood says nothing: the posterior is the prior. */
    boolean isPrior;

    float priorMean;
    /** 1/λ₀. */
    float rate;
    /** 1/√A, where A = Gram matrix's diagonal/σ². */
    float inverseRoot;
    /** 1/A. */
    float inverseCurvature;
    /** What the KL divergence of the slab from its prior has beside what depends on β: ln(√A·λ₀) − γ − 1. */
    float divergenceOffset;
    /** The same less ln(π/(1 − π)): what the logarithm of the odds of 0 has beside the least cost. */
    float oddsOffset;

    float inclusion;
    float logInclusion;
    float logExclusion;

    /**
     * Takes over what is given, which costs nothing where it is what was given last.
     *
     * @param newNorm of the component: its element on the Gram matrix's diagonal
     */
    @SuppressWarnings("ReferenceEquality") // equal ones would be equal, but comparing all their values takes longer
    void set(PosteriorParameters newParameters, int j, float newNorm) {
        if (newParameters == parameters && newNorm == norm) {
            return;
        }
        parameters = newParameters;
        norm = newNorm;
        precision = parameters.precision();
        scale = parameters.inverseScale();
        pointMass = parameters.pointMass();
        priorMean = parameters.priorMean()[j];
        rate = 1 / priorMean;
        float curvature = norm * precision;
        float root = (float) Math.sqrt(curvature);
        float weight = root * priorMean;
        isPrior = curvature < Float.MIN_NORMAL || weight < LEAST_WEIGHT;
        inverseRoot = 1 / root;
        inverseCurvature = 1 / curvature;
        double offset = Math.log(root) + Math.log(priorMean) - Weibull.EULER_GAMMA - 1;
        divergenceOffset = (float) offset;
        double logit = pointMass ? parameters.logit()[j] : Double.POSITIVE_INFINITY;
        oddsOffset = (float) (offset - logit);
        inclusion = (float) (1 / (1 + Math.exp(-logit)));
        logInclusion = (float) -softplus(-logit);
        logExclusion = (float) -softplus(logit);
    }

    /** ln(1 + eˣ). */
    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
