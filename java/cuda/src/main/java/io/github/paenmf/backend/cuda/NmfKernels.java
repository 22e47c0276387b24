package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * What a step of standard NMF needs beside inner products, which {@link WeibullKernels} has: launches on a stream of the
 * caller's. Not thread-safe. Methods throw {@link CudaException} if the launch fails.
 */
final class NmfKernels {

    private static final int BLOCK = 256;

    private static final int WARP = 32;
    private static final int MAX_WARPS = BLOCK / WARP;

    private final CudaDevice device;
    private final KernelArguments arguments = new KernelArguments();
    private final CUfunction scale;
    private final CUfunction multiplicativeUpdate;
    private final CUfunction halsUpdate;
    private final CUfunction penaltySums;
    private final CUfunction gramForm;

    NmfKernels(CUmodule module, CudaDevice device) {
        this.device = device;
        this.multiplicativeUpdate = Kernel.MULTIPLICATIVE_UPDATE.in(module);
        this.halsUpdate = Kernel.HALS_UPDATE.in(module);
        this.scale = Kernel.SCALE_VALUES.in(module);
        this.penaltySums = Kernel.PENALTY_SUMS.in(module);
        this.gramForm = Kernel.GRAM_FORM.in(module);
    }

    /** target ← factor·source, which may be the same. */
    void scale(CUdeviceptr source, CUdeviceptr target, double factor, long count, CUstream stream) {
        arguments.of(Kernel.SCALE_VALUES).pointer(source).pointer(target);
        arguments.real(factor).longInteger(count);
        arguments.launch(scale, WeibullKernels.blocks(device, count), BLOCK, 1, 0, stream);
    }

    /**
     * One multiplicative update of rows of a factor X of V ≈ X·Yᵀ.
     *
     * @param x ≥ 0
     * @param numerator V·Y
     * @param product X·YᵀY
     * @param count elements of each
     * @param rank elements of a row
     * @param firstFree the first component that changes
     * @param firstRow the row of the factor that is the first of x
     */
    void multiplicativeUpdate(
            CUdeviceptr x,
            CUdeviceptr numerator,
            CUdeviceptr product,
            long count,
            int rank,
            int firstFree,
            DevicePenalty penalty,
            long firstRow,
            CUstream stream) {
        arguments.of(Kernel.MULTIPLICATIVE_UPDATE).pointer(x).pointer(numerator);
        arguments.pointer(product).longInteger(count).integer(rank).integer(firstFree);
        penalty.addTo(arguments, firstRow);
        arguments.launch(multiplicativeUpdate, WeibullKernels.blocks(device, count), BLOCK, 1, 0, stream);
    }

    /**
     * One HALS update of rows of a factor X of V ≈ X·Yᵀ. Its warps share nothing, and keep their rows in shared memory if
     * they fit.
     *
     * @param x rows × r, ≥ 0
     * @param numerator V·Y, rows × r
     * @param gram YᵀY, r × r
     * @param firstFree the first component that changes
     * @param firstRow the row of the factor that is the first of x
     */
    void halsUpdate(
            CUdeviceptr x,
            CUdeviceptr numerator,
            CUdeviceptr gram,
            int rows,
            int rank,
            int firstFree,
            DevicePenalty penalty,
            long firstRow,
            CUstream stream) {
        int tasks = (rows - 1) / 4 + 1;
        int most = device.warps(tasks, MAX_WARPS);
        int fitting = (int) Math.min(most, device.sharedMemoryPerBlock() / (16L * rank));
        arguments.of(Kernel.HALS_UPDATE).pointer(x).pointer(numerator).pointer(gram);
        arguments.integer(rows).integer(rank).integer(firstFree).integer(fitting == 0 ? 1 : 0);
        penalty.addTo(arguments, firstRow);
        int sharedBytes = fitting * 16 * rank;
        WeibullKernels.allowShared(halsUpdate, sharedBytes);
        int warps = fitting == 0 ? most : fitting;
        int mostBlocks = device.multiprocessors() * WeibullKernels.BLOCKS_PER_MULTIPROCESSOR;
        int grid = Math.min((tasks - 1) / warps + 1, mostBlocks);
        arguments.launch(halsUpdate, grid, warps * WARP, 1, sharedBytes, stream);
    }

    /**
     * What the penalty of a factor adds to the objective for some rows of it.
     *
     * @param x these rows
     * @param firstRow the row of the factor that is the first of them
     * @param blocks how many
     * @param accumulate whether sums are added to those that are there
     * @param sums double, one of each block
     */
    void penalty(
            DeviceMatrix x,
            DevicePenalty penalty,
            long firstRow,
            int blocks,
            boolean accumulate,
            CUdeviceptr sums,
            CUstream stream) {
        arguments.of(Kernel.PENALTY_SUMS).pointer(x.pointer()).integer(x.rows()).integer(x.columns());
        penalty.addTo(arguments, firstRow);
        arguments.integer(accumulate ? 1 : 0).pointer(sums);
        arguments.launch(penaltySums, blocks, BLOCK, 1, 0, stream);
    }

    /**
     * Leaves both inner products of the Gram form of a squared error, ⟨W, Q⟩ and ⟨K, G⟩, in the ring of a step, and
     * advances its counters. If factors have penalties, that of H, and those of W before and after the update, follow.
     *
     * @param parts double, of {@link WeibullKernels#innerProduct}: those of the first, and after them those of the second,
     *     and both times those of W
     * @param rowParts how many sums of the penalty of H the row stage has left
     * @param weightParts how many of that of W {@link #penalty} has, each time
     */
    void gramForm(
            CUdeviceptr parts,
            int firstParts,
            int secondParts,
            int rowParts,
            int weightParts,
            boolean penalised,
            StepBuffers buffers) {
        arguments.of(Kernel.GRAM_FORM).pointer(parts).integer(firstParts).integer(secondParts);
        arguments
                .pointer(buffers.partials())
                .integer(rowParts)
                .integer(weightParts)
                .integer(penalised ? 1 : 0);
        arguments.pointer(buffers.counters()).pointer(buffers.ring()).integer(buffers.ringEntries());
        arguments.launch(gramForm, 1, BLOCK, 1, 0, buffers.stream());
    }
}
