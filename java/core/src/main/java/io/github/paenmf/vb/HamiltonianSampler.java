package io.github.paenmf.vb;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;

/**
 * A chain of Hamiltonian Monte Carlo (Neal 2011, MCMC using Hamiltonian dynamics) of the rotation, in coordinates of about
 * unit curvature. Steps are jittered so that no trajectory closes on itself.
 */
final class HamiltonianSampler {

    private static final int LEAPFROG = 8;
    private static final double FIRST_STEP = 0.3;
    private static final double WANTED_ACCEPTANCE = 0.8;
    private static final double ADAPTATION = 2;
    private static final double JITTER = 0.2;

    private final RotationTarget target;
    private RotationMetric metric;
    private final long seed;
    private final int d;
    private double[] z;
    private double[] gradient;
    private double value;
    private double step = FIRST_STEP;
    private double accepted;
    /** Of the noise, that of each trajectory: chains are 2³² apart. */
    private long iterations;

    HamiltonianSampler(RotationTarget target, RotationMetric metric, long seed, int chain) {
        this.target = target;
        this.metric = metric;
        this.seed = seed;
        this.iterations = (long) chain << 32;
        this.d = metric.centre().length;
        z = new double[d];
        gradient = new double[d];
        value = metric.evaluate(target, z, gradient);
    }

    /** Where so many trajectories lead, the steps of which are adapted. */
    double[] wander(int trajectories) {
        for (int i = 0; i < trajectories; i++) {
            adapt(i);
        }
        return position();
    }

    /** The same place in other coordinates of the same curvature as those of a metric. */
    void restart(RotationMetric like) {
        metric = like.around(position());
        z = new double[d];
        value = metric.evaluate(target, z, gradient);
    }

    /** Some trajectories more, after which the step is the mean of the last half's, as single ones are noisy. */
    void settle(int trajectories) {
        double logStep = 0;
        for (int i = 0; i < trajectories; i++) {
            adapt(i);
            logStep += 2 * i >= trajectories ? Math.log(step) / (trajectories - trajectories / 2) : 0;
        }
        step = Math.exp(logStep);
    }

    /** Ends of every so many trajectories of a step that stays. */
    double[][] draw(int count, int thinning) {
        double[][] draws = new double[count][];
        for (int i = 0; i < count; i++) {
            for (int t = 0; t < thinning; t++) {
                accepted += move() / ((double) count * thinning);
            }
            draws[i] = position();
        }
        return draws;
    }

    double[] position() {
        return metric.position(z);
    }

    RotationMetric metric() {
        return metric;
    }

    /** A trajectory, and a step for the next. */
    void adapt(int i) {
        step *= Math.exp(ADAPTATION * (move() - WANTED_ACCEPTANCE) / Math.sqrt(i + 1.0));
    }

    /** Mean probability of acceptance after the warm-up. */
    double acceptance() {
        return accepted;
    }

    /** One trajectory; returns the probability with which its end is accepted. */
    private double move() {
        long iteration = iterations++;
        int[] words = new int[Philox.WORDS];
        Philox.words(seed, iteration, 0, RotationPosterior.ACCEPTANCE, Purpose.ROTATION, words);
        double e = step * (1 + JITTER * (2 * RotationPosterior.uniform(words[0]) - 1));
        double[] momentum = new double[d];
        RotationPosterior.normals(seed, iteration, RotationPosterior.MOMENTUM, momentum);
        double energy = value - 0.5 * Dense.dot(momentum, 0, momentum, 0, d);
        double[] position = z.clone();
        double[] slope = gradient.clone();
        double end = value;
        for (int i = 0; i < LEAPFROG && end > Double.NEGATIVE_INFINITY; i++) {
            Dense.axpy(0.5 * e, slope, 0, momentum, 0, d);
            Dense.axpy(e, momentum, 0, position, 0, d);
            end = metric.evaluate(target, position, slope);
            Dense.axpy(0.5 * e, slope, 0, momentum, 0, d);
        }
        double difference = end - 0.5 * Dense.dot(momentum, 0, momentum, 0, d) - energy;
        double probability = Double.isNaN(difference) ? 0 : Math.exp(Math.min(0, difference));
        if (RotationPosterior.uniform(words[1]) < probability) {
            z = position;
            gradient = slope;
            value = end;
        }
        return probability;
    }
}
