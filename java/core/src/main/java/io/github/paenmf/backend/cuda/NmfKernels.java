package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * What a step of standard NMF needs beside its updates, which {@link WeibullKernels} has: launches on a stream of the
 * caller's. Not thread-safe. Methods throw {@link CudaException} if the launch fails.
 */
final class NmfKernels {

    private static final int BLOCK = 256;

    private final WeibullKernels kernels;
    private final KernelArguments arguments = new KernelArguments();
    private final CUfunction scale;
    private final CUfunction gramForm;

    NmfKernels(CUmodule module, WeibullKernels kernels) {
        this.kernels = kernels;
        this.scale = Kernel.SCALE_VALUES.in(module);
        this.gramForm = Kernel.GRAM_FORM.in(module);
    }

    /** target ← factor·source, which may be the same. */
    void scale(CUdeviceptr source, CUdeviceptr target, double factor, long count, CUstream stream) {
        arguments.of(Kernel.SCALE_VALUES).pointer(source).pointer(target);
        arguments.real(factor).longInteger(count);
        arguments.launch(scale, kernels.blocks(count), BLOCK, 1, 0, stream);
    }

    /**
     * Leaves both inner products of the Gram form of a squared error, ⟨W, Q⟩ and ⟨K, G⟩, in the ring of a step, and
     * advances its counters.
     *
     * @param parts double, of {@link WeibullKernels#innerProduct}: those of the first, and after them those of the second
     */
    void gramForm(CUdeviceptr parts, int firstParts, int secondParts, StepBuffers buffers) {
        arguments.of(Kernel.GRAM_FORM).pointer(parts).integer(firstParts).integer(secondParts);
        arguments.pointer(buffers.counters()).pointer(buffers.ring()).integer(buffers.ringEntries());
        arguments.launch(gramForm, 1, BLOCK, 1, 0, buffers.stream());
    }
}
