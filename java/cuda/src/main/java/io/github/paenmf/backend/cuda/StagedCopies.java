package io.github.paenmf.backend.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Copies between arrays and device memory, through page-locked memory: two slots, of which one is filled or emptied while
 * the other is copied. Handed to the driver itself, an array would be held, and with it the garbage collector, for as long
 * as the stream has other things to do.
 */
final class StagedCopies {

    /** A copy of so much takes longer than its launch, and less than a step of most fits. */
    static final int SLOT_BYTES = 1 << 20;

    private final Pointer memory;
    private final Slot[] slots = new Slot[2];
    private int last;

    /** What of an array goes to or from a slot. */
    interface Part {
        /**
         * Copies elements from {@code first} on.
         *
         * @param slot where they begin
         */
        void copy(ByteBuffer slot, int first, int count);
    }

    /**
     * A part of the memory.
     *
     * @param copied when the last copy to or from it was done
     */
    private record Slot(Pointer pointer, ByteBuffer buffer, CUevent copied) {

        void await() {
            CudaContext.check(JCudaDriver.cuEventSynchronize(copied), "cuEventSynchronize");
        }

        void record(CUstream stream) {
            CudaContext.check(JCudaDriver.cuEventRecord(copied, stream), "cuEventRecord");
        }
    }

    /**
     * Allocates, in the current context.
     *
     * @throws CudaException if the host gives no more page-locked memory
     */
    StagedCopies() {
        memory = PinnedBuffer.lock(slots.length * SLOT_BYTES, "copies of arrays");
        for (int i = 0; i < slots.length; i++) {
            long from = (long) i * SLOT_BYTES;
            // Not of the pointer with the offset, which getByteBuffer leaves out.
            ByteBuffer buffer = memory.getByteBuffer(from, SLOT_BYTES).order(ByteOrder.nativeOrder());
            slots[i] = new Slot(memory.withByteOffset(from), buffer, CudaContext.newEvent());
        }
    }

    /** The slot that was used less recently, once its last copy is done. */
    private Slot next() {
        last = 1 - last;
        slots[last].await();
        return slots[last];
    }

    /**
     * Copies to the device, after what the stream does already. The array may change once this returns.
     *
     * @param count of elements
     * @param bytes of an element
     * @param part fills a slot
     */
    void upload(CUdeviceptr target, int count, int bytes, CUstream stream, Part part) {
        int copied;
        for (int first = 0; first < count; first += copied) {
            copied = Math.min(SLOT_BYTES / bytes, count - first);
            Slot slot = next();
            part.copy(slot.buffer, first, copied);
            long size = (long) bytes * copied;
            CudaContext.check(
                    JCudaDriver.cuMemcpyHtoDAsync(
                            target.withByteOffset((long) bytes * first), slot.pointer, size, stream),
                    "cuMemcpyHtoDAsync");
            slot.record(stream);
        }
    }

    /**
     * Copies from the device, after what the stream does already, and waits.
     *
     * @param count of elements
     * @param bytes of an element
     * @param part empties a slot
     */
    void download(CUdeviceptr source, int count, int bytes, CUstream stream, Part part) {
        int atOnce = SLOT_BYTES / bytes;
        Slot before = null;
        for (int first = 0; first < count; first += Math.min(atOnce, count - first)) {
            Slot slot = next();
            long size = (long) bytes * Math.min(atOnce, count - first);
            CudaContext.check(
                    JCudaDriver.cuMemcpyDtoHAsync(
                            slot.pointer, source.withByteOffset((long) bytes * first), size, stream),
                    "cuMemcpyDtoHAsync");
            slot.record(stream);
            if (before != null) {
                before.await();
                part.copy(before.buffer, first - atOnce, atOnce);
            }
            before = slot;
        }
        if (before != null) {
            before.await();
            int rest = (count - 1) % atOnce + 1;
            part.copy(before.buffer, count - rest, rest);
        }
    }

    /** Frees what the constructor has allocated, when nothing copies any more. */
    void free() {
        for (Slot slot : slots) {
            CudaContext.quietly("cuEventDestroy", () -> JCudaDriver.cuEventDestroy(slot.copied));
        }
        CudaContext.quietly("cuMemFreeHost", () -> JCudaDriver.cuMemFreeHost(memory));
    }
}
