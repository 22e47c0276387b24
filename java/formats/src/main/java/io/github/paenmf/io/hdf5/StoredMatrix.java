package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.RowSource;
import java.util.List;

/**
 * A matrix in a file, and how it is stored.
 *
 * @param what its path in the file, and its form
 * @param lines reads it
 * @param samplesAreColumns whether the file has one sample per column
 * @param samples names of the samples
 * @param features names of the features
 */
record StoredMatrix(String what, Lines lines, boolean samplesAreColumns, TextColumn samples, TextColumn features) {

    /** Reads a matrix of the file. */
    interface Lines {
        /** How many rows the file says it has. */
        long rows();

        /** Likewise. */
        long columns();

        /** Reads it, with rows and columns exchanged or not. */
        RowSource read(boolean exchange, Hdf5Request request);
    }

    /** Reads the matrix and its names: one sample per row, unless the request says otherwise. */
    RowSource read(Hdf5Request request) {
        List<String> sampleNames = samples.read(samplesAreColumns ? lines.columns() : lines.rows(), "for each sample");
        List<String> featureNames =
                features.read(samplesAreColumns ? lines.rows() : lines.columns(), "for each feature");
        RowSource data = lines.read(samplesAreColumns != request.transpose(), request);
        List<String> rows = request.transpose() ? featureNames : sampleNames;
        List<String> columns = request.transpose() ? sampleNames : featureNames;
        return data.withNames(rows, columns);
    }
}
