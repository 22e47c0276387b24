package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * The kernels of an encoder's hidden layers (cuda/hidden_layers.cu), over device memory and a stream of the caller's. Units
 * of a layer are padded to a multiple of 4, and matrices begin at multiples of 16 bytes. Launches are asynchronous. Not
 * thread-safe. Methods throw {@link CudaException} if the launch fails; an error inside a kernel surfaces at a later call.
 */
final class LayerKernels {

    private static final int BLOCK = 256;
    /** Columns of a block of {@code hidden_backward}. */
    private static final int TILE_COLUMNS = 4 * BLOCK;

    private final CudaDevice device;
    private final KernelArguments arguments = new KernelArguments();
    private final CUfunction forward;
    private final CUfunction backward;
    private final CUfunction addSums;
    private final CUfunction update;

    LayerKernels(CUmodule module, CudaDevice device) {
        this.device = device;
        this.forward = Kernel.HIDDEN_FORWARD.in(module);
        this.backward = Kernel.HIDDEN_BACKWARD.in(module);
        this.addSums = Kernel.ADD_SUMS.in(module);
        this.update = Kernel.UPDATE_LAYER.in(module);
    }

    /**
     * z = max(scale·a + bias, 0).
     *
     * @param a rows × the units, and the columns that are carried
     * @param biases one a unit
     * @param z rows × units without gaps; may be a where nothing is carried
     * @param carried receives the columns of a after the units, as they are; null where there are none
     */
    void forward(
            DeviceMatrix a, double scale, CUdeviceptr biases, DeviceMatrix z, DeviceMatrix carried, CUstream stream) {
        arguments.of(Kernel.HIDDEN_FORWARD).vectors(a.pointer()).integer(a.stride());
        arguments.real(scale).vectors(biases).vectors(z.pointer()).integer(z.rows());
        arguments.integer(z.columns());
        carried(carried);
        long groups = (long) z.rows() * (z.columns() + (carried == null ? 0 : carried.columns())) / 4;
        arguments.launch(forward, WeibullKernels.blocks(device, groups), BLOCK, 1, 0, stream);
    }

    private void carried(DeviceMatrix carried) {
        arguments.integer(carried == null ? 0 : carried.columns());
        arguments.vectors(carried == null ? null : carried.pointer());
        arguments.integer(carried == null ? 0 : carried.stride());
    }

    /** Rows of sums that {@link #backward} writes. */
    int parts(int rows, int units, int carried) {
        int groups = Math.min(BLOCK, (units + carried) / 4);
        int tileRows = BLOCK / groups;
        int most = Math.max(
                1, WeibullKernels.BLOCKS_PER_MULTIPROCESSOR * device.multiprocessors() / tiles(units + carried));
        return Math.min(most, (rows - 1) / tileRows + 1);
    }

    private static int tiles(int columns) {
        return (columns - 1) / TILE_COLUMNS + 1;
    }

    /**
     * Lets through what goes back to units above 0, and adds it up over rows.
     *
     * @param z of {@link #forward}
     * @param gradients rows × the units, and the columns that are carried; changed
     * @param carried what is put into the columns of the gradients after the units; null if nothing is
     * @param partials double, {@link #parts} × units; work space
     * @param sums double, receives the sum of each unit
     * @param accumulate whether the sums are added to what is there
     */
    void backward(
            DeviceMatrix z,
            DeviceMatrix gradients,
            DeviceMatrix carried,
            CUdeviceptr partials,
            CUdeviceptr sums,
            boolean accumulate,
            CUstream stream) {
        int units = z.columns();
        int others = carried == null ? 0 : carried.columns();
        int parts = parts(z.rows(), units, others);
        arguments.of(Kernel.HIDDEN_BACKWARD).vectors(z.pointer()).vectors(gradients.pointer());
        arguments.integer(gradients.stride()).integer(z.rows()).integer(units);
        carried(carried);
        arguments.pointer(partials);
        arguments.launch(backward, parts * tiles(units + others), BLOCK, 1, 0, stream);

        arguments.of(Kernel.ADD_SUMS).pointer(partials).integer(parts).integer(units);
        arguments.integer(units).pointer(sums).integer(accumulate ? 1 : 0);
        arguments.launch(addSums, WeibullKernels.blocks(device, units), BLOCK, 1, 0, stream);
    }

    /**
     * A step of adam, before the {@link WeibullKernels#updateProject} of the same step, which advances the counters.
     *
     * @param values changed; means, squares and gradients lie as they do
     * @param scale from the gradients to their mean over the rows of the step
     */
    void update(
            DeviceMatrix values,
            CUdeviceptr means,
            CUdeviceptr squares,
            CUdeviceptr gradients,
            double scale,
            double rate,
            CUdeviceptr counters,
            CUstream stream) {
        update(values, means, squares, gradients, null, scale, rate, counters, stream);
    }

    /**
     * The same of biases.
     *
     * @param values one row
     * @param sums double, of {@link #backward}
     */
    void updateBiases(
            DeviceMatrix values,
            CUdeviceptr means,
            CUdeviceptr squares,
            CUdeviceptr sums,
            double scale,
            double rate,
            CUdeviceptr counters,
            CUstream stream) {
        update(values, means, squares, null, sums, scale, rate, counters, stream);
    }

    private void update(
            DeviceMatrix values,
            CUdeviceptr means,
            CUdeviceptr squares,
            CUdeviceptr gradients,
            CUdeviceptr sums,
            double scale,
            double rate,
            CUdeviceptr counters,
            CUstream stream) {
        arguments.of(Kernel.UPDATE_LAYER).pointer(values.pointer()).pointer(means);
        arguments.pointer(squares).pointer(gradients).pointer(sums);
        arguments.integer(values.rows()).integer(values.columns()).integer(values.stride());
        arguments.real(scale).real(rate).pointer(counters);
        long count = (long) values.rows() * values.columns();
        arguments.launch(update, WeibullKernels.blocks(device, count), BLOCK, 1, 0, stream);
    }
}
