package io.github.paenmf.backend.cpu;

import static jdk.incubator.vector.VectorOperators.GT;

import io.github.paenmf.math.WeibullPosterior;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Vector API's twin of {@link ScalarPosteriorKernel}: the same operations in the same order; keep them in step. In
 * short loops over arrays, as {@link VectorHeadKernel} says.
 */
final class VectorPosteriorKernel extends PosteriorKernel {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED.length() > PosteriorScratch.LANES
            ? FloatVector.SPECIES_512
            : FloatVector.SPECIES_PREFERRED;
    private static final int LANES = FLOATS.length();
    private static final int DEGREE = WeibullPosterior.DEGREE;
    private static final int TERMS = DEGREE + 1;
    private static final float[] MEAN = WeibullPosterior.meanCoefficients();
    private static final float[] VARIANCE = WeibullPosterior.varianceCoefficients();
    private static final float[] COST = WeibullPosterior.costCoefficients();
    private static final float[] SHAPE = WeibullPosterior.shapeCoefficients();
    private static final float[] UNIT_MEAN = WeibullPosterior.unitMeanCoefficients();

    private static final FloatVector ZERO = constant(0f);
    private static final FloatVector ONE = constant(1f);
    private static final FloatVector HALF = constant(0.5f);
    private static final FloatVector MIDDLE = constant(WeibullPosterior.MIDDLE);
    private static final FloatVector FAR = constant(WeibullPosterior.FAR);
    private static final FloatVector CENTRE = constant(WeibullPosterior.CENTRE);
    private static final FloatVector CURVE = constant(WeibullPosterior.CURVE);
    private static final FloatVector ROOT_OF_CURVE = constant(WeibullPosterior.ROOT_OF_CURVE);
    private static final FloatVector LIMIT = constant(WeibullPosterior.LIMIT);
    private static final FloatVector MINUS_LIMIT = constant(-WeibullPosterior.LIMIT);
    private static final FloatVector LOG_ODDS_MAX = constant(PosteriorKernel.LOG_ODDS_MAX);
    private static final FloatVector MINUS_LOG_ODDS_MAX = constant(-PosteriorKernel.LOG_ODDS_MAX);
    private static final FloatVector MIN_NORMAL = constant(Float.MIN_NORMAL);

    /** Four vectors at a time: each sum is a chain of additions, and four of them keep the units busy. */
    @Override
    void betas(
            PosteriorComponent c,
            int j,
            int components,
            int from,
            int size,
            MatrixView x,
            MatrixView numerator,
            MatrixView product,
            MatrixView gram,
            float[] beta) {
        int end = size / (4 * LANES) * (4 * LANES);
        float[] means = x.data();
        float[] weights = gram.data();
        int ld = x.stride();
        int row = gram.row(j);
        for (int i = 0; i < end; i += 4 * LANES) {
            float[] products = product.data();
            int sums = product.row(j) + from + i;
            FloatVector s0 = FloatVector.fromArray(FLOATS, products, sums);
            FloatVector s1 = FloatVector.fromArray(FLOATS, products, sums + LANES);
            FloatVector s2 = FloatVector.fromArray(FLOATS, products, sums + 2 * LANES);
            FloatVector s3 = FloatVector.fromArray(FLOATS, products, sums + 3 * LANES);
            int at = x.offset() + from + i;
            for (int l = 0; l < j; l++, at += ld) {
                FloatVector times = FloatVector.broadcast(FLOATS, weights[row + l]);
                s0 = FloatVector.fromArray(FLOATS, means, at).mul(times).add(s0);
                s1 = FloatVector.fromArray(FLOATS, means, at + LANES).mul(times).add(s1);
                s2 = FloatVector.fromArray(FLOATS, means, at + 2 * LANES)
                        .mul(times)
                        .add(s2);
                s3 = FloatVector.fromArray(FLOATS, means, at + 3 * LANES)
                        .mul(times)
                        .add(s3);
            }
            at += ld;
            for (int l = j + 1; l < components; l++, at += ld) {
                FloatVector times = FloatVector.broadcast(FLOATS, weights[row + l]);
                s0 = FloatVector.fromArray(FLOATS, means, at).mul(times).add(s0);
                s1 = FloatVector.fromArray(FLOATS, means, at + LANES).mul(times).add(s1);
                s2 = FloatVector.fromArray(FLOATS, means, at + 2 * LANES)
                        .mul(times)
                        .add(s2);
                s3 = FloatVector.fromArray(FLOATS, means, at + 3 * LANES)
                        .mul(times)
                        .add(s3);
            }
            s0.intoArray(beta, i);
            s1.intoArray(beta, i + LANES);
            s2.intoArray(beta, i + 2 * LANES);
            s3.intoArray(beta, i + 3 * LANES);
        }
        FloatVector scales = constant(c.scale);
        FloatVector precisions = constant(c.precision);
        FloatVector rates = constant(c.rate);
        FloatVector inverseRoots = constant(c.inverseRoot);
        for (int i = 0; i < end; i += LANES) {
            FloatVector.fromArray(FLOATS, numerator.data(), numerator.row(j) + from + i)
                    .mul(scales)
                    .sub(FloatVector.fromArray(FLOATS, beta, i))
                    .mul(precisions)
                    .sub(rates)
                    .mul(inverseRoots)
                    .min(LIMIT)
                    .max(MINUS_LIMIT)
                    .intoArray(beta, i);
        }
        if (end < size) {
            ScalarPosteriorKernel.betas(c, j, components, from, end, size, x, numerator, product, gram, beta);
        }
    }

