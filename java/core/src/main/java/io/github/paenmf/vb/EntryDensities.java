package io.github.paenmf.vb;

/**
 * Logarithms of {@link EntryDensity} and their slopes for many coefficients of one component, in loops of few branches.
 *
 * <p>One object serves one thread.
 */
final class EntryDensities {

    private static final double LEAST_FACTOR = 1e-140;
    private static final double MOST_FACTOR = 1e140;

    private final double[] z = new double[ColumnOps.WINDOW];
    private final double[] factors = new double[ColumnOps.WINDOW];
    private final double[] byX = new double[ColumnOps.WINDOW];
    private final double[] byV = new double[ColumnOps.WINDOW];

    /** Of the terms that were added up: their sum, and the product whose logarithm is to be added. */
    private double logs;

    private double product = 1;

    /**
     * Adds ln f of each coefficient to the sum, and makes the slopes by x.
     *
     * @param x coefficients
     * @param count how many, at most {@link ColumnOps#WINDOW}
     * @param deviation √v
     * @return Σ ∂ln f/∂v
     */
    double add(EntryDensity density, double[] x, int count, double deviation) {
        double inverse = 1 / deviation;
        place(deviation * density.rate(), inverse, x, count);
        slopes(density, deviation, inverse, x, count);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < count; i++) {
            if (z[i] <= MillsRatio.MOST) {
                double u = x[i] * inverse;
                squares += u * u;
                multiply(factors[i]);
            } else {
                density.at(x[i], deviation, inverse);
                byX[i] = density.byX();
                byV[i] = density.byV();
                logs += density.log();
                logs += EntryDensity.HALF_LOG_TWO_PI; // which is taken off of all below
            }
            sum += byV[i];
        }
        logs -= 0.5 * squares + count * EntryDensity.HALF_LOG_TWO_PI;
        return sum;
    }

    /** z = x/√v − √v/μ and R(z). */
    private void place(double pull, double inverse, double[] x, int count) {
        for (int i = 0; i < count; i++) {
            z[i] = x[i] * inverse - pull;
        }
        for (int i = 0; i < count; i++) { // above, where f is not made of R(z), any number does
            factors[i] = z[i] <= MillsRatio.MOST ? MillsRatio.value(z[i]) : 1;
        }
    }

    /** The slopes and f·√(2π)·e^(x²/2v) where z is at most {@link MillsRatio#MOST}. */
    private void slopes(EntryDensity density, double deviation, double inverse, double[] x, int count) {
        double rate = density.rate();
        double inclusion = density.inclusion();
        double spike = 1 - inclusion;
        double precision = inverse * inverse;
        double scale = deviation * rate;
        for (int i = 0; i < count; i++) {
            double ratio = scale * factors[i];
            double sum = spike + inclusion * ratio;
            double normal = 1 / sum;
            double difference = normal - ratio * normal;
            double u = x[i] * precision;
            double spiked = spike * normal;
            factors[i] = sum * inverse;
            byX[i] = inclusion * rate * difference - spiked * u;
            byV[i] = 0.5 * (spiked * (u * u - precision) - inclusion * rate * (u * normal + rate * difference));
        }
    }

    private void multiply(double factor) {
        if (factor > LEAST_FACTOR && factor < MOST_FACTOR) {
            product *= factor;
        } else {
            logs += Math.log(factor);
        }
        if (!(product > LEAST_FACTOR && product < MOST_FACTOR)) {
            logs += Math.log(product);
            product = 1;
        }
    }

    /** ∂ln f/∂x of the coefficients that were added last. */
    double[] byX() {
        return byX;
    }

    /** Σ ln f of what was added. */
    double sumOfLogs() {
        return logs + Math.log(product);
    }
}
