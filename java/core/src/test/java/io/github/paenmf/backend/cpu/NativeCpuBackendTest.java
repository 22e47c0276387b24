package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import org.junit.jupiter.api.Tag;

/** With the system's BLAS in place of our products; skipped where there is none. */
@Tag("long") // NetlibCpuBackendTest goes the same way to another library
@Tag("jdk")
class NativeCpuBackendTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return CpuSolvers.pae(problem, CpuBackends.withSystemBlas(), execution);
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return CpuSolvers.nmf(problem, CpuBackends.withSystemBlas(), execution);
    }

    @Override
    protected String name() {
        return "CPU, the system's BLAS";
    }
}
