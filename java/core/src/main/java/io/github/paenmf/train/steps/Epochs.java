package io.github.paenmf.train.steps;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes over the data, in one step or in shuffled mini-batches. What a pass does depends on its
 * number and on the solver's state alone, so that it can be run again.
 */
public final class Epochs implements Passes {

    private final Solver<?> solver;
    private final TrainStep trainStep;
    private final Shape shape;
    private final long seed;
    private final RowSource data;
    private final double[] rowNorms;
    private final int previousEpochs;
    private final int stepsPerEpoch;
    /** The step over all rows; null where there are mini-batches. */
    private final Batch all;

    private final List<Objective> losses = new ArrayList<>();
    /** Steps whose losses are still with the solver. */
    private int pending;
    /** Of the epoch whose losses are being added: steps so far, and their sums over samples. */
    private int stepsAdded;

    private double reconstruction;
    private double kl;
    /** The first epoch whose losses are made from the residual. */
    private int residualFrom = Integer.MAX_VALUE;

    /**
     * @param seed of the order of mini-batches
     * @param rowNorms ‖v‖² of each row, in units of the scaled data
     * @param previousEpochs epochs of the fits that this one goes on from
     */
    public Epochs(Solver<?> solver, Shape shape, long seed, RowSource data, double[] rowNorms, int previousEpochs) {
        this.solver = solver;
        this.trainStep = new TrainStep(solver);
        this.shape = shape;
        this.seed = seed;
        this.data = data;
        this.rowNorms = rowNorms;
        this.previousEpochs = previousEpochs;
        this.stepsPerEpoch = (data.rows() - 1) / shape.batchRows() + 1;
        this.all = shape.hasMiniBatches() ? null : Batch.of(data, null, 0, data.rows(), chunkRows(), rowNorms);
    }

    @Override
    public int inFlight() {
        return Math.max(1, solver.stepsInFlight() / stepsPerEpoch);
    }

    /** Updates of an epoch. */
    public int steps() {
        return stepsPerEpoch;
    }

    @Override
    public int residualFrom() {
        return residualFrom;
    }

    @Override
    public void setResidualFrom(int epoch) {
        residualFrom = epoch;
    }

    @Override
    public void run(int first, int count) {
        for (int epoch = first; epoch < first + count; epoch++) {
            Interrupts.check();
            int step = Math.multiplyExact(previousEpochs + epoch, stepsPerEpoch);
            RowOrder order = all == null ? RowOrder.of(data, seed, step) : null;
            for (int from = 0; from < data.rows(); from += shape.batchRows(), step++) {
                trainStep.run(order == null ? all : batch(order, from), step, epoch >= residualFrom);
                pending++;
                if (pending == solver.stepsInFlight()) {
                    collect();
                }
            }
        }
    }

    @Override
    public List<Objective> takeObjectives() {
        collect();
        List<Objective> taken = List.copyOf(losses);
        losses.clear();
        return taken;
    }

    private void collect() {
        pending = 0;
        for (Objective step : solver.takeObjectives()) {
            if (stepsPerEpoch == 1) {
                losses.add(step);
                continue;
            }
            int rows = batchRows(stepsAdded * shape.batchRows());
            reconstruction += step.reconstruction() * rows;
            kl += step.kl() * rows;
            stepsAdded++;
            if (stepsAdded == stepsPerEpoch) {
                losses.add(new Objective(reconstruction / data.rows(), kl / data.rows()));
                reconstruction = 0;
                kl = 0;
                stepsAdded = 0;
            }
        }
    }

    private Batch batch(RowOrder order, int from) {
        order.reach(from);
        return Batch.of(data, order.rows(), from, batchRows(from), chunkRows(), rowNorms);
    }

    /** Of rows that are not all in memory, no more than are held at once: a step goes through a chunk several times. */
    private int chunkRows() {
        return data.paging() == null
                ? solver.chunkRows()
                : Math.min(solver.chunkRows(), data.paging().poolRows());
    }

    /** Rows of the batch that begins at one; the last of an epoch may have fewer. */
    private int batchRows(int from) {
        return Math.min(shape.batchRows(), data.rows() - from);
    }
}
