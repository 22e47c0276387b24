package io.github.paenmf.train.steps;

import io.github.paenmf.backend.Objective;
import java.util.List;

/** Passes over the data of a fit, which a training loop judges one by one. */
public interface Passes {

    /** How many epochs may run before their losses are taken, at least 1. */
    int inFlight();

    /** The first epoch of this fit, from 0, whose losses are made from the residual, not by the Gram form. */
    int residualFrom();

    /** Sets that epoch. */
    void setResidualFrom(int epoch);

    /**
     * Runs epochs.
     *
     * @param first how many epochs of this fit went before
     * @throws java.util.concurrent.CancellationException if the thread is interrupted
     */
    void run(int first, int count);

    /** Mean losses of each epoch since the last call. */
    List<Objective> takeObjectives();
}
