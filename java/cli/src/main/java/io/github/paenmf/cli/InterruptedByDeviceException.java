package io.github.paenmf.cli;

import io.github.paenmf.backend.cuda.CudaFatalException;

/** The device was lost in training, which can go on from a checkpoint. */
final class InterruptedByDeviceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param command that goes on
     */
    InterruptedByDeviceException(CudaFatalException cause, String command) {
        super(cause.getMessage() + "\nTraining goes on from its last checkpoint with: " + command, cause);
    }
}
