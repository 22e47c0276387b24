package io.github.paenmf.vb;

import java.util.List;

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

    /** What a metric counts for beside draws, in draws for each number. */
    private static final double OWN_SHARE = 0.25;

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

    /**
     * Around a rotation, by the covariance of draws and this metric's own, which counts as d/4 draws: where the posterior
     * is rough, its information says less of its width than draws do.
     */
    RotationMetric blended(double[] around, List<double[]> draws) {
        int d = around.length;
        double[] mean = new double[d];
        for (double[] draw : draws) {
            Dense.axpy(1.0 / draws.size(), draw, 0, mean, 0, d);
        }
        double prior = d * OWN_SHARE;
        double[] covariance = Dense.gramOfRows(inverseFactor, d);
        for (int e = 0; e < covariance.length; e++) {
            covariance[e] *= prior;
        }
        for (double[] draw : draws) {
            double[] difference = draw.clone();
            Dense.axpy(-1, mean, 0, difference, 0, d);
            for (int i = 0; i < d; i++) {
                Dense.axpy(difference[i], difference, 0, covariance, i * d, d);
            }
        }
        for (int e = 0; e < covariance.length; e++) {
            covariance[e] /= draws.size() + prior;
        }
        return of(Dense.inverse("the covariance of draws", covariance, d), around);
    }

    private static RotationMetric of(double[] information, double[] centre) {
        ShiftedCholesky cholesky = ShiftedCholesky.of(information, centre.length, LEAST_SHARE);
        return new RotationMetric(centre, Dense.invertLower(cholesky.lower()));
    }

    /** The same S around another rotation. */
    RotationMetric around(double[] other) {
        return new RotationMetric(other, inverseFactor);
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
