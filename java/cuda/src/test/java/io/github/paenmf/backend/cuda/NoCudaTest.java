package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A JVM that CUDA is hidden from, as these tests run. */
class NoCudaTest {

    private final CudaProbe probe = CudaProbe.get();

    @Test
    void theReasonSaysWhatIsMissing() {
        assertFalse(probe.available());
        assertEquals(List.of(), probe.devices());
        String reason = probe.reason();
        assertNotNull(reason);
        assertTrue(
                reason.startsWith(
                                KernelImages.packaged().built()
                                        ? "libcuda.so.1 not found in "
                                        : "this build has no CUDA kernels: nvcc was not found when it was built")
                        || reason.startsWith(
                                "the NVIDIA driver"), // where the machine has one, it is told to see no device
                reason);
    }

    @Test
    void openingADeviceFailsWithTheReason() {
        BackendUnavailableException e = assertThrows(BackendUnavailableException.class, () -> CudaContext.open(0));

        assertEquals("CUDA unavailable: " + probe.reason(), e.getMessage());
    }
}