    private static int padded(int size) {
        return (size + LANES - 1) / LANES * LANES;
    }

    @Override
    void mixtures(PosteriorComponent c, PosteriorScratch s, int size, boolean all) {
        int to = padded(size);
        polynomials(s, to);
        VectorHeadKernel.log(s.w, s.logW, 0, to);
        costs(s, to);
        addRowsToCost(s, size);
        logOdds(c, s, to);
        VectorHeadKernel.exp(s.odds, 0, to);
        inclusions(c, s, to);
        if (all) {
            variances(s, to);
            spreads(c, s, to);
            VectorHeadKernel.log(s.total, s.total, 0, to);
            divergences(s, to);
            addRowsToDivergence(c, s, size);
            mixedDivergences(c, s, to);
        }
    }

    @Override
    void slabs(PosteriorComponent c, PosteriorScratch s, int size, boolean all) {
        int to = padded(size);
        polynomials(s, to);
        means(c, s, to);
        if (all) {
            variances(s, to);
            VectorHeadKernel.log(s.w, s.logW, 0, to);
            divergences(s, to);
            addRowsToDivergence(c, s, size);
            slabsAlone(c, s, to);
        }
    }

    @Override
    void distributions(float[] beta, int from, int to, float times, float[] lambda, float[] k) {
        int end = end(from, to);
        standardMeans(beta, from, end, lambda);
        for (int i = from; i < end; i += LANES) {
            FloatVector b = clamped(beta, i);
            VectorMask<Float> middle = b.compare(GT, MIDDLE);
            VectorMask<Float> far = b.compare(GT, FAR);
            FloatVector w = w(b, middle);
            FloatVector shape = polynomial(SHAPE, w.blend(b.sub(CENTRE), middle).blend(w, far), middle, far);
            shape.blend(shape.div(w), far).intoArray(k, i);
        }
        FloatVector factor = constant(times);
        for (int i = from; i < end; i += LANES) {
            FloatVector x = ONE.div(FloatVector.fromArray(FLOATS, k, i));
            FloatVector sum = constant(UNIT_MEAN[UNIT_MEAN.length - 1]);
            for (int power = UNIT_MEAN.length - 2; power >= 0; power--) {
                sum = sum.mul(x).add(constant(UNIT_MEAN[power]));
            }
            FloatVector.fromArray(FLOATS, lambda, i)
                    .div(x.mul(sum).add(ONE))
                    .mul(factor)
                    .intoArray(lambda, i);
        }
        ScalarPosteriorKernel.distributionsOf(beta, end, to, times, lambda, k);
    }

    @Override
    void standardMeans(float[] beta, int from, int to, float[] mean) {
        int end = end(from, to);
        for (int i = from; i < end; i += LANES) {
            FloatVector b = clamped(beta, i);
            VectorMask<Float> middle = b.compare(GT, MIDDLE);
            VectorMask<Float> far = b.compare(GT, FAR);
            FloatVector w = w(b, middle);
            FloatVector term = polynomial(MEAN, w.blend(b.sub(CENTRE), middle).blend(w, far), middle, far)
                    .mul(w.blend(ONE, middle).blend(w, far));
            term.blend(b.sub(term), middle).intoArray(mean, i);
        }
        ScalarPosteriorKernel.standardMeansOf(beta, end, to, mean);
    }

