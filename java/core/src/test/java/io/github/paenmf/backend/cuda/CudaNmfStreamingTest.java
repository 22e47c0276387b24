package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfBackendContractTest;
import io.github.paenmf.backend.NmfProblem;
import org.junit.jupiter.api.Tag;

/** V streamed to the device, in runs. */
@Tag("cuda")
class CudaNmfStreamingTest extends NmfBackendContractTest {

    @Override
    protected NmfBackend open(NmfProblem problem) {
        return CurrentContext.watched(NmfBackend.class, CudaNmfBackend.open(problem, Execution.auto(), 100));
    }

    @Override
    protected String name() {
        return "NMF on CUDA, streamed";
    }
}
