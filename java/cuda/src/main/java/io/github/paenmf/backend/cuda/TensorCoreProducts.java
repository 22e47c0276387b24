package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUfunction;
import jcuda.driver.CUstream;

/**
 * Matrix products by tensor cores, as exact as in float32 (cuda/multiply_3xtf32.cu), on a device's stream. Their bits
 * depend on nothing but shapes and values. Not thread-safe.
 */
final class TensorCoreProducts {

    private static final int BLOCK = 256;
    /** Of the product, what a block computes: kProductRows, kProductColumns. */
    private static final int TILE_ROWS = 128;

    private static final int TILE_COLUMNS = 64;
    /** kDepth: a block takes a multiple of so many terms. */
    private static final int DEPTH = 16;
    /** Where the product has fewer tiles, several blocks share the terms of one: two for each of 128
     * multiprocessors. */
    private static final int WANTED_BLOCKS = 256;
    /** Fewer terms are not worth a block and the sum of what blocks have. */
    private static final int LEAST_TERMS = 256;

    private final CudaDevice device;
    private final CUstream stream;
    private final KernelArguments arguments = new KernelArguments();
    private final CUfunction multiply;
    private final CUfunction multiplyTranspose;
    private final CUfunction sum;
    private final CUdeviceptr slices;

    /** Allocates. */
    TensorCoreProducts(DeviceWorkspace device) {
        this.device = device.context().device();
        this.stream = device.stream();
        this.multiply = Kernel.MULTIPLY_3XTF32.in(device.context().module());
        this.multiplyTranspose =
                Kernel.MULTIPLY_TRANSPOSE_3XTF32.in(device.context().module());
        this.sum = Kernel.SUM_PRODUCTS.in(device.context().module());
        long bytes = 4L * WANTED_BLOCKS * TILE_ROWS * TILE_COLUMNS;
        this.slices = device.allocate(bytes, "products of slices").pointer();
    }

    /**
     * Of how many terms a block takes the sum: all of them, unless the product has few tiles.
     *
     * @param rows of the product
     * @param columns of the product
     * @param depth how many terms there are
     */
    static int depthOfBlock(int rows, int columns, int depth) {
        long tiles = tiles(rows, TILE_ROWS) * tiles(columns, TILE_COLUMNS);
        long most = Math.min(WANTED_BLOCKS / tiles, depth / LEAST_TERMS);
        return most < 2 ? depth : (int) tiles((int) tiles(depth, (int) most), DEPTH) * DEPTH;
    }

    private static long tiles(int length, int tile) {
        return (length - 1L) / tile + 1;
    }

    /**
     * C = factor·A·B, or C += factor·A·B.
     *
     * @param a A, or its transpose
     * @param b not a transpose
     * @param c not a transpose
     * @throws IllegalArgumentException if the shapes do not fit each other, or B or C is a transpose
     * @throws CudaException if a launch fails
     */
    void multiply(float factor, DeviceMatrix a, DeviceMatrix b, boolean add, DeviceMatrix c) {
        DeviceMatrix.requireProduct(a, b, c);
        if (b.isTransposed()) {
            throw new IllegalArgumentException(b.shape() + ", a transpose, is no second factor here");
        }
        int rows = c.rows();
        int columns = c.columns();
        int depth = a.columns();
        int depthOfBlock = depthOfBlock(rows, columns, depth);
        int count = (int) tiles(depth, depthOfBlock);
        boolean whole = count == 1;

        arguments.of(a.isTransposed() ? Kernel.MULTIPLY_TRANSPOSE_3XTF32 : Kernel.MULTIPLY_3XTF32);
        arguments.pointer(a.pointer()).integer(a.stride()).pointer(b.pointer()).integer(b.stride());
        arguments.pointer(whole ? c.pointer() : slices).integer(whole ? c.stride() : columns);
        arguments.integer(rows).integer(columns).integer(depth).integer(depthOfBlock);
        arguments.real(factor).integer(whole && add ? 1 : 0);
        int blocks = Math.toIntExact(tiles(rows, TILE_ROWS) * tiles(columns, TILE_COLUMNS) * count);
        arguments.launch(a.isTransposed() ? multiplyTranspose : multiply, blocks, BLOCK, 1, 0, stream);
        if (!whole) {
            arguments.of(Kernel.SUM_PRODUCTS).pointer(slices).integer(count);
            arguments.pointer(c.pointer()).integer(c.stride());
            arguments.integer(rows).integer(columns).integer(add ? 1 : 0);
            arguments.launch(sum, WeibullKernels.blocks(device, (long) rows * columns), BLOCK, 1, 0, stream);
        }
    }
}
