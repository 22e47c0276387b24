package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.HeadConstants;
import io.github.paenmf.random.Philox.Purpose;

/**
 * The elementwise heart of the {@code weibullStep} stage. Elements are independent; implementations
 * give the same bits for the same element.
 */
public interface HeadKernel {

    /** Kind of instructions, for logs. */
    String description();

    /**
     * Noise of whole rows by their {@link HeadBlock#ids} and {@link HeadBlock#upperIds}, as {@link io.github.paenmf.random.Philox}
     * numbers it.
     *
     * @param stride number of ids, and distance between components; whole vectors
     */
    void noise(long seed, int step, Purpose purpose, HeadBlock block, int stride, int rank);

    /**
     * Forward pass over {@code count} elements of {@code block}: heads, inverse CDF and KL, from {@code
     * aLambda}, {@code aK} and {@code noise} to {@code h}, {@code kl} and the derivatives.
     */
    void forward(HeadConstants constants, HeadBlock block, int count);

    /**
     * Backward pass over one component of a block, from {@code h}, {@code hg}, {@code c} and the
     * derivatives to a row of each of the three parts of Sᵀ.
     *
     * @param from where the component begins in the block's arrays
     * @param inverseVariance 1/σ²
     * @param klWeight 1 if the objective contains the KL, else 0
     * @param s receives dAλ at {@code offset}, and at distances of {@code part} dAk and H
     * @param sums to which Σ KL, Σ h·c, Σ dAλ and Σ dAk are added
     */
    void backward(
            HeadBlock block,
            int from,
            int rows,
            float inverseVariance,
            float klWeight,
            float[] s,
            int offset,
            int part,
            HeadSums sums);
}
