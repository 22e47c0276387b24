package io.github.paenmf.train;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import java.util.List;

/**
 * Factors that other algorithms start from: of some epochs of HALS from random ones, or of a given basis.
 *
 * @param factors in units of the scaled data
 * @param squaredError ‖V − H·Wᵀ‖² by the Gram form, likewise
 */
record HalsStart(NmfParameters factors, double squaredError) {

    static NmfConfiguration configuration(int rank, int epochs, long seed) {
        return new NmfConfiguration(rank, NmfAlgorithm.HALS, NmfInit.RANDOM, epochs, 0, 1, Missing.NONE, seed);
    }

    /**
     * Runs all epochs of a configuration.
     *
     * @param solver of {@link NmfTrainer#problem}
     */
    static HalsStart run(Solver<NmfParameters> solver, NmfConfiguration c, RowSource data, DataStatistics statistics) {
        NmfParameters factors = NmfInitialiser.random(c, statistics);
        solver.setParameters(factors);
        Epochs epochs = new Epochs(
                solver, NmfTrainer.problem(data, statistics, c).shape(), c.seed(), data, statistics.rowNorms(), 0);
        epochs.run(0, c.epochs());
        List<Objective> objectives = epochs.takeObjectives();
        solver.readParameters(factors);
        double last = objectives.get(objectives.size() - 1).reconstruction();
        return new HalsStart(factors, 2.0 * data.rows() * last);
    }
}
