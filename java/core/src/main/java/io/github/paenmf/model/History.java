package io.github.paenmf.model;

import java.util.Arrays;

/**
 * The objective over the epochs of a fit, per sample, as it was optimised: with this epoch's noise,
 * before its update.
 *
 * @param reconstruction ‖v − v̂‖²/(2σ²), or where σ is learned −E ln p(v | h) at the σ after the update; one value per
 *     epoch
 * @param kl KL divergence in nats, one value per epoch; reported even where the objective leaves it out
 * @param stopReason why training ended
 */
public record History(double[] reconstruction, double[] kl, StopReason stopReason) {

    /** Why training ended. */
    public enum StopReason {
        /** All epochs were run. */
        EPOCHS,
        /** The objective had not improved by the tolerance for as long as the patience. */
        CONVERGED,
        /** A listener asked for it. */
        LISTENER,
        /** The objective was no longer a finite number; the parameters are the last good ones. */
        DIVERGED
    }

    /**
     * @throws IllegalArgumentException if the parts differ in length
     */
    public History {
        reconstruction = reconstruction.clone();
        kl = kl.clone();
        if (reconstruction.length != kl.length) {
            throw new IllegalArgumentException("the parts of the objective differ in length");
        }
    }

    /** How many epochs were run. */
    public int epochs() {
        return kl.length;
    }

    /** A copy of the first part of the objective, one value per epoch. */
    @Override
    public double[] reconstruction() {
        return reconstruction.clone();
    }

    /** A copy of the second part, in nats, one value per epoch. */
    @Override
    public double[] kl() {
        return kl.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof History that
                && Arrays.equals(reconstruction, that.reconstruction)
                && Arrays.equals(kl, that.kl)
                && stopReason == that.stopReason;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(reconstruction) + Arrays.hashCode(kl);
    }

    @Override
    public String toString() {
        return epochs() + " epochs, " + stopReason;
    }
}
