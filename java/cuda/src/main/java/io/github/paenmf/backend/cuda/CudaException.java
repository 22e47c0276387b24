package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.DeviceException;
import java.util.Set;
import jcuda.driver.CUresult;
import jcuda.jcublas.cublasStatus;

/**
 * A call to CUDA that failed. The call had no effect and the device can still be used, unless this is a
 * {@link CudaFatalException}.
 */
public class CudaException extends DeviceException {

    private static final long serialVersionUID = 1L;

    /** After these the driver answers every call of this process with the same error. */
    private static final Set<Integer> FATAL = Set.of(
            CUresult.CUDA_ERROR_DEINITIALIZED,
            CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
            CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
            CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
            CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
            CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
            CUresult.CUDA_ERROR_ASSERT,
            CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
            CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
            CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
            CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
            CUresult.CUDA_ERROR_INVALID_PC,
            CUresult.CUDA_ERROR_LAUNCH_FAILED,
            CUresult.CUDA_ERROR_EXTERNAL_DEVICE,
            CUresult.CUDA_ERROR_UNKNOWN);

    CudaException(String message) {
        this(message, null);
    }

    CudaException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * What a driver call's result means.
     *
     * @param result not {@code CUDA_SUCCESS}
     * @param call the name of the function, and the sizes it was given
     */
    static CudaException of(int result, String call) {
        String name = CUresult.stringFor(result);
        return FATAL.contains(result)
                ? new CudaFatalException(name, call)
                : new CudaException(call + " failed: " + name);
    }

    /**
     * What a cuBLAS call's status means.
     *
     * @param status not {@code CUBLAS_STATUS_SUCCESS}
     * @param call the name of the function, and the sizes it was given
     */
    static CudaException ofBlas(int status, String call) {
        String name = cublasStatus.stringFor(status);
        return status == cublasStatus.CUBLAS_STATUS_EXECUTION_FAILED
                ? new CudaFatalException(name, call)
                : new CudaException(call + " failed: " + name);
    }
}
