package io.github.paenmf.vb;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.BasisEstimates;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.VbIntervals;

/** Intervals of a model with a Poisson likelihood: what it keeps of them from its fit, and those of any rows. */
public final class CountIntervals {

    /** (n + m)·r⁴ + n·m·r²/10 of the greatest rotation that takes about 10 s at most on two processors. */
    private static final double MOST_ROTATION = 3e8;

    private final FittedVb model;
    private final int r;
    private final ModelIntervals basis;
    private final FactorRows w;

    public CountIntervals(FittedVb model) {
        this.model = model;
        this.r = model.rank();
        this.basis = new ModelIntervals(model);
        this.w = basis.basisRows(new double[model.features() * r]);
    }

    /** What a method that was asked for comes to for so many rows. */
    public static IntervalMethod resolve(IntervalMethod asked, int rows, int features, int rank) {
        if (asked != IntervalMethod.AUTO) {
            return asked;
        }
        double turns = ((double) rows + features) * Math.pow(rank, 4);
        double estimates = (double) rows * features * rank * rank / 10;
        return turns + estimates <= MOST_ROTATION ? IntervalMethod.ROTATION : withoutRotation(rows, features, rank);
    }

    /** The same where the rotation does not do. */
    public static IntervalMethod withoutRotation(int rows, int features, int rank) {
        boolean quick = rank <= JointResponse.MOST_RANK && ModelIntervals.isQuick(rows, features, rank);
        return quick ? IntervalMethod.JOINT : IntervalMethod.CONDITIONAL;
    }

    /** The posterior of some rows: they have no zeros. */
    public static FactorRows rows(Matrix lambda, Matrix k) {
        return ModelIntervals.rows(lambda, k, null, Matrix.zeros(lambda.rows(), lambda.columns()));
    }

    /**
     * What intervals are made of.
     *
     * @param method how, neither {@link IntervalMethod#AUTO} nor {@link IntervalMethod#MEAN_FIELD}
     * @param rows posterior of the rows of the data
     */
    public VbIntervals fit(IntervalMethod method, FactorRows rows, RowSource data, Parallel parallel) {
        CountFactor ofRows = CountFactor.of(rows, parallel);
        CountFactor ofFeatures = CountFactor.of(w, model.fixedComponents(), parallel);
        CountResponse features = new CountResponse(
                ofFeatures, AllocatedCounts.ofFeatures(data, ofRows.geometric(), ofFeatures.geometric(), r));
        if (method == IntervalMethod.CONDITIONAL) {
            return VbIntervals.ofCounts(
                    method, model.parameters(), new double[0], features.variances(null, parallel), true);
        }
        CountResponse samples =
                new CountResponse(ofRows, AllocatedCounts.ofRows(data, ofRows.geometric(), ofFeatures.geometric(), r));
        int[] live = CountResponse.liveComponents(rows, data::sizeFactor, w);
        boolean fewTell = data.mask() != null
                && Math.min(
                                CountExposures.ofRows(data).telling(live.length).length,
                                CountExposures.ofFeatures(data).telling(live.length).length)
                        <= live.length;
        if (method != IntervalMethod.JOINT && !fewTell) {
            return rotation(method, rows, data, samples, features, live, parallel);
        }
        JointResponse.Blocks blocks = JointResponse.Blocks.of(
                samples.products(live, parallel),
                features.products(live, parallel),
                live,
                r,
                model.fixedComponents(),
                parallel);
        return VbIntervals.ofCounts(
                IntervalMethod.JOINT,
                model.parameters(),
                blocks.h(),
                features.variances(blocks.w(), parallel),
                blocks.complete());
    }

    private VbIntervals rotation(
            IntervalMethod method,
            FactorRows rows,
            RowSource data,
            CountResponse samples,
            CountResponse features,
            int[] live,
            Parallel parallel) {
        double[] ofBasis = features.covariances(live, parallel);
        RowEstimates ofH = estimates(rows, data, ofBasis, live, parallel);
        CountExposures exposures = CountExposures.ofFeatures(data);
        RowEstimates ofW = CountEstimates.of(
                w.mean(),
                rows.mean(),
                samples.covariances(live, parallel),
                CountProjection.ofFeatures(data, rows.mean(), w.mean(), r, parallel),
                exposures,
                basis.basisPrior(),
                live,
                parallel);
        int[] telling = CountExposures.ofRows(data).telling(live.length);
        RotationPosterior posterior = RotationPosterior.of(
                live,
                rows.rows(telling),
                ofH.select(telling),
                ofW.select(exposures.telling(live.length)),
                basis.coefficientPrior(),
                basis.basisPrior(),
                parallel);
        VbIntervals none = VbIntervals.none(model.parameters());
        return RotationFit.of(method, posterior, model.configuration().seed())
                .intervals(
                        none.noise(),
                        none.noiseKind(),
                        none.projection(),
                        none.gram(),
                        none.shares(),
                        new BasisEstimates(ofW.estimates(), ofW.covariances(), ofBasis));
    }

    private RowEstimates estimates(FactorRows rows, RowSource data, double[] ofBasis, int[] live, Parallel parallel) {
        double[] projection = CountProjection.ofRows(data, rows.mean(), w.mean(), r, parallel);
        CountExposures exposures = CountExposures.ofRows(data);
        return CountEstimates.of(
                rows.mean(), w.mean(), ofBasis, projection, exposures, basis.coefficientPrior(), live, parallel);
    }

    /**
     * Intervals of rows.
     *
     * @param rows posterior of the rows of the data
     * @param ids of the rows, for their noise
     * @param level probability that an interval holds, in (0, 1)
     */
    public Intervals ofRows(FactorRows rows, RowSource data, long[] ids, double level, Parallel parallel) {
        VbIntervals kept = model.intervals();
        if (kept.method() == IntervalMethod.MEAN_FIELD) {
            return FactorResponse.meanField(rows, level, parallel);
        }
        if (kept.method() == IntervalMethod.ROTATION || kept.method() == IntervalMethod.SAMPLED) {
            RotationDraws draws = RotationFit.drawsOf(kept, r);
            RowEstimates estimates = estimates(rows, data, kept.basisEstimates().posterior(), draws.live(), parallel);
            return RotatedFactor.ofRows(estimates, basis.coefficientPrior(), draws, false)
                    .intervals(rows, ids, level, model.configuration().seed(), parallel);
        }
        Require.level(level);
        CountFactor ofRows = CountFactor.of(rows, parallel);
        double[] weights = CountFactor.of(w, parallel).geometric();
        double[] blocks = kept.method() == IntervalMethod.JOINT ? kept.coefficientBlocks() : null;
        double[] variances = new CountResponse(ofRows, AllocatedCounts.ofRows(data, ofRows.geometric(), weights, r))
                .variances(blocks, parallel);
        return MixtureQuantile.of(rows, e -> variances[(int) e], level, parallel);
    }
}
