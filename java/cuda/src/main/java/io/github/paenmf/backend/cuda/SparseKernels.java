package io.github.paenmf.backend.cuda;

import java.util.EnumMap;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;

/**
 * Products with sparse rows (cuda/sparse.cu) over device memory and a stream of the caller's, in time that grows with the
 * nonzeros; {@link WeibullKernels#sparse} has them. Matrices are row-major as they lie in memory, none of them transposed.
 * Always FP32; sums have an order that depends on the data and the sizes alone. Launches are asynchronous. Not
 * thread-safe. Methods throw {@link CudaException} if the launch fails; an error inside a kernel surfaces at a later call.
 */
public final class SparseKernels {

    private static final int BLOCK = 256;
    private static final int WARPS = BLOCK / 32;
    /** What one block can scan. */
    private static final int SCAN_BLOCK = 1024;
    /** Bounds a grid; kernels go on from there. */
    private static final int MAX_BLOCKS = 1 << 20;
    /** Enough to hide latency: 16 warps a multiprocessor. */
    private static final int TILES_PER_MULTIPROCESSOR = 16;

    private static final int TILE_ROWS = 32;
    private static final int SQUARED_ERROR_BLOCKS_PER_MULTIPROCESSOR = 8;
    private static final int LEAST_PIECE = 512;
    /** A piece leaves two rows of sums at most: so these take at most a byte per nonzero. */
    private static final int PIECE_OF_COMPONENTS = 8;

    private final CudaDevice device;
    private final KernelArguments arguments = new KernelArguments();
    private final Map<Kernel, CUfunction> functions = new EnumMap<>(Kernel.class);

    SparseKernels(CUmodule module, CudaDevice device) {
        this.device = device;
        for (Kernel kernel : new Kernel[] {
            Kernel.SPARSE_PROJECT,
            Kernel.COUNT_COLUMNS,
            Kernel.COUNT_BEFORE,
            Kernel.COLUMN_STARTS,
            Kernel.ORDER_COLUMNS,
            Kernel.SPARSE_ACCUMULATE,
            Kernel.JOIN_PIECES,
            Kernel.EXACT_GRAM,
            Kernel.SPARSE_SQUARED_ERROR
        }) {
            functions.put(kernel, kernel.in(module));
        }
    }

    /** Blocks of which each warp has something to do. */
    private static int blocks(long warps) {
        return (int) Math.max(1, Math.min(MAX_BLOCKS, (warps - 1) / WARPS + 1));
    }

    private void launch(Kernel kernel, int blocks, int threads, CUstream stream) {
        arguments.launch(functions.get(kernel), blocks, threads, 1, 0, stream);
    }

    private static void requireAsTheyLie(DeviceMatrix... matrices) {
        for (DeviceMatrix matrix : matrices) {
            if (matrix.isTransposed()) {
                throw new IllegalArgumentException("products with sparse rows take no transposed matrix");
            }
        }
    }

    private KernelArguments rows(DeviceSparseRows v) {
        return arguments.pointer(v.order()).integer(v.from()).integer(v.rows());
    }

    /**
     * target = factor·V·X.
     *
     * @param x features × components
     * @param target rows × components
     * @throws IllegalArgumentException if a matrix is transposed
     */
    public void project(DeviceSparseRows v, DeviceMatrix x, double factor, DeviceMatrix target, CUstream stream) {
        requireAsTheyLie(x, target);
        arguments.of(Kernel.SPARSE_PROJECT).pointer(v.starts()).pointer(v.columns());
        arguments.pointer(v.values());
        rows(v).pointer(x.pointer()).integer(x.stride()).integer(x.columns());
        arguments.real(factor).pointer(target.pointer()).integer(target.stride());
        launch(Kernel.SPARSE_PROJECT, blocks(v.rows()), BLOCK, stream);
    }

    /**
     * Into how many tiles of rows, each with a count of every column, rows are cut to be put in the order of columns: the
     * counts take no more than 4 bytes per nonzero, or those of one tile.
     *
     * @param nonzeros most that the rows have
     */
    public int tiles(int rows, int features, long nonzeros) {
        long most = Math.min((long) TILES_PER_MULTIPROCESSOR * device.multiprocessors(), (rows - 1) / TILE_ROWS + 1);
        return (int) Math.max(1, Math.min(most, nonzeros / features));
    }

