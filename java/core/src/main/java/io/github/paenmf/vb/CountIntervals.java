package io.github.paenmf.vb;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.VbIntervals;

/** Intervals of a model with a Poisson likelihood: what it keeps of them from its fit, and those of any rows. */
public final class CountIntervals {

    private final FittedVb model;
    private final int r;
    private final FactorRows w;

    public CountIntervals(FittedVb model) {
        this.model = model;
        this.r = model.rank();
        this.w = new ModelIntervals(model).basisRows(new double[model.features() * r]);
    }

    /** What a method that was asked for comes to for so many rows. */
    public static IntervalMethod resolve(IntervalMethod asked, int rows, int features, int rank) {
        if (asked != IntervalMethod.AUTO) {
            return asked;
        }
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
     * @param method {@link IntervalMethod#JOINT} or {@link IntervalMethod#CONDITIONAL}
     * @param rows posterior of the rows of the data
     */
    public VbIntervals fit(IntervalMethod method, FactorRows rows, RowSource data, Parallel parallel) {
        CountFactor ofRows = CountFactor.of(rows, parallel);
        CountFactor ofFeatures = CountFactor.of(w, parallel);
        CountResponse features = new CountResponse(
                ofFeatures, AllocatedCounts.ofFeatures(data, ofRows.geometric(), ofFeatures.geometric(), r));
        if (method == IntervalMethod.CONDITIONAL) {
            return VbIntervals.ofCounts(
                    method, model.parameters(), new double[0], features.variances(null, parallel), true);
        }
        CountResponse samples =
                new CountResponse(ofRows, AllocatedCounts.ofRows(data, ofRows.geometric(), ofFeatures.geometric(), r));
        int[] live = CountResponse.liveComponents(rows, w);
        JointResponse.Blocks blocks = JointResponse.Blocks.of(
                samples.products(live, parallel), features.products(live, parallel), live, r, parallel);
        return VbIntervals.ofCounts(
                method, model.parameters(), blocks.h(), features.variances(blocks.w(), parallel), blocks.complete());
    }

    /**
     * Intervals of rows.
     *
     * @param rows posterior of the rows of the data
     * @param level probability that an interval holds, in (0, 1)
     */
    public Intervals ofRows(FactorRows rows, RowSource data, double level, Parallel parallel) {
        VbIntervals kept = model.intervals();
        if (kept.method() == IntervalMethod.MEAN_FIELD) {
            return FactorResponse.meanField(rows, level, parallel);
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
