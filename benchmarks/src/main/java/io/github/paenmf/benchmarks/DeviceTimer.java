package io.github.paenmf.benchmarks;

import java.util.function.IntConsumer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/** Times what is put on a stream, by events on it; on the emulated device, which has no clock, by the wall clock. */
final class DeviceTimer implements AutoCloseable {

    private final Device device;
    private final double blockMilliseconds;
    private final CUevent begin = new CUevent();
    private final CUevent end = new CUevent();

    /**
     * @param blockMilliseconds least time to measure at once
     */
    DeviceTimer(Device device, double blockMilliseconds) {
        this.device = device;
        this.blockMilliseconds = blockMilliseconds;
        Device.check(JCudaDriver.cuEventCreate(begin, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
        Device.check(JCudaDriver.cuEventCreate(end, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
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
        Device.check(JCudaDriver.cuEventRecord(begin, device.stream()), "cuEventRecord");
        for (int i = 0; i < count; i++) {
            run.accept(i);
        }
        Device.check(JCudaDriver.cuEventRecord(end, device.stream()), "cuEventRecord");
        Device.check(JCudaDriver.cuEventSynchronize(end), "cuEventSynchronize");
        if (device.emulated()) {
            return (System.nanoTime() - start) * 1e-6;
        }
        float[] milliseconds = new float[1];
        Device.check(JCudaDriver.cuEventElapsedTime(milliseconds, begin, end), "cuEventElapsedTime");
        return milliseconds[0];
    }

    @Override
    public void close() {
        Device.check(JCudaDriver.cuEventDestroy(begin), "cuEventDestroy");
        Device.check(JCudaDriver.cuEventDestroy(end), "cuEventDestroy");
    }
}
