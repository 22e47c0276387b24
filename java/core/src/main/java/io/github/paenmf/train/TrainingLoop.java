package io.github.paenmf.train;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.train.steps.Passes;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Windows of epochs, for every algorithm: their objectives are known, and judged epoch by epoch, only once a window is
 * over. If the last epoch lies within it, the window is run again up to there.
 *
 * @param <P> the parameters of the algorithm
 */
final class TrainingLoop<P extends Parameters<P>> {

    /** Windows grow until they take this long, which is how far reports and stopping lag behind. */
    private static final long WINDOW_NANOS = 50_000_000;

    private final Solver<P> solver;
    private final Passes epochs;
    private final Progress progress;
    private final LongSupplier nanoTime;
    /** How far off the reconstruction error of an epoch by the Gram form may be. */
    private ToDoubleFunction<Objective> gramFormRounding = objective -> 0;
    /** Null where every error is by the Gram form. */
    private Rounding rounding;

    private double tolerance;

    /** Null where nothing is kept. */
    private CheckpointStore checkpoints;

    private Map<String, String> problem;

    /**
     * @param solver holds the first parameters
     * @param nanoTime a clock
     */
    TrainingLoop(Solver<P> solver, Passes epochs, Progress progress, LongSupplier nanoTime) {
        this.solver = solver;
        this.epochs = epochs;
        this.progress = progress;
        this.nanoTime = nanoTime;
    }

    /** Says how far off the reconstruction error of an epoch may be by rounding. */
    TrainingLoop<P> withRounding(ToDoubleFunction<Objective> ofEpoch) {
        gramFormRounding = ofEpoch;
        return this;
    }

    /**
     * Makes errors that are too small for the Gram form from the residual. The epoch after the first one whose error is
     * so is the first whose error is by the residual, wherever windows end: a window that goes beyond is run again, too.
     *
     * @param newRounding of an epoch's reconstruction error
     * @param newTolerance least relative change of it that counts; 0 if none is asked for
     */
    TrainingLoop<P> withResiduals(Rounding newRounding, double newTolerance) {
        gramFormRounding = objective -> newRounding.ofGramForm();
        rounding = newRounding;
        tolerance = newTolerance;
        return this;
    }

    /**
     * Keeps the state of the fit from time to time, or goes on from one that was kept.
     *
     * @param store or null
     * @param newProblem what has an effect on the fit
     */
    TrainingLoop<P> withCheckpoints(CheckpointStore store, Supplier<Map<String, String>> newProblem) {
        checkpoints = store;
        problem = store == null ? Map.of() : newProblem.get();
        return this;
    }

    /**
     * Trains until there is a reason to stop.
     *
     * @param initial the first parameters
     * @param mostEpochs how many epochs end the fit
     * @return the last parameters that are good
     */
    P run(P initial, int mostEpochs) {
        // Parameters are good if the objective of the epoch that they begin is finite.
        P good = initial.copy();
        P candidate = initial.copy();
        if (checkpoints != null) {
            P loaded = good;
            checkpoints.load(problem, visitor -> visit(loaded, visitor));
        }
        int window = 1;
        while (progress.goesOn()) {
            int first = progress.epochs();
            int count = Math.min(window, mostEpochs - first);
            long start = nanoTime.getAsLong();
            if (count > 1) {
                solver.saveState();
            }
            List<Objective> objectives = run(first, count, candidate);
            int precise = firstToBeByResidual(first, objectives);
            if (precise < epochs.residualFrom()) {
                epochs.setResidualFrom(precise);
                if (precise < first + count) {
                    solver.restoreState();
                    objectives = run(first, count, candidate);
                }
            }
            if (nanoTime.getAsLong() - start < WINDOW_NANOS) {
                window = Math.min(2 * window, epochs.inFlight());
            }
            for (int i = 0; i < count && progress.goesOn(); i++) {
                progress.add(objectives.get(i), mayBeOff(first + i, objectives.get(i)));
            }
            int kept = progress.epochs() - first;
            if (kept > 0) {
                if (kept < count) {
                    solver.restoreState();
                    run(first, kept, candidate);
                }
                if (!candidate.isFinite()) { // an objective may be finite that does not look at all of them
                    progress.diverged("a parameter", progress.epochs());
                    return good;
                }
                P previousGood = good;
                good = candidate;
                candidate = previousGood;
                if (checkpoints != null && (progress.stopped() || progress.goesOn() && checkpoints.isDue())) {
                    P stored = good;
                    checkpoints.store(problem, visitor -> visit(stored, visitor));
                }
            }
        }
        if (!progress.diverged()) {
            // No epoch measures what the last update made.
            solver.readParameters(candidate);
            if (candidate.isFinite()) {
                return candidate;
            }
            progress.diverged("a parameter", progress.epochs());
        }
        return good;
    }

    /** Takes a visitor through all that the next window goes by. */
    private void visit(P good, StateVisitor visitor) {
        progress.visit(visitor);
        epochs.setResidualFrom(visitor.visit(epochs.residualFrom()));
        good.visit(visitor);
        solver.visitState(visitor);
    }

    /** How far off the reconstruction error of an epoch may be by rounding. */
    private double mayBeOff(int epoch, Objective objective) {
        return rounding != null && epoch >= epochs.residualFrom()
                ? rounding.ofResidual(objective.reconstruction())
                : gramFormRounding.applyAsDouble(objective);
    }

    /** The epoch after the first of a window whose error the Gram form does not resolve, if that is known. */
    private int firstToBeByResidual(int first, List<Objective> objectives) {
        for (int i = 0; rounding != null && i < objectives.size() && first + i < epochs.residualFrom(); i++) {
            if (rounding.needsResidual(objectives.get(i).reconstruction(), tolerance)) {
                return first + i + 1;
            }
        }
        return epochs.residualFrom();
    }

    /**
     * Runs a window.
     *
     * @param beforeLast receives the parameters before its last epoch
     * @return the objective of each epoch
     */
    private List<Objective> run(int first, int count, P beforeLast) {
        epochs.run(first, count - 1);
        solver.readParameters(beforeLast);
        epochs.run(first + count - 1, 1);
        return epochs.takeObjectives();
    }
}
