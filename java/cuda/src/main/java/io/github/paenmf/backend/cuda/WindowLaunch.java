package io.github.paenmf.backend.cuda;

import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUstream;

/**
 * A cooperative launch of many steps or epochs, in blocks of {@link SlicePlan#BLOCK} threads that wait for each other.
 *
 * @param blocks how many
 * @param sharedBytes of each, beside the kernel's own
 */
record WindowLaunch(CUfunction function, int blocks, long sharedBytes) {

    /** A system property; "false" where there are to be no such launches, for comparisons. */
    static final String PROPERTY = "paenmf.cuda.windows";

    /** Whether there are to be any. */
    static boolean enabled() {
        return Boolean.parseBoolean(System.getProperty(PROPERTY, "true"));
    }

    /** One of a kernel of the device's; null where it cannot have all blocks at once. */
    static WindowLaunch of(Kernel kernel, int blocks, long sharedBytes, CudaContext context) {
        WindowLaunch window = new WindowLaunch(kernel.in(context.module()), blocks, sharedBytes);
        return window.allAtOnce(context.device()) ? window : null;
    }

    /** Whether a device can have all blocks at once. */
    boolean allAtOnce(CudaDevice device) {
        int available = device.sharedMemoryPerBlock()
                - WeibullKernels.attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
        if (!device.cooperativeLaunch() || sharedBytes > available) {
            return false;
        }
        WeibullKernels.allowShared(function, available);
        long resident =
                (long) device.multiprocessors() * WeibullKernels.resident(function, SlicePlan.BLOCK, (int) sharedBytes);
        return blocks <= resident;
    }

    /** Launches with what was packed, where {@link #allAtOnce}. */
    void launch(KernelArguments arguments, CUstream stream) {
        arguments.launchTogether(function, blocks, SlicePlan.BLOCK, (int) sharedBytes, stream);
    }
}
