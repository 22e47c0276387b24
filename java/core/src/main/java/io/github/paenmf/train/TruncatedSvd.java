package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.steps.Initialiser;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.decomposition.qr.QRDecompositionHouseholderColumn_DDRM;
import org.ejml.dense.row.decomposition.svd.SvdImplicitQrDecompose_DDRM;

/**
 * The leading singular values and vectors of V, by randomised subspace iteration (Halko, Martinsson and
 * Tropp 2011, algorithms 4.4 and 5.1): products with V, and small dense factorisations in double.
 *
 * @param left n × l, one left singular vector per column
 * @param values l singular values, greatest first
 * @param right m × l
 */
record TruncatedSvd(DMatrixRMaj left, double[] values, DMatrixRMaj right) {

    private static final int OVERSAMPLING = 10;
    private static final int ITERATIONS = 4;

    /**
     * @param products with V, n × m
     * @param count how many singular values; there are l = min(count, n, m)
     * @param seed of the random subspace
     */
    static TruncatedSvd of(DataProducts products, int n, int m, int count, long seed) {
        int width = Math.min(count + OVERSAMPLING, Math.min(n, m));
        if ((double) width * Math.max(n, m) > Integer.MAX_VALUE - 8) {
            throw new DataException("a singular value decomposition of " + n + " × " + m + " values at rank " + count
                    + " is too large; start from random factors instead");
        }
        Matrix.requireMemory(24L * width * ((long) n + m), "singular value decomposition at rank " + count);
        DMatrixRMaj left = orthonormal(toDense(products.project(gaussian(m, width, seed))));
        for (int i = 0; i < ITERATIONS; i++) {
            DMatrixRMaj right = orthonormal(toDense(products.projectTransposed(toMatrix(left))));
            left = orthonormal(toDense(products.project(toMatrix(right))));
        }
        // V ≈ Q·(VᵀQ)ᵀ and VᵀQ = Z·R, so V ≈ Q·Rᵀ·Zᵀ
        QRDecompositionHouseholderColumn_DDRM qr = new QRDecompositionHouseholderColumn_DDRM();
        qr.decompose(toDense(products.projectTransposed(toMatrix(left))));
        DMatrixRMaj z = qr.getQ(null, true);
        DMatrixRMaj transposedR = CommonOps_DDRM.transpose(qr.getR(null, true), null);
        // Its classes by name: the factory's choice would go by the number of processors.
        SvdImplicitQrDecompose_DDRM svd = new SvdImplicitQrDecompose_DDRM(false, true, true, true);
        if (!svd.decompose(transposedR)) {
            throw new IllegalStateException("the singular value decomposition did not converge");
        }
        DMatrixRMaj u = svd.getU(null, false);
        DMatrixRMaj x = svd.getV(null, false);
        double[] values = svd.getSingularValues();
        SingularOps_DDRM.descendingOrder(u, false, values, width, x, false);
        int kept = Math.min(count, width);
        return new TruncatedSvd(multiply(left, u, kept), values, multiply(z, x, kept));
    }

    private static DMatrixRMaj orthonormal(DMatrixRMaj columns) {
        QRDecompositionHouseholderColumn_DDRM qr = new QRDecompositionHouseholderColumn_DDRM();
        qr.decompose(columns);
        return qr.getQ(null, true);
    }

    /** The first columns of a·b. */
    private static DMatrixRMaj multiply(DMatrixRMaj a, DMatrixRMaj b, int columns) {
        DMatrixRMaj first = CommonOps_DDRM.extract(b, 0, b.numRows, 0, columns);
        DMatrixRMaj product = new DMatrixRMaj(a.numRows, columns);
        CommonOps_DDRM.mult(a, first, product);
        return product;
    }

    private static Matrix gaussian(int rows, int columns, long seed) {
        Matrix matrix = Matrix.zeros(rows, columns);
        int[] words = new int[Philox.WORDS];
        float[] uniforms = new float[2 * columns];
        for (int i = 0; i < rows; i++) {
            Philox.uniforms(seed, i, 1, Purpose.INITIALISATION, words, uniforms, 0, uniforms.length);
            for (int j = 0; j < columns; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = (float) Initialiser.normal(uniforms, 2 * j);
            }
        }
        return matrix;
    }

    private static DMatrixRMaj toDense(Matrix matrix) {
        DMatrixRMaj dense = new DMatrixRMaj(matrix.rows(), matrix.columns());
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                dense.unsafe_set(i, j, matrix.get(i, j));
            }
        }
        return dense;
    }

    private static Matrix toMatrix(DMatrixRMaj dense) {
        Matrix matrix = Matrix.zeros(dense.numRows, dense.numCols);
        for (int i = 0; i < dense.numRows; i++) {
            for (int j = 0; j < dense.numCols; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = (float) dense.unsafe_get(i, j);
            }
        }
        return matrix;
    }
}
