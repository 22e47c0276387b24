package io.github.paenmf.vb;

import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.decomposition.TriangularSolver_DDRM;
import org.ejml.dense.row.decomposition.chol.CholeskyDecompositionBlock_DDRM;

/** Dense matrices, row-major, in double precision. EJML's classes by name: its factories go by the processors. */
final class Dense {

    private static final int CHOLESKY_BLOCK = 60;

    private Dense() {}

    /** Rows and columns {@code index} of a matrix with {@code order} rows and columns. */
    static double[] submatrix(double[] matrix, int order, int[] index) {
        int n = index.length;
        double[] selected = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                selected[i * n + j] = matrix[index[i] * order + index[j]];
            }
        }
        return selected;
    }

    /** The lower factor of a matrix's Cholesky decomposition, or null if it is not positive definite. */
    static DMatrixRMaj cholesky(double[] matrix, int order) {
        CholeskyDecompositionBlock_DDRM cholesky = new CholeskyDecompositionBlock_DDRM(CHOLESKY_BLOCK);
        DMatrixRMaj copy = DMatrixRMaj.wrap(order, order, matrix.clone());
        if (!cholesky.decompose(copy)) {
            return null;
        }
        return cholesky.getT(null);
    }

    /** The inverse of a lower factor. */
    static double[] invertLower(DMatrixRMaj lower) {
        int n = lower.numRows;
        DMatrixRMaj inverse = new DMatrixRMaj(n, n);
        TriangularSolver_DDRM.invertLower(lower.data, inverse.data, n);
        return inverse.data;
    }

    /**
     * The inverse of a positive definite matrix.
     *
     * @throws IllegalArgumentException if it is not positive definite
     */
    static double[] inverse(String what, double[] matrix, int order) {
        DMatrixRMaj lower = cholesky(matrix, order);
        if (lower == null) {
            throw new IllegalArgumentException(what + " is not positive definite");
        }
        return gramOfRows(invertLower(lower), order);
    }

    /** XᵀX of a square lower triangular X. */
    static double[] gramOfRows(double[] x, int n) {
        double[] product = new double[n * n];
        for (int k = 0; k < n; k++) {
            for (int i = 0; i <= k; i++) {
                double factor = x[k * n + i];
                for (int j = 0; j <= k; j++) {
                    product[i * n + j] += factor * x[k * n + j];
                }
            }
        }
        return product;
    }

    /** a·b of square matrices. */
    static double[] multiply(double[] a, double[] b, int n) {
        double[] product = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < n; k++) {
                double factor = a[i * n + k];
                for (int j = 0; j < n; j++) {
                    product[i * n + j] += factor * b[k * n + j];
                }
            }
        }
        return product;
    }

    static double[] transpose(double[] a, int n) {
        double[] transposed = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                transposed[j * n + i] = a[i * n + j];
            }
        }
        return transposed;
    }

    static double[] identity(int n) {
        double[] identity = new double[n * n];
        for (int i = 0; i < n; i++) {
            identity[i * n + i] = 1;
        }
        return identity;
    }

    static double dot(double[] a, int aOffset, double[] b, int bOffset, int count) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < count; i += 4) {
            s0 += a[aOffset + i] * b[bOffset + i];
            s1 += a[aOffset + i + 1] * b[bOffset + i + 1];
            s2 += a[aOffset + i + 2] * b[bOffset + i + 2];
            s3 += a[aOffset + i + 3] * b[bOffset + i + 3];
        }
        for (; i < count; i++) {
            s0 += a[aOffset + i] * b[bOffset + i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** y += factor·x. */
    static void axpy(double factor, double[] x, int xOffset, double[] y, int yOffset, int count) {
        for (int i = 0; i < count; i++) {
            y[yOffset + i] += factor * x[xOffset + i];
        }
    }

    /** xᵀ·A·x of a symmetric A of which row j begins at {@code offset + j·n}. */
    static double quadratic(double[] a, int offset, double[] x, int xOffset, int n) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += x[xOffset + j] * dot(a, offset + j * n, x, xOffset, n);
        }
        return sum;
    }
}
