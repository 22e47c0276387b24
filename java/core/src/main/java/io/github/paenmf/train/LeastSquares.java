package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.Matrix;

/**
 * A linear map from rows of V to targets: argmin ‖V·A + 1·bᵀ − T‖², stopped early.
 *
 * @param weights A, m × r
 * @param intercepts b, r
 */
record LeastSquares(Matrix weights, double[] intercepts) {

    /** A gradient this small, of the first's square, is one of rounding errors: to follow it leads astray. */
    private static final double LEAST_SQUARE = 1e-10;

    /** Where so little of an image's square differs between rows, that is rounding: V is the same in all. */
    private static final double LEAST_VARYING = 1e-12;

    /**
     * Conjugate gradients on the normal equations (Hestenes and Stiefel 1952) for each column of the targets, with V
     * and T centred. Few iterations leave out what only small singular values of V could explain.
     *
     * @param products with V, n × m
     * @param targets T, n × r
     */
    static LeastSquares of(DataProducts products, Matrix targets, int iterations) {
        int r = targets.columns();
        Matrix residual = sum(targets, targets, new double[r]); // a copy
        double[] targetMeans = centre(residual);
        Matrix gradient = products.projectTransposed(residual);
        double[] squares = squares(gradient);
        double[] first = squares;
        Matrix direction = gradient;
        Matrix weights = Matrix.zeros(gradient.rows(), r);
        for (int iteration = 0; iteration < iterations; iteration++) {
            Matrix image = products.project(direction);
            double[] whole = squares(image);
            centre(image);
            double[] varying = squares(image);
            double[] step = quotients(squares, varying);
            for (int j = 0; j < r; j++) {
                boolean seen = squares[j] > LEAST_SQUARE * first[j] && varying[j] > LEAST_VARYING * whole[j];
                step[j] = seen ? step[j] : 0;
            }
            weights = sum(weights, direction, step);
            for (int j = 0; j < r; j++) {
                step[j] = -step[j];
            }
            residual = sum(residual, image, step);
            gradient = products.projectTransposed(residual);
            double[] previous = squares;
            squares = squares(gradient);
            direction = sum(gradient, direction, quotients(squares, previous));
        }
        double[] intercepts = centre(products.project(weights));
        for (int j = 0; j < r; j++) {
            intercepts[j] = targetMeans[j] - intercepts[j];
        }
        return new LeastSquares(weights, intercepts);
    }

    /** a + b·diag(times). */
    private static Matrix sum(Matrix a, Matrix b, double[] times) {
        Matrix sum = Matrix.zeros(a.rows(), a.columns());
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < times.length; j++) {
                sum.storage(i)[sum.offset(i) + j] = (float) (a.get(i, j) + times[j] * b.get(i, j));
            }
        }
        return sum;
    }

    /** Subtracts from each column its mean; returns the means. */
    private static double[] centre(Matrix a) {
        double[] means = new double[a.columns()];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < means.length; j++) {
                means[j] += (double) a.get(i, j) / a.rows();
            }
        }
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < means.length; j++) {
                a.storage(i)[a.offset(i) + j] -= (float) means[j];
            }
        }
        return means;
    }

    /** ‖a‖² of each column. */
    private static double[] squares(Matrix a) {
        double[] sums = new double[a.columns()];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < sums.length; j++) {
                sums[j] += (double) a.get(i, j) * a.get(i, j);
            }
        }
        return sums;
    }

    /** 0 where a column has nothing left to explain. */
    private static double[] quotients(double[] a, double[] b) {
        double[] quotients = new double[a.length];
        for (int j = 0; j < a.length; j++) {
            quotients[j] = b[j] > 0 ? a[j] / b[j] : 0;
        }
        return quotients;
    }
}
