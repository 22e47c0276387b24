package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.FactorPenalty;
import jcuda.driver.CUdeviceptr;

/** A {@link FactorPenalty} as kernels take it. */
final class DevicePenalty {

    /** Adds nothing. */
    static final DevicePenalty NONE = new DevicePenalty(FactorPenalty.NONE, null);

    private final FactorPenalty penalty;
    /** Null where all roots are 1. */
    private final DeviceBuffer roots;

    private DevicePenalty(FactorPenalty penalty, DeviceBuffer roots) {
        this.penalty = penalty;
        this.roots = roots;
    }

    /** Copies the roots of rows to the device, where there are any. */
    static DevicePenalty of(FactorPenalty penalty, DeviceWorkspace device) {
        float[] values = penalty.roots();
        if (values == null) {
            return new DevicePenalty(penalty, null);
        }
        DeviceBuffer roots = device.allocate(4L * values.length, "roots of weights");
        roots.upload(values, device.stream());
        return new DevicePenalty(penalty, roots);
    }

    boolean isNone() {
        return penalty.isNone();
    }

    /** Adds roots, from those of a row on, l1 and l2 to the arguments of a kernel. */
    void addTo(KernelArguments arguments, long firstRow) {
        CUdeviceptr first = roots == null ? null : roots.pointer(4L * firstRow);
        arguments.pointer(first).real(penalty.l1()).real(penalty.l2());
    }
}
