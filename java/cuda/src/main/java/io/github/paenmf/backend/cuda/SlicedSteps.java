package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.PaeSums;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Steps of PAE-NMF by adam on data so small that launches and latency are most of them, in two kernels each
 * (cuda/sliced_step.cu), or many steps in one (cuda/sliced_window.cu), with the same bits: no product is cuBLAS'. Blocks own
 * slices of the features, and leave what the next step begins with.
 */
final class SlicedSteps {

    private final SlicePlan plan;
    private final int rows;
    private final int features;
    private final int rank;
    private final CUstream stream;
    private final int serviceBlocks;
    private final KernelArguments arguments = new KernelArguments();
    private final CUfunction project;
    private final CUfunction rowStage;
    private final CUfunction update;
    private final WindowLaunch window;
    private final boolean joins;

    private final DeviceBuffer projections;
    private final DeviceBuffer grams;
    private final DeviceBuffer s;
    private final DeviceBuffer seconds;
    private final DeviceBuffer partials;

    /** Allocates. */
    SlicedSteps(SlicePlan plan, int rows, int features, int rank, DeviceWorkspace device) {
        this.plan = plan;
        this.rows = rows;
        this.features = features;
        this.rank = rank;
        this.stream = device.stream();
        this.serviceBlocks = WeibullKernels.sumBlocks(rank);
        project = Kernel.SLICED_PROJECT.in(device.context().module());
        rowStage = Kernel.SLICED_ROWS.in(device.context().module());
        update = Kernel.SLICED_UPDATE.in(device.context().module());
        window = new WindowLaunch(
                Kernel.SLICED_WINDOW.in(device.context().module()), updateBlocks(), windowSharedBytes());
        joins = WindowLaunch.enabled() && window.allAtOnce(device.context().device());
        long padded = paddedRank();
        projections = device.allocate(12L * plan.slices() * rows * padded, "P of slices of the features");
        grams = device.allocate(4L * plan.slices() * rank * rank, "G of slices of the features");
        s = device.allocate(12L * rows * padded, "S");
        s.clear(stream); // beyond the rank nothing else is ever written
        seconds = device.allocate(4L * plan.rowBlocks(rows) * rank * rank, "K of blocks of rows");
        partials = device.allocate(8L * plan.rowBlocks(rows) * PaeSums.count(rank), "partial sums");
    }

    /** Whether a device can have all blocks of a window at once, each with its slice in shared memory. */
    boolean allAtOnce(CudaDevice device) {
        return window.allAtOnce(device);
    }

    private int updateBlocks() {
        return plan.slices() + serviceBlocks;
    }

    private int updateSharedBytes() {
        return 4 * (rank * paddedRank() + 3 * plan.perSlice() * paddedRank() + 4 * SlicePlan.BLOCK);
    }

    /** What an update has, and of the slice Q, weights, moments, rates, and V at a stride of one more. */
    private long windowSharedBytes() {
        int perSlice = plan.perSlice();
        return updateSharedBytes() + 4L * (4 * 3 * perSlice * paddedRank() + perSlice + (long) rows * (perSlice + 1));
    }

    private int paddedRank() {
        return WeibullKernels.partWidth(rank);
    }

    /** The shares of P and G, of parameters that no {@link #update} has left. */
    void project(DeviceMatrix v, CUdeviceptr w) {
        arguments.of(Kernel.SLICED_PROJECT).pointer(v.pointer()).integer(v.stride());
        arguments.integer(rows).integer(features).integer(plan.perSlice()).integer(rank);
        arguments.pointer(w).pointer(projections.pointer()).pointer(grams.pointer());
        int shared = 12 * plan.perSlice() * paddedRank();
        arguments.launch(project, plan.slices(), SlicePlan.BLOCK, 1, shared, stream);
    }

    /**
     * The row stage, from the shares of P and G; G goes to the buffers.
     *
     * @param variance σ² where it is learned, else null
     */
    void rowStage(
            StepBuffers buffers, CUdeviceptr biases, WeibullConstants constants, long seed, CUdeviceptr variance) {
        arguments.of(Kernel.SLICED_ROWS).pointer(projections.pointer()).pointer(grams.pointer());
        arguments.integer(plan.slices()).pointer(biases).integer(rows).integer(rank);
        arguments
                .integer(plan.rowsPerBlock())
                .integer(plan.lanes())
                .struct(constants)
                .longInteger(seed);
        arguments.pointer(buffers.counters()).pointer(s.pointer()).pointer(seconds.pointer());
        arguments.pointer(partials.pointer()).pointer(buffers.g().pointer()).pointer(variance);
        int shared = 4 * (rank + 3 * plan.rowsPerBlock()) * paddedRank();
        int threads = plan.rowBlockThreads(rank);
        arguments.launch(rowStage, plan.rowBlocks(rows), threads, 1, shared, stream);
    }

    /** Where {@link #rowStage} leaves sums over rows, for the arguments of {@link #update}. */
    CUdeviceptr partials() {
        return partials.pointer();
    }

    /** Rows of the partial sums. */
    int partialRows() {
        return plan.rowBlocks(rows);
    }

    /** Q, the update of all parameters, and the shares of the next step's P and G. */
    void update(DeviceMatrix v, UpdateArguments to, UpdateConstants constants) {
        arguments
                .of(Kernel.SLICED_UPDATE)
                .struct(to)
                .struct(constants)
                .pointer(v.pointer())
                .integer(v.stride());
        arguments.integer(rows).integer(plan.perSlice()).pointer(s.pointer()).pointer(seconds.pointer());
        arguments.pointer(projections.pointer()).pointer(grams.pointer());
        arguments.launch(update, updateBlocks(), SlicePlan.BLOCK, 1, updateSharedBytes(), stream);
    }

    /** Whether {@link #launch} can be had. */
    boolean joins() {
        return joins;
    }

    /**
     * What a window has besides what an update has.
     *
     * @param steps how many
     * @param constants of the row stage
     * @param squaredNorm double, ‖V‖², where σ is learned, else null
     * @param leastVariance σ², where it is learned
     */
    record Window(int steps, WeibullConstants constants, long seed, CUdeviceptr squaredNorm, double leastVariance) {}

    /** Steps of row stage and update, and of σ² where it is learned, in one launch. */
    void launch(DeviceMatrix v, UpdateArguments to, UpdateConstants constants, Window steps) {
        arguments.of(Kernel.SLICED_WINDOW).struct(to).struct(constants).struct(steps.constants());
        arguments.longInteger(steps.seed()).pointer(v.pointer()).integer(v.stride());
        arguments.integer(rows).integer(plan.perSlice()).integer(plan.rowsPerBlock());
        arguments.integer(plan.lanes()).pointer(s.pointer()).pointer(seconds.pointer());
        arguments.pointer(projections.pointer()).pointer(grams.pointer()).pointer(steps.squaredNorm());
        arguments.real(steps.leastVariance()).integer(steps.steps());
        window.launch(arguments, stream);
    }
}
