package io.github.paenmf.backend.cuda;

import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** A second stream, on which products run beside those of a device's own; it may be recorded along with that. */
final class SideStream {

    private final CUstream stream;
    private final CUstream side;
    private final CUevent forked;
    private final CUevent joined;
    private final Blas blas;

    /**
     * Opens it.
     *
     * @param workspaceBytes for its products
     */
    SideStream(DeviceWorkspace device, long workspaceBytes) {
        this.stream = device.stream();
        this.side = device.context().newStream();
        this.forked = device.newEvent();
        this.joined = device.newEvent();
        this.blas = device.newBlas(side, workspaceBytes);
    }

    /** Products on this stream after what has been launched on the device's own so far. */
    Blas fork() {
        order(forked, stream, side);
        return blas;
    }

    /** Has what is launched on the device's own stream from now on wait for this one. */
    void join() {
        order(joined, side, stream);
    }

    private static void order(CUevent event, CUstream first, CUstream second) {
        CudaContext.check(JCudaDriver.cuEventRecord(event, first), "cuEventRecord");
        CudaContext.check(JCudaDriver.cuStreamWaitEvent(second, event, 0), "cuStreamWaitEvent");
    }
}
