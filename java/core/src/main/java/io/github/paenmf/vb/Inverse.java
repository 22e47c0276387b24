package io.github.paenmf.vb;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.decomposition.lu.LUDecompositionAlt_DDRM;
import org.ejml.dense.row.linsol.lu.LinearSolverLu_DDRM;

/**
 * The inverse transpose and the determinant of a small square matrix.
 *
 * @param transposed M⁻ᵀ; null where the determinant is 0
 * @param determinantSign 1, −1, or 0 for a singular matrix
 * @param logDeterminant ln |det M|
 */
record Inverse(double[] transposed, int determinantSign, double logDeterminant) {

    static Inverse of(double[] m, int rank) {
        for (double value : m) {
            if (!(Math.abs(value) <= Double.MAX_VALUE)) {
                return new Inverse(null, 0, Double.NEGATIVE_INFINITY);
            }
        }
        LUDecompositionAlt_DDRM lu = new LUDecompositionAlt_DDRM();
        LinearSolverLu_DDRM solver = new LinearSolverLu_DDRM(lu);
        solver.setA(DMatrixRMaj.wrap(rank, rank, m.clone()));
        double[] factors = lu.getLU().data;
        int sign = lu.computeDeterminant().real < 0 ? -1 : 1;
        double log = 0;
        for (int i = 0; i < rank; i++) {
            log += Math.log(Math.abs(factors[i * rank + i]));
        }
        if (!(log > Double.NEGATIVE_INFINITY)) {
            return new Inverse(null, 0, Double.NEGATIVE_INFINITY);
        }
        DMatrixRMaj inverse = new DMatrixRMaj(rank, rank);
        solver.invert(inverse);
        return new Inverse(Dense.transpose(inverse.data, rank), sign, log);
    }
}
