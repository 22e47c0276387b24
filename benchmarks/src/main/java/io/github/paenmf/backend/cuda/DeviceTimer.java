package io.github.paenmf.backend.cuda;

import io.github.paenmf.benchmarks.Spread;
import java.util.function.IntConsumer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Times what is put on a stream, by events on it; on the emulated device, which has no clock, by the wall clock. */
final class DeviceTimer implements AutoCloseable {

    private final boolean emulated;
    private final CUstream stream;
    private final double blockMilliseconds;
    private final CUevent begin = new CUevent();
    private final CUevent end = new CUevent();

    /**
     * @param blockMilliseconds least time to measure at once
     */
    DeviceTimer(CudaContext context, CUstream stream, double blockMilliseconds) {
        this.emulated = context.device().emulated();
        this.stream = stream;
        this.blockMilliseconds = blockMilliseconds;
        CudaContext.check(JCudaDriver.cuEventCreate(begin, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
        CudaContext.check(JCudaDriver.cuEventCreate(end, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
    }

    /**
     * Times runs back to back.
     *
     * @param run puts one run on the stream; gets its number, so that it can rotate through buffers
     */
    Spread measure(IntConsumer run) {
        return Spread.measure(count -> block(run, count), blockMilliseconds);
    }

    private double block(IntConsumer run, int count) {
        long start = System.nanoTime();
        CudaContext.check(JCudaDriver.cuEventRecord(begin, stream), "cuEventRecord");
        for (int i = 0; i < count; i++) {
            run.accept(i);
        }
        CudaContext.check(JCudaDriver.cuEventRecord(end, stream), "cuEventRecord");
        CudaContext.check(JCudaDriver.cuEventSynchronize(end), "cuEventSynchronize");
        if (emulated) {
            return (System.nanoTime() - start) * 1e-6;
        }
        float[] milliseconds = new float[1];
        CudaContext.check(JCudaDriver.cuEventElapsedTime(milliseconds, begin, end), "cuEventElapsedTime");
        return milliseconds[0];
    }

    @Override
    public void close() {
        CudaContext.check(JCudaDriver.cuEventDestroy(begin), "cuEventDestroy");
        CudaContext.check(JCudaDriver.cuEventDestroy(end), "cuEventDestroy");
    }
}
