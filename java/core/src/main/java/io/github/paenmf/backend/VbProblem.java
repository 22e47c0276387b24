package io.github.paenmf.backend;

import io.github.paenmf.model.VbConfiguration;

/**
 * What a solver of variational NMF needs to know before it sees data.
 *
 * @param configuration the fit's configuration
 * @param rows n of the data
 * @param features m
 * @param dataScale root mean square of the data; a step divides by it
 */
public record VbProblem(VbConfiguration configuration, int rows, int features, double dataScale) {

    /** r. */
    public int rank() {
        return configuration.rank();
    }

    /** What the stages need to know: W is the decoder and S is H. */
    public Shape shape() {
        int batchRows = configuration.batchRows() == 0 ? rows : Math.min(rows, configuration.batchRows());
        return new Shape(rows, features, rank(), rank(), batchRows, dataScale);
    }
}
