package io.github.paenmf.train;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;

/** What trainers are tested with is a backend too. */
class ReplayingBackendTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return new ReplayingBackend<>(Backends.open(execution.withBackend(Backends.Choice.CPU), problem), 5, -1);
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return new ReplayingBackend<>(Backends.openNmf(execution.withBackend(Backends.Choice.CPU), problem), 5, -1);
    }

    @Override
    protected String name() {
        return "several steps in flight";
    }
}
