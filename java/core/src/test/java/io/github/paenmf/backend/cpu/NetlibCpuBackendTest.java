package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import org.junit.jupiter.api.Tag;

/** With the products of dev.ludovic.netlib in place of ours. */
@Tag("jdk")
class NetlibCpuBackendTest extends BackendContractTest {

    @Override
    protected Solver<PaeParameters> open(PaeProblem problem, Execution execution) {
        return CpuSolvers.pae(problem, CpuRuntime.get(Blas.NETLIB), execution);
    }

    @Override
    protected Solver<NmfParameters> open(NmfProblem problem, Execution execution) {
        return CpuSolvers.nmf(problem, CpuRuntime.get(Blas.NETLIB), execution);
    }

    @Override
    protected String name() {
        return "CPU, netlib's products";
    }

    /** Its sums within a vector go in another order once they are compiled (Java 25). */
    @Override
    protected boolean repeatsBits() {
        return false;
    }
}
