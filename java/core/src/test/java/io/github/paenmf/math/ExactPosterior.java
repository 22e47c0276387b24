package io.github.paenmf.math;

import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.Gamma;

/**
 * {@link WeibullPosterior} in double precision, by bisection: where f is least, Y = y²Γ(1 + 2/k) is
 * (k − γ − ψ(1 + 1/k))/(ψ(1 + 2/k) − ψ(1 + 1/k)) and β = (Y − 1)/(y Γ(1 + 1/k)), which grows with k.
 *
 * @param scale y
 */
public record ExactPosterior(double beta, double shape, double scale) {

    /** Below it is exponential, with a variance right to 12/β² of its size (weibull_posterior.csv at −100 and −1000). */
    private static final double EXPONENTIAL = -3000;

    public static ExactPosterior at(double beta) {
        if (beta < EXPONENTIAL) {
            return new ExactPosterior(beta, 1, 2 / (-beta + Math.sqrt(beta * beta + 8)));
        }
        double low = -20; // of ln(k − 1)
        double high = Math.log(4 + 2 * Math.max(0, beta));
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (beta(1 + Math.exp(middle)) < beta) {
                low = middle;
            } else {
                high = middle;
            }
        }
        double k = 1 + Math.exp((low + high) / 2);
        double first = Gamma.value(1 + 1 / k);
        double second = Gamma.value(1 + 2 / k);
        double root = Math.sqrt(beta * first * beta * first + 4 * second);
        double y = beta > 0 ? (beta * first + root) / (2 * second) : 2 / (root - beta * first);
        return new ExactPosterior(beta, k, y);
    }

    private static double beta(double k) {
        double psi = Digamma.value(1 + 1 / k);
        double square = (k - Weibull.EULER_GAMMA - psi) / (Digamma.value(1 + 2 / k) - psi);
        double y = Math.sqrt(square / Gamma.value(1 + 2 / k));
        return (square - 1) / (y * Gamma.value(1 + 1 / k));
    }

    public double mean() {
        return Weibull.mean(shape, scale);
    }

    public double variance() {
        return Weibull.variance(shape, scale);
    }

    public double leastCost() {
        double square = scale * scale * Gamma.value(1 + 2 / shape);
        return square / 2 - beta * mean() + Math.log(shape) - Math.log(scale) + Weibull.EULER_GAMMA / shape;
    }
}
