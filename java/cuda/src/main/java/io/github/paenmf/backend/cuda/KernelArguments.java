package io.github.paenmf.backend.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The arguments of one launch, packed as the kernel sees them: one buffer for all instead of a pointer
 * for each, which makes a launch several times cheaper. Each argument is checked against the kernel's
 * parameters. Not thread-safe.
 */
final class KernelArguments {

    private static final int CAPACITY = 512;
    private static final int MAX_ARGUMENTS = 32;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY).order(ByteOrder.nativeOrder());
    private final LongBuffer size =
            ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder()).asLongBuffer();
    private final Pointer start = Pointer.to(buffer);
    private final Pointer extra = Pointer.to(
            JCudaDriver.CU_LAUNCH_PARAM_BUFFER_POINTER,
            start,
            JCudaDriver.CU_LAUNCH_PARAM_BUFFER_SIZE,
            Pointer.to(size),
            JCudaDriver.CU_LAUNCH_PARAM_END);

    private Kernel kernel;
    private int index;
    /** Where each argument begins. */
    private final int[] offsets = new int[MAX_ARGUMENTS];

    /** A device pointer's address, which JCuda shows to subclasses only. */
    private static final class Address extends CUdeviceptr {
        Address(CUdeviceptr pointer) {
            super(pointer);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    /** Starts the arguments of a kernel. */
    KernelArguments of(Kernel newKernel) {
        kernel = newKernel;
        index = 0;
        buffer.clear();
        return this;
    }

    private void expect(char type) {
        if (index >= kernel.parameters().length() || kernel.parameters().charAt(index) != type) {
            throw new IllegalStateException("argument " + index + " of " + kernel.function() + ", of type " + type
                    + ", does not fit its parameters " + kernel.parameters());
        }
        align(type == 'i' || type == 'w' ? Integer.BYTES : Long.BYTES);
        offsets[index++] = buffer.position();
    }

    /** Pads with zeros, not with what an earlier launch left, in which stale halves of addresses would look like one. */
    private void align(int bytes) {
        while (buffer.position() % bytes != 0) {
            buffer.put((byte) 0);
        }
    }

    /** A pointer, or null. */
    KernelArguments pointer(CUdeviceptr pointer) {
        expect('p');
        address(pointer);
        return this;
    }

    /** A pointer to what the kernel reads or writes 16 bytes at a time. */
    KernelArguments vectors(CUdeviceptr pointer) {
        expect('p');
        vectorAddress(pointer);
        return this;
    }

    KernelArguments integer(int value) {
        expect('i');
        value(value);
        return this;
    }

    KernelArguments longInteger(long value) {
        expect('l');
        buffer.putLong(value);
        return this;
    }

    KernelArguments real(double value) {
        expect('d');
        value(value);
        return this;
    }

    KernelArguments struct(WeibullConstants constants) {
        expect('w');
        constants.pack(this);
        return this;
    }

    KernelArguments struct(UpdateArguments arguments) {
        expect('a');
        arguments.pack(this);
        align(Long.BYTES);
        return this;
    }

    KernelArguments struct(UpdateConstants constants) {
        expect('u');
        constants.pack(this);
        align(Double.BYTES);
        return this;
    }

    /** A member of a struct. */
    void value(float value) {
        align(Float.BYTES);
        buffer.putFloat(value);
    }

    /** A member of a struct. */
    void value(int value) {
        align(Integer.BYTES);
        buffer.putInt(value);
    }

    /** A member of a struct. */
    void value(double value) {
        align(Double.BYTES);
        buffer.putDouble(value);
    }

    /** A member of a struct; null is a null pointer. */
    void address(CUdeviceptr pointer) {
        align(Long.BYTES);
        buffer.putLong(pointer == null ? 0 : new Address(pointer).value());
    }

    /** The same, of what the kernel reads or writes 16 bytes at a time. */
    void vectorAddress(CUdeviceptr pointer) {
        if (pointer != null && new Address(pointer).value() % 16 != 0) {
            throw new IllegalArgumentException(kernel.function() + " reads or writes 16 bytes at a time, from "
                    + Long.toHexString(new Address(pointer).value()) + " on, which is no multiple of 16");
        }
        address(pointer);
    }

    /** Launches the kernel with what was packed. */
    void launch(CUfunction function, int gridX, int blockX, int blockY, int sharedBytes, CUstream stream) {
        requireAll();
        size.put(0, buffer.position());
        int result =
                JCudaDriver.cuLaunchKernel(function, gridX, 1, 1, blockX, blockY, 1, sharedBytes, stream, null, extra);
        if (result != 0) {
            CudaContext.check(result, "cuLaunchKernel " + launched(gridX, blockX, blockY, sharedBytes));
        }
    }

    /** The same, of blocks that all run at once, and so may wait for each other: where the device can do that. */
    void launchTogether(CUfunction function, int gridX, int blockX, int sharedBytes, CUstream stream) {
        requireAll();
        Pointer[] each = new Pointer[index];
        for (int i = 0; i < index; i++) {
            each[i] = start.withByteOffset(offsets[i]);
        }
        CudaContext.check(
                JCudaDriver.cuLaunchCooperativeKernel(
                        function, gridX, 1, 1, blockX, 1, 1, sharedBytes, stream, Pointer.to(each)),
                "cuLaunchCooperativeKernel " + launched(gridX, blockX, 1, sharedBytes));
    }

    private void requireAll() {
        if (index != kernel.parameters().length()) {
            throw new IllegalStateException(kernel.function() + " got " + index + " arguments of "
                    + kernel.parameters().length());
        }
    }

    private String launched(int gridX, int blockX, int blockY, int sharedBytes) {
        return kernel.function() + ", " + gridX + " blocks of " + blockX + " × " + blockY + " threads, " + sharedBytes
                + " bytes of shared memory";
    }
}
