package io.github.paenmf.vb;

/**
 * Coordinates z around a rotation x₀, x = x₀ + S·z, in which the log posterior has about unit curvature: S·Sᵀ is the
 * inverse of its information A at x₀, and S = F⁻ᵀ for A's lower Cholesky factor F. Directions in which A is below 1e-8
 * of its greatest diagonal are held by that much.
 *
 * @param centre x₀, M row-major
 * @param inverseFactor F⁻¹, row-major
 */
record RotationMetric(double[] centre, double[] inverseFactor) {

    private static final double LEAST_SHARE = 1e-8;

    static RotationMetric at(RotationTarget target, double[] centre) {
        return of(target.information(centre), centre);
    }

    /** Around a rotation, by the mean of the information at some rotations. */
    static RotationMetric average(RotationTarget target, double[] centre, Iterable<double[]> rotations) {
        double[] sum = new double[centre.length * centre.length];
        int count = 0;
        for (double[] rotation : rotations) {
            Dense.axpy(1, target.information(rotation), 0, sum, 0, sum.length);
            count++;
        }
        for (int e = 0; e < sum.length; e++) {
            sum[e] /= count;
        }
        return of(sum, centre);
    }

    private static RotationMetric of(double[] information, double[] centre) {
        ShiftedCholesky cholesky = ShiftedCholesky.of(information, centre.length, LEAST_SHARE);
        return new RotationMetric(centre, Dense.invertLower(cholesky.lower()));
    }

    /** x₀ + S·z. */
    double[] position(double[] z) {
        int d = z.length;
        double[] x = centre.clone();
        for (int i = 0; i < d; i++) {
            Dense.axpy(z[i], inverseFactor, i * d, x, 0, i + 1);
        }
        return x;
    }

    /** Sᵀ·g: a gradient by x as one by z. */
    double[] gradient(double[] byX) {
        int d = byX.length;
        double[] byZ = new double[d];
        for (int i = 0; i < d; i++) {
            byZ[i] = Dense.dot(inverseFactor, i * d, byX, 0, i + 1);
        }
        return byZ;
    }

    /** The log posterior at z, and its gradient by z; −∞ outside its domain, and then no gradient. */
    double evaluate(RotationTarget target, double[] z, double[] gradient) {
        double[] byX = new double[z.length];
        double value = target.evaluate(position(z), byX);
        if (value > Double.NEGATIVE_INFINITY) {
            System.arraycopy(gradient(byX), 0, gradient, 0, z.length);
        }
        return value;
    }
}
