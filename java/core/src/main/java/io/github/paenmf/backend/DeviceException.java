package io.github.paenmf.backend;

/** A device failed, or had no room, while it was in use; what had been read back from it before is good. */
public abstract class DeviceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Of a device.
     *
     * @param message what failed, and what to do
     * @param cause what the device's library said, or null
     */
    protected DeviceException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Whether the device is lost to this process, so that only another one can use it again. */
    public boolean isFatal() {
        return false;
    }
}
