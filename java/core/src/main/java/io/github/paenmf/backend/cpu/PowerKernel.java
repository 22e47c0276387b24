package io.github.paenmf.backend.cpu;

/**
 * Logarithms and exponentials of many values. Implementations are stateless and give the same bits, those of {@link
 * io.github.paenmf.math.FloatMath}.
 */
interface PowerKernel {

    /** Arrays are a multiple of so many values long: whole vectors, whatever their length. */
    int ALIGNMENT = 32;

    /**
     * ln x of positive normal numbers, in place.
     *
     * @param to after the last, a multiple of {@link #ALIGNMENT}; the first is at 0
     */
    void log(float[] x, int to);

    /** e^x, likewise. */
    void exp(float[] x, int to);
}
