package io.github.paenmf.data;

/** Sparse data whose nonzeros are as another source has them. */
interface ForwardingSparse extends SparseSource {

    SparseSource sparse();

    @Override
    default long nonzeros() {
        return sparse().nonzeros();
    }

    @Override
    default int nonzeros(int row) {
        return sparse().nonzeros(row);
    }

    @Override
    default int copyColumns(int row, int[] target) {
        return sparse().copyColumns(row, target);
    }
}
