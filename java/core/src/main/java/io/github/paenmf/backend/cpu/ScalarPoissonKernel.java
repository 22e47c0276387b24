package io.github.paenmf.backend.cpu;

import io.github.paenmf.math.FloatMath;
import io.github.paenmf.math.PoissonPosterior;

/** In plain loops. */
final class ScalarPoissonKernel implements PoissonKernel {

    @Override
    public void posteriors(PoissonScratch s, int count, float inversePrior, boolean variances) {
        for (int i = 0; i < count; i++) {
            float allocated = s.before[i] * s.product[i];
            float t = PoissonPosterior.argument(allocated);
            float mean = (allocated + 1f) / s.rate[i];
            float now = mean * PoissonPosterior.ratio(t);
            s.allocated[i] = allocated;
            s.mean[i] = mean;
            s.now[i] = now;
            s.logGrowth[i] = FloatMath.log(now / s.before[i]);
            s.divergence[i] = PoissonPosterior.divergence(t, mean * inversePrior);
            if (variances) {
                s.variance[i] = mean * mean * PoissonPosterior.squaredVariation(t);
            }
        }
    }

    @Override
    public void multiply(PoissonScratch s, int count) {
        for (int i = 0; i < count; i++) {
            float factor = s.product[i] * s.rate[i];
            s.now[i] = PoissonKernel.normal(s.before[i] * factor);
            s.logGrowth[i] = s.now[i] > 0 ? FloatMath.log(Math.max(Float.MIN_NORMAL, factor)) : 0;
        }
    }

    @Override
    public void log(float[] x, float[] target, int count) {
        for (int i = 0; i < count; i++) {
            target[i] = FloatMath.log(x[i]);
        }
    }

    @Override
    public void goBeyond(float[] values, int at, float[] before, int atBefore, float lead, int count) {
        for (int i = 0; i < count; i++) {
            values[at + i] = Momentum.beyond(values[at + i], before[atBefore + i], lead);
        }
    }
}
