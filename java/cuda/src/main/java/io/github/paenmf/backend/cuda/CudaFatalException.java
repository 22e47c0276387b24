package io.github.paenmf.backend.cuda;

/**
 * A failure that the device does not get over: from now on every CUDA call of this process fails with the same error.
 */
public final class CudaFatalException extends CudaException {

    private static final long serialVersionUID = 1L;

    CudaFatalException(String name, String call) {
        super(call + " reported " + name
                + ". Errors on the device surface at a later call, so the cause may be any kernel or copy before it."
                + " CUDA is lost to this process: start a new one to use the device again");
    }

    @Override
    public boolean isFatal() {
        return true;
    }
}
