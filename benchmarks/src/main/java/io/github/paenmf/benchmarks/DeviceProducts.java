package io.github.paenmf.benchmarks;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/** Matrix products by cuBLAS on a device's stream. */
final class DeviceProducts implements AutoCloseable {

    private static final long WORKSPACE_BYTES = 32L << 20;
    private static final Pointer ONE = Pointer.to(new float[] {1});
    private static final Pointer ZERO = Pointer.to(new float[] {0});

    private final cublasHandle handle = new cublasHandle();

    DeviceProducts(Device device) {
        Device.Buffer workspace = device.allocate(WORKSPACE_BYTES);
        check(JCublas2.cublasCreate(handle), "cublasCreate");
        check(JCublas2.cublasSetStream(handle, new cudaStream_t(device.stream())), "cublasSetStream");
        check(JCublas2.cublasSetWorkspace(handle, workspace.pointer(), workspace.bytes()), "cublasSetWorkspace");
        setTf32(false);
    }

    void setTf32(boolean tf32) {
        int mode = tf32 ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH;
        check(JCublas2.cublasSetMathMode(handle, mode), "cublasSetMathMode");
    }

    /**
     * C = A·B, row-major, which is column-major with the factors exchanged.
     *
     * @param depth columns of A, rows of B
     * @param lda stride of rows of A; likewise {@code ldb}
     * @param c without gaps
     */
    void multiply(int rows, int columns, int depth, CUdeviceptr a, int lda, CUdeviceptr b, int ldb, CUdeviceptr c) {
        check(
                JCublas2.cublasSgemm(
                        handle,
                        cublasOperation.CUBLAS_OP_N,
                        cublasOperation.CUBLAS_OP_N,
                        columns,
                        rows,
                        depth,
                        ONE,
                        b,
                        ldb,
                        a,
                        lda,
                        ZERO,
                        c,
                        columns),
                "cublasSgemm");
    }

    private static void check(int status, String call) {
        if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
            throw new IllegalStateException(call + " failed: " + cublasStatus.stringFor(status));
        }
    }

    @Override
    public void close() {
        check(JCublas2.cublasDestroy(handle), "cublasDestroy");
    }
}
