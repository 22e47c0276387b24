package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;

/** With the system's BLAS in place of our products; skipped where there is none. */
class NativeCpuBackendTest extends BackendContractTest {

    @Override
    protected Backend open(Problem problem, Execution execution) {
        return new CpuBackend(problem, CpuBackends.withSystemBlas(), execution);
    }

    @Override
    protected String name() {
        return "CPU, the system's BLAS";
    }
}
