package io.github.paenmf.model;

/**
 * What training learns, in units of the data divided by their root mean square.
 *
 * @param <P> the parameters of an algorithm
 */
public interface Parameters<P extends Parameters<P>> {

    /** Whether no value is infinite or not a number. */
    boolean isFinite();

    P copy();
}
