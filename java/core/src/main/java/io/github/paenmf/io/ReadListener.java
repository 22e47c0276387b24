package io.github.paenmf.io;

/** Hears what {@link MatrixReader} found out about an input. */
public interface ReadListener {

    /**
     * How the input was read.
     *
     * @param format such as "text, comma, header, no row names" or ".npy"
     */
    default void format(String format) {}

    /**
     * What of a text table might as well be read in another way.
     *
     * @param note a sentence with both readings and the option
     */
    default void note(String note) {}
}
