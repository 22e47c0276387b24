package io.github.paenmf.backend.cuda;

import io.github.paenmf.CheckpointContractTest;
import io.github.paenmf.backend.Backends.Choice;
import org.junit.jupiter.api.Tag;

/** On the device, but for what trains on the CPU alone. */
@Tag("cuda")
class CudaCheckpointTest extends CheckpointContractTest {

    @Override
    protected Choice backend() {
        return Choice.CUDA;
    }

    @Override
    protected boolean has(Fit fit) {
        return switch (fit) {
            case VB, VB_MINI_BATCHES, PAE, PAE_SIGMA, PAE_HIDDEN, HALS -> true; // the others have no state of their own
            default -> false;
        };
    }
}
