package io.github.paenmf.io;

import java.io.IOException;
import java.nio.file.Path;

/** Says that a file could not be written, and why. What was there before is unchanged. */
public class CannotWriteException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Names the file and the reason.
     *
     * @param target what was to be written
     * @param reason why it could not be, and what to do
     * @param cause what was thrown underneath, or null
     */
    public CannotWriteException(Path target, String reason, Throwable cause) {
        super("cannot write " + target + ": " + reason, cause);
    }
}
