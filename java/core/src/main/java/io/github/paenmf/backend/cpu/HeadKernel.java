package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.HeadConstants;

/**
 * The elementwise heart of the {@code weibullStep} stage: heads, inverse CDF, KL and the derivatives
 * of all three. Elements are independent; implementations give the same bits for the same element.
 */
interface HeadKernel {

    /** Kind of instructions, for logs. */
    String description();

    /**
     * Forward pass over {@code count} elements of {@code block}: from {@code aLambda}, {@code aK} and
     * {@code noise} to {@code h}, {@code kl} and the derivatives.
     */
    void forward(HeadConstants constants, HeadBlock block, int count);
}
