package io.github.paenmf.data;

/**
 * A run of rows of data, open for reading, in one of the forms that they can have. Only what multiplies with data or
 * uploads them looks at the form; the rest passes blocks on.
 */
public sealed interface RowBlock permits DenseRows, SparseRows {

    /** How many rows it has, at least 1. */
    int rows();

    /** m, that of the data. */
    int columns();
}
