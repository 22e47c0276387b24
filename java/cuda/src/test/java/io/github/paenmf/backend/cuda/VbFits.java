package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.VbParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Fits of variational NMF, stage by stage, on whatever solver. */
final class VbFits {

    /**
     * What a fit comes to.
     *
     * @param objectives of each step
     */
    record Fit(VbParameters parameters, List<Objective> objectives) {}

    /**
     * Data of a fit, or three versions of them.
     *
     * @param whole for ‖V‖²
     * @param projected for V·W
     * @param accumulated for Vᵀ·H
     */
    record Data(Matrix whole, Matrix projected, Matrix accumulated) {}

    private VbFits() {}

    /** A start at random, the same for the same problem. */
    static VbParameters start(VbProblem problem) {
        int r = problem.rank();
        SplittableRandom random = new SplittableRandom(5);
        VbParameters start = new VbParameters(problem.features(), r);
        for (int i = 0; i < start.mean().length; i++) {
            float mean = (float) (2 * random.nextDouble() / r);
            start.mean()[i] = mean;
            start.variance()[i] = 0.01f * mean * mean;
            start.inclusion()[i] = 1;
            start.priorMean()[i % r] += mean / (double) problem.features();
        }
        for (int j = 0; j < r; j++) {
            start.priorInclusion()[j] = 0.5;
            start.coefficientInclusion()[j] = 0.5;
        }
        start.setSquaredSigma(0.25);
        return start;
    }

    /** Some epochs from the start. */
    static Fit fit(Solver<VbParameters> solver, VbProblem problem, Matrix data, int epochs) {
        return fit(solver, problem, new Data(data, data, data), epochs);
    }

    /** The same. */
    static Fit fit(Solver<VbParameters> solver, VbProblem problem, Data data, int epochs) {
        solver.setParameters(start(problem));
        return goOn(solver, problem, data, 0, epochs);
    }

    /** Epochs from one on; mini-batches take rows in an order that each epoch has. */
    static Fit goOn(Solver<VbParameters> solver, VbProblem problem, Matrix data, int first, int epochs) {
        return goOn(solver, problem, new Data(data, data, data), first, epochs);
    }

    private static Fit goOn(Solver<VbParameters> solver, VbProblem problem, Data data, int first, int epochs) {
        int n = data.whole().rows();
        int batchRows = problem.shape().batchRows();
        List<Objective> objectives = new ArrayList<>();
        for (int epoch = first; epoch < first + epochs; epoch++) {
            int[] order = problem.shape().hasMiniBatches() ? order(n, epoch) : null;
            for (int from = 0; from < n; from += batchRows) {
                step(solver, problem, data, order, from, Math.min(batchRows, n - from));
            }
            objectives.addAll(solver.takeObjectives());
        }
        VbParameters parameters = new VbParameters(problem.features(), problem.rank());
        solver.readParameters(parameters);
        return new Fit(parameters, objectives);
    }

    private static int[] order(int n, int epoch) {
        SplittableRandom random = new SplittableRandom(epoch);
        int[] order = IntStream.range(0, n).toArray();
        for (int i = n - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int id = order[i];
            order[i] = order[j];
            order[j] = id;
        }
        return order;
    }

    /** Sums over all rows, from the start. */
    static Sums sums(Solver<VbParameters> solver, VbProblem problem, Matrix data) {
        solver.setParameters(start(problem));
        addUp(solver, problem, new Data(data, data, data), null, 0, data.rows());
        return solver.readSums();
    }

    private static void step(
            Solver<VbParameters> solver, VbProblem problem, Data data, int[] order, int from, int count) {
        addUp(solver, problem, data, order, from, count);
        solver.update();
    }

    private static void addUp(
            Solver<VbParameters> solver, VbProblem problem, Data data, int[] order, int from, int count) {
        solver.clearSums();
        solver.gram();
        for (int at = from; at < from + count; at += solver.chunkRows()) {
            int rows = Math.min(solver.chunkRows(), from + count - at);
            solver.project(new Rows(data.projected, order, at, rows));
            Rows accumulated = new Rows(data.accumulated, order, at, rows);
            solver.rowStage(accumulated, 0);
            double norm = squaredNorm(new Rows(data.whole, order, at, rows));
            solver.accumulate(accumulated, norm / (problem.dataScale() * problem.dataScale()));
        }
    }

    private static double squaredNorm(Rows rows) {
        double sum = 0;
        float[] values = new float[rows.data().columns()];
        for (int i = 0; i < rows.count(); i++) {
            rows.data().copyRow(rows.id(i), values, 0);
            for (double value : values) {
                sum += value * value;
            }
        }
        return sum;
    }
}
