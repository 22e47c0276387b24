package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;

/**
 * What fits from several seeds say of a model's components: which of them come out again. Arrays are not copied and must
 * not be written to.
 *
 * @param restarts how many fits were asked for; those that diverged or were stopped take no part
 * @param resample which rows each of them saw
 * @param objectives at the end of each fit, in the order of the seeds; of resampled rows, whose objectives are of other data
 * @param matches the components of the fits; without resampling of all but the best, to whose components, which are the
 *     model's, they are matched
 * @param consensus the median of the matched components, each of which has length 1, without outliers, times the length of
 *     the model's component; m × r, in units of the model's basis. {@link Consensus} has the rule
 * @param kept share of the fits whose component was no outlier, r
 * @param ofConsensus whether the model is that of the consensus rather than the best fit
 */
public record Stability(
        int restarts,
        Resample resample,
        double[] objectives,
        MatchedFits matches,
        Matrix consensus,
        double[] kept,
        boolean ofConsensus) {

    /**
     * @throws IllegalArgumentException if the parts differ in rank
     */
    public Stability {
        int r = consensus.columns();
        if (matches.cosines().columns() != r || kept.length != r) {
            throw new IllegalArgumentException("the stability of "
                    + matches.cosines().columns() + " and " + kept.length + " components for a consensus of " + r);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Stability that
                && restarts == that.restarts
                && resample == that.resample
                && ofConsensus == that.ofConsensus
                && Arrays.equals(objectives, that.objectives)
                && Arrays.deepEquals(
                        matches.cosines().toRows(), that.matches.cosines().toRows())
                && Arrays.deepEquals(consensus.toRows(), that.consensus.toRows())
                && Arrays.equals(kept, that.kept);
    }

    @Override
    public int hashCode() {
        return 31 * restarts + Arrays.hashCode(objectives);
    }
}
