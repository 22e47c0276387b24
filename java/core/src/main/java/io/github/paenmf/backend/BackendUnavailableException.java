package io.github.paenmf.backend;

/** A backend that was asked for cannot be had here; the message says why and what to do. */
public final class BackendUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Of a backend.
     *
     * @param message which one, why it cannot be had, and what to do
     */
    public BackendUnavailableException(String message) {
        super(message);
    }
}
