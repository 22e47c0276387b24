package io.github.paenmf.backend;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;

/**
 * What a backend factorises. Factors are in units of the data divided by their scale.
 *
 * @param data V, n × m, as the user gave it; not written to
 * @param dataScale what V is divided by
 * @param squaredNorm ‖V‖², in units of the scaled data
 * @param rank r
 * @param algorithm how the factors change
 */
public record NmfProblem(Matrix data, double dataScale, double squaredNorm, int rank, NmfAlgorithm algorithm) {

    /** n. */
    public int rows() {
        return data.rows();
    }

    /** m. */
    public int features() {
        return data.columns();
    }
}
