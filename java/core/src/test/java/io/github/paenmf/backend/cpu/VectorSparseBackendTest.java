package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.SparseDataSolver;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;

class VectorSparseBackendTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return new SparseDataSolver<>(
                CpuSolvers.pae(SparseDataSolver.sparse(problem), CpuRuntime.choose(null, true, true), execution));
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return new SparseDataSolver<>(
                CpuSolvers.nmf(SparseDataSolver.sparse(problem), CpuRuntime.choose(null, true, true), execution));
    }

    @Override
    protected String name() {
        return "CPU, sparse data, vectors";
    }
}
