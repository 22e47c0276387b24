package io.github.paenmf.vb;

import io.github.paenmf.data.Mask;
import io.github.paenmf.model.BasisEstimates;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NoiseKind;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.VbParameters;

/**
 * Intervals where entries are missing: each row and feature by the entries that are observed. The noise is taken for the
 * same everywhere.
 */
public final class IncompleteIntervals {

    /** (n + m)·r⁴ of the greatest rotation that takes about 10 s at most on two processors: each row has a covariance. */
    static final double MOST_ROTATION = 3e8;

    private final FittedVb model;
    private final ModelIntervals complete;
    private final int r;
    private final double noiseVariance;

    public IncompleteIntervals(FittedVb model) {
        this.model = model;
        this.complete = new ModelIntervals(model);
        this.r = model.rank();
        this.noiseVariance = model.parameters().squaredSigma();
    }

    /** What a method that was asked for comes to for so many rows. */
    public static IntervalMethod resolve(IntervalMethod asked, int rows, int features, int rank) {
        if (asked != IntervalMethod.AUTO) {
            return asked;
        }
        boolean quick = ((double) rows + features) * Math.pow(rank, 4) <= MOST_ROTATION;
        return quick ? IntervalMethod.ROTATION : IntervalMethod.JOINT;
    }

    /**
     * What intervals are made of.
     *
     * @param method how, neither {@link IntervalMethod#AUTO} nor {@link IntervalMethod#MEAN_FIELD}; where too few rows or
     *     features have two observed entries for each component, there is no rotation, and it is
     *     {@link IntervalMethod#JOINT}
     * @param h posterior of the rows that the model was fitted on
     * @param mask of their data
     * @param projection Q = Vᵀ·H over the observed entries, m × r, in units of the scaled data
     */
    public VbIntervals fit(IntervalMethod method, FactorRows h, Mask mask, double[] projection, Parallel parallel) {
        FactorRows w = complete.basisRows(projection);
        double[] gramH = complete.gram(h);
        double[] gramW = model.parameters().secondMoments();
        ObservedInformation ofFeatures =
                new ObservedInformation(mask.transpose(), gramH, h.mean(), h.variance(), r, noiseVariance);
        if (method == IntervalMethod.CONDITIONAL) {
            return response(method, ofFeatures, gramH, w, null, true, new double[0], parallel);
        }
        ObservedInformation ofRows = ofRows(mask);
        TwoSidedPosterior both = new TwoSidedPosterior(
                h, w, complete.coefficientPrior(), complete.basisPrior(), gramH, gramW, noiseVariance);
        int[] live = both.liveComponents();
        int[] rows = ObservedEstimates.telling(ofRows, h.rows(), live.length);
        int[] features = ObservedEstimates.telling(ofFeatures, w.rows(), live.length);
        boolean fewTell = Math.min(rows.length, features.length) <= live.length;
        if (method == IntervalMethod.JOINT || fewTell) {
            JointResponse.Blocks blocks = JointResponse.Blocks.of(
                    RowProducts.of(h.select(live), ofRows, live, JointResponse.BLOCK, parallel),
                    RowProducts.of(w.select(live), ofFeatures, live, JointResponse.BLOCK, parallel),
                    live,
                    r,
                    model.fixedComponents(),
                    parallel);
            return response(
                    IntervalMethod.JOINT, ofFeatures, gramH, w, blocks.w(), blocks.complete(), blocks.h(), parallel);
        }
        RowEstimates ofH = ObservedEstimates.of(h, ofRows, both.priorH(), noiseVariance, live, parallel);
        RowEstimates ofW = ObservedEstimates.of(w, ofFeatures, both.priorW(), noiseVariance, live, parallel);
        RotationPosterior posterior = RotationPosterior.of(
                live, h.rows(rows), ofH.select(rows), ofW.select(features), both.priorH(), both.priorW(), parallel);
        return RotationFit.of(method, posterior, model.configuration().seed())
                .intervals(
                        constant(),
                        NoiseKind.CONSTANT,
                        projection,
                        gramH,
                        new double[0],
                        new BasisEstimates(ofW.estimates(), ofW.covariances(), new double[0]));
    }

    /** Linear response, whose variances of the basis are kept as they are. */
    private VbIntervals response(
            IntervalMethod method,
            ObservedInformation ofFeatures,
            double[] gramH,
            FactorRows w,
            double[] basisBlocks,
            boolean isComplete,
            double[] coefficientBlocks,
            Parallel parallel) {
        double[] none = new double[0];
        double[] variances = FactorResponse.observed(ofFeatures, gramH, noiseVariance, r, basisBlocks)
                .variances(w, parallel);
        return new VbIntervals(
                method,
                constant(),
                NoiseKind.CONSTANT,
                w.projection(),
                gramH,
                none,
                new int[0],
                none,
                none,
                none,
                0,
                coefficientBlocks,
                none,
                variances,
                BasisEstimates.NONE,
                isComplete);
    }

    private double[] constant() {
        return new double[] {noiseVariance, 0, 0};
    }

    private ObservedInformation ofRows(Mask mask) {
        VbParameters p = model.parameters();
        return new ObservedInformation(
                mask,
                p.secondMoments(),
                ModelIntervals.doubles(p.mean()),
                ModelIntervals.doubles(p.variance()),
                r,
                noiseVariance);
    }

    /**
     * Intervals of rows. Those that miss nothing have the ones that they have alone.
     *
     * @param mask of the data, whose rows these are
     * @param ids of the rows, for their noise
     * @param level probability that an interval holds, in (0, 1)
     */
    Intervals ofRows(FactorRows rows, Mask mask, long[] ids, double level, Parallel parallel) {
        VbIntervals kept = model.intervals();
        ObservedInformation observed = ofRows(mask);
        double[] gram = model.parameters().secondMoments();
        Intervals intervals = switch (kept.method()) {
            case ROTATION, SAMPLED -> {
                RotationDraws draws = RotationFit.drawsOf(kept, r);
                FactorPrior prior = complete.coefficientPrior();
                RowEstimates estimates =
                        ObservedEstimates.of(rows, observed, prior, noiseVariance, draws.live(), parallel);
                yield RotatedFactor.ofRows(estimates, prior, draws, false)
                        .intervals(rows, ids, level, model.configuration().seed(), parallel);
            }
            case JOINT ->
                FactorResponse.observed(observed, gram, noiseVariance, r, kept.coefficientBlocks())
                        .intervals(rows, level, parallel);
            default ->
                FactorResponse.observed(observed, gram, noiseVariance, r, null).intervals(rows, level, parallel);
        };
        Intervals ofAll = complete.ofRows(rows, ids, level, parallel);
        for (int i = 0; i < rows.rows(); i++) {
            if (mask.missing(i) == 0) {
                System.arraycopy(ofAll.lower(), i * r, intervals.lower(), i * r, r);
                System.arraycopy(ofAll.upper(), i * r, intervals.upper(), i * r, r);
            }
        }
        return intervals;
    }
}
