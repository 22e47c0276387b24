package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.data.Matrix;

/**
 * How a step is cut up on the CPU: into chunks of rows, blocks of {@link Matrix#ROW_ALIGNMENT} rows and slices of
 * features, for a number of threads.
 *
 * @param shape of the problem
 * @param threads how many take part in a step
 * @param chunkRows most rows of a chunk
 * @param sliceFeatures features of a slice, each of which one thread goes through
 * @param splits in how many slices of features P is made, or 0 if it is made in blocks of rows
 */
public record CpuLayout(Shape shape, int threads, int chunkRows, int sliceFeatures, int splits) {

    static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;

    /** Strides are multiples of this, which is one of every vector's length. */
    private static final int ALIGNMENT = 32;
    /** Work space for P and S is kept to about this many floats. */
    private static final int AUTO_CHUNK_FLOATS = 1 << 25;

    private static final int MAX_CHUNK_FLOATS = Integer.MAX_VALUE - 8; // of one Java array
    /** Floating-point operations of a step that are worth a thread: about 20 µs. */
    private static final double THREAD_FLOPS = 2e6;
    /** Slices of features for each thread: wide, since each reads all of S. */
    private static final int SLICES_PER_THREAD = 2;
    /** Up to so many rows a step, P is made in slices of features rather than blocks of rows. */
    private static final int FEW_ROWS = 128;

    private static final int SPLIT_FEATURES = 512;
    private static final int MAX_SPLITS = 8;

    /**
     * @param execution gives the threads, of which fewer may be used, and the rows of a chunk
     */
    static CpuLayout of(Shape shape, Execution execution) {
        double flops = 4.0 * shape.batchRows() * shape.features() * shape.columns();
        int threads = Workers.worth(flops, THREAD_FLOPS, execution.threads());
        int chunkRows = chunkRows(execution.chunkRows(), shape);
        int sliceFeatures = stride((shape.features() - 1) / (threads * SLICES_PER_THREAD) + 1);
        return new CpuLayout(shape, threads, chunkRows, sliceFeatures, splits(shape));
    }

    /** What was asked for, or as many as keep the work space in bounds; whole blocks unless it is all rows. */
    private static int chunkRows(int asked, Shape shape) {
        int chosen = asked > 0 ? asked : rowsOfBlocks(AUTO_CHUNK_FLOATS, shape);
        return Math.min(Math.min(chosen, rowsOfBlocks(MAX_CHUNK_FLOATS, shape)), shape.batchRows());
    }

    /** Rows of the whole blocks that fit, at least one block. */
    private static int rowsOfBlocks(int floats, Shape shape) {
        int blocks = (int) Math.max(1, floats / blockFloats(BLOCK_ROWS, shape.columns()));
        return blocks * BLOCK_ROWS;
    }

    private static int splits(Shape shape) {
        return !shape.sparse() && shape.batchRows() <= FEW_ROWS && shape.features() >= SPLIT_FEATURES
                ? Math.min(MAX_SPLITS, shape.features() / SPLIT_FEATURES)
                : 0;
    }

    /** Stride of rows of so many values. */
    public static int stride(int count) {
        return (count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /** Of one block: P with its rows padded to whole vectors, or Sᵀ. */
    private static double blockFloats(int blockRows, int columns) {
        double p = (double) HeadBlock.stride(blockRows) * stride(columns);
        return Math.max(p, (double) columns * blockStride(blockRows));
    }

    /** A cache line more than the rows need, so that not all components fall into the same cache sets. */
    private static int blockStride(int blockRows) {
        return HeadBlock.stride(blockRows) + 16;
    }

    /** Most rows of a block. */
    int blockRows() {
        return Math.min(BLOCK_ROWS, chunkRows);
    }

    /** Most blocks of a chunk. */
    int blocks() {
        return (chunkRows + BLOCK_ROWS - 1) / BLOCK_ROWS;
    }

    /** Floats of a block's region, which holds P and then Sᵀ. */
    int blockFloats() {
        return (int) blockFloats(blockRows(), shape.columns());
    }

    /** Stride of components in Sᵀ. */
    int blockStride() {
        return blockStride(blockRows());
    }

    /** Stride of components in Qᵀ and Wᵀ. */
    int featureStride() {
        return stride(shape.features());
    }

    /** Blocks of a chunk. */
    int blocks(Rows chunk) {
        return (chunk.count() - 1) / BLOCK_ROWS + 1;
    }

    /** Rows of a block of a chunk. */
    int blockRows(Rows chunk, int block) {
        return Math.min(BLOCK_ROWS, chunk.count() - block * BLOCK_ROWS);
    }

    int slices() {
        return (shape.features() - 1) / sliceFeatures + 1;
    }

    /** Features of one of the splits of P; 0 if there are none. */
    int splitFeatures() {
        return splits == 0 ? 0 : stride((shape.features() + splits - 1) / splits);
    }

    /**
     * Checks that there is room, before any of it is taken.
     *
     * @param algorithmFloats of the algorithm, its parameters included
     * @param rowSums numbers that the row stage adds up
     * @throws io.github.paenmf.data.DataException if there is not
     */
    void requireMemory(double algorithmFloats, int rowSums) {
        int columns = shape.columns();
        int rank = shape.rank();
        double gathered = shape.hasMiniBatches() && !shape.sparse() ? (double) shape.features() * chunkRows : 0;
        double rowMajor = shape.sparse() ? (double) stride(columns) * (chunkRows + shape.features()) : 0; // S and Q
        double chunk = blockFloats(blockRows(), columns) * blocks() + gathered + rowMajor;
        double q = 2.0 * columns * featureStride(); // and W, ready to be multiplied with
        double gramAndK = 2.0 * rank * rank;
        double blockSums = 2.0 * rowSums * blocks(); // doubles
        double splitSums = (double) columns * splits * chunkRows;
        double floats = chunk + q + gramAndK + blockSums + splitSums + algorithmFloats;
        Matrix.requireMemory((long) (4 * floats), "training step of " + chunkRows + " rows at rank " + rank);
    }
}
