package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import io.github.paenmf.math.PoissonPosterior;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API's twin of {@link ScalarPoissonKernel}: the same operations in the same order, so that both give the
 * same bits; keep them in step. Loaded by name, since the module may be absent.
 */
final class VectorPoissonKernel implements PoissonKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    private static final FloatVector ZERO = constant(0f);
    private static final FloatVector ONE = constant(1f);
    private static final FloatVector HALF = constant(0.5f);
    private static final FloatVector TWO = constant(2f);
    private static final FloatVector LEAST = constant(Float.MIN_NORMAL);
    private static final float[] RATIO = PoissonPosterior.ratioCoefficients();
    private static final float[] VARIATION = PoissonPosterior.variationCoefficients();
    private static final float[] DIVERGENCE = PoissonPosterior.divergenceCoefficients();

    @Override
    public void posteriors(PoissonScratch s, int count, float inversePrior, boolean variances) {
        int to = padded(count);
        means(s, to, inversePrior);
        VectorHeadKernel.log(s.logGrowth, s.logGrowth, 0, to);
        VectorHeadKernel.log(s.relative, s.relative, 0, to);
        divergences(s, to, inversePrior);
        if (variances) {
            variances(s, to);
        }
    }

    /** And what logarithms are taken of: the growth, and the mean over the prior's times t. */
    private static void means(PoissonScratch s, int to, float inversePrior) {
        FloatVector factor = constant(inversePrior);
        for (int i = 0; i < to; i += LANES) {
            FloatVector before = FloatVector.fromArray(FLOATS, s.before, i);
            FloatVector allocated = before.mul(FloatVector.fromArray(FLOATS, s.product, i));
            FloatVector more = allocated.add(ONE);
            FloatVector t = ONE.div(more.sqrt());
            FloatVector mean = more.div(FloatVector.fromArray(FLOATS, s.rate, i));
            FloatVector z = TWO.mul(t).sub(ONE);
            FloatVector ratio = constant(RATIO[RATIO.length - 1]);
            for (int power = RATIO.length - 2; power >= 0; power--) {
                ratio = ratio.mul(z).add(constant(RATIO[power]));
            }
            FloatVector now = mean.mul(ratio);
            allocated.intoArray(s.allocated, i);
            t.intoArray(s.argument, i);
            mean.intoArray(s.mean, i);
            now.intoArray(s.now, i);
            now.div(before).intoArray(s.logGrowth, i);
            mean.mul(factor).mul(t).intoArray(s.relative, i);
        }
    }

    private static void divergences(PoissonScratch s, int to, float inversePrior) {
        FloatVector factor = constant(inversePrior);
        for (int i = 0; i < to; i += LANES) {
            FloatVector z =
                    TWO.mul(FloatVector.fromArray(FLOATS, s.argument, i)).sub(ONE);
            FloatVector sum = constant(DIVERGENCE[DIVERGENCE.length - 1]);
            for (int power = DIVERGENCE.length - 2; power >= 0; power--) {
                sum = sum.mul(z).add(constant(DIVERGENCE[power]));
            }
            sum.sub(FloatVector.fromArray(FLOATS, s.relative, i))
                    .add(FloatVector.fromArray(FLOATS, s.mean, i).mul(factor))
                    .intoArray(s.divergence, i);
        }
    }

    private static void variances(PoissonScratch s, int to) {
        for (int i = 0; i < to; i += LANES) {
            FloatVector t = FloatVector.fromArray(FLOATS, s.argument, i);
            FloatVector z = TWO.mul(t).sub(ONE);
            FloatVector sum = constant(VARIATION[VARIATION.length - 1]);
            for (int power = VARIATION.length - 2; power >= 0; power--) {
                sum = sum.mul(z).add(constant(VARIATION[power]));
            }
            FloatVector mean = FloatVector.fromArray(FLOATS, s.mean, i);
            mean.mul(mean).mul(sum.mul(t.mul(t))).intoArray(s.variance, i);
        }
    }

    @Override
    public void multiply(PoissonScratch s, int count) {
        int to = padded(count);
        for (int i = 0; i < to; i += LANES) {
            FloatVector factor =
                    FloatVector.fromArray(FLOATS, s.product, i).mul(FloatVector.fromArray(FLOATS, s.rate, i));
            FloatVector now = FloatVector.fromArray(FLOATS, s.before, i).mul(factor);
            now.blend(ZERO, now.compare(LT, LEAST)).intoArray(s.now, i);
            factor.max(LEAST).intoArray(s.logGrowth, i);
        }
        VectorHeadKernel.log(s.logGrowth, s.logGrowth, 0, to);
        for (int i = 0; i < to; i += LANES) {
            FloatVector log = FloatVector.fromArray(FLOATS, s.logGrowth, i);
            VectorMask<Float> stays = FloatVector.fromArray(FLOATS, s.now, i).compare(GT, 0f);
            ZERO.blend(log, stays).intoArray(s.logGrowth, i);
        }
    }

    @Override
    public void log(float[] x, float[] target, int count) {
        VectorHeadKernel.log(x, target, 0, padded(count));
    }

    @Override
    public void goBeyond(float[] values, int at, float[] before, int atBefore, float lead, int count) {
        int i = 0;
        if (lead > 0) {
            for (; i + LANES <= count; i += LANES) {
                FloatVector now = FloatVector.fromArray(FLOATS, values, at + i);
                FloatVector other = FloatVector.fromArray(FLOATS, before, atBefore + i);
                beyond(now, other, lead).intoArray(values, at + i);
            }
        }
        for (; i < count; i++) {
            values[at + i] = Momentum.beyond(values[at + i], before[atBefore + i], lead);
        }
    }

    private static FloatVector beyond(FloatVector now, FloatVector before, float lead) {
        FloatVector beta = constant(lead);
        FloatVector fall = ONE.add(beta.mul(before.div(now).sub(ONE)));
        FloatVector below = now.div(fall).max(now.mul(HALF));
        FloatVector above = now.mul(ONE.add(beta.mul(now.div(before).sub(ONE))));
        FloatVector bounded = now.blend(above, above.compare(LT, Float.MAX_VALUE));
        VectorMask<Float> positive = now.compare(GT, 0f).and(before.compare(GT, 0f));
        return now.blend(bounded.blend(below, now.lt(before)), positive);
    }

    private static int padded(int count) {
        return (count + LANES - 1) / LANES * LANES;
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }
}
