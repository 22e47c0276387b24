package io.github.paenmf.backend.cuda;

import java.util.Locale;

/** The device has no room for what was asked. The device can still be used. */
public final class DeviceMemoryException extends CudaException {

    private static final long serialVersionUID = 1L;

    private final long askedBytes;
    private final long freeBytes;
    private final long totalBytes;

    DeviceMemoryException(String call, String what, long askedBytes, long freeBytes, long totalBytes) {
        super("the CUDA device is out of memory (CUDA_ERROR_OUT_OF_MEMORY in " + call + "): " + size(askedBytes)
                + " asked for " + what + ", " + size(freeBytes) + " of " + size(totalBytes)
                + " free; a smaller --chunk-rows needs less");
        this.askedBytes = askedBytes;
        this.freeBytes = freeBytes;
        this.totalBytes = totalBytes;
    }

    /** For messages. */
    static String size(long bytes) {
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / 0x1p20)
                : String.format(Locale.ROOT, "%.2f GiB", bytes / 0x1p30);
    }

    /** Bytes that were asked for. */
    public long askedBytes() {
        return askedBytes;
    }

    /** Bytes of the device that were free then. */
    public long freeBytes() {
        return freeBytes;
    }

    /** Bytes that the device has. */
    public long totalBytes() {
        return totalBytes;
    }
}
