package io.github.paenmf.backend.cuda;

import java.util.EnumMap;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The kernels of variational NMF (cuda/posterior_sweep.cu) over device memory and a stream of the caller's. Matrices are
 * row-major float32 without gaps. Launches are asynchronous. Not thread-safe. Methods throw {@link CudaException} if the
 * launch fails; an error inside a kernel surfaces at a later call.
 */
final class PosteriorKernels {

    private static final int WARP = 32;
    /** Most of a block where a thread owns a row. */
    private static final int ROW_WARPS = 4;
    /** Up to this rank a thread owns a row: above, a row's products are long enough to share among a warp. */
    private static final int NARROW_RANK = 96;

    private static final int WIDE_WARPS = 8;
    private static final int ROWS_PER_WARP = 4;
    private static final int NARROW_BLOCKS_PER_MULTIPROCESSOR = 4;
    private static final int WIDE_BLOCKS_PER_MULTIPROCESSOR = 2;
    /** Bytes of what a component's posteriors share. */
    static final int COMPONENT_BYTES = 44;

    private final CudaDevice device;
    private final KernelArguments arguments = new KernelArguments();
    private final Map<Kernel, CUfunction> functions = new EnumMap<>(Kernel.class);

    PosteriorKernels(CUmodule module, CudaDevice device) {
        this.device = device;
        for (Kernel kernel : new Kernel[] {Kernel.POSTERIOR_SWEEP, Kernel.POSTERIOR_SWEEP_WIDE}) {
            CUfunction function = new CUfunction();
            CudaContext.check(
                    JCudaDriver.cuModuleGetFunction(function, module, kernel.function()),
                    "cuModuleGetFunction " + kernel.function());
            functions.put(kernel, function);
        }
    }

    /**
     * How a sweep is launched.
     *
     * @param blocks also the rows of partial sums that it writes
     * @param inPlace whether rows that no shared memory holds stay in device memory
     */
    record Launch(Kernel kernel, int blocks, int threads, int sharedBytes, boolean inPlace) {}

    /** How to launch {@link #sweep} for so many rows and components. */
    Launch launch(int rows, int rank) {
        int threads = WARP * device.warps((rows - 1) / WARP + 1, ROW_WARPS);
        long bytes = (long) rank * (4L * rank + COMPONENT_BYTES) + 4L * threads * (rank | 1);
        if (rank <= NARROW_RANK && bytes <= available(Kernel.POSTERIOR_SWEEP)) {
            int most = device.multiprocessors() * NARROW_BLOCKS_PER_MULTIPROCESSOR;
            int blocks = Math.min((rows - 1) / threads + 1, most);
            return new Launch(Kernel.POSTERIOR_SWEEP, blocks, threads, (int) bytes, false);
        }
        long warpBytes = 4L * ROWS_PER_WARP * rank;
        int most = device.warps((rows - 1) / ROWS_PER_WARP + 1, WIDE_WARPS);
        int fitting = (int) Math.min(most, Math.max(0, available(Kernel.POSTERIOR_SWEEP_WIDE)) / warpBytes);
        int warps = fitting == 0 ? most : fitting;
        int blocks = Math.min(
                (rows - 1) / (warps * ROWS_PER_WARP) + 1, device.multiprocessors() * WIDE_BLOCKS_PER_MULTIPROCESSOR);
        int sharedBytes = (int) (fitting * warpBytes);
        return new Launch(Kernel.POSTERIOR_SWEEP_WIDE, blocks, warps * WARP, sharedBytes, fitting == 0);
    }

    /** Shared memory that a block finds beside the kernel's own. */
    private int available(Kernel kernel) {
        int[] own = new int[1];
        CudaContext.check(
                JCudaDriver.cuFuncGetAttribute(
                        own, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, functions.get(kernel)),
                "cuFuncGetAttribute");
        return device.sharedMemoryPerBlock() - own[0];
    }

    /**
     * Updates the posterior of each coefficient of a factor, one component after the other, each in the light of the last
     * means of all: what the CPU's PosteriorKernel does, with the same error bounds.
     *
     * @param launch of {@link #launch} for these rows and this rank
     * @param x means, rows × r, in place
     * @param numerator products of the other factor's means and the scaled data, rows × r
     * @param gram second moments of the other factor, r × r, variances included on the diagonal
     * @param parameters [1/σ² | prior means, r | ln(π/(1 − π)), r | 1 with a point mass at 0, else 0]
     * @param variance receives variances, rows × r
     * @param inclusion receives the probabilities not to be 0, rows × r
     * @param partials double, launch.blocks() × (3r + 2), receives [Σ variance | Σ inclusion | Σ mean | Σ KL | ⟨X, N⟩] of
     *     each block, as VbSums has them except for the last
     */
    void sweep(
            Launch launch,
            CUdeviceptr x,
            CUdeviceptr numerator,
            CUdeviceptr gram,
            CUdeviceptr parameters,
            CUdeviceptr variance,
            CUdeviceptr inclusion,
            CUdeviceptr partials,
            int rows,
            int rank,
            CUstream stream) {
        Kernel kernel = launch.kernel();
        arguments.of(kernel).pointer(x).pointer(numerator).pointer(gram).pointer(parameters);
        arguments.pointer(variance).pointer(inclusion).pointer(partials);
        arguments.integer(rows).integer(rank);
        if (kernel == Kernel.POSTERIOR_SWEEP_WIDE) {
            arguments.integer(launch.inPlace() ? 1 : 0);
        }
        CUfunction function = functions.get(kernel);
        WeibullKernels.allowShared(function, launch.sharedBytes());
        arguments.launch(function, launch.blocks(), launch.threads(), 1, launch.sharedBytes(), stream);
    }
}
