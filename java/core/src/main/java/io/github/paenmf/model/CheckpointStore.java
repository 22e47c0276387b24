package io.github.paenmf.model;

import java.util.Map;
import java.util.function.Consumer;

/** Where a fit keeps its state from time to time, to go on from there, to the bit, should it end before it is done. */
public interface CheckpointStore {

    /**
     * Loads the state that a fit of the same problem has stored, if this store is to go on from one.
     *
     * @param problem what has an effect on the fit, by name, which must be what it was
     * @param state takes a visitor through the state
     * @throws io.github.paenmf.data.DataException if it is of another problem, or damaged
     */
    void load(Map<String, String> problem, Consumer<StateVisitor> state);

    /** Whether it is time to store the state. */
    boolean isDue();

    /** Stores the state, in place of one before. */
    void store(Map<String, String> problem, Consumer<StateVisitor> state);
}
