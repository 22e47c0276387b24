package io.github.paenmf.io;

import io.github.paenmf.data.DataException;

/** Says that a fit cannot go on from a checkpoint, which is no fault of the data that are fitted. */
public final class CheckpointException extends DataException {

    private static final long serialVersionUID = 1L;

    CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
