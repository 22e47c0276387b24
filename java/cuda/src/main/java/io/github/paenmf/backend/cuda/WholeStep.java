package io.github.paenmf.backend.cuda;

import io.github.paenmf.data.RowSource;

/**
 * A step over all rows by kernels that take it as a whole, rather than stage by stage: for resident dense data in their
 * own order. Launches on the stream of the {@link StepBuffers}, and waits for nothing.
 */
interface WholeStep {

    /**
     * Launches what a step starts from, unless the last one has left it: never recorded.
     *
     * @param v the data, n × m
     * @param data what lies there
     */
    void prepare(DeviceMatrix v, RowSource data);

    /**
     * Launches a step, to the new parameters, the objective in the ring, and the counters; may be recorded where it
     * {@link #joins} none.
     *
     * @param v the data, n × m
     */
    void launch(StepBuffers buffers, DeviceMatrix v);

    /** Whether steps that follow each other can be one launch. */
    boolean joins();

    /**
     * Launches so many steps at once, where it {@link #joins} them, with what as many {@link #launch launches} would leave;
     * never recorded.
     *
     * @param v the data, n × m
     */
    void launch(StepBuffers buffers, DeviceMatrix v, int steps);
}
