package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.BackendUnavailableException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A device's primary context, which all of a process shares, with the kernels loaded into it.
 *
 * <p>A thread's calls go to the context that is current there, which may be one of the caller's own. So this one is
 * current only within {@link #run} and {@link #call}; after them the caller's is again, however they end.
 *
 * <p>The device is let go of when this has been closed and so has every buffer that was allocated from it.
 */
final class CudaContext implements AutoCloseable {

    private static final Logger LOG = System.getLogger(CudaContext.class.getName());

    private final CudaDevice device;
    private final Shared shared;
    private final Lifetime lifetime;

    private CudaContext(CudaDevice device, Shared shared) {
        this.device = device;
        this.shared = shared;
        this.lifetime = Lifetime.begin(this, "CUDA context of " + device.name(), 0, shared::release);
    }

    /**
     * Opens a device.
     *
     * @param index of the device
     * @throws BackendUnavailableException if there is no such device, or CUDA is unavailable, with the reason
     */
    static CudaContext open(int index) {
        CudaDevice properties = CudaProbe.get().device(index);
        CUdevice device = new CUdevice();
        check(JCudaDriver.cuDeviceGet(device, index), "cuDeviceGet " + index);
        CUcontext handle = new CUcontext();
        check(JCudaDriver.cuDevicePrimaryCtxRetain(handle, device), "cuDevicePrimaryCtxRetain of device " + index);
        Shared shared = new Shared(device, handle);
        try {
            return new CudaContext(properties, shared);
        } catch (Throwable t) {
            shared.release();
            throw t;
        }
    }

    /** Throws what a driver call's result means, unless that is success. */
    static void check(int result, String call) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw CudaException.of(result, call);
        }
    }

    CudaDevice device() {
        return device;
    }

    /** Makes this context current, above the one that is, until {@link #pop}. */
    void push() {
        requireOpen();
        shared.push();
    }

    /** Makes the context current that was so before {@link #push}. */
    void pop() {
        Shared.pop();
    }

    /** Does some work with this context current, and then makes the caller's current again. */
    void run(Runnable work) {
        requireOpen();
        shared.run(work);
    }

    /** The same, for work with a result. */
    <T> T call(Supplier<T> work) {
        requireOpen();
        return shared.call(work);
    }

    /** Does work that only frees: with this context current if anything still holds the device. */
    void freeing(Runnable work) {
        if (!shared.retainIfUsed()) {
            work.run();
            return;
        }
        try {
            shared.run(work);
        } finally {
            shared.release();
        }
    }

    /** The kernels, loaded when first asked for; unloaded with the context. */
    CUmodule module() {
        requireOpen();
        return shared.module(device);
    }

    /** One of the kernels. */
    CUfunction function(String name) {
        return call(() -> {
            CUfunction function = new CUfunction();
            check(JCudaDriver.cuModuleGetFunction(function, module(), name), "cuModuleGetFunction " + name);
            return function;
        });
    }

    /** A stream that does not wait for the default stream; destroyed with the context. */
    CUstream newStream() {
        return call(shared::newStream);
    }

    /** An event that orders streams, in the current context. */
    static CUevent newEvent() {
        CUevent event = new CUevent();
        check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
        return event;
    }

    /** Copies of arrays to and from the device; allocated when first asked for, freed with the context. */
    StagedCopies copies() {
        requireOpen();
        return shared.copies();
    }

    /** Bytes of the device's memory that are free now, whoever uses the rest. */
    long freeMemory() {
        long[] free = new long[1];
        run(() -> check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo"));
        return free[0];
    }

    /** Keeps the device until the caller releases it. */
    Shared retain() {
        requireOpen();
        shared.retain();
        return shared;
    }

    /** Checks that this has not been closed. */
    void requireOpen() {
        if (lifetime.ended()) {
            throw new IllegalStateException("the CUDA context of " + device.name() + " has been closed");
        }
    }

    /** Harmless when that has been done. */
    @Override
    public void close() {
        lifetime.end();
    }

    /** Freeing does not throw: it would hide the failure that led to it, after which it fails as well. */
    static boolean quietly(String call, IntSupplier free) {
        int result = free.getAsInt();
        if (result == CUresult.CUDA_SUCCESS) {
            return true;
        }
        CudaException failure = CudaException.of(result, call);
        LOG.log(
                failure instanceof CudaFatalException ? Level.DEBUG : Level.ERROR,
                "could not free: {0}",
                failure.getMessage());
        return false;
    }

    /** What outlives the context while buffers from it are open. */
    static final class Shared {

        private final CUdevice device;
        private final CUcontext handle;
        private final List<CUstream> streams = new ArrayList<>();
        private CUmodule module;
        private StagedCopies copies;
        private int users = 1;

        private Shared(CUdevice device, CUcontext handle) {
            this.device = device;
            this.handle = handle;
        }

        private void push() {
            check(JCudaDriver.cuCtxPushCurrent(handle), "cuCtxPushCurrent");
        }

        private static void pop() {
            quietly("cuCtxPopCurrent", () -> JCudaDriver.cuCtxPopCurrent(new CUcontext()));
        }

        void run(Runnable work) {
            push();
            try {
                work.run();
            } finally {
                pop();
            }
        }

        <T> T call(Supplier<T> work) {
            push();
            try {
                return work.get();
            } finally {
                pop();
            }
        }

        private synchronized void retain() {
            users++;
        }

        private synchronized boolean retainIfUsed() {
            if (users > 0) {
                users++;
            }
            return users > 0;
        }

        /** Gives back one use; the last one gives back the device. */
        synchronized void release() {
            if (--users > 0) {
                return;
            }
            runQuietly(() -> {
                streams.forEach(stream -> quietly("cuStreamDestroy", () -> JCudaDriver.cuStreamDestroy(stream)));
                if (copies != null) {
                    copies.free();
                }
                if (module != null) {
                    quietly("cuModuleUnload", () -> JCudaDriver.cuModuleUnload(module));
                }
            });
            // Not while it is current: the driver leaves a context that it destroys on the stack.
            quietly("cuDevicePrimaryCtxRelease", () -> JCudaDriver.cuDevicePrimaryCtxRelease(device));
        }

        /** Frees something by a call, then gives back the use that it was. */
        void freeing(String call, IntSupplier free) {
            runQuietly(() -> quietly(call, free));
            release();
        }

        private void runQuietly(Runnable work) {
            boolean pushed = quietly("cuCtxPushCurrent", () -> JCudaDriver.cuCtxPushCurrent(handle));
            work.run();
            if (pushed) {
                pop();
            }
        }

        DeviceMemoryException outOfMemory(String call, String what, long askedBytes) {
            long[] free = new long[1];
            long[] total = new long[1];
            check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
            return new DeviceMemoryException(call, what, askedBytes, free[0], total[0]);
        }

        private synchronized CUstream newStream() {
            CUstream stream = new CUstream();
            check(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
            streams.add(stream);
            return stream;
        }

        synchronized StagedCopies copies() {
            if (copies == null) {
                copies = call(StagedCopies::new);
            }
            return copies;
        }

        private synchronized CUmodule module(CudaDevice properties) {
            if (module == null) {
                module = call(() -> load(properties));
            }
            return module;
        }
    }

    /** Machine code where the jar has it for this device and the driver takes it, PTX otherwise. */
    static CUmodule load(CudaDevice device) {
        KernelImages images = KernelImages.packaged();
        byte[] cubin = images.cubin(device.major());
        CUmodule module = new CUmodule();
        if (cubin != null) {
            int result = JCudaDriver.cuModuleLoadData(module, cubin);
            if (result == CUresult.CUDA_SUCCESS) {
                return module;
            }
            CudaException refusal = CudaException.of(result, "cuModuleLoadData of sm_" + device.major() + "0.cubin");
            if (refusal instanceof CudaFatalException) {
                throw refusal;
            }
            LOG.log(
                    Level.WARNING,
                    "the driver refused the compiled kernels and compiles them from PTX: {0}",
                    refusal.getMessage());
        }
        check(
                JCudaDriver.cuModuleLoadData(module, images.ptx()),
                "cuModuleLoadData of the kernels' PTX for compute capability " + device.computeCapability());
        return module;
    }
}
