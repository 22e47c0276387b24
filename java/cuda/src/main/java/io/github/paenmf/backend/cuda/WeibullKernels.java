package io.github.paenmf.backend.cuda;

import java.util.EnumMap;
import java.util.Map;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The kernels, one method each, over device memory and a stream of the caller's: for programs of their
 * own that use JCuda and want these stages alone, and for the solvers of {@link CudaSolvers}. Matrices are row-major
 * float32 without gaps unless said otherwise; equations and launch rules are in cuda/README.md.
 *
 * <p>Launches are asynchronous. Not thread-safe: one thread at a time uses an instance. All methods throw
 * {@link CudaException} if the launch fails; an error inside a kernel surfaces at a later call.
 */
public final class WeibullKernels implements AutoCloseable {

    private static final int BLOCK = 256;
    /** Columns of the partial sums that a block adds up. */
    private static final int SUM_COLUMNS = 8;

    static final int BLOCKS_PER_MULTIPROCESSOR = 8;
    private static final int WIDE_BLOCK = 256;

    private final CUmodule module;
    private final boolean ownsModule;
    private final CudaDevice device;
    private final KernelArguments arguments = new KernelArguments();
    private final Map<Kernel, CUfunction> functions = new EnumMap<>(Kernel.class);
    private final NmfKernels factors;
    private boolean closed;

    WeibullKernels(CUmodule module, CudaDevice device) {
        this(module, device, false);
    }

    private WeibullKernels(CUmodule module, CudaDevice device, boolean ownsModule) {
        this.module = module;
        this.device = device;
        this.ownsModule = ownsModule;
        for (Kernel kernel : Kernel.values()) {
            CUfunction function = new CUfunction();
            CudaContext.check(
                    JCudaDriver.cuModuleGetFunction(function, module, kernel.function()),
                    "cuModuleGetFunction " + kernel.function());
            functions.put(kernel, function);
        }
        this.factors = new NmfKernels(module, device);
    }

    /**
     * Loads the kernels into this thread's current context, which the caller has made; {@link #close}
     * unloads them.
     *
     * @throws CudaException if there is no current context, or the device cannot run the kernels
     */
    public static WeibullKernels load() {
        CUdevice current = new CUdevice();
        CudaContext.check(JCudaDriver.cuCtxGetDevice(current), "cuCtxGetDevice");
        CudaDevice device = CudaDevice.query(0, current);
        return new WeibullKernels(CudaContext.load(device), device, true);
    }

    /** Products with sparse rows, of the same module: they end with these kernels. */
    public SparseKernels sparse() {
        return new SparseKernels(module, device);
    }

    /** Unloads the kernels if {@link #load} loaded them; harmless when that has been done. */
    @Override
    public void close() {
        if (ownsModule && !closed) {
            CudaContext.check(JCudaDriver.cuModuleUnload(module), "cuModuleUnload");
        }
        closed = true;
    }

    /**
     * Columns that a part of a stacked matrix takes, of which those beyond r hold 0: r rounded up to a multiple of 4.
     * Stacked matrices are P, S, the weights, Q and adam's moments; each begins at a multiple of 16 bytes, as memory of
     * cuMemAlloc does, and has rows of three parts.
     */
    public static int partWidth(int rank) {
        return (rank + 3) / 4 * 4;
    }

    /** How {@link #weibullStep} or {@link #updateProject} is launched for problems of one rank. */
    public static final class Launch {
        private final TileChoice choice;

        private Launch(TileChoice choice) {
            this.choice = choice;
        }

        /** How many blocks go over so many rows; also the rows of partial sums that weibullStep writes. */
        public int blocks(int rows) {
            return choice.blocks(rows);
        }

        private boolean wide() {
            return choice.panelRows() == 0;
        }
    }

    /** How to launch {@link #weibullStep} for up to so many rows: the same for all parts of a step. */
    public Launch stepLaunch(int rows, int rank) {
        return launch(Kernel.WEIBULL_STEP, Kernel.WEIBULL_STEP_WIDE, TileChoice.Work.STEP, 0, rows, rank);
    }

    /** How to launch {@link #updateProject}. */
    public Launch updateLaunch(int features, int rank) {
        return launch(Kernel.UPDATE_PROJECT, Kernel.UPDATE_PROJECT_WIDE, TileChoice.Work.UPDATE, rank, features, rank);
    }

