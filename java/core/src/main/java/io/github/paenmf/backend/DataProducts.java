package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;

/** Products of all of the data with other matrices, in units of the scaled data: what a fit's start is made of. */
public interface DataProducts {

    /**
     * V·X.
     *
     * @param x m × l
     * @return n × l
     */
    Matrix project(Matrix x);

    /**
     * Vᵀ·Y.
     *
     * @param y n × l
     * @return m × l
     */
    Matrix projectTransposed(Matrix y);
}
