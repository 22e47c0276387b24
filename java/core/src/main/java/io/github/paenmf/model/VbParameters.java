package io.github.paenmf.model;

import java.util.Arrays;

/**
 * What variational NMF learns: the posterior of W, what the prior of either factor is, and σ. A coefficient is 0 with
 * probability 1 − p, else Weibull; its mean and variance count the zeros in. All but σ² and shares are in units of the
 * data divided by their root mean square, and so that H has a prior mean of 1, except for components whose weights are known.
 */
public final class VbParameters implements Parameters<VbParameters> {

    private final int features;
    private final int rank;
    private final float[] mean;
    private final float[] variance;
    private final float[] inclusion;
    private final double[] priorMean;
    private final double[] priorInclusion;
    private final double[] coefficientInclusion;
    private final double[] coefficientMean;
    private double[] effects = {};
    private double squaredSigma = 1;
    private boolean zeros;

    /** Of a W that is 0. */
    public VbParameters(int features, int rank) {
        this(
                features,
                rank,
                new float[Math.multiplyExact(features, rank)],
                new float[features * rank],
                new float[features * rank],
                new double[rank],
                new double[rank],
                new double[rank],
                new double[rank]);
        Arrays.fill(coefficientMean, 1);
    }

    private VbParameters(
            int features,
            int rank,
            float[] mean,
            float[] variance,
            float[] inclusion,
            double[] priorMean,
            double[] priorInclusion,
            double[] coefficientInclusion,
            double[] coefficientMean) {
        this.features = features;
        this.rank = rank;
        this.mean = mean;
        this.variance = variance;
        this.inclusion = inclusion;
        this.priorMean = priorMean;
        this.priorInclusion = priorInclusion;
        this.coefficientInclusion = coefficientInclusion;
        this.coefficientMean = coefficientMean;
    }

    /** m. */
    public int features() {
        return features;
    }

    /** r. */
    public int rank() {
        return rank;
    }

    /** Posterior means of W, m × r, row-major; the array itself. */
    public float[] mean() {
        return mean;
    }

    /** Posterior variances of W, m × r, row-major; the array itself. */
    public float[] variance() {
        return variance;
    }

    /** Posterior probabilities p of not being 0 of W, m × r, row-major; the array itself. */
    public float[] inclusion() {
        return inclusion;
    }

    /** Prior mean of each component of W where it is not 0, r; the array itself. */
    public double[] priorMean() {
        return priorMean;
    }

    /** Prior probability of not being 0 of each component of W, r; the array itself. */
    public double[] priorInclusion() {
        return priorInclusion;
    }

    /** Prior probability of not being 0 of each component of H, r; the array itself. */
    public double[] coefficientInclusion() {
        return coefficientInclusion;
    }

    /**
     * Prior mean of each component of H where it is not 0, r; the array itself. It is 1, which fixes the scale of a
     * component, unless the weights of the component are known and fix it. With covariates it is that of a row which has their
     * mean.
     */
    public double[] coefficientMean() {
        return coefficientMean;
    }

    /**
     * B of the covariates, r × their columns of numbers ({@link io.github.paenmf.data.FittedCovariates}); the array itself,
     * empty where there are none. The prior mean of a coefficient of a row with numbers x is that of the component times
     * exp(B·x).
     */
    public double[] effects() {
        return effects;
    }

    /** Sets B; kept. */
    public void setEffects(double[] value) {
        effects = value;
    }

    /** The same model with every component as long as prior means of H of 1 ask for: H is divided by what they are here. */
    public VbParameters atUnitMeans() {
        VbParameters unit = copy();
        for (int e = 0; e < mean.length; e++) {
            double scale = coefficientMean[e % rank];
            unit.mean[e] = (float) (scale * mean[e]);
            unit.variance[e] = (float) (scale * scale * variance[e]);
        }
        for (int j = 0; j < rank; j++) {
            unit.priorMean[j] = coefficientMean[j] * priorMean[j];
        }
        Arrays.fill(unit.coefficientMean, 1);
        return unit;
    }

    /** σ², variance of the noise. */
    public double squaredSigma() {
        return squaredSigma;
    }

    public void setSquaredSigma(double value) {
        squaredSigma = value;
    }

    /** Whether coefficients may be 0; else every inclusion is 1. */
    public boolean zeros() {
        return zeros;
    }

    public void setZeros(boolean value) {
        zeros = value;
    }

    /** E[WᵀW], r × r: the means' product and the sums of variances on its diagonal. */
    public double[] secondMoments() {
        int r = rank();
        double[] sums = new double[r * r];
        for (int f = 0; f < features(); f++) {
            for (int j = 0; j < r; j++) {
                double w = mean[f * r + j];
                for (int l = 0; l < r; l++) {
                    sums[j * r + l] += w * mean[f * r + l];
                }
                sums[j * r + j] += variance[f * r + j];
            }
        }
        return sums;
    }

    @Override
    public boolean isFinite() {
        return Parameters.areFinite(mean)
                && Parameters.areFinite(variance)
                && Parameters.areFinite(inclusion)
                && Arrays.stream(priorMean).allMatch(Double::isFinite)
                && Arrays.stream(coefficientMean).allMatch(Double::isFinite)
                && Arrays.stream(effects).allMatch(Double::isFinite)
                && Double.isFinite(squaredSigma);
    }

    @Override
    public void visit(StateVisitor visitor) {
        visitor.visit(mean);
        visitor.visit(variance);
        visitor.visit(inclusion);
        visitor.visit(priorMean);
        visitor.visit(priorInclusion);
        visitor.visit(coefficientInclusion);
        visitor.visit(coefficientMean);
        visitor.visit(effects);
        squaredSigma = visitor.visit(squaredSigma);
        zeros = visitor.visit(zeros);
    }

    @Override
    public VbParameters copy() {
        VbParameters copy = new VbParameters(
                features,
                rank,
                mean.clone(),
                variance.clone(),
                inclusion.clone(),
                priorMean.clone(),
                priorInclusion.clone(),
                coefficientInclusion.clone(),
                coefficientMean.clone());
        copy.effects = effects.clone();
        copy.squaredSigma = squaredSigma;
        copy.zeros = zeros;
        return copy;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof VbParameters that
                && features == that.features
                && rank == that.rank
                && Arrays.equals(mean, that.mean)
                && Arrays.equals(variance, that.variance)
                && Arrays.equals(inclusion, that.inclusion)
                && Arrays.equals(priorMean, that.priorMean)
                && Arrays.equals(priorInclusion, that.priorInclusion)
                && Arrays.equals(coefficientInclusion, that.coefficientInclusion)
                && Arrays.equals(coefficientMean, that.coefficientMean)
                && Arrays.equals(effects, that.effects)
                && squaredSigma == that.squaredSigma
                && zeros == that.zeros;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(variance);
    }
}
