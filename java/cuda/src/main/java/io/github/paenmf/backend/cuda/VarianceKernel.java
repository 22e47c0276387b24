package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** The update of σ² of PAE-NMF (update_variance in cuda/update_project.cu), a launch that waits for nothing. */
final class VarianceKernel {

    private final CUfunction function = new CUfunction();
    private final KernelArguments arguments = new KernelArguments();

    VarianceKernel(CUmodule module) {
        CudaContext.check(
                JCudaDriver.cuModuleGetFunction(function, module, Kernel.UPDATE_VARIANCE.function()),
                "cuModuleGetFunction " + Kernel.UPDATE_VARIANCE.function());
    }

    /**
     * σ² of a step, after its {@link WeibullKernels#updateProject}, and into the ring.
     *
     * @param squaredNorm double, ‖V‖² of the step's rows
     * @param entries how many the step has
     * @param miniBatches whether it moves σ², rather than replacing it
     * @param least σ²
     * @param variance double, σ²; changed
     */
    void update(
            CUdeviceptr squaredNorm,
            StepBuffers buffers,
            double entries,
            boolean miniBatches,
            double least,
            CUdeviceptr variance) {
        arguments.of(Kernel.UPDATE_VARIANCE).pointer(squaredNorm).pointer(buffers.counters());
        arguments.pointer(buffers.ring()).integer(buffers.ringEntries()).real(entries);
        arguments.integer(miniBatches ? 1 : 0).real(least).pointer(variance);
        arguments.launch(function, 1, 1, 1, 0, buffers.stream());
    }
}
