package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Shape;

/** How epochs over small data are divided among blocks, and where these leave what they exchange. */
final class EpochSlices {

    private final SlicePlan plan;
    private final DeviceBuffer projections;
    private final DeviceBuffer grams;
    private final DeviceBuffer s;
    private final DeviceBuffer seconds;

    /** Allocates. */
    EpochSlices(SlicePlan plan, Shape shape, DeviceWorkspace device) {
        this.plan = plan;
        int rows = shape.rows();
        int rank = shape.rank();
        long padded = WeibullKernels.partWidth(rank);
        projections = device.allocate(4L * plan.slices() * rows * padded, "P of slices of the features");
        grams = device.allocate(4L * plan.slices() * rank * rank, "G of slices of the features");
        s = device.allocate(4L * rows * padded, "S");
        s.clear(device.stream()); // beyond the rank nothing else is ever written
        seconds = device.allocate(4L * plan.rowBlocks(rows) * rank * rank, "K of blocks of rows");
    }

    /** Floats of shared memory that every window takes: two r × r matrices; of the slice W and Q as products have them, and V. */
    static long sharedFloats(SlicePlan plan, Shape shape) {
        long matrices = 2L * (shape.rank() + plan.perSlice()) * WeibullKernels.partWidth(shape.rank());
        return matrices + 4 * SlicePlan.BLOCK + (long) shape.rows() * (plan.perSlice() + 1);
    }

    SlicePlan plan() {
        return plan;
    }

    /** Adds rows of a block and lanes, and what blocks exchange. */
    void addTo(KernelArguments arguments) {
        arguments.integer(plan.rowsPerBlock()).integer(plan.lanes());
        arguments.pointer(projections.pointer()).pointer(grams.pointer());
        arguments.pointer(s.pointer()).pointer(seconds.pointer());
    }
}
