package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfBackendContractTest;
import io.github.paenmf.backend.NmfProblem;

/** With the products of dev.ludovic.netlib in place of ours. */
class NetlibCpuNmfBackendTest extends NmfBackendContractTest {

    @Override
    protected NmfBackend open(NmfProblem problem) {
        return new CpuNmfBackend(
                problem, CpuRuntime.get(Blas.NETLIB), Execution.auto().withThreads(2));
    }

    @Override
    protected String name() {
        return "NMF on the CPU, netlib's products";
    }
}