    @Override
    void inclusions(float[] beta, int from, int to, float odds, float[] inclusion) {
        int end = end(from, to);
        for (int i = from; i < end; i += LANES) {
            FloatVector b = clamped(beta, i);
            w(b, b.compare(GT, MIDDLE)).intoArray(inclusion, i);
        }
        VectorHeadKernel.log(inclusion, inclusion, from, end);
        FloatVector offset = constant(odds);
        FloatVector most = constant(EXPONENT_MAX);
        for (int i = from; i < end; i += LANES) {
            FloatVector b = clamped(beta, i);
            VectorMask<Float> middle = b.compare(GT, MIDDLE);
            VectorMask<Float> far = b.compare(GT, FAR);
            FloatVector w = w(b, middle);
            FloatVector cost = polynomial(COST, w.blend(b.sub(CENTRE), middle).blend(w, far), middle, far);
            cost.sub(FloatVector.fromArray(FLOATS, inclusion, i))
                    .blend(cost.sub(b.mul(HALF).mul(b)), middle)
                    .sub(offset)
                    .min(most)
                    .intoArray(inclusion, i);
        }
        VectorHeadKernel.exp(inclusion, from, end);
        for (int i = from; i < end; i += LANES) {
            ONE.div(FloatVector.fromArray(FLOATS, inclusion, i).add(ONE)).intoArray(inclusion, i);
        }
        ScalarPosteriorKernel.inclusionsOf(beta, end, to, odds, inclusion);
    }

    /** What is left beyond full vectors goes in plain loops. */
    private static int end(int from, int to) {
        return from + (to - from) / LANES * LANES;
    }

    private static FloatVector clamped(float[] beta, int i) {
        return FloatVector.fromArray(FLOATS, beta, i).min(LIMIT).max(MINUS_LIMIT);
    }

    private static FloatVector w(FloatVector b, VectorMask<Float> middle) {
        FloatVector root = b.mul(b).add(CURVE).sqrt();
        return ROOT_OF_CURVE.div(root.add(b.neg().blend(b, middle)));
    }

    /** With the coefficients of each lane's piece. */
    private static FloatVector polynomial(
            float[] pieces, FloatVector z, VectorMask<Float> middle, VectorMask<Float> far) {
        FloatVector sum = coefficient(pieces, DEGREE, middle, far);
        for (int power = DEGREE - 1; power >= 0; power--) {
            sum = sum.mul(z).add(coefficient(pieces, power, middle, far));
        }
        return sum;
    }

    /** w, the mean, and the polynomial of the least cost, with the coefficients of each lane's piece. */
    private static void polynomials(PosteriorScratch s, int to) {
        for (int i = 0; i < to; i += LANES) {
            FloatVector b = FloatVector.fromArray(FLOATS, s.beta, i);
            VectorMask<Float> middle = b.compare(GT, MIDDLE);
            VectorMask<Float> far = b.compare(GT, FAR);
            FloatVector w = w(b, middle);
            FloatVector z = w.blend(b.sub(CENTRE), middle).blend(w, far);
            FloatVector mean = coefficient(MEAN, DEGREE, middle, far);
            FloatVector cost = coefficient(COST, DEGREE, middle, far);
            for (int power = DEGREE - 1; power >= 0; power--) {
                mean = mean.mul(z).add(coefficient(MEAN, power, middle, far));
                cost = cost.mul(z).add(coefficient(COST, power, middle, far));
            }
            FloatVector term = mean.mul(w.blend(ONE, middle).blend(w, far));
            w.intoArray(s.w, i);
            cost.intoArray(s.polynomial, i);
            term.intoArray(s.term, i);
            term.blend(b.sub(term), middle).intoArray(s.mean, i);
        }
    }

    /** Of a power in each lane's piece. */
    private static FloatVector coefficient(float[] pieces, int power, VectorMask<Float> middle, VectorMask<Float> far) {
        return constant(pieces[power])
                .blend(constant(pieces[TERMS + power]), middle)
                .blend(constant(pieces[2 * TERMS + power]), far);
    }