    /** @param wideFloats shared memory of the kernel for wide rows, in floats */
    private Launch launch(Kernel kernel, Kernel wideKernel, TileChoice.Work work, int wideFloats, int rows, int rank) {
        CUfunction function = functions.get(kernel);
        int available = device.sharedMemoryPerBlock()
                - attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
        int maxBlock = attribute(function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
        allowShared(function, available);
        TileChoice.Device offered = new TileChoice.Device(
                device.multiprocessors(), available, maxBlock, (block, shared) -> resident(function, block, shared));
        TileChoice choice = TileChoice.of(work, rows, rank, offered);
        if (choice == null) {
            allowShared(functions.get(wideKernel), available);
            int blocks = device.multiprocessors() * 2;
            choice = new TileChoice(WIDE_BLOCK, blocks, 1, 0, Math.multiplyExact(4, wideFloats));
        }
        return new Launch(choice);
    }

    /** How many blocks a multiprocessor runs at once. */
    static int resident(CUfunction function, int block, int sharedBytes) {
        int[] blocks = new int[1];
        CudaContext.check(
                JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, block, sharedBytes),
                "cuOccupancyMaxActiveBlocksPerMultiprocessor");
        return blocks[0];
    }

    static int attribute(CUfunction function, int attribute) {
        int[] value = new int[1];
        CudaContext.check(JCudaDriver.cuFuncGetAttribute(value, attribute, function), "cuFuncGetAttribute");
        return value[0];
    }

