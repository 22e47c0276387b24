package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import org.junit.jupiter.api.Tag;

/** With the defaults. */
@Tag("cuda")
class CudaBackendTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return CurrentContext.watched(Solver.class, CudaSolvers.pae(problem, execution, RowBlocks.serial()));
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return CurrentContext.watched(Solver.class, CudaSolvers.nmf(problem, execution, RowBlocks.serial()));
    }

    @Override
    protected Execution executionByStages() {
        return execution().withCooperative(false);
    }

    @Override
    protected String name() {
        return "CUDA";
    }
}
