package io.github.paenmf.vb;

import org.ejml.data.DMatrixRMaj;

/**
 * The Cholesky factor of A + δI, with the least δ of a sequence for which it exists: δ₀ = a share of A's greatest
 * diagonal, 10δ₀, 100δ₀, … Directions that A holds by less than δ are held by δ.
 *
 * @param lower the lower factor
 * @param shift δ
 */
record ShiftedCholesky(DMatrixRMaj lower, double shift) {

    static ShiftedCholesky of(double[] matrix, int order, double share) {
        double greatest = Double.MIN_NORMAL;
        for (int i = 0; i < order; i++) {
            greatest = Math.max(greatest, Math.abs(matrix[i * order + i]));
        }
        double[] shifted = matrix.clone();
        double shift = share * greatest;
        while (shift <= Double.MAX_VALUE) {
            for (int i = 0; i < order; i++) {
                shifted[i * order + i] = matrix[i * order + i] + shift;
            }
            DMatrixRMaj lower = Dense.cholesky(shifted, order);
            if (lower != null) {
                return new ShiftedCholesky(lower, shift);
            }
            shift *= 10;
        }
        throw new IllegalArgumentException("a matrix of order " + order + " has values that are not finite");
    }
}
