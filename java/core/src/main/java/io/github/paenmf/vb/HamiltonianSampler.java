package io.github.paenmf.vb;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.ArrayList;
import java.util.List;

/**
 * Hamiltonian Monte Carlo (Neal 2011, MCMC using Hamiltonian dynamics) of the rotation, in coordinates of about unit
 * curvature. In stages of a warm-up the step is adapted, and the metric is made anew from the mean information where the
 * stage went, or, where there are few numbers, from their covariance too. Steps are jittered so that no trajectory closes on itself.
 */
final class HamiltonianSampler {

    private static final int STAGES = 2;

    /** Stages where there are fewer numbers than steps in a stage, so that their covariance says something. */
    private static final int STAGES_OF_FEW = 3;

    private static final int WARM_UP = 64;
    private static final int LAST_WARM_UP = 48;

    /** The information is taken at every so many places of a stage. */
    private static final int EVERY = 6;

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
    private int iterations;

    HamiltonianSampler(RotationTarget target, RotationMetric metric, long seed) {
        this.target = target;
        this.metric = metric;
        this.seed = seed;
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
        return metric.position(z);
    }

    /** Draws of M, each r × r. */
    double[][] run(int count) {
        boolean few = d <= WARM_UP;
        restart(averaged(warmUp()));
        for (int stage = 1; stage < (few ? STAGES_OF_FEW : STAGES); stage++) {
            List<double[]> visited = warmUp();
            restart(few ? metric.blended(metric.position(z), visited) : averaged(visited));
        }
        double logStep = 0;
        for (int i = 0; i < LAST_WARM_UP; i++) {
            adapt(i);
            logStep += 2 * i >= LAST_WARM_UP ? Math.log(step) / (LAST_WARM_UP - LAST_WARM_UP / 2) : 0;
        }
        step = Math.exp(logStep); // the mean, as single steps are noisy
        double[][] draws = new double[count][];
        for (int i = 0; i < count; i++) {
            accepted += move() / count;
            draws[i] = metric.position(z);
        }
        return draws;
    }

    /** Where a stage of the warm-up went. */
    private List<double[]> warmUp() {
        List<double[]> visited = new ArrayList<>();
        for (int i = 0; i < WARM_UP; i++) {
            adapt(i);
            visited.add(metric.position(z));
        }
        return visited;
    }

    private RotationMetric averaged(List<double[]> visited) {
        List<double[]> some = new ArrayList<>();
        for (int i = EVERY - 1; i < visited.size(); i += EVERY) {
            some.add(visited.get(i));
        }
        return RotationMetric.average(target, metric.position(z), some);
    }

    private void restart(RotationMetric next) {
        metric = next;
        z = new double[d];
        value = metric.evaluate(target, z, gradient);
    }

    private void adapt(int i) {
        step *= Math.exp(ADAPTATION * (move() - WANTED_ACCEPTANCE) / Math.sqrt(i + 1.0));
    }

    /** Mean probability of acceptance after the warm-up. */
    double acceptance() {
        return accepted;
    }

    /** One trajectory; returns the probability with which its end is accepted. */
    private double move() {
        int iteration = iterations++;
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
