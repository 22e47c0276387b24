package io.github.paenmf.backend.cuda;

import java.util.List;
import jcuda.driver.JCudaDriver;

/** A copy of the state of an algorithm, on the device too. */
final class StateCopy {

    private final DeviceWorkspace device;
    private final List<DeviceBuffer> state;
    private final List<DeviceBuffer> copies;

    /** Allocates. */
    StateCopy(DeviceWorkspace device, List<DeviceBuffer> state) {
        this.device = device;
        this.state = state;
        this.copies = state.stream()
                .map(buffer -> device.allocate(buffer.bytes(), "a copy of the parameters"))
                .toList();
    }

    void save() {
        copy(state, copies);
    }

    void restore() {
        copy(copies, state);
    }

    private void copy(List<DeviceBuffer> from, List<DeviceBuffer> to) {
        for (int i = 0; i < from.size(); i++) {
            DeviceBuffer source = from.get(i);
            CudaContext.check(
                    JCudaDriver.cuMemcpyDtoDAsync(
                            to.get(i).pointer(), source.pointer(), source.bytes(), device.stream()),
                    "cuMemcpyDtoDAsync");
        }
    }
}
