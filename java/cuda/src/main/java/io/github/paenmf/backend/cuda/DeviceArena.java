package io.github.paenmf.backend.cuda;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Owns what a backend takes from the device, and gives all of it back together, last first; within the device's
 * context, after which the caller's is current again.
 */
final class DeviceArena implements AutoCloseable {

    private final CudaContext context;
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private boolean closed;

    DeviceArena(CudaContext context) {
        this.context = context;
    }

    /** Memory of the device, freed with the arena. See {@link DeviceBuffer#allocate}. */
    DeviceBuffer allocate(long bytes, String what) {
        requireOpen();
        return own(DeviceBuffer.allocate(context, bytes, what));
    }

    /** Page-locked memory of the host, freed with the arena. See {@link PinnedBuffer#allocate}. */
    PinnedBuffer allocatePinned(int bytes, String what) {
        requireOpen();
        return own(PinnedBuffer.allocate(context, bytes, what));
    }

    /** Frees memory before the arena does. */
    void free(DeviceBuffer buffer) {
        if (owned.remove(buffer)) {
            buffer.close();
        }
    }

    /** Closes {@code resource} with the arena. */
    <T extends AutoCloseable> T own(T resource) {
        requireOpen();
        owned.push(resource);
        return resource;
    }

    /** What {@code construction} makes from this arena; closes the arena if it fails half-way. */
    <T> T construct(Supplier<T> construction) {
        try {
            return context.call(construction);
        } catch (Throwable t) {
            try {
                close();
            } catch (RuntimeException e) {
                t.addSuppressed(e);
            }
            throw t;
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("this arena of device memory has been closed");
        }
    }

    /** Closes all that it owns, last first, and all of it even if one fails. Harmless when that has been done. */
    @Override
    public void close() {
        closed = true;
        if (!owned.isEmpty()) {
            context.freeing(this::closeAll);
        }
    }

    private void closeAll() {
        RuntimeException failure = null;
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Bytes of the device's memory that this owns, by what they are for. */
    Map<String, Long> deviceBytes() {
        Map<String, Long> bytes = new TreeMap<>();
        for (AutoCloseable resource : owned) {
            if (resource instanceof DeviceBuffer buffer) {
                bytes.merge(buffer.what(), buffer.bytes(), Long::sum);
            }
        }
        return bytes;
    }

    /** Bytes, of device and page-locked memory together, that this process has not freed yet. */
    static long liveBytes() {
        return Lifetime.liveBytes();
    }
}
