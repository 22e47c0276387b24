package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.cuda.CudaDevice;
import io.github.paenmf.backend.cuda.CudaProbe;
import io.github.paenmf.backend.cuda.WeibullKernels;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * Device 0, as a program that uses JCuda and the library's kernels has it: a context that is current on this thread, a
 * stream, and all that is opened with it, which ends with it.
 */
final class Device implements AutoCloseable {

    private final CudaDevice properties;
    private final CUdevice handle = new CUdevice();
    private final CUstream stream = new CUstream();
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    /** Bytes of the device's memory. */
    final class Buffer implements AutoCloseable {
        private final CUdeviceptr pointer = new CUdeviceptr();
        private final long bytes;
        private boolean closed;

        private Buffer(long bytes) {
            this.bytes = bytes;
            check(JCudaDriver.cuMemAlloc(pointer, bytes), "cuMemAlloc of " + bytes + " bytes");
        }

        CUdeviceptr pointer() {
            return pointer;
        }

        CUdeviceptr pointer(long at) {
            return pointer.withByteOffset(at);
        }

        long bytes() {
            return bytes;
        }

        /** Makes every float the same one. */
        Buffer fill(float value) {
            check(
                    JCudaDriver.cuMemsetD32Async(pointer, Float.floatToIntBits(value), bytes / Float.BYTES, stream),
                    "cuMemsetD32Async");
            return this;
        }

        /** Copies from Java's memory to all of it, and waits. */
        Buffer upload(Pointer values) {
            check(JCudaDriver.cuMemcpyHtoDAsync(pointer, values, bytes, stream), "cuMemcpyHtoDAsync");
            await();
            return this;
        }

        /** Copies all of it to Java's memory, and waits. */
        void download(Pointer values) {
            check(JCudaDriver.cuMemcpyDtoHAsync(values, pointer, bytes, stream), "cuMemcpyDtoHAsync");
            await();
        }

        /** Harmless when that has been done. */
        @Override
        public void close() {
            if (!closed) {
                closed = true;
                check(JCudaDriver.cuMemFree(pointer), "cuMemFree");
            }
        }
    }

    private Device() {
        properties = CudaProbe.get().device(0);
        check(JCudaDriver.cuDeviceGet(handle, 0), "cuDeviceGet");
        CUcontext context = new CUcontext();
        check(JCudaDriver.cuDevicePrimaryCtxRetain(context, handle), "cuDevicePrimaryCtxRetain");
        owned.push(() -> JCudaDriver.cuDevicePrimaryCtxRelease(handle));
        check(JCudaDriver.cuCtxPushCurrent(context), "cuCtxPushCurrent");
        owned.push(() -> JCudaDriver.cuCtxPopCurrent(new CUcontext()));
        check(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
        owned.push(() -> JCudaDriver.cuStreamDestroy(stream));
    }

    /**
     * Opens the device for something that needs it, and closes it again if that cannot be made.
     *
     * @param constructor takes over the device
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable
     */
    static <T> T open(Function<Device, T> constructor) {
        Device device = new Device();
        try {
            return constructor.apply(device);
        } catch (Throwable t) {
            device.close();
            throw t;
        }
    }

    /** Fails unless a driver call succeeded. */
    static void check(int result, String call) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new IllegalStateException(call + " failed: " + CUresult.stringFor(result));
        }
    }

    CUstream stream() {
        return stream;
    }

    boolean emulated() {
        return properties.emulated();
    }

    /** Takes over what is to be closed before the device. */
    <T extends AutoCloseable> T own(T resource) {
        owned.push(resource);
        return resource;
    }

    Buffer allocate(long bytes) {
        return own(new Buffer(bytes));
    }

    /** So many floats, all the same. */
    CUdeviceptr filled(long count, float value) {
        return allocate(Float.BYTES * count).fill(value).pointer();
    }

    /** The library's kernels, in this context. */
    WeibullKernels kernels() {
        return own(WeibullKernels.load());
    }

    long cacheBytes() {
        int[] bytes = new int[1];
        check(
                JCudaDriver.cuDeviceGetAttribute(bytes, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, handle),
                "cuDeviceGetAttribute of the L2 cache");
        return bytes[0];
    }

    /** Waits for all that is on the stream. */
    void await() {
        check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) {
                System.err.println("could not free: " + e.getMessage());
            }
        }
    }
}
