package io.github.paenmf.backend.cpu;

import io.github.paenmf.math.FloatMath;
import io.github.paenmf.math.WeibullPosterior;
import java.util.Arrays;

/** Plain loops. {@code VectorPosteriorKernel} does the same operations in the same order; keep them in step. */
final class ScalarPosteriorKernel extends PosteriorKernel {

    @Override
    void betas(
            PosteriorComponent component,
            int j,
            int components,
            int from,
            int size,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            float[] beta) {
        betas(component, j, components, from, 0, size, x, numerator, product, gram, beta);
    }

    /** From coefficient {@code done} of the chunk on. */
    static void betas(
            PosteriorComponent c,
            int j,
            int components,
            int from,
            int done,
            int size,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            float[] beta) {
        System.arraycopy(product.data(), product.row(j) + from + done, beta, done, size - done);
        float[] row = gram.data();
        for (int l = 0; l < components; l++) {
            if (l != j) {
                addMultiple(done, size, beta, x.data(), x.row(l) + from, row[gram.row(j) + l]);
            }
        }
        float[] n = numerator.data();
        int at = numerator.row(j) + from;
        for (int i = done; i < size; i++) {
            float b = n[at + i] * c.scale - beta[i];
            float clamped = (b * c.precision - c.rate) * c.inverseRoot;
            beta[i] = Math.max(-WeibullPosterior.LIMIT, Math.min(WeibullPosterior.LIMIT, clamped));
        }
    }

    private static void addMultiple(int from, int to, float[] sums, float[] x, int offset, float times) {
        for (int i = from; i < to; i++) {
            sums[i] += x[offset + i] * times;
        }
    }

    @Override
    void mixtures(PosteriorComponent c, PosteriorScratch s, int size, boolean all) {
        evaluate(c, s, size, all);
        addRowsToCost(s, size);
        for (int i = 0; i < size; i++) {
            float odds = Math.max(-LOG_ODDS_MAX, Math.min(LOG_ODDS_MAX, s.cost[i] + c.oddsOffset));
            float e = FloatMath.exp(-Math.abs(odds));
            float total = 1f + e;
            float larger = 1f / total;
            float smaller = e * larger;
            float p = odds > 0 ? smaller : larger;
            float rest = odds > 0 ? larger : smaller;
            float mean = s.mean[i] * c.inverseRoot;
            float x = p * mean;
            s.x[i] = x;
            s.inclusion[i] = p;
            if (!all) {
                continue;
            }
            float spread = p * (s.variance[i] * c.inverseCurvature) + x * (rest * mean);
            float logTotal = FloatMath.log(total);
            float slab = s.divergence[i] + c.divergenceOffset + mean * c.rate;
            float included = slab - (Math.max(odds, 0f) + logTotal) - c.logInclusion;
            float excluded = Math.max(-odds, 0f) + logTotal + c.logExclusion;
            s.spread[i] = Math.max(spread, Float.MIN_NORMAL);
            s.kl[i] = p * included - rest * excluded;
        }
    }

    @Override
    void distributions(float[] beta, int from, int to, float times, float[] lambda, float[] k) {
        distributionsOf(beta, from, to, times, lambda, k);
    }

    static void distributionsOf(float[] beta, int from, int to, float times, float[] lambda, float[] k) {
        for (int i = from; i < to; i++) {
            float shape = WeibullPosterior.shape(beta[i]);
            lambda[i] = WeibullPosterior.mean(beta[i]) / WeibullPosterior.unitMean(shape) * times;
            k[i] = shape;
        }
    }

    @Override
    void standardMeans(float[] beta, int from, int to, float[] mean) {
        standardMeansOf(beta, from, to, mean);
    }

    static void standardMeansOf(float[] beta, int from, int to, float[] mean) {
        for (int i = from; i < to; i++) {
            mean[i] = WeibullPosterior.mean(beta[i]);
        }
    }

    @Override
    void inclusions(float[] beta, int from, int to, float odds, float[] inclusion) {
        inclusionsOf(beta, from, to, odds, inclusion);
    }

    static void inclusionsOf(float[] beta, int from, int to, float odds, float[] inclusion) {
        for (int i = from; i < to; i++) {
            float cost = WeibullPosterior.leastCost(beta[i]);
            inclusion[i] = 1f / (FloatMath.exp(Math.min(EXPONENT_MAX, cost - odds)) + 1f);
        }
    }

    private static void evaluate(PosteriorComponent c, PosteriorScratch s, int size, boolean all) {
        if (all) {
            WeibullPosterior.evaluate(s.beta, s.mean, s.variance, s.cost, s.divergence, 0, size);
            addRowsToDivergence(c, s, size);
        } else {
            WeibullPosterior.evaluate(s.beta, s.mean, s.cost, 0, size);
        }
    }

    @Override
    void slabs(PosteriorComponent c, PosteriorScratch s, int size, boolean all) {
        evaluate(c, s, size, all);
        for (int i = 0; i < size; i++) {
            float mean = s.mean[i] * c.inverseRoot;
            s.x[i] = mean;
            if (!all) {
                continue;
            }
            s.spread[i] = Math.max(s.variance[i] * c.inverseCurvature, Float.MIN_NORMAL);
            s.inclusion[i] = 1f;
            s.kl[i] = s.divergence[i] + c.divergenceOffset + mean * c.rate;
        }
    }

    @Override
    void addUp(PosteriorScratch s) {
        addUp(s.x, s.lanes, 0);
        addUp(s.spread, s.lanes, PosteriorScratch.LANES);
        addUp(s.inclusion, s.lanes, 2 * PosteriorScratch.LANES);
        addUp(s.kl, s.lanes, 3 * PosteriorScratch.LANES);
    }

    private static void addUp(float[] values, float[] lanes, int offset) {
        Arrays.fill(lanes, offset, offset + PosteriorScratch.LANES, 0f);
        for (int i = 0; i < PosteriorScratch.CHUNK; i += PosteriorScratch.LANES) {
            for (int lane = 0; lane < PosteriorScratch.LANES; lane++) {
                lanes[offset + lane] += values[i + lane];
            }
        }
    }
}
