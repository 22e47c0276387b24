package io.github.paenmf.model;

/**
 * Goes through the numbers of a state in a fixed order: one that stores them keeps what it is given, one that loads them
 * replaces it by what was stored in the same place.
 */
public interface StateVisitor {

    /** Floats, which a loading visitor overwrites. */
    void visit(float[] values);

    /** Doubles, which a loading visitor overwrites. */
    void visit(double[] values);

    /** A number, in place of which a loading visitor returns what was stored. */
    double visit(double value);

    /** The same of a whole number. */
    default int visit(int value) {
        return (int) visit((double) value);
    }

    /** The same of a yes or no. */
    default boolean visit(boolean value) {
        return visit(value ? 1 : 0) != 0;
    }

    /** Flags, which a loading visitor overwrites. */
    default void visit(boolean[] values) {
        float[] flags = new float[values.length];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = values[i] ? 1 : 0;
        }
        visit(flags);
        for (int i = 0; i < flags.length; i++) {
            values[i] = flags[i] != 0;
        }
    }
}
