package io.github.paenmf.vb;

/** Checks of arguments. */
final class Require {

    private Require() {}

    static void length(String what, double[] values, long expected) {
        if (values.length != expected) {
            throw new IllegalArgumentException(what + " holds " + values.length + " values, not " + expected);
        }
    }

    /** Every value is finite and in [least, most]. */
    static void range(String what, double[] values, double least, double most) {
        for (int i = 0; i < values.length; i++) {
            if (!(values[i] >= least && values[i] <= most)) {
                throw new IllegalArgumentException(
                        what + "[" + i + "] is " + values[i] + "; it must be from " + least + " to " + most);
            }
        }
    }

    static void positive(String what, double value) {
        if (!(value > 0 && value <= Double.MAX_VALUE)) {
            throw new IllegalArgumentException(what + " is " + value + "; it must be above 0 and finite");
        }
    }

    static void atLeast(String what, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(what + " is " + value + "; it must be at least " + least);
        }
    }

    static void level(double level) {
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("the level of an interval is " + level + "; it must be between 0 and 1");
        }
    }

    static void rank(FactorRows rows, int rank) {
        if (rows.rank() != rank) {
            throw new IllegalArgumentException("the rows have " + rows.rank() + " components, the model has " + rank);
        }
    }
}
