package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfBackendContractTest;
import io.github.paenmf.backend.NmfProblem;
import org.junit.jupiter.api.Tag;

/** With the defaults. */
@Tag("cuda")
class CudaNmfBackendTest extends NmfBackendContractTest {

    @Override
    protected NmfBackend open(NmfProblem problem) {
        return CurrentContext.watched(NmfBackend.class, CudaNmfBackend.open(problem, Execution.auto()));
    }

    @Override
    protected String name() {
        return "NMF on CUDA";
    }
}
