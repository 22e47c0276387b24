package io.github.paenmf.vb;

/**
 * A maximum of the rotation's log posterior.
 *
 * @param metric coordinates of unit curvature around it
 * @param height the log posterior there
 * @param converged whether the gradient is 0 to a thousandth of a standard deviation
 */
record Maximum(RotationMetric metric, double height, boolean converged) {

    /** How near it must be, in standard deviations of each direction. */
    private static final double NEAR = 1e-3;

    private static final double INNER_TOLERANCE = 1e-4;
    private static final int ROUNDS = 12;
    private static final int ITERATIONS = 60;

    /**
     * Climbs from a rotation, in the curvature of where each round begins.
     *
     * @param start with a determinant above 0
     */
    static Maximum climb(RotationTarget target, double[] start) {
        RotationMetric metric = RotationMetric.at(target, start);
        double[] origin = new double[start.length];
        double[] gradient = new double[start.length];
        for (int round = 0; ; round++) {
            RotationMetric around = metric;
            double height = around.evaluate(target, origin, gradient);
            boolean near = Lbfgs.greatest(gradient) <= NEAR;
            if (near || round == ROUNDS) {
                return new Maximum(around, height, near);
            }
            double[] z = Lbfgs.minimise(
                    (point, slope) -> {
                        double value = -around.evaluate(target, point, slope);
                        for (int e = 0; e < slope.length; e++) {
                            slope[e] = -slope[e];
                        }
                        return value;
                    },
                    origin,
                    ITERATIONS,
                    INNER_TOLERANCE);
            metric = RotationMetric.at(target, around.position(z));
        }
    }
}
