package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import java.util.EnumMap;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The kernels of variational NMF beside its sweeps (cuda/variational.cu), over device memory and a stream of the
 * caller's. Matrices are row-major float32 without gaps; what a sweep sums up is double, 3r + 2 numbers, in the order of
 * {@link PosteriorKernels#sweep}. Launches are asynchronous. Not thread-safe. Methods throw {@link CudaException} if the
 * launch fails; an error inside a kernel surfaces at a later call.
 */
final class VbKernels {

    private static final int BLOCK = 256;
    private static final int WARP = 32;
    private static final int BLOCKS_PER_MULTIPROCESSOR = 8;
    private static final Kernel[] KERNELS = {
        Kernel.SCALE_VALUES,
        Kernel.AVERAGE_VALUES,
        Kernel.STEP_SUMS,
        Kernel.SCATTER_ROWS,
        Kernel.ADD_VARIANCES,
        Kernel.COLD_START,
        Kernel.ADD_SUMS,
        Kernel.POSTERIOR_PARAMETERS,
        Kernel.UPDATE_PRIORS,
        Kernel.SETTLE_ROWS
    };

    private final CudaDevice device;
    private final KernelArguments arguments = new KernelArguments();
    private final Map<Kernel, CUfunction> functions = new EnumMap<>(Kernel.class);

    VbKernels(CUmodule module, CudaDevice device) {
        this.device = device;
        for (Kernel kernel : KERNELS) {
            CUfunction function = new CUfunction();
            CudaContext.check(
                    JCudaDriver.cuModuleGetFunction(function, module, kernel.function()),
                    "cuModuleGetFunction " + kernel.function());
            functions.put(kernel, function);
        }
    }

    /** How many doubles hold what a sweep sums up: see cuda/variational.cu. */
    static int sums(int rank) {
        return 3 * rank + 2;
    }

    /** How many doubles hold the priors: see cuda/variational.cu. */
    static int priors(int rank) {
        return 4 * rank + 2;
    }

    /** How many floats hold the parameters of a sweep. */
    static int parameters(int rank) {
        return 2 * rank + 2;
    }

    /** target ← scale·source, which may be the same. */
    void scale(CUdeviceptr source, CUdeviceptr target, double scale, long count, CUstream stream) {
        arguments.of(Kernel.SCALE_VALUES).pointer(source).pointer(target);
        arguments.real(scale).longInteger(count);
        launch(Kernel.SCALE_VALUES, count, stream);
    }

    /**
     * average ← (1 − ρ)·average + ρ·value/rows and target ← scale·average, where ρ = (1 + updates)^−0.55.
     *
     * @param target may be {@code value}
     * @param counters 32-bit integers, the second of which is the number of updates so far
     * @param rows of the mini-batch that the value is a sum over
     */
    void average(
            CUdeviceptr average,
            CUdeviceptr value,
            CUdeviceptr target,
            double scale,
            long count,
            CUdeviceptr counters,
            long rows,
            CUstream stream) {
        arguments.of(Kernel.AVERAGE_VALUES).pointer(average).pointer(value).pointer(target);
        arguments.real(scale).longInteger(count).pointer(counters).longInteger(rows);
        launch(Kernel.AVERAGE_VALUES, count, stream);
    }

    /**
     * The sums of a step over rows, for all rows: as they are, or by averages that move as in {@link #average}.
     *
     * @param sums 3r + 1
     * @param squaredNorm ‖V‖² of the step's rows
     * @param average 3r + 2; null without mini-batches
     * @param target receives the sums, and ‖V‖² after them
     */
    void stepSums(
            CUdeviceptr sums,
            CUdeviceptr squaredNorm,
            CUdeviceptr average,
            CUdeviceptr target,
            int rank,
            CUdeviceptr counters,
            long rows,
            long allRows,
            CUstream stream) {
        arguments.of(Kernel.STEP_SUMS).pointer(sums).pointer(squaredNorm);
        arguments.pointer(average).pointer(target).integer(rank).pointer(counters);
        arguments.longInteger(rows).longInteger(allRows);
        launch(Kernel.STEP_SUMS, sums(rank), stream);
    }

    /**
     * Row order[i] of the target becomes row i of the source; both have the same stride.
     *
     * @param order 32-bit integers, each another
     */
    void scatterRows(CUdeviceptr source, CUdeviceptr order, CUdeviceptr target, int stride, int rows, CUstream stream) {
        arguments.of(Kernel.SCATTER_ROWS).pointer(source).pointer(order).pointer(target);
        arguments.integer(stride).integer(rows);
        launch(Kernel.SCATTER_ROWS, (long) rows * stride, stream);
    }

    /**
     * target ← gram + diag(variances), r × r.
     *
     * @param variances double, r, as sums of a sweep begin with them
     * @param target may be {@code gram}
     */
    void addVariances(CUdeviceptr gram, CUdeviceptr variances, CUdeviceptr target, int rank, CUstream stream) {
        arguments.of(Kernel.ADD_VARIANCES).pointer(gram).pointer(variances);
        arguments.pointer(target).integer(rank);
        launch(Kernel.ADD_VARIANCES, (long) rank * rank, stream);
    }

    /**
     * Means for rows that have none: all of a row's are the sum of its numerators over that of the Gram matrix.
     *
     * @param numerator of the scaled data, rows × r
     * @param gram r × r
     * @param x receives the means, rows × r
     */
    void coldStart(CUdeviceptr numerator, CUdeviceptr gram, CUdeviceptr x, int rows, int rank, CUstream stream) {
        arguments.of(Kernel.COLD_START).pointer(numerator).pointer(gram).pointer(x);
        arguments.integer(rows).integer(rank);
        launch(Kernel.COLD_START, (long) rows * WARP, stream);
    }

    /**
     * Adds up the sums of the blocks of a sweep.
     *
     * @param partials blocks × (3r + 2)
     * @param columns how many of them, the first
     * @param accumulate whether they are added to what the target holds
     */
    void addSums(
            CUdeviceptr partials,
            int blocks,
            int rank,
            int columns,
            CUdeviceptr target,
            boolean accumulate,
            CUstream stream) {
        arguments.of(Kernel.ADD_SUMS).pointer(partials).integer(blocks).integer(sums(rank));
        arguments.integer(columns).pointer(target).integer(accumulate ? 1 : 0);
        launch(Kernel.ADD_SUMS, columns, stream);
    }

    /**
     * What the sweeps over both factors take of the priors.
     *
     * @param ofH receives the parameters of the sweep over H; likewise {@code ofW}
     */
    void posteriorParameters(CUdeviceptr priors, CUdeviceptr ofH, CUdeviceptr ofW, int rank, CUstream stream) {
        arguments.of(Kernel.POSTERIOR_PARAMETERS).pointer(priors).pointer(ofH).pointer(ofW);
        arguments.integer(rank);
        launch(Kernel.POSTERIOR_PARAMETERS, BLOCK, stream);
    }

    /**
     * {@link VbPriors#update} on the device: leaves both parts of the objective in the ring, and advances the counters.
     *
     * @param hSums of n rows, with ‖V‖² last
     * @param gramProducts double, so many parts of ⟨E[HᵀH], E[WᵀW]⟩
     */
    void updatePriors(
            VbProblem problem,
            CUdeviceptr hSums,
            CUdeviceptr wSums,
            CUdeviceptr gramProducts,
            int gramBlocks,
            CUdeviceptr priors,
            StepBuffers buffers) {
        arguments.of(Kernel.UPDATE_PRIORS).pointer(hSums).pointer(wSums);
        arguments.pointer(gramProducts).integer(gramBlocks).pointer(priors);
        arguments.pointer(buffers.counters()).pointer(buffers.ring()).integer(buffers.ringEntries());
        arguments.integer(problem.rank()).longInteger(problem.rows()).longInteger(problem.features());
        arguments.integer(problem.configuration().learnsSigma() ? 1 : 0);
        arguments.integer(VbPriors.updatesWithoutZeros(problem.configuration()));
        arguments.real(VbPriors.LEAST_VARIANCE).real(VbPriors.LEAST_MEAN);
        launch(Kernel.UPDATE_PRIORS, BLOCK, buffers.stream());
    }

    /**
     * Keeps the means of rows whose last sweep changed none of the row's by more than so much of its greatest.
     *
     * @param x means, rows × r
     * @param before means before the sweep
     * @param ids 32-bit integers: which row of {@code means} is whose
     * @param settled 32-bit integers, 1 for rows whose means have been kept
     * @param last whether all rows end here
     */
    void settleRows(
            CUdeviceptr x,
            CUdeviceptr before,
            CUdeviceptr ids,
            CUdeviceptr means,
            CUdeviceptr settled,
            int rows,
            int rank,
            float bound,
            boolean last,
            CUstream stream) {
        arguments.of(Kernel.SETTLE_ROWS).pointer(x).pointer(before).pointer(ids);
        arguments.pointer(means).pointer(settled).integer(rows).integer(rank);
        arguments.real(bound).integer(last ? 1 : 0);
        launch(Kernel.SETTLE_ROWS, (long) rows * WARP, stream);
    }

    private void launch(Kernel kernel, long threads, CUstream stream) {
        long most = (long) device.multiprocessors() * BLOCKS_PER_MULTIPROCESSOR;
        int blocks = (int) Math.min((threads - 1) / BLOCK + 1, most);
        arguments.launch(functions.get(kernel), blocks, BLOCK, 1, 0, stream);
    }
}
