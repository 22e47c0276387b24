package io.github.paenmf.vb;

import java.util.Arrays;

/**
 * The log posterior of the rotation M: H → H·M, W → W·N with N = M⁻ᵀ leaves the likelihood as it is, exactly, so it
 * is log prior(H·M) + log prior(W·N) + (n − m − r)·ln |det M|, up to a constant. Defined where det M > 0.
 */
final class RotationTarget {

    private final int rank;
    private final RotationFactor h;
    private final RotationFactor w;
    private final int power;

    RotationTarget(RotationFactor h, RotationFactor w, int rank) {
        this.rank = rank;
        this.h = h;
        this.w = w;
        this.power = h.rows() - w.rows() - rank;
    }

    /** The same on the caller's thread, with all variances of entries so many times as large. */
    RotationTarget widened(double times) {
        return new RotationTarget(h.widened(times), w.widened(times), rank);
    }

    int rank() {
        return rank;
    }

    RotationFactor h() {
        return h;
    }

    RotationFactor w() {
        return w;
    }

    /**
     * The log posterior and its gradient.
     *
     * @param m M, r × r
     * @param gradient receives r × r values
     * @return −∞ where det M is not above 0, and then no gradient
     */
    double evaluate(double[] m, double[] gradient) {
        Inverse inverse = Inverse.of(m, rank);
        if (!(inverse.determinantSign() > 0)) {
            return Double.NEGATIVE_INFINITY;
        }
        double[] n = inverse.transposed();
        double[] byN = new double[rank * rank];
        double sum = h.evaluate(m, gradient) + w.evaluate(n, byN) + power * inverse.logDeterminant();
        double[] back = Dense.multiply(Dense.multiply(n, Dense.transpose(byN, rank), rank), n, rank);
        for (int e = 0; e < gradient.length; e++) {
            gradient[e] += power * n[e] - back[e];
        }
        return Double.isNaN(sum) ? Double.NEGATIVE_INFINITY : sum;
    }

    /**
     * The information −∂²/∂M², r² × r², element (a, j) of M at a·r + j.
     *
     * <p>With N(M + E) = N − NEᵀN + NEᵀNEᵀN − …, and B and Γ the Hessian and gradient of W's part by N: the part of B
     * is Σₖ NₐₖN_{bk}·(NᵀBₖN) in block (a, b), that of Γ is 2·tr(NΓᵀN·Eᵀ·N·Eᵀ), that of the determinant
     * −(n − m − r)·tr(NᵀENᵀE).
     */
    double[] information(double[] m) {
        Inverse inverse = Inverse.of(m, rank);
        double[] n = inverse.transposed();
        double[] byN = new double[rank * rank];
        w.evaluate(n, byN);
        double[][] ofH = h.hessian(m);
        double[][] ofW = w.hessian(n);
        double[] nt = Dense.transpose(n, rank);
        for (int k = 0; k < rank; k++) {
            ofW[k] = Dense.multiply(Dense.multiply(nt, ofW[k], rank), n, rank);
        }
        double[] curved = Dense.multiply(Dense.multiply(n, Dense.transpose(byN, rank), rank), n, rank);
        int d = rank * rank;
        double[] information = new double[d * d];
        double[] block = new double[d];
        for (int a = 0; a < rank; a++) {
            for (int b = 0; b < rank; b++) {
                Arrays.fill(block, 0);
                for (int k = 0; k < rank; k++) {
                    Dense.axpy(n[a * rank + k] * n[b * rank + k], ofW[k], 0, block, 0, d);
                }
                for (int c = 0; c < rank; c++) {
                    for (int e = 0; e < rank; e++) {
                        double value = block[c * rank + e]
                                + curved[b * rank + c] * n[a * rank + e]
                                + curved[a * rank + e] * n[b * rank + c]
                                - power * n[b * rank + c] * n[a * rank + e];
                        if (c == e) {
                            value += ofH[c][a * rank + b];
                        }
                        information[(a * rank + c) * d + b * rank + e] = -value;
                    }
                }
            }
        }
        return information;
    }
}
