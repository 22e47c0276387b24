package io.github.paenmf.backend;

import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.StateVisitor;

/**
 * σ² of PAE-NMF in training: that of the configuration, or learned. The best σ² is the expected squared residual of an
 * entry, of which the samples of a step are one draw; with mini-batches it is a running average of them.
 */
public final class PaeVariance {

    /** Of σ² that is learned. */
    public static final double LEAST = PaeConfiguration.LEARNED_SIGMA_MIN * PaeConfiguration.LEARNED_SIGMA_MIN;

    private final PaeProblem problem;
    private final boolean learned;
    private final double entriesOfRow;
    private final double meanRowWeight;
    private double value;
    private int updates;

    public PaeVariance(PaeProblem problem) {
        PaeConfiguration c = problem.configuration();
        this.problem = problem;
        this.learned = c.learnsSigma();
        this.entriesOfRow = problem.entriesOfRow();
        this.meanRowWeight = problem.meanRowWeight();
        this.value = c.sigma() * c.sigma();
    }

    /** Starts from those of parameters, where it is learned; updates are counted afresh. */
    public void set(PaeParameters parameters) {
        if (learned) {
            value = Math.max(LEAST, parameters.squaredSigma());
            updates = 0;
        }
    }

    public void read(PaeParameters target) {
        if (learned) {
            target.setSquaredSigma(value);
        }
    }

    /** Takes a visitor through what an update changes. */
    public void visit(StateVisitor visitor) {
        value = visitor.visit(value);
        updates = visitor.visit(updates);
    }

    /** σ². */
    public double value() {
        return value;
    }

    /** Takes over σ² as another solver has it. */
    public void setValue(double squaredSigma) {
        value = squaredSigma;
    }

    /**
     * Takes over what a step has found, where σ is learned: then the objective is −ELBO after it.
     *
     * @param squaredError of the step's rows, in units of the scaled data
     */
    public Objective update(Sums sums, double squaredError) {
        double kl = PaeSums.kl(sums);
        double rows = meanRowWeight * sums.rows();
        if (!learned) {
            return Objective.of(squaredError, kl, rows, problem.configuration().sigma());
        }
        double best = Math.max(LEAST, squaredError / (rows * entriesOfRow));
        double rate = problem.hasMiniBatches() ? VbSums.averagingRate(updates) : 1;
        value = (1 - rate) * value + rate * best;
        updates++;
        return Objective.ofElbo(squaredError, value, entriesOfRow, kl, rows);
    }
}
