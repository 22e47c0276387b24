package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** ‖V‖² of a step on the device, where recorded launches find it. */
final class DeviceSquaredNorm {

    private final DeviceBuffer buffer;
    private final CUstream stream;
    private double uploaded = Double.NaN;

    /** Allocates. */
    DeviceSquaredNorm(DeviceWorkspace device) {
        buffer = device.allocate(8, "sums");
        stream = device.stream();
    }

    CUdeviceptr pointer() {
        return buffer.pointer();
    }

    /** Brings it to the device, two halves of it, without waiting for what runs there. */
    void set(double value) {
        if (value == uploaded) {
            return;
        }
        uploaded = value;
        long bits = Double.doubleToRawLongBits(value);
        for (int half = 0; half < 2; half++) { // the lower one first: devices and hosts are little-endian
            CudaContext.check(
                    JCudaDriver.cuMemsetD32Async(buffer.pointer(4L * half), (int) (bits >>> (32 * half)), 1, stream),
                    "cuMemsetD32Async");
        }
    }
}