    static void allowShared(CUfunction function, int bytes) {
        CudaContext.check(
                JCudaDriver.cuFuncSetAttribute(
                        function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
                "cuFuncSetAttribute of " + bytes + " bytes of shared memory");
    }

    /**
     * The fused stage P → S (equations 3 and 4): heads, noise, inverse CDF, KL, and back through all of
     * them with dH = (H·G − C)/σ².
     *
     * @param launch of {@link #stepLaunch} for at least so many rows
     * @param p rows × 3·{@link #partWidth}
     * @param s rows × 3·{@link #partWidth}, receives [dAλ | dAk | H]
     * @param biases [bλ | bk], 2r
     * @param g WfᵀWf, r × r
     * @param ids 64-bit id by which the noise of each row goes, or null where it goes by its index
     * @param order 32-bit index of each row, or null where row i has firstRow + i
     * @param step one 32-bit integer, which selects the noise
     * @param accumulate whether the sums are added to what partials holds
     * @param partials double, launch.blocks(rows) × (2r + 2), receives [Σ dAλ | Σ dAk | Σ KL | ⟨H, C⟩]
     * @param variance double, σ² where it is learned; null where it is that of the constants
     * @throws IllegalArgumentException if p or s does not begin at a multiple of 16 bytes
     */
    public void weibullStep(
            Launch launch,
            CUdeviceptr p,
            CUdeviceptr s,
            CUdeviceptr biases,
            CUdeviceptr g,
            CUdeviceptr ids,
            CUdeviceptr order,
            long firstRow,
            int rows,
            int rank,
            WeibullConstants constants,
            long seed,
            CUdeviceptr step,
            boolean accumulate,
            CUdeviceptr partials,
            CUdeviceptr variance,
            CUstream stream) {
        Kernel kernel = launch.wide() ? Kernel.WEIBULL_STEP_WIDE : Kernel.WEIBULL_STEP;
        arguments.of(kernel).vectors(p).vectors(s).pointer(biases).pointer(g);
        arguments
                .pointer(ids)
                .pointer(order)
                .longInteger(firstRow)
                .integer(rows)
                .integer(rank);
        if (!launch.wide()) {
            arguments.integer(launch.choice.panelRows());
        }
        arguments.struct(constants).longInteger(seed).pointer(step).integer(accumulate ? 1 : 0);
        arguments.pointer(partials).pointer(variance);
        launch(kernel, launch.blocks(rows), launch.choice, stream);
    }

    /**
     * How much a gd step of each head shrinks so that its norm stays within the clip.
     *
     * @param q Vᵀ·S, m × 3·{@link #partWidth}
     * @param partials of {@link #weibullStep}
     * @param scales 2r, receives factors in (0, 1]
     */
    public void headNorms(
            CUdeviceptr q,
            CUdeviceptr partials,
            int partialRows,
            int features,
            int rank,
            UpdateConstants constants,
            CUdeviceptr scales,
            CUstream stream) {
        arguments.of(Kernel.HEAD_NORMS).pointer(q).pointer(partials).integer(partialRows);
        arguments.integer(features).integer(rank).struct(constants).pointer(scales);
        launch(Kernel.HEAD_NORMS, (2 * rank - 1) / SUM_COLUMNS + 1, 1024, 0, stream);
    }

    /**
     * The last stage of a step: all parameters by adam or gd, Wf ← max(Wf, 0) or its multiplicative update,
     * losses and counters.
     *
     * @param launch of {@link #updateLaunch}
     * @throws IllegalArgumentException if weights, Q or moments do not begin at a multiple of 16 bytes
     */
    public void updateProject(Launch launch, UpdateArguments update, UpdateConstants constants, CUstream stream) {
        int tileBlocks = launch.blocks(update.features());
        int blocks = tileBlocks + gramSums(update.rank());
        Kernel kernel = launch.wide() ? Kernel.UPDATE_PROJECT_WIDE : Kernel.UPDATE_PROJECT;
        arguments.of(kernel).struct(update).struct(constants);
        if (!launch.wide()) {
            arguments.integer(launch.choice.panelRows());
        }
        arguments.integer(tileBlocks);
        launch(kernel, blocks, launch.choice, stream);
    }

    /** Values of {@link UpdateArguments#gramSums}. */
    public int gramSums(int rank) {
        return sumBlocks(rank);
    }

    /** Blocks of an update that have the sums over rows: biases and losses. */
    static int sumBlocks(int rank) {
        return (2 * rank + 1) / SUM_COLUMNS + 1;
    }

    /**
     * λ and k from the encoder's products (equation 4).
     *
     * @param p rows × stride, the first 2·{@link #partWidth} columns V·[Wλ | Wk]
     * @param lambda receives λ, rows × r
     * @param k receives k, rows × r
     */
    public void heads(
            CUdeviceptr p,
            int stride,
            CUdeviceptr biases,
            CUdeviceptr lambda,
            CUdeviceptr k,
            int rows,
            int rank,
            WeibullConstants constants,
            CUstream stream) {
        arguments
                .of(Kernel.WEIBULL_HEADS)
                .pointer(p)
                .integer(stride)
                .pointer(biases)
                .pointer(lambda)
                .pointer(k);
        arguments.integer(rows).integer(rank).struct(constants);
        launch(Kernel.WEIBULL_HEADS, blocks((long) rows * rank), BLOCK, 0, stream);
    }

    /**
     * H from λ and k by the inverse CDF (equation 2).
     *
     * @param epsilon noise in (0, 1), rows × r, or null for the noise that seed, step, purpose and the index
     *     of each row select
     * @param order 32-bit index of each row's noise, or null where row i has firstRow + i
     * @param h receives H, rows × r
     * @param purpose code of the stream of random numbers; 0 is that of training
     */
    public void sample(
            CUdeviceptr lambda,
            CUdeviceptr k,
            CUdeviceptr epsilon,
            CUdeviceptr h,
            CUdeviceptr order,
            long firstRow,
            int rows,
            int rank,
            long seed,
            int step,
            int purpose,
            CUstream stream) {
        arguments
                .of(Kernel.WEIBULL_SAMPLE)
                .pointer(lambda)
                .pointer(k)
                .pointer(epsilon)
                .pointer(h)
                .pointer(order);
        arguments.longInteger(firstRow).integer(rows).integer(rank);
        arguments.longInteger(seed).integer(step).integer(purpose);
        launch(Kernel.WEIBULL_SAMPLE, blocks((long) rows * ((rank + 3) / 4)), BLOCK, 0, stream);
    }

    /** Rows of sums that {@link #kl}, {@link #backward} and {@link #squaredError} write for so many elements. */
    public int blocks(long elements) {
        return blocks(device, elements);
    }

    static int blocks(CudaDevice device, long elements) {
        long wanted = (elements + BLOCK - 1) / BLOCK;
        return (int) Math.max(1, Math.min(wanted, (long) device.multiprocessors() * BLOCKS_PER_MULTIPROCESSOR));
    }

    /**
     * KL(Weibull(k, λ) ‖ Weibull(k₀, λ₀)) in nats (equation 3).
     *
     * @param kl receives it for each of count elements, or null
     * @param sums double, blocks(count), receives the sum of each block
     */
    public void kl(
            CUdeviceptr lambda,
            CUdeviceptr k,
            CUdeviceptr kl,
            CUdeviceptr sums,
            long count,
            WeibullConstants constants,
            CUstream stream) {
        arguments.of(Kernel.WEIBULL_KL).pointer(lambda).pointer(k).pointer(kl).pointer(sums);
        arguments.longInteger(count).struct(constants);
        launch(Kernel.WEIBULL_KL, blocks(count), BLOCK, 0, stream);
    }

    /**
     * The backward part of {@link #weibullStep} for noise and a product H·G that others made.
     *
     * @param p rows × 3·{@link #partWidth}
     * @param epsilon noise in (0, 1), rows × r
     * @param hg H·G, rows × r
     * @param s rows × 3·{@link #partWidth}, receives [dAλ | dAk | H]
     * @param sums double, blocks(rows·r) × 2, receives [Σ KL | ⟨H, C⟩] of each block
     */
    public void backward(
            CUdeviceptr p,
            CUdeviceptr biases,
            CUdeviceptr epsilon,
            CUdeviceptr hg,
            CUdeviceptr s,
            CUdeviceptr sums,
            int rows,
            int rank,
            WeibullConstants constants,
            CUstream stream) {
        arguments
                .of(Kernel.WEIBULL_BACKWARD)
                .pointer(p)
                .pointer(biases)
                .pointer(epsilon)
                .pointer(hg);
        arguments.pointer(s).pointer(sums).integer(rows).integer(rank).struct(constants);
        launch(Kernel.WEIBULL_BACKWARD, blocks((long) rows * rank), BLOCK, 0, stream);
    }

    /**
     * Sums over rows.
     *
     * @param matrix rows × stride
     * @param sums double, receives the sum of each of the first columns
     */
    public void columnSums(CUdeviceptr matrix, int stride, int rows, int columns, CUdeviceptr sums, CUstream stream) {
        Kernel kernel = Kernel.COLUMN_SUMS;
        arguments
                .of(kernel)
                .pointer(matrix)
                .integer(stride)
                .integer(rows)
                .integer(columns)
                .pointer(sums);
        arguments.launch(functions.get(kernel), (columns - 1) / 32 + 1, 32, 32, 0, stream);
    }

    /** w ← max(w, 0) for rows × columns with a stride between rows. */
    public void projectNonNegative(CUdeviceptr w, int stride, int rows, int columns, CUstream stream) {
        Kernel kernel = Kernel.PROJECT_NONNEGATIVE;
        arguments.of(kernel).pointer(w).integer(stride).integer(rows).integer(columns);
        launch(kernel, blocks((long) rows * columns), BLOCK, 0, stream);
    }

    /**
     * Row i of the target becomes row order[i] of the source; both have the same stride.
     *
     * @param order 32-bit integers
     */
    public void gatherRows(
            CUdeviceptr source, CUdeviceptr order, CUdeviceptr target, int stride, int rows, CUstream stream) {
        arguments.of(Kernel.GATHER_ROWS).pointer(source).pointer(order).pointer(target);
        arguments.integer(stride).integer(rows);
        launch(Kernel.GATHER_ROWS, blocks((long) rows * stride), BLOCK, 0, stream);
    }

    /**
     * Σ ((v − reconstructed)·scale)².
     *
     * @param v rows × vStride
     * @param reconstructed rows × columns
     * @param sums double, blocks(rows·columns), receives the sum of each block
     */
    public void squaredError(
            CUdeviceptr v,
            int vStride,
            CUdeviceptr reconstructed,
            int rows,
            int columns,
            double scale,
            CUdeviceptr sums,
            CUstream stream) {
        arguments.of(Kernel.SQUARED_ERROR).pointer(v).integer(vStride).pointer(reconstructed);
        arguments.integer(rows).integer(columns).real(scale).pointer(sums);
        launch(Kernel.SQUARED_ERROR, blocks((long) rows * columns), BLOCK, 0, stream);
    }

    /**
     * One multiplicative update of a factor X of V ≈ X·Yᵀ (standard NMF).
     *
     * @param x ≥ 0
     * @param numerator V·Y
     * @param product X·YᵀY
     * @param count elements of each
     */
    public void multiplicativeUpdate(
            CUdeviceptr x, CUdeviceptr numerator, CUdeviceptr product, long count, CUstream stream) {
        factors.multiplicativeUpdate(x, numerator, product, count, 1, 0, DevicePenalty.NONE, 0, stream);
    }

    /**
     * One HALS update of a factor X of V ≈ X·Yᵀ (standard NMF).
     *
     * @param x rows × r, ≥ 0
     * @param numerator V·Y, rows × r
     * @param gram YᵀY, r × r
     */
    public void halsUpdate(
            CUdeviceptr x, CUdeviceptr numerator, CUdeviceptr gram, int rows, int rank, CUstream stream) {
        factors.halsUpdate(x, numerator, gram, rows, rank, 0, DevicePenalty.NONE, 0, stream);
    }

    /**
     * Σ a·b.
     *
     * @param sums double, blocks(count), receives the sum of each block
     */
    public void innerProduct(CUdeviceptr a, CUdeviceptr b, long count, CUdeviceptr sums, CUstream stream) {
        arguments
                .of(Kernel.INNER_PRODUCT)
                .pointer(a)
                .pointer(b)
                .longInteger(count)
                .pointer(sums);
        launch(Kernel.INNER_PRODUCT, blocks(count), BLOCK, 0, stream);
    }

    private void launch(Kernel kernel, int grid, TileChoice choice, CUstream stream) {
        launch(kernel, grid, choice.block(), choice.sharedBytes(), stream);
    }

    private void launch(Kernel kernel, int grid, int block, int sharedBytes, CUstream stream) {
        arguments.launch(functions.get(kernel), grid, block, 1, sharedBytes, stream);
    }
}
