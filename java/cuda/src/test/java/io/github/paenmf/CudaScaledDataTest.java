package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import org.junit.jupiter.api.Tag;

/** The same on CUDA. */
@Tag("cuda")
class CudaScaledDataTest extends ScaledDataTest {

    @Override
    Backends.Choice backend() {
        return Backends.Choice.CUDA;
    }

    /** Fewer: what is scaled is read in the same way, and the emulated device takes its time. */
    @Override
    int n() {
        return 67;
    }
}
