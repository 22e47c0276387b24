package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;

class VectorCpuBackendTest extends BackendContractTest {

    @Override
    protected Backend open(Problem problem, Execution execution) {
        return new CpuBackend(problem, CpuRuntime.choose(null, true, true), execution);
    }

    @Override
    protected String name() {
        return "CPU, vectors";
    }
}
