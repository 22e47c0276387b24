package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfBackendContractTest;
import io.github.paenmf.backend.NmfProblem;

class VectorCpuNmfBackendTest extends NmfBackendContractTest {

    @Override
    protected NmfBackend open(NmfProblem problem) {
        return new CpuNmfBackend(
                problem, CpuRuntime.choose(null, true), Execution.auto().withThreads(2));
    }

    @Override
    protected String name() {
        return "NMF on the CPU, vectors";
    }
}
