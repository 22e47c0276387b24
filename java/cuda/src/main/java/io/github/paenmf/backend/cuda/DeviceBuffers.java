package io.github.paenmf.backend.cuda;

import java.util.ArrayList;
import java.util.List;

/** Device memory whose size depends on the data, and that is given back before other data come. */
final class DeviceBuffers {

    private final DeviceArena arena;
    private final List<DeviceBuffer> buffers = new ArrayList<>();

    /**
     * @param arena owns them
     */
    DeviceBuffers(DeviceArena arena) {
        this.arena = arena;
    }

    /** Allocates; there is no memory of 0 bytes, and so at least 8. */
    DeviceBuffer allocate(long bytes, String what) {
        DeviceBuffer buffer = arena.allocate(Math.max(8, bytes), what);
        buffers.add(buffer);
        return buffer;
    }

    /** Frees all that was allocated. */
    void free() {
        buffers.forEach(arena::free);
        buffers.clear();
    }
}
