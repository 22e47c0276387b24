package io.github.paenmf.train;

/** Hears of each epoch of a fit, on the thread that called it. */
@FunctionalInterface
public interface FitListener {

    /**
     * @return whether training should go on; {@code false} ends it with the parameters as they are
     */
    boolean onEpoch(EpochReport report);
}
