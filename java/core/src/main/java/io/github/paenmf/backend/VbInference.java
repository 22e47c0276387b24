package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/**
 * What a fitted variational NMF computes on data, on one device: each row by itself, from a cold start or from where an encoder
 * puts it.
 */
public interface VbInference extends LatentInference {

    /** In place of a number of sweeps after an encoder: no encoder, and as many as there have to be. */
    int EXACT = -1;

    /**
     * V·W, n × r, in units of the scaled data.
     *
     * @param data V, n × m, raw units
     */
    void project(RowSource data, Matrix target);
}
