package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.cpu.CpuRowBlocks;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import org.junit.jupiter.api.Tag;

/** V streamed to the device, in runs. */
@Tag("cuda")
class CudaStreamingTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return CurrentContext.watched(Solver.class, CudaSolvers.pae(problem, execution, true, new CpuRowBlocks(3)));
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return CurrentContext.watched(Solver.class, CudaSolvers.nmf(problem, execution, true, new CpuRowBlocks(3)));
    }

    @Override
    protected String name() {
        return "CUDA, streamed";
    }
}
