package io.github.paenmf.vb;

import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.model.BasisEstimates;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Intervals of a fitted model: what it keeps of them from its fit, and those of its basis and of any rows. */
public final class ModelIntervals {

    /** (n + m)·r⁴ of the greatest rotation that takes 10 s at most on two processors. */
    private static final double MOST_ROTATION = 1.1e9;

    private final FittedVb model;
    private final int r;
    /** G = E[WᵀW]. */
    private final double[] gram;

    private final FactorPrior coefficientPrior;
    private final FactorPrior basisPrior;

    public ModelIntervals(FittedVb model) {
        this.model = model;
        VbParameters p = model.parameters();
        this.r = p.rank();
        this.gram = p.secondMoments();
        double[] ones = new double[r];
        Arrays.fill(ones, 1);
        this.coefficientPrior = new FactorPrior(p.coefficientMean(), p.zeros() ? p.coefficientInclusion() : ones);
        this.basisPrior = new FactorPrior(p.priorMean(), p.zeros() ? p.priorInclusion() : ones);
    }

    /**
     * The posterior of some rows.
     *
     * @param inclusion null where every coefficient is above 0
     * @param projection V·W, n × r, in units of the scaled data
     */
    public static FactorRows rows(Matrix lambda, Matrix k, Matrix inclusion, Matrix projection) {
        int n = lambda.rows();
        int r = lambda.columns();
        double[] means = new double[n * r];
        double[] variances = new double[n * r];
        double[] inclusions = new double[n * r];
        double[] projections = new double[n * r];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < r; j++) {
                int e = i * r + j;
                double p = inclusion == null ? 1 : Math.max(Float.MIN_NORMAL, inclusion.get(i, j));
                means[e] = MixedWeibull.mean(k.get(i, j), lambda.get(i, j), p);
                variances[e] = Math.max(Float.MIN_NORMAL, MixedWeibull.variance(k.get(i, j), lambda.get(i, j), p));
                inclusions[e] = p;
                projections[e] = projection.get(i, j);
            }
        }
        return new FactorRows(n, r, means, variances, inclusions, projections);
    }

    FactorRows basisRows(double[] projection) {
        VbParameters p = model.parameters();
        double[] variances = doubles(p.variance());
        double[] inclusions = doubles(p.inclusion());
        for (int i = 0; i < variances.length; i++) {
            variances[i] = Math.max(Float.MIN_NORMAL, variances[i]);
            inclusions[i] = p.zeros() ? Math.max(Float.MIN_NORMAL, inclusions[i]) : 1;
        }
        return new FactorRows(p.features(), r, doubles(p.mean()), variances, inclusions, projection);
    }

    static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        Arrays.setAll(doubles, i -> values[i]);
        return doubles;
    }

    /** What a method that was asked for comes to for so many rows. */
    public static IntervalMethod resolve(IntervalMethod asked, int rows, int features, int rank) {
        if (asked != IntervalMethod.AUTO) {
            return asked;
        }
        return isQuick(rows, features, rank) ? IntervalMethod.ROTATION : IntervalMethod.JOINT;
    }

    static boolean isQuick(int rows, int features, int rank) {
        return ((double) rows + features) * Math.pow(rank, 4) <= MOST_ROTATION;
    }

    /**
     * What intervals are made of.
     *
     * @param method how, not {@link IntervalMethod#AUTO}
     * @param h posterior of the rows that the model was fitted on
     * @param projection Q = Vᵀ·H, m × r, in units of the scaled data
     * @param fitted the noise's variance by the fitted value, of mean σ²
     */
    public VbIntervals fit(
            IntervalMethod method, FactorRows h, double[] projection, VarianceFit.Result fitted, Parallel parallel) {
        double[] coefficientGram = gram(h);
        VarianceFunction noise = fitted.function();
        FactorRows w = basisRows(projection);
        double variance = model.parameters().squaredSigma();
        TwoSidedPosterior both =
                new TwoSidedPosterior(h, w, coefficientPrior, basisPrior, coefficientGram, gram, variance);
        double[] function = {noise.a(), noise.b(), noise.c()};
        double[] none = new double[0];
        int[] no = new int[0];
        switch (method) {
            case ROTATION, SAMPLED -> {
                RotationPosterior posterior = RotationPosterior.of(both, parallel);
                RotationFit rotation =
                        RotationFit.of(method, posterior, model.configuration().seed());
                double[] shares = RotatedFactor.ofW(
                                coefficientGram, h.mean(), basisPrior, variance, noise, rotation.draws())
                        .shares(w);
                return rotation.intervals(
                        function, fitted.kind(), projection, coefficientGram, shares, BasisEstimates.NONE);
            }
            case JOINT -> {
                JointResponse joint = JointResponse.of(both, model.fixedComponents(), parallel);
                return new VbIntervals(
                        method,
                        function,
                        fitted.kind(),
                        projection,
                        coefficientGram,
                        none,
                        no,
                        none,
                        none,
                        none,
                        0,
                        joint.h().blocks(),
                        joint.w().blocks(),
                        none,
                        BasisEstimates.NONE,
                        joint.complete());
            }
            default -> {
                return conditional(fitted, projection, coefficientGram, none);
            }
        }
    }

    private static VbIntervals conditional(
            VarianceFit.Result fitted, double[] projection, double[] coefficientGram, double[] basisVariances) {
        VarianceFunction noise = fitted.function();
        double[] none = new double[0];
        return new VbIntervals(
                IntervalMethod.CONDITIONAL,
                new double[] {noise.a(), noise.b(), noise.c()},
                fitted.kind(),
                projection,
                coefficientGram,
                none,
                new int[0],
                none,
                none,
                none,
                0,
                none,
                none,
                basisVariances,
                BasisEstimates.NONE,
                true);
    }

    double[] gram(FactorRows h) {
        double[] result = new double[r * r];
        for (int i = 0; i < h.rows(); i++) {
            for (int j = 0; j < r; j++) {
                for (int l = 0; l < r; l++) {
                    result[j * r + l] += h.mean()[i * r + j] * h.mean()[i * r + l];
                }
                result[j * r + j] += h.variance()[i * r + j];
            }
        }
        return result;
    }

    /**
     * Intervals of rows, in which V ≈ H·basisᵀ.
     *
     * @param ids of the rows, for their noise
     * @param level probability that an interval holds, in (0, 1)
     */
    public Intervals ofRows(FactorRows rows, long[] ids, double level, Parallel parallel) {
        VbIntervals kept = model.intervals();
        double variance = model.parameters().squaredSigma();
        return switch (kept.method()) {
            case ROTATION, SAMPLED -> {
                double[] w = doubles(model.parameters().mean());
                yield RotatedFactor.ofH(gram, w, coefficientPrior, variance, noise(kept), RotationFit.drawsOf(kept, r))
                        .intervals(rows, ids, level, model.configuration().seed(), parallel);
            }
            case JOINT ->
                FactorResponse.joint(gram, variance, r, kept.coefficientBlocks())
                        .intervals(rows, level, parallel);
            case CONDITIONAL -> FactorResponse.conditional(gram, variance, r).intervals(rows, level, parallel);
            case AUTO, MEAN_FIELD -> FactorResponse.meanField(rows, level, parallel);
        };
    }

    /**
     * The same where entries are missing: rows with missing entries have intervals by those that are observed.
     *
     * @param mask of the data, whose rows these are; null if nothing is missing
     */
    public Intervals ofRows(FactorRows rows, Mask mask, long[] ids, double level, Parallel parallel) {
        boolean alike = mask == null || model.intervals().method() == IntervalMethod.MEAN_FIELD;
        return alike
                ? ofRows(rows, ids, level, parallel)
                : new IncompleteIntervals(model).ofRows(rows, mask, ids, level, parallel);
    }

    /**
     * Intervals of the basis, m × r, in units of the scaled data.
     *
     * @param level probability that an interval holds, in (0, 1)
     */
    public Intervals ofBasis(double level, Parallel parallel) {
        VbIntervals kept = model.intervals();
        double variance = model.parameters().squaredSigma();
        FactorRows rows = basisRows(kept.projection());
        if (kept.basisVariances().length > 0) {
            return MixtureQuantile.of(rows, e -> kept.basisVariances()[(int) e], level, parallel);
        }
        return switch (kept.method()) {
            case ROTATION, SAMPLED ->
                rotatedBasis(kept, variance)
                        .intervals(
                                rows,
                                LongStream.range(0, rows.rows()).toArray(),
                                level,
                                model.configuration().seed(),
                                parallel);
            case JOINT ->
                FactorResponse.joint(kept.gram(), variance, r, kept.basisBlocks())
                        .intervals(rows, level, parallel);
            case CONDITIONAL ->
                FactorResponse.conditional(kept.gram(), variance, r).intervals(rows, level, parallel);
            case AUTO, MEAN_FIELD -> FactorResponse.meanField(rows, level, parallel);
        };
    }

    private RotatedFactor rotatedBasis(VbIntervals kept, double variance) {
        RotationDraws draws = RotationFit.drawsOf(kept, r);
        BasisEstimates basis = kept.basisEstimates();
        if (basis.isNone()) {
            return RotatedFactor.ofW(kept.gram(), basisPrior, variance, kept.shares(), draws);
        }
        RowEstimates estimates =
                new RowEstimates(model.features(), draws.live().length, basis.estimates(), basis.covariances());
        return RotatedFactor.ofRows(estimates, basisPrior, draws, true);
    }

    FactorPrior coefficientPrior() {
        return coefficientPrior;
    }

    FactorPrior basisPrior() {
        return basisPrior;
    }

    /**
     * Of the weights of the basis that are at least as probably above 0 as not, the share whose mean lies outside of its
     * interval; 0 if there are none. Under the posterior it would hardly ever.
     *
     * @param level probability that an interval holds, in (0, 1)
     */
    public double shareOutside(double level, Parallel parallel) {
        Intervals intervals = ofBasis(level, parallel);
        VbParameters p = model.parameters();
        int included = 0;
        int outside = 0;
        for (int e = 0; e < p.mean().length; e++) {
            if (!p.zeros() || p.inclusion()[e] >= 0.5) {
                included++;
                outside += p.mean()[e] < intervals.lower()[e]
                                || p.mean()[e] > intervals.upper()[e]
                        ? 1
                        : 0;
            }
        }
        return included == 0 ? 0 : (double) outside / included;
    }

    private static VarianceFunction noise(VbIntervals kept) {
        return new VarianceFunction(kept.noise()[0], kept.noise()[1], kept.noise()[2]);
    }
}
