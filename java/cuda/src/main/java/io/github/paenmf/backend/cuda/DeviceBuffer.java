package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Memory of the device; its contents start undefined. Sizes and offsets are bytes. */
final class DeviceBuffer implements AutoCloseable {

    private final String what;
    private final long bytes;
    private final CUdeviceptr pointer;
    private final CudaContext.Shared context;
    private final Lifetime lifetime;

    private DeviceBuffer(String what, long bytes, CUdeviceptr pointer, CudaContext.Shared context) {
        this.what = what;
        this.bytes = bytes;
        this.pointer = pointer;
        this.context = context;
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

    /** Copies an array to the beginning of this, after what the stream does already; the array may change after that. */
    void upload(float[] source, CUstream stream) {
        upload(0, source, 0, source.length, stream);
    }

    /** The same from an element of an array on, to a byte of this and those after it. */
    void upload(long byteOffset, float[] source, int from, int count, CUstream stream) {
        upload(
                byteOffset,
                count,
                Float.BYTES,
                stream,
                (slot, first, part) -> slot.asFloatBuffer().put(source, from + first, part));
    }

    /** The same with an array of doubles. */
    void upload(double[] source, CUstream stream) {
        upload(
                0,
                source.length,
                Double.BYTES,
                stream,
                (slot, first, part) -> slot.asDoubleBuffer().put(source, first, part));
    }

    /** The same with an array of long integers. */
    void upload(long[] source, CUstream stream) {
        upload(
                0,
                source.length,
                Long.BYTES,
                stream,
                (slot, first, part) -> slot.asLongBuffer().put(source, first, part));
    }

    /** The same with an array of integers. */
    void upload(int[] source, CUstream stream) {
        upload(0, source, 0, source.length, stream);
    }

    /** The same from an element of an array on, to a byte of this and those after it. */
    void upload(long byteOffset, int[] source, int from, int count, CUstream stream) {
        upload(
                byteOffset,
                count,
                Integer.BYTES,
                stream,
                (slot, first, part) -> slot.asIntBuffer().put(source, from + first, part));
    }

    private void upload(long byteOffset, int count, int bytes, CUstream stream, StagedCopies.Part part) {
        requireRoom(byteOffset, count, bytes);
        context.copies().upload(pointer(byteOffset), count, bytes, stream, part);
    }

    /** Fills an array from the beginning of this, after what the stream does already, and waits. */
    void download(float[] target, CUstream stream) {
        download(0, target, 0, target.length, stream);
    }

    /** The same from a byte of this on, to an element of an array and those after it. */
    void download(long byteOffset, float[] target, int from, int count, CUstream stream) {
        download(
                byteOffset,
                count,
                Float.BYTES,
                stream,
                (slot, first, part) -> slot.asFloatBuffer().get(target, from + first, part));
    }

    /** The same with an array of doubles. */
    void download(double[] target, CUstream stream) {
        download(
                0,
                target.length,
                Double.BYTES,
                stream,
                (slot, first, part) -> slot.asDoubleBuffer().get(target, first, part));
    }

    /** Adds rows of float64 to a row, one after another, and waits. */
    void addRows(double[] target, int rows, CUstream stream) {
        double[] values = new double[rows * target.length];
        download(values, stream);
        for (int i = 0; i < values.length; i++) {
            target[i % target.length] += values[i];
        }
    }

    /** The same with an array of integers. */
    void download(int[] target, CUstream stream) {
        download(
                0,
                target.length,
                Integer.BYTES,
                stream,
                (slot, first, part) -> slot.asIntBuffer().get(target, first, part));
    }

    private void download(long byteOffset, int count, int bytes, CUstream stream, StagedCopies.Part part) {
        requireRoom(byteOffset, count, bytes);
        context.copies().download(pointer(byteOffset), count, bytes, stream, part);
    }

    private void requireRoom(long byteOffset, int count, int elementBytes) {
        pointer(byteOffset + (long) count * elementBytes);
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
