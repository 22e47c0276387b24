package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.BackendContractTest;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;
import org.junit.jupiter.api.Tag;

/** V streamed to the device, in runs. */
@Tag("cuda")
class CudaStreamingTest extends BackendContractTest {

    @Override
    protected Backend open(Problem problem, Execution execution) {
        return CurrentContext.watched(Backend.class, CudaBackend.open(problem, execution, true));
    }

    @Override
    protected String name() {
        return "CUDA, streamed";
    }
}
