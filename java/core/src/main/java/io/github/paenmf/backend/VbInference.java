package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/** What a fitted variational NMF computes on data, on one device: each row by itself, from a cold start. */
public interface VbInference extends LatentInference {

    /**
     * V·W, n × r, in units of the scaled data.
     *
     * @param data V, n × m, raw units
     */
    void project(RowSource data, Matrix target);
}
