package io.github.paenmf.backend;

import io.github.paenmf.model.StateVisitor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** A copy of a state in memory. */
public final class SavedState {

    /** In the order of the state; a number is an array of one. */
    private final List<Object> arrays = new ArrayList<>();

    private int next;

    /** Without a copy yet. */
    public SavedState() {}

    /** Copies a state, in place of what was copied before, which was of the same one. */
    public void save(Consumer<StateVisitor> state) {
        next = 0;
        state.accept(new StateVisitor() {

            @Override
            public void visit(float[] values) {
                System.arraycopy(values, 0, copy(values), 0, values.length);
            }

            @Override
            public void visit(double[] values) {
                System.arraycopy(values, 0, copy(values), 0, values.length);
            }

            @Override
            public double visit(double value) {
                visit(new double[] {value});
                return value;
            }
        });
    }

    /** Room for as many values, made the first time. */
    private Object copy(Object values) {
        if (next == arrays.size()) {
            arrays.add(values instanceof float[] floats ? floats.clone() : ((double[]) values).clone());
        }
        return arrays.get(next++);
    }

    /**
     * Writes the copy back.
     *
     * @throws IllegalStateException if there is none
     */
    public void restore(Consumer<StateVisitor> state) {
        if (arrays.isEmpty()) {
            throw new IllegalStateException("no state has been saved");
        }
        next = 0;
        state.accept(new StateVisitor() {

            @Override
            public void visit(float[] values) {
                System.arraycopy(arrays.get(next++), 0, values, 0, values.length);
            }

            @Override
            public void visit(double[] values) {
                System.arraycopy(arrays.get(next++), 0, values, 0, values.length);
            }

            @Override
            public double visit(double value) {
                return ((double[]) arrays.get(next++))[0];
            }
        });
    }
}