    /** The least costs. */
    private static void costs(PosteriorScratch s, int to) {
        for (int i = 0; i < to; i += LANES) {
            FloatVector b = FloatVector.fromArray(FLOATS, s.beta, i);
            FloatVector polynomial = FloatVector.fromArray(FLOATS, s.polynomial, i);
            polynomial
                    .sub(FloatVector.fromArray(FLOATS, s.logW, i))
                    .blend(polynomial.sub(b.mul(HALF).mul(b)), b.compare(GT, MIDDLE))
                    .intoArray(s.cost, i);
        }
    }

    /** ln((1 − p)/p) by the least cost, and minus its magnitude in the array of the odds. */
    private static void logOdds(PosteriorComponent c, PosteriorScratch s, int to) {
        FloatVector offset = constant(c.oddsOffset);
        for (int i = 0; i < to; i += LANES) {
            FloatVector odds = FloatVector.fromArray(FLOATS, s.cost, i)
                    .add(offset)
                    .min(LOG_ODDS_MAX)
                    .max(MINUS_LOG_ODDS_MAX);
            odds.intoArray(s.logOdds, i);
            odds.abs().neg().intoArray(s.odds, i);
        }
    }

    /** p, 1 − p, and the means of slab and mixture. */
    private static void inclusions(PosteriorComponent c, PosteriorScratch s, int to) {
        FloatVector inverseRoot = constant(c.inverseRoot);
        for (int i = 0; i < to; i += LANES) {
            FloatVector odds = FloatVector.fromArray(FLOATS, s.odds, i);
            FloatVector total = odds.add(ONE);
            FloatVector larger = ONE.div(total);
            FloatVector smaller = odds.mul(larger);
            VectorMask<Float> positive =
                    FloatVector.fromArray(FLOATS, s.logOdds, i).compare(GT, ZERO);
            FloatVector p = larger.blend(smaller, positive);
            FloatVector mean = FloatVector.fromArray(FLOATS, s.mean, i).mul(inverseRoot);
            total.intoArray(s.total, i);
            p.intoArray(s.inclusion, i);
            smaller.blend(larger, positive).intoArray(s.rest, i);
            p.mul(mean).intoArray(s.x, i);
        }
    }

