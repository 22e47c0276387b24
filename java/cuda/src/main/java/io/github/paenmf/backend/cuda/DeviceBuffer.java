package io.github.paenmf.backend.cuda;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Memory of the device; its contents start undefined. Sizes and offsets are bytes. */
final class DeviceBuffer implements AutoCloseable {

    private final String what;
    private final long bytes;
    private final CUdeviceptr pointer;
    private final Lifetime lifetime;

    private DeviceBuffer(String what, long bytes, CUdeviceptr pointer, CudaContext.Shared context) {
        this.what = what;
        this.bytes = bytes;
        this.pointer = pointer;
        this.lifetime = Lifetime.begin(this, "device memory for " + what, bytes, () -> free(pointer, context));
    }

    private static void free(CUdeviceptr pointer, CudaContext.Shared context) {
        context.freeing("cuMemFree", () -> JCudaDriver.cuMemFree(pointer));
    }

    /**
     * Allocates.
     *
     * @param bytes at least 1
     * @param what named in errors and leaks
     * @throws DeviceMemoryException if that much is not free
     */
    static DeviceBuffer allocate(CudaContext context, long bytes, String what) {
        if (bytes < 1) {
            throw new IllegalArgumentException(
                    "device memory for " + what + ": bytes must be at least 1, not " + bytes);
        }
        CudaContext.Shared shared = context.retain();
        try {
            CUdeviceptr pointer = new CUdeviceptr();
            shared.run(() -> {
                int result = JCudaDriver.cuMemAlloc(pointer, bytes);
                if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
                    throw shared.outOfMemory("cuMemAlloc", what, bytes);
                }
                CudaContext.check(result, "cuMemAlloc of " + bytes + " bytes for " + what);
            });
            return new DeviceBuffer(what, bytes, pointer, shared);
        } catch (Throwable t) {
            shared.release();
            throw t;
        }
    }

    /** Its first byte. */
    CUdeviceptr pointer() {
        requireOpen();
        return pointer;
    }

    /** The byte at an offset from the first, 0 to {@link #bytes}. */
    CUdeviceptr pointer(long byteOffset) {
        requireOpen();
        if (byteOffset < 0 || byteOffset > bytes) {
            throw new IndexOutOfBoundsException(
                    "byte " + byteOffset + " of the " + bytes + " bytes of device memory for " + what);
        }
        return pointer.withByteOffset(byteOffset);
    }

    /** Copies bytes of the host to the beginning of this, after what the stream does already, and waits. */
    void upload(Pointer source, long count, CUstream stream) {
        upload(0, source, count, stream);
    }

    /** The same from a byte of this on. */
    void upload(long byteOffset, Pointer source, long count, CUstream stream) {
        CudaContext.check(
                JCudaDriver.cuMemcpyHtoDAsync(pointer(byteOffset), source, count, stream),
                "cuMemcpyHtoDAsync of " + count + " bytes for " + what);
        CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    /** Copies the first bytes of this to the host, after what the stream does already, and waits. */
    void download(Pointer target, long count, CUstream stream) {
        download(0, target, count, stream);
    }

    /** The same from a byte of this on. */
    void download(long byteOffset, Pointer target, long count, CUstream stream) {
        CudaContext.check(
                JCudaDriver.cuMemcpyDtoHAsync(target, pointer(byteOffset), count, stream),
                "cuMemcpyDtoHAsync of " + count + " bytes of " + what);
        CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    /** Sets all of this, a multiple of 4 bytes, to 0, after what the stream does already. */
    void clear(CUstream stream) {
        CudaContext.check(JCudaDriver.cuMemsetD32Async(pointer(), 0, bytes / 4, stream), "cuMemsetD32Async");
    }

    long bytes() {
        return bytes;
    }

    String what() {
        return what;
    }

    private void requireOpen() {
        if (lifetime.ended()) {
            throw new IllegalStateException("the device memory for " + what + " has been closed");
        }
    }

    /** Frees the memory; harmless when that has been done. */
    @Override
    public void close() {
        lifetime.end();
    }
}
