package io.github.paenmf.backend.cpu;

import io.github.paenmf.math.FloatMath;
import java.util.Arrays;

/**
 * Coordinate ascent on the evidence lower bound over the coefficients of one factor of variational NMF: posteriors are
 * Weibull distributions, with a point mass at 0 or without, the likelihood is Gaussian, the priors are exponential.
 * Implementations are stateless, and give equal bits.
 */
abstract class PosteriorKernel {

    /** |ln(p/(1 − p))| at most: a smaller p or 1 − p than e⁻⁴⁰ changes no sum, and products stay normal floats. */
    static final float LOG_ODDS_MAX = 40f;

    /** e to that is still a float. */
    static final float EXPONENT_MAX = 80f;

    /**
     * Updates components one after the other, each in the light of the last means x of all. With A = gram_jj/σ²,
     * b = numerator_j · scale − product_j − Σ_{l ≠ j} gram_jl · x_l and β = (b/σ² − 1/λ_j)/√A, a coefficient that is not 0
     * has mean μ = m(β)/√A and variance s = v(β)/A (WeibullPosterior), it is not 0 with probability
     * p = 1/(1 + exp(least(β) + ln(√A·λ_j) − γ − 1 − logit_j)), 1 without a point mass, and so its mean is x = p·μ and its
     * variance p·s + p(1 − p)μ². A component with A near 0 has its prior for posterior. Variances are normal floats above 0.
     * Where the parameters have prior means of rows, λ is each coefficient's own.
     *
     * @param first index of the first of these components in parameters and sums
     * @param components how many
     * @param count coefficients of each; what lies beyond stays as it is
     * @param x one row per component, the first in row 0, likewise {@code numerator} and {@code product}; in: means, out:
     *     means
     * @param numerator products of the other factor's means and the raw data
     * @param product what other components contribute to the products of x and the Gram matrix
     * @param gram second moments of the other factor, variances included on its diagonal
     * @param variance receives variances; one row per component
     * @param inclusion receives p; one row per component
     * @param sums to which those of these coefficients are added
     */
    final void sweep(
            PosteriorParameters parameters,
            int first,
            int components,
            int count,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            MatrixView variance,
            MatrixView inclusion,
            PosteriorSums sums,
            PosteriorScratch scratch) {
        for (int from = 0; from < count; from += PosteriorScratch.CHUNK) {
            int size = Math.min(PosteriorScratch.CHUNK, count - from);
            for (int j = 0; j < components; j++) {
                posteriors(parameters, first, j, components, from, size, x, numerator, product, gram, true, scratch);
                clearFrom(size, scratch);
                System.arraycopy(scratch.x, 0, x.data(), x.row(j) + from, size);
                System.arraycopy(scratch.spread, 0, variance.data(), variance.row(j) + from, size);
                System.arraycopy(scratch.inclusion, 0, inclusion.data(), inclusion.row(j) + from, size);
                sums.weigh(from, size, scratch);
                addUp(scratch);
                addLanes(scratch.lanes, sums, first + j);
            }
        }
    }

    /** The same with means alone, which is quicker; {@code x} gets the same bits. */
    final void means(
            PosteriorParameters parameters,
            int first,
            int components,
            int count,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            PosteriorScratch scratch) {
        for (int from = 0; from < count; from += PosteriorScratch.CHUNK) {
            int size = Math.min(PosteriorScratch.CHUNK, count - from);
            for (int j = 0; j < components; j++) {
                posteriors(parameters, first, j, components, from, size, x, numerator, product, gram, false, scratch);
                System.arraycopy(scratch.x, 0, x.data(), x.row(j) + from, size);
            }
        }
    }

    /**
     * The Weibull distributions of some coefficients: λ = times · m(β)/Γ(1 + 1/k), and k.
     *
     * @param beta the arguments from {@code from} to before {@code to}; the results have the same indices
     */
    abstract void distributions(float[] beta, int from, int to, float times, float[] lambda, float[] k);

    /** Standardised means m(β); likewise, and in place if both arrays are the same. */
    abstract void standardMeans(float[] beta, int from, int to, float[] mean);

    /**
     * Probabilities of not being 0, 1/(1 + exp(least(β) − odds)); likewise, but not in place.
     *
     * @param odds ln(p/(1 − p)) but for the least cost
     */
    abstract void inclusions(float[] beta, int from, int to, float odds, float[] inclusion);

