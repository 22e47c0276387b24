package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import jcuda.driver.CUdeviceptr;

/**
 * The rows of each chunk of a step on the device, and products with them, which only launch: what is resident is used
 * where it lies, in the order of a mini-batch too, and the rest is streamed.
 */
interface DeviceChunks {

    /**
     * Allocates.
     *
     * @param columns of the matrices that are multiplied at once
     * @param blas products on the stream of the device
     * @param tensorCores of products in {@link Precision#TF32X3}; null if there are none
     * @param moved runs when memory was allocated anew, where what was recorded does not find it
     */
    static DeviceChunks open(
            DeviceWorkspace device,
            Shape shape,
            int columns,
            Plan plan,
            Blas blas,
            TensorCoreProducts tensorCores,
            Runnable moved) {
        return shape.sparse()
                ? new SparseChunks(device, shape, columns, plan, moved)
                : new DenseChunks(device, shape, plan, blas, tensorCores);
    }

    /** Whether all rows are on the device, and so work on them can be recorded. Known once data are held. */
    boolean resident();

    /** Where V is, for logs and reports. */
    String description();

    /**
     * Has the data in place that recorded work finds there.
     *
     * @param rows the first chunk of that work, which has either all rows in one chunk or none with all
     */
    void hold(Rows rows);

    /** Begins a batch, whose first rows these are: has its order in place, if it has one. */
    void begin(Rows first);

    /** Where rows on the device begin: in their batch if they have an order, else in the data. */
    int position(Rows rows);

    /** Index in the data of each row of the chunk last loaded, 32-bit integers; null for rows in the order of the data. */
    CUdeviceptr order(Rows rows);

    /** Launches what brings a chunk to where products find it, until {@link #release}. */
    void load(Rows rows);

    /** All of V, n × m, where it is resident as dense rows; null elsewhere. */
    default DeviceMatrix allRows() {
        return null;
    }

    /**
     * target = factor·V·X of the chunk last loaded.
     *
     * @param x m × columns
     */
    void project(Rows rows, float factor, DeviceMatrix x, DeviceMatrix target, Precision precision);

    /**
     * target = factor·VᵀS of the chunk last loaded, or that much more if {@code add}.
     *
     * @param s rows × columns
     */
    void accumulate(Rows rows, float factor, DeviceMatrix s, boolean add, DeviceMatrix target, Precision precision);

    /**
     * ‖V/scale − H·Wᵀ‖² of the chunk last loaded; waits.
     *
     * @param h rows × r
     * @param w m × r
     */
    double squaredError(Rows rows, DeviceMatrix h, DeviceMatrix w);

    /** Says that what has been launched so far is all that uses the chunk last loaded. */
    void release();
}
