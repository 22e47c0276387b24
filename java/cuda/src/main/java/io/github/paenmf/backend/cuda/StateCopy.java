package io.github.paenmf.backend.cuda;

import io.github.paenmf.model.StateVisitor;
import java.util.List;
import jcuda.driver.JCudaDriver;

/** The state of an algorithm and a copy of it, on the device both. */
final class StateCopy {

    /** Floats at a time. */
    private static final int VISITED = 1 << 22;

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

    /** Takes a visitor through the bits of the state as if all of them were floats, in pieces that the heap has room for. */
    void visit(StateVisitor visitor) {
        for (DeviceBuffer buffer : state) {
            for (long at = 0; at < buffer.bytes(); at += 4L * VISITED) {
                float[] piece = new float[(int) Math.min(VISITED, (buffer.bytes() - at) / 4)];
                buffer.download(at, piece, 0, piece.length, device.stream());
                visitor.visit(piece);
                buffer.upload(at, piece, 0, piece.length, device.stream());
            }
        }
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
