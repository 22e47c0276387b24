package io.github.paenmf.train.steps;

import java.util.concurrent.CancellationException;

/** How {@link Thread#interrupt} ends a fit. */
public final class Interrupts {

    private Interrupts() {}

    /**
     * To be called once an epoch, on the thread that fits.
     *
     * @throws CancellationException if that was interrupted; it stays so
     */
    public static void check() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("the fit was interrupted");
        }
    }
}
