package io.github.paenmf.backend;

/** A backend cannot be had or has failed; the message says why and what to do. */
public class BackendException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BackendException(String message) {
        super(message);
    }

    public BackendException(String message, Throwable cause) {
        super(message, cause);
    }
}
