package io.github.paenmf.train;

/** Hears of each epoch of a fit, on the thread that called it. */
@FunctionalInterface
public interface FitListener {

    /**
     * With restarts, of the one fit that makes the model.
     *
     * @return whether training should go on; {@code false} ends it with the parameters as they are
     */
    boolean onEpoch(EpochReport report);

    /**
     * How far restarts or the fits of a bootstrap are: whenever one has ended, and some ten times a second.
     *
     * @return whether to go on; {@code false} ends those that run within an epoch, and begins no other. The model is then
     *     the best of the restarts that had ended, or if none had, of those that were ended
     */
    default boolean onReplicates(ReplicateReport report) {
        return true;
    }
}
