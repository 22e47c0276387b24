package io.github.paenmf.backend.cuda;

import io.github.paenmf.model.StateVisitor;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** The index of the step, which selects its noise, and the updates so far, on the device, and what the host knows of both. */
final class StepCounters {

    /** Where they are, beside one that is the update's own. */
    private static final int STEP = 0;

    private static final int UPDATES = 1;
    private static final int COUNTERS = 3;

    private final DeviceWorkspace device;
    private final DeviceBuffer counters;
    private int step;
    private int updates;

    /** Allocates; {@link #clear} has to follow. */
    StepCounters(DeviceWorkspace device) {
        this.device = device;
        this.counters = device.allocate(4L * COUNTERS, "counters");
    }

    CUdeviceptr pointer() {
        return counters.pointer();
    }

    /** That the next update takes. */
    int step() {
        return step;
    }

    int updates() {
        return updates;
    }

    void clear() {
        counters.clear(device.stream());
        step = 0;
        updates = 0;
    }

    /** Hears of an update, which advances both on the device. */
    void updated() {
        step++;
        updates++;
    }

    void setStep(int value) {
        if (value != step) {
            step = value;
            write(STEP, step);
        }
    }

    void visit(StateVisitor visitor) {
        setStep(visitor.visit(step));
        int visited = visitor.visit(updates);
        if (visited != updates) {
            updates = visited;
            write(UPDATES, updates);
        }
    }

    private void write(int index, int value) {
        CudaContext.check(
                JCudaDriver.cuMemsetD32Async(counters.pointer(4L * index), value, 1, device.stream()),
                "cuMemsetD32Async");
    }
}
