package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.SparseDataSolver;
import io.github.paenmf.backend.cpu.CpuRowBlocks;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import org.junit.jupiter.api.Tag;

/** Sparse data, streamed to the device in runs. */
@Tag("long") // CudaSparseDataTest has streamed rows give the bits of resident ones
@Tag("cuda")
class CudaSparseStreamingTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return CurrentContext.watched(
                Solver.class,
                new SparseDataSolver<>(
                        CudaSolvers.pae(SparseDataSolver.sparse(problem), execution, true, new CpuRowBlocks(3))));
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return CurrentContext.watched(
                Solver.class,
                new SparseDataSolver<>(
                        CudaSolvers.nmf(SparseDataSolver.sparse(problem), execution, true, new CpuRowBlocks(3))));
    }

    @Override
    protected String name() {
        return "CUDA, sparse data, streamed";
    }
}
