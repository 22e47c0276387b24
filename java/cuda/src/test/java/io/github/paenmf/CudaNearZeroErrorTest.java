package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import org.junit.jupiter.api.Tag;

/** The same on CUDA. */
@Tag("cuda")
class CudaNearZeroErrorTest extends NearZeroErrorTest {

    @Override
    Backends.Choice backend() {
        return Backends.Choice.CUDA;
    }
}
