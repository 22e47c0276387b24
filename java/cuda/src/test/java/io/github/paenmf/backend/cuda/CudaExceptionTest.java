package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which errors a device gets over, and what is said of them. */
class CudaExceptionTest {

    @Test
    void successIsNoError() {
        CudaContext.check(CUresult.CUDA_SUCCESS, "cuMemFree");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                CUresult.CUDA_ERROR_INVALID_VALUE,
                CUresult.CUDA_ERROR_OUT_OF_MEMORY,
                CUresult.CUDA_ERROR_INVALID_IMAGE,
                CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
            })
    void aRefusedCallCanBeRecoveredFrom(int code) {
        CudaException e = assertThrows(CudaException.class, () -> CudaContext.check(code, "cuLaunchKernel (7 x 3)"));

        assertFalse(e instanceof CudaFatalException);
        assertEquals("cuLaunchKernel (7 x 3) failed: " + CUresult.stringFor(code), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                CUresult.CUDA_ERROR_LAUNCH_FAILED,
                CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
                CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
                CUresult.CUDA_ERROR_UNKNOWN
            })
    void aFailureOfTheDeviceIsFatal(int code) {
        CudaException e = CudaException.of(code, "cuMemcpyDtoH of 12 bytes");

        assertInstanceOf(CudaFatalException.class, e);
        assertTrue(e.getMessage().startsWith("cuMemcpyDtoH of 12 bytes reported " + CUresult.stringFor(code) + ". "));
        assertTrue(e.getMessage().contains("surface at a later call"), e.getMessage());
    }

    @Test
    void cublasNamesItsOwnErrors() {
        CudaException refused = CudaException.ofBlas(cublasStatus.CUBLAS_STATUS_INVALID_VALUE, "cublasSgemm (7 x 3)");
        assertEquals("cublasSgemm (7 x 3) failed: CUBLAS_STATUS_INVALID_VALUE", refused.getMessage());
        assertFalse(refused instanceof CudaFatalException);
        assertInstanceOf(
                CudaFatalException.class,
                CudaException.ofBlas(cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED, "cublasSgemm"));
    }
}
