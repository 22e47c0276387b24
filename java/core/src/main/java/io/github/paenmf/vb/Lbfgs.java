package io.github.paenmf.vb;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Limited-memory BFGS (Liu and Nocedal 1989) with a weak Wolfe line search by bisection (Lewis and Overton 2013), for
 * functions that are +∞ outside their domain. The variables should have about unit curvature.
 */
final class Lbfgs {

    private static final int MEMORY = 20;
    private static final double SUFFICIENT = 1e-4;
    private static final double CURVATURE = 0.9;
    private static final int TRIALS = 40;

    /** A function to minimise. */
    @FunctionalInterface
    interface Function {
        /**
         * The value at x, +∞ outside the domain.
         *
         * @param gradient receives the gradient; not read where the value is infinite
         */
        double evaluate(double[] x, double[] gradient);
    }

    private record Pair(double[] step, double[] change, double inverse) {}

    private final ArrayDeque<Pair> pairs = new ArrayDeque<>();

    private Lbfgs() {}

    /**
     * A point with a gradient of at most {@code tolerance} in each coordinate, or the best that was reached.
     *
     * @param start inside the domain
     */
    static double[] minimise(Function function, double[] start, int iterations, double tolerance) {
        return new Lbfgs().run(function, start, iterations, tolerance);
    }

    private double[] run(Function function, double[] start, int iterations, double tolerance) {
        int d = start.length;
        double[] x = start.clone();
        double[] gradient = new double[d];
        double value = function.evaluate(x, gradient);
        for (int i = 0; i < iterations && greatest(gradient) > tolerance; i++) {
            double[] direction = direction(gradient);
            double slope = Dense.dot(direction, 0, gradient, 0, d);
            double[] next = new double[d];
            double[] nextGradient = new double[d];
            double tooShort = 0;
            double tooLong = Double.POSITIVE_INFINITY;
            double length = 1;
            double found = Double.POSITIVE_INFINITY;
            for (int trial = 0; trial < TRIALS; trial++) {
                for (int e = 0; e < d; e++) {
                    next[e] = x[e] + length * direction[e];
                }
                found = function.evaluate(next, nextGradient);
                if (!(found < value && found <= value + SUFFICIENT * length * slope)) {
                    tooLong = length;
                } else if (Dense.dot(direction, 0, nextGradient, 0, d) < CURVATURE * slope) {
                    tooShort = length;
                } else {
                    break;
                }
                length = tooLong < Double.POSITIVE_INFINITY ? (tooShort + tooLong) / 2 : 2 * tooShort;
            }
            if (!(found < value)) {
                break; // rounding: no step is an improvement
            }
            remember(x, next, gradient, nextGradient);
            x = next;
            gradient = nextGradient;
            value = found;
        }
        return x;
    }

    static double greatest(double[] gradient) {
        double greatest = 0;
        for (double g : gradient) {
            greatest = Math.max(greatest, Math.abs(g));
        }
        return greatest;
    }

    /** Keeps a pair of positive curvature. */
    private void remember(double[] x, double[] next, double[] gradient, double[] nextGradient) {
        int d = x.length;
        double[] step = new double[d];
        double[] change = new double[d];
        for (int e = 0; e < d; e++) {
            step[e] = next[e] - x[e];
            change[e] = nextGradient[e] - gradient[e];
        }
        double curvature = Dense.dot(step, 0, change, 0, d);
        if (curvature > 1e-10 * Dense.dot(change, 0, change, 0, d)) {
            pairs.addFirst(new Pair(step, change, 1 / curvature));
            if (pairs.size() > MEMORY) {
                pairs.removeLast();
            }
        }
    }

    /** −(approximate inverse Hessian)·gradient by the two-loop recursion. */
    private double[] direction(double[] gradient) {
        int d = gradient.length;
        double[] q = gradient.clone();
        double[] alphas = new double[pairs.size()];
        int p = 0;
        for (Pair pair : pairs) {
            alphas[p] = pair.inverse * Dense.dot(pair.step, 0, q, 0, d);
            Dense.axpy(-alphas[p], pair.change, 0, q, 0, d);
            p++;
        }
        if (!pairs.isEmpty()) {
            Pair last = pairs.getFirst();
            double scale = 1 / (last.inverse * Dense.dot(last.change, 0, last.change, 0, d));
            for (int e = 0; e < d; e++) {
                q[e] *= scale;
            }
        }
        for (Iterator<Pair> i = pairs.descendingIterator(); i.hasNext(); ) {
            Pair pair = i.next();
            p--;
            double beta = pair.inverse * Dense.dot(pair.change, 0, q, 0, d);
            Dense.axpy(alphas[p] - beta, pair.step, 0, q, 0, d);
        }
        for (int e = 0; e < d; e++) {
            q[e] = -q[e];
        }
        return q;
    }
}
