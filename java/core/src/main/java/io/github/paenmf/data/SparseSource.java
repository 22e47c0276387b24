package io.github.paenmf.data;

/**
 * Rows of which only the nonzeros are stored. What reads them never makes them dense, unless it says so; it takes time
 * and memory that grow with the nonzeros.
 */
public interface SparseSource extends RowSource {

    /** How many values are stored, none of which is 0. */
    long nonzeros();

    /** How many values of a row are stored. */
    default int nonzeros(int row) {
        return copyColumns(row, new int[columns()]);
    }

    /**
     * Copies the columns of a row's nonzeros, ascending.
     *
     * @param target takes them from index 0 on; m values or more
     * @return how many there are
     */
    default int copyColumns(int row, int[] target) {
        return copyNonzeros(row, 0, columns(), target, new float[columns()]);
    }

    @Override
    SparseRows block(int first, int count);
}
