package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfBackendContractTest;
import io.github.paenmf.backend.NmfProblem;

/** With the system's BLAS in place of our products; skipped where there is none. */
class NativeCpuNmfBackendTest extends NmfBackendContractTest {

    @Override
    protected NmfBackend open(NmfProblem problem) {
        return new CpuNmfBackend(
                problem, CpuBackends.withSystemBlas(), Execution.auto().withThreads(2));
    }

    @Override
    protected String name() {
        return "NMF on the CPU, the system's BLAS";
    }
}
