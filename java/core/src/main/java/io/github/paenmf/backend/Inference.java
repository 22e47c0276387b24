package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/**
 * What a fitted model computes on data, on one device, whatever the algorithm. Rows are independent of each other. What
 * no device has a kernel for is computed on the threads of the CPU, as {@link RowBlocks}.
 */
public interface Inference extends RowBlocks {

    /**
     * V̂ = H·Wᵀ in units of the raw data.
     *
     * @param h n × r
     * @param target receives V̂, n × m
     */
    void decode(Matrix h, Matrix target);

    /**
     * ‖V − H·Wᵀ‖² by its residual, in units of the scaled data, without holding V̂.
     *
     * @param data V, n × m, raw units
     * @param h n × r
     */
    double squaredError(RowSource data, Matrix h);

    @Override
    void close();
}
