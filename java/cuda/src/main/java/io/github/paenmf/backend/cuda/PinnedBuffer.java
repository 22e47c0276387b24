package io.github.paenmf.backend.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** Memory of the host that the device copies to and from by itself. */
final class PinnedBuffer implements AutoCloseable {

    private final String what;
    private final int bytes;
    private final Pointer pointer;
    private final Lifetime lifetime;

    private PinnedBuffer(String what, int bytes, Pointer pointer, CudaContext.Shared context) {
        this.what = what;
        this.bytes = bytes;
        this.pointer = pointer;
        this.lifetime = Lifetime.begin(this, "page-locked memory for " + what, bytes, () -> free(pointer, context));
    }

    private static void free(Pointer pointer, CudaContext.Shared context) {
        context.freeing("cuMemFreeHost", () -> JCudaDriver.cuMemFreeHost(pointer));
    }

    /**
     * Allocates.
     *
     * @param bytes at least 1
     * @param what named in errors and leaks
     * @throws CudaException if the host gives no more page-locked memory
     */
    static PinnedBuffer allocate(CudaContext context, int bytes, String what) {
        if (bytes < 1) {
            throw new IllegalArgumentException(
                    "page-locked memory for " + what + ": bytes must be at least 1, not " + bytes);
        }
        CudaContext.Shared shared = context.retain();
        try {
            return new PinnedBuffer(what, bytes, shared.call(() -> lock(bytes, what)), shared);
        } catch (Throwable t) {
            shared.release();
            throw t;
        }
    }

    /**
     * Memory that the caller frees, in the current context.
     *
     * @throws CudaException if the host gives no more of it
     */
    static Pointer lock(int bytes, String what) {
        Pointer pointer = new Pointer();
        int result = JCudaDriver.cuMemHostAlloc(pointer, bytes, 0);
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw new CudaException("the host is out of page-locked memory (CUDA_ERROR_OUT_OF_MEMORY in"
                    + " cuMemHostAlloc): " + DeviceMemoryException.size(bytes) + " asked for " + what
                    + "; a smaller --chunk-rows needs less");
        }
        CudaContext.check(result, "cuMemHostAlloc of " + bytes + " bytes of page-locked memory for " + what);
        return pointer;
    }

    Pointer pointer() {
        requireOpen();
        return pointer;
    }

    /** All of it, in the machine's byte order. Not to be used after {@link #close}: there is no check. */
    ByteBuffer buffer() {
        requireOpen();
        return pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    int bytes() {
        return bytes;
    }

    private void requireOpen() {
        if (lifetime.ended()) {
            throw new IllegalStateException("the page-locked memory for " + what + " has been closed");
        }
    }

    /** Frees the memory; harmless when that has been done. */
    @Override
    public void close() {
        lifetime.end();
    }
}
