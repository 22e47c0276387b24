package io.github.paenmf.data;

/**
 * Rows of which only the nonzeros are stored. What reads them never makes them dense, unless it says so; it takes time
 * and memory that grow with the nonzeros.
 */
public interface SparseSource extends RowSource {

    /** How many values are stored, none of which is 0. */
    long nonzeros();

    @Override
    SparseRows block(int first, int count);
}
