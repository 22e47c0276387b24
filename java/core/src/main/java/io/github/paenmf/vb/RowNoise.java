package io.github.paenmf.vb;

import java.util.Arrays;

/**
 * How the noise of each row differs where it grows with the signal: the share of its least-squares variance by the
 * sandwich, MⱼᵀCᵢMⱼ with Cᵢ = G⁻¹(Σ_f φ(v̂ᵢf)·w_f·w_fᵀ)G⁻¹, in that of constant noise, σ²·MⱼᵀG⁻¹Mⱼ. The share is
 * taken at one rotation M, and held where M varies around it; there, the variance turns with M as that of constant
 * noise does.
 */
final class RowNoise {

    /** No row is known better than this share of the average: zeros in data of counts have a variance of 0. */
    private static final double LEAST = 1e-3;

    private final int rank;
    private final VarianceFunction noise;
    private final double[] others;
    private final int count;
    private final double constant;
    private final double[] weights;

    /**
     * @param others means of the other factor, count × r
     * @param inverseGram G⁻¹, r × r
     * @param m M, r × r
     */
    RowNoise(
            VarianceFunction noise, double noiseVariance, double[] others, double[] inverseGram, double[] m, int rank) {
        this.rank = rank;
        this.noise = noise;
        this.others = others;
        this.count = others.length / rank;
        this.constant = noise.a() / noiseVariance;
        double[] turned = Dense.multiply(inverseGram, m, rank);
        double[] variances = SharedRotationFactor.variances(m, turned, rank);
        this.weights = new double[others.length]; // (w_f·G⁻¹Mⱼ)²/(σ²MⱼᵀG⁻¹Mⱼ)
        for (int f = 0; f < count; f++) {
            for (int a = 0; a < rank; a++) {
                Dense.axpy(others[f * rank + a], turned, a * rank, weights, f * rank, rank);
            }
            for (int j = 0; j < rank; j++) {
                double weight = weights[f * rank + j];
                weights[f * rank + j] = weight * weight / (noiseVariance * variances[j]);
            }
        }
    }

    /**
     * Writes the shares of one row.
     *
     * @param mean means of the rows of a factor, of which this one's begin at {@code from}
     * @param shares receives r values
     */
    void shares(double[] mean, int from, double[] shares) {
        Arrays.fill(shares, constant);
        for (int f = 0; f < count; f++) {
            double fitted = Dense.dot(mean, from, others, f * rank, rank);
            double excess = noise.variance(fitted) - noise.a();
            Dense.axpy(excess, weights, f * rank, shares, 0, rank);
        }
        for (int j = 0; j < rank; j++) {
            shares[j] = Math.max(shares[j], LEAST);
        }
    }
}
