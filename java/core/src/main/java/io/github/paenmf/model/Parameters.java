package io.github.paenmf.model;

/**
 * What training learns, in units of the data divided by their root mean square.
 *
 * @param <P> the parameters of an algorithm
 */
public interface Parameters<P extends Parameters<P>> {

    /** Whether no value is infinite or not a number. */
    boolean isFinite();

    /** A copy that shares nothing. */
    P copy();

    /** Takes a visitor through all values. */
    void visit(StateVisitor visitor);

    /** Whether none of the values is infinite or not a number. */
    static boolean areFinite(float[] values) {
        for (float value : values) {
            if (!Float.isFinite(value)) {
                return false;
            }
        }
        return true;
    }
}
