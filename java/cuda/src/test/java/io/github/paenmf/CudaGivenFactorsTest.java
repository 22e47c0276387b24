package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import org.junit.jupiter.api.Tag;

/** The same on CUDA. */
@Tag("cuda")
class CudaGivenFactorsTest extends GivenFactorsTest {

    @Override
    Backends.Choice backend() {
        return Backends.Choice.CUDA;
    }

    /** Fewer: the emulated device takes its time. */
    @Override
    int epochs() {
        return 500;
    }
}
