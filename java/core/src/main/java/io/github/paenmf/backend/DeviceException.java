package io.github.paenmf.backend;

/** A device failed, or had no room, while it was in use; what had been read back from it before is good. */
public abstract class DeviceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    protected DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