    private static void means(PosteriorComponent c, PosteriorScratch s, int to) {
        FloatVector inverseRoot = constant(c.inverseRoot);
        for (int i = 0; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, s.mean, i).mul(inverseRoot).intoArray(s.x, i);
        }
    }

    /** The standardised variance, by its polynomial or by the mean. */
    private static void variances(PosteriorScratch s, int to) {
        for (int i = 0; i < to; i += LANES) {
            FloatVector w = FloatVector.fromArray(FLOATS, s.w, i);
            FloatVector variance = constant(VARIANCE[DEGREE]);
            for (int power = DEGREE - 1; power >= 0; power--) {
                variance = variance.mul(w).add(constant(VARIANCE[power]));
            }
            FloatVector byMean = FloatVector.fromArray(FLOATS, s.mean, i)
                    .mul(FloatVector.fromArray(FLOATS, s.term, i))
                    .add(ONE);
            VectorMask<Float> middle = FloatVector.fromArray(FLOATS, s.beta, i).compare(GT, MIDDLE);
            variance.mul(w).mul(w).blend(byMean, middle).intoArray(s.variance, i);
        }
    }

    /** Variances of the mixtures. */
    private static void spreads(PosteriorComponent c, PosteriorScratch s, int to) {
        FloatVector inverseRoot = constant(c.inverseRoot);
        FloatVector inverseCurvature = constant(c.inverseCurvature);
        for (int i = 0; i < to; i += LANES) {
            FloatVector mean = FloatVector.fromArray(FLOATS, s.mean, i).mul(inverseRoot);
            FloatVector between = FloatVector.fromArray(FLOATS, s.x, i)
                    .mul(FloatVector.fromArray(FLOATS, s.rest, i).mul(mean));
            FloatVector slab = FloatVector.fromArray(FLOATS, s.variance, i).mul(inverseCurvature);
            FloatVector.fromArray(FLOATS, s.inclusion, i)
                    .mul(slab)
                    .add(between)
                    .max(MIN_NORMAL)
                    .intoArray(s.spread, i);
        }
    }

    /** What of the KL divergences depends on β alone. */
    private static void divergences(PosteriorScratch s, int to) {
        for (int i = 0; i < to; i += LANES) {
            FloatVector b = FloatVector.fromArray(FLOATS, s.beta, i);
            FloatVector cost = FloatVector.fromArray(FLOATS, s.polynomial, i);
            FloatVector half = b.mul(FloatVector.fromArray(FLOATS, s.term, i)).mul(HALF);
            cost.sub(FloatVector.fromArray(FLOATS, s.logW, i))
                    .add(half)
                    .blend(cost.sub(half), b.compare(GT, MIDDLE))
                    .sub(HALF)
                    .intoArray(s.divergence, i);
        }
    }

    /** KL divergences of the mixtures, from ln(1 + odds) in the array of 1 + odds. */
    private static void mixedDivergences(PosteriorComponent c, PosteriorScratch s, int to) {
        FloatVector inverseRoot = constant(c.inverseRoot);
        FloatVector rate = constant(c.rate);
        FloatVector divergenceOffset = constant(c.divergenceOffset);
        FloatVector logInclusion = constant(c.logInclusion);
        FloatVector logExclusion = constant(c.logExclusion);
        for (int i = 0; i < to; i += LANES) {
            FloatVector odds = FloatVector.fromArray(FLOATS, s.logOdds, i);
            FloatVector logTotal = FloatVector.fromArray(FLOATS, s.total, i);
            FloatVector mean = FloatVector.fromArray(FLOATS, s.mean, i).mul(inverseRoot);
            FloatVector included = FloatVector.fromArray(FLOATS, s.divergence, i)
                    .add(divergenceOffset)
                    .add(mean.mul(rate))
                    .sub(odds.max(ZERO).add(logTotal))
                    .sub(logInclusion);
            FloatVector excluded = odds.neg().max(ZERO).add(logTotal).add(logExclusion);
            FloatVector.fromArray(FLOATS, s.inclusion, i)
                    .mul(included)
                    .sub(FloatVector.fromArray(FLOATS, s.rest, i).mul(excluded))
                    .intoArray(s.kl, i);
        }
    }

    /** Variances and KL divergences without a point mass. */
    private static void slabsAlone(PosteriorComponent c, PosteriorScratch s, int to) {
        FloatVector inverseCurvature = constant(c.inverseCurvature);
        FloatVector rate = constant(c.rate);
        FloatVector divergenceOffset = constant(c.divergenceOffset);
        for (int i = 0; i < to; i += LANES) {
            FloatVector.fromArray(FLOATS, s.variance, i)
                    .mul(inverseCurvature)
                    .max(MIN_NORMAL)
                    .intoArray(s.spread, i);
            ONE.intoArray(s.inclusion, i);
            FloatVector.fromArray(FLOATS, s.divergence, i)
                    .add(divergenceOffset)
                    .add(FloatVector.fromArray(FLOATS, s.x, i).mul(rate))
                    .intoArray(s.kl, i);
        }
    }

    /** Sums begin with vectors that are made here: those that begin as constant objects stay objects, and slow. */
    @Override
    void addUp(PosteriorScratch s) {
        for (int lane = 0; lane < PosteriorScratch.LANES; lane += LANES) {
            FloatVector x = constant(0f);
            FloatVector spread = constant(0f);
            FloatVector inclusion = constant(0f);
            FloatVector kl = constant(0f);
            for (int i = lane; i < PosteriorScratch.CHUNK; i += PosteriorScratch.LANES) {
                x = x.add(FloatVector.fromArray(FLOATS, s.x, i));
                spread = spread.add(FloatVector.fromArray(FLOATS, s.spread, i));
                inclusion = inclusion.add(FloatVector.fromArray(FLOATS, s.inclusion, i));
                kl = kl.add(FloatVector.fromArray(FLOATS, s.kl, i));
            }
            x.intoArray(s.lanes, lane);
            spread.intoArray(s.lanes, PosteriorScratch.LANES + lane);
            inclusion.intoArray(s.lanes, 2 * PosteriorScratch.LANES + lane);
            kl.intoArray(s.lanes, 3 * PosteriorScratch.LANES + lane);
        }
    }

    private static FloatVector constant(float value) {
        return FloatVector.broadcast(FLOATS, value);
    }
}