    /**
     * Puts the nonzeros of rows in the order of their columns.
     *
     * @param tiles of {@link #tiles}
     * @param counts 32-bit, tiles × features; work space
     * @param to receives them
     */
    public void orderColumns(DeviceSparseRows v, int tiles, CUdeviceptr counts, DeviceColumns to, CUstream stream) {
        int features = v.features();
        arguments.of(Kernel.COUNT_COLUMNS).pointer(v.starts()).pointer(v.columns());
        rows(v).integer(features).integer(tiles).pointer(counts);
        launch(Kernel.COUNT_COLUMNS, blocks(tiles), BLOCK, stream);

        arguments.of(Kernel.COUNT_BEFORE).pointer(counts).integer(features).integer(tiles);
        arguments.pointer(to.starts());
        launch(Kernel.COUNT_BEFORE, (features - 1) / BLOCK + 1, BLOCK, stream);

        arguments.of(Kernel.COLUMN_STARTS).pointer(to.starts()).integer(features);
        launch(Kernel.COLUMN_STARTS, 1, Math.min(SCAN_BLOCK, features), stream);

        arguments.of(Kernel.ORDER_COLUMNS).pointer(v.starts()).pointer(v.columns());
        arguments.pointer(v.values());
        rows(v).integer(features).integer(tiles);
        arguments.pointer(to.starts()).pointer(counts).pointer(to.rowsOf()).pointer(to.values());
        launch(Kernel.ORDER_COLUMNS, blocks(tiles), BLOCK, stream);
    }

    /** Nonzeros that a warp goes through at once. */
    static int piece(int components) {
        return Math.max(LEAST_PIECE, PIECE_OF_COMPONENTS * components);
    }

    /** Floats of parts that {@link #accumulate} needs for so many nonzeros and up to so many components. */
    public static long parts(long nonzeros, int components) {
        return 2L * components * (nonzeros / piece(components) + 2);
    }

    /**
     * target = factor·VᵀS, or that much more if {@code add}.
     *
     * @param v in the order of columns
     * @param s rows × components
     * @param parts work space, as many floats as {@link #parts} says
     * @param target features × components
     * @throws IllegalArgumentException if a matrix is transposed
     */
    public void accumulate(
            DeviceColumns v,
            DeviceMatrix s,
            double factor,
            boolean add,
            DeviceMatrix target,
            CUdeviceptr parts,
            CUstream stream) {
        requireAsTheyLie(s, target);
        int features = target.rows();
        int components = s.columns();
        int piece = piece(components);
        arguments.of(Kernel.SPARSE_ACCUMULATE).pointer(v.starts()).pointer(v.rowsOf());
        arguments.pointer(v.values()).integer(features).integer(piece);
        arguments.pointer(s.pointer()).integer(s.stride()).integer(components);
        arguments.real(factor).integer(add ? 1 : 0).pointer(target.pointer()).integer(target.stride());
        arguments.pointer(parts);
        launch(Kernel.SPARSE_ACCUMULATE, blocks((v.mostNonzeros() - 1) / piece + 1), BLOCK, stream);

        arguments.of(Kernel.JOIN_PIECES).pointer(v.starts()).integer(features).integer(piece);
        arguments.pointer(parts).integer(components).integer(add ? 1 : 0);
        arguments.pointer(target.pointer()).integer(target.stride());
        launch(Kernel.JOIN_PIECES, blocks(features), BLOCK, stream);
    }

    /**
     * WᵀW in double.
     *
     * @param w features × r
     * @param gram double, r × r
     */
    void exactGram(DeviceMatrix w, CUdeviceptr gram, CUstream stream) {
        arguments.of(Kernel.EXACT_GRAM).pointer(w.pointer()).integer(w.stride());
        arguments.integer(w.rows()).integer(w.columns()).pointer(gram);
        launch(Kernel.EXACT_GRAM, blocks(w.columns()), BLOCK, stream);
    }

    /** How many sums {@link #squaredError} gives. */
    int squaredErrorBlocks(int rows) {
        return Math.min(blocks(rows), SQUARED_ERROR_BLOCKS_PER_MULTIPROCESSOR * device.multiprocessors());
    }

    /**
     * Σ ‖v·scale − W·h‖² of rows.
     *
     * @param w features × r
     * @param gram of {@link #exactGram}
     * @param h rows × r
     * @param sums double, receives those of each of {@link #squaredErrorBlocks}
     */
    void squaredError(
            DeviceSparseRows v,
            double scale,
            DeviceMatrix w,
            CUdeviceptr gram,
            DeviceMatrix h,
            CUdeviceptr sums,
            CUstream stream) {
        arguments.of(Kernel.SPARSE_SQUARED_ERROR).pointer(v.starts()).pointer(v.columns());
        arguments.pointer(v.values());
        rows(v).real(scale).pointer(w.pointer()).integer(w.stride()).pointer(gram);
        arguments.pointer(h.pointer()).integer(h.stride()).integer(w.columns()).pointer(sums);
        launch(Kernel.SPARSE_SQUARED_ERROR, squaredErrorBlocks(v.rows()), BLOCK, stream);
    }
}