    /** The best posteriors of {@code size} coefficients of component j from {@code from} on, in the scratch space. */
    private void posteriors(
            PosteriorParameters parameters,
            int first,
            int j,
            int components,
            int from,
            int size,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            boolean all,
            PosteriorScratch scratch) {
        PosteriorComponent component = scratch.component(first + j);
        component.set(parameters, first + j, gram.data()[gram.row(j) + j]);
        scratch.ofRows = parameters.rows() != null;
        MatrixView others = scratch.ofRows
                ? withRates(parameters.rows(), component, first + j, from, size, product, j, scratch)
                : product;
        if (component.isPrior) {
            prior(component, scratch, size);
            return;
        }
        betas(component, j, components, from, size, x, numerator, others, gram, scratch.beta);
        Arrays.fill(scratch.beta, size, PosteriorScratch.CHUNK, 0f);
        if (component.pointMass) {
            mixtures(component, scratch, size, all);
        } else {
            slabs(component, scratch, size, all);
        }
    }

    /**
     * Gets the prior means of a run of rows ready.
     *
     * @return the product, more by what makes b/σ² less by the rates of the rows beside that of the component
     */
    private static MatrixView withRates(
            RowPriors rows,
            PosteriorComponent c,
            int component,
            int from,
            int size,
            MatrixView product,
            int j,
            PosteriorScratch s) {
        System.arraycopy(rows.logRatio().data(), rows.logRatio().row(component) + from, s.logRatio, 0, size);
        System.arraycopy(rows.excess().data(), rows.excess().row(component) + from, s.excess, 0, size);
        float variance = 1 / c.precision;
        int at = product.row(j) + from;
        for (int i = 0; i < size; i++) {
            s.product[i] = product.data()[at + i] + s.excess[i] * variance;
        }
        return new MatrixView(s.product, -from, 0);
    }

    /** Adds to costs what the prior means of rows have beside those of components. */
    static void addRowsToCost(PosteriorScratch s, int size) {
        for (int i = 0; s.ofRows && i < size; i++) {
            s.cost[i] += s.logRatio[i];
        }
    }

    /** The same of the KL divergences of slabs. */
    static void addRowsToDivergence(PosteriorComponent c, PosteriorScratch s, int size) {
        for (int i = 0; s.ofRows && i < size; i++) {
            s.divergence[i] += s.logRatio[i] + s.mean[i] * c.inverseRoot * s.excess[i];
        }
    }

    /** β of {@code size} coefficients of component j from {@code from} on. */
    abstract void betas(
            PosteriorComponent component,
            int j,
            int components,
            int from,
            int size,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            float[] beta);

    /** Means and p of the mixtures for so many β, or a few more; variances and KL divergences only where {@code all}. */
    abstract void mixtures(PosteriorComponent component, PosteriorScratch scratch, int size, boolean all);

    /** The same without a point mass. */
    abstract void slabs(PosteriorComponent component, PosteriorScratch scratch, int size, boolean all);

    /** Sums over the chunk of x, variances, p and KL divergences in float32: value i of each goes to its lane i mod 16. */
    abstract void addUp(PosteriorScratch scratch);

    private static void addLanes(float[] lanes, PosteriorSums sums, int j) {
        double mean = 0;
        double variance = 0;
        double inclusion = 0;
        double divergence = 0;
        for (int lane = 0; lane < PosteriorScratch.LANES; lane++) {
            mean += lanes[lane];
            variance += lanes[PosteriorScratch.LANES + lane];
            inclusion += lanes[2 * PosteriorScratch.LANES + lane];
            divergence += lanes[3 * PosteriorScratch.LANES + lane];
        }
        sums.mean[j] += mean;
        sums.variance[j] += variance;
        sums.inclusion[j] += inclusion;
        sums.divergence += divergence;
    }

    private static void prior(PosteriorComponent c, PosteriorScratch s, int size) {
        float p = c.inclusion;
        Arrays.fill(s.x, 0, size, p * c.priorMean);
        Arrays.fill(s.spread, 0, size, Math.max(Float.MIN_NORMAL, p * (2 - p) * c.priorMean * c.priorMean));
        Arrays.fill(s.inclusion, 0, size, p);
        Arrays.fill(s.kl, 0, size, 0f);
        for (int i = 0; s.ofRows && i < size; i++) {
            float ratio = FloatMath.exp(s.logRatio[i]);
            s.x[i] *= ratio;
            s.spread[i] = Math.max(Float.MIN_NORMAL, s.spread[i] * ratio * ratio);
        }
    }

    /** So that what lies beyond the coefficients adds nothing to the sums. */
    private static void clearFrom(int size, PosteriorScratch s) {
        if (size < PosteriorScratch.CHUNK) {
            Arrays.fill(s.x, size, PosteriorScratch.CHUNK, 0f);
            Arrays.fill(s.spread, size, PosteriorScratch.CHUNK, 0f);
            Arrays.fill(s.inclusion, size, PosteriorScratch.CHUNK, 0f);
            Arrays.fill(s.kl, size, PosteriorScratch.CHUNK, 0f);
        }
    }
}
