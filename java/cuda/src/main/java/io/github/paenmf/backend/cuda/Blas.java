package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/**
 * Matrix products by cuBLAS on one stream, with a workspace of its own: cuBLAS gives the same bits from
 * run to run as long as no other stream shares that.
 */
final class Blas implements AutoCloseable {

    private final cublasHandle handle = new cublasHandle();
    private final Lifetime lifetime;

    /**
     * Opens cuBLAS on a stream of the current context.
     *
     * @param workspace outlives this
     */
    Blas(CUstream stream, DeviceBuffer workspace) {
        check(JCublas2.cublasCreate(handle), "cublasCreate");
        cublasHandle owned = handle;
        lifetime = Lifetime.begin(this, "cuBLAS handle", 0, () -> JCublas2.cublasDestroy(owned));
        try {
            check(JCublas2.cublasSetStream(handle, new cudaStream_t(stream)), "cublasSetStream");
            check(
                    JCublas2.cublasSetWorkspace(handle, workspace.pointer(), workspace.bytes()),
                    "cublasSetWorkspace of " + workspace.bytes() + " bytes");
        } catch (Throwable t) {
            lifetime.end();
            throw t;
        }
    }

    /**
     * C = alpha·A·B + beta·C; beta = 0 does not read C.
     *
     * <p>cuBLAS is column-major, where a row-major matrix is its transpose: Cᵀ = Bᵀ·Aᵀ, so the
     * operands change places and nothing is copied.
     *
     * @param c not a transpose
     * @param precision FP32 or TF32
     * @throws IllegalArgumentException if the shapes do not fit each other
     */
    void multiply(float alpha, DeviceMatrix a, DeviceMatrix b, float beta, DeviceMatrix c, Precision precision) {
        DeviceMatrix.requireProduct(a, b, c);
        int status = JCublas2.cublasGemmEx_new(
                handle,
                operation(b),
                operation(a),
                c.columns(),
                c.rows(),
                a.columns(),
                Pointer.to(new float[] {alpha}),
                b.pointer(),
                cudaDataType.CUDA_R_32F,
                b.stride(),
                a.pointer(),
                cudaDataType.CUDA_R_32F,
                a.stride(),
                Pointer.to(new float[] {beta}),
                c.pointer(),
                cudaDataType.CUDA_R_32F,
                c.stride(),
                precision == Precision.TF32
                        ? cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32
                        : cublasComputeType.CUBLAS_COMPUTE_32F,
                cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
        if (status != 0) {
            check(status, "cublasGemmEx of " + a.shape() + " by " + b.shape());
        }
    }

    private static int operation(DeviceMatrix matrix) {
        return matrix.isTransposed() ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
    }

    private static void check(int status, String call) {
        if (status != 0) {
            throw CudaException.ofBlas(status, call);
        }
    }

    @Override
    public void close() {
        lifetime.end();
    }
}
