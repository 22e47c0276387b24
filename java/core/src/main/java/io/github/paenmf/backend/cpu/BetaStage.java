package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Rows;
import java.util.Arrays;

/**
 * The numerators and denominators of multiplicative updates by a {@link BetaDivergence}: (V ∘ V̂^(β−2))·W and V̂^(β−1)·W in
 * the columns of P, V̂ of H before the row stage, and likewise Q with the new H. They are sums over all entries that
 * are observed, zeros included: V̂ is made tile by tile, in O(n·m·r), whether V is sparse or not.
 */
final class BetaStage implements DataStage {

    private static final int BLOCK_ROWS = CpuLayout.BLOCK_ROWS;
    private static final int TILE = BetaTile.WIDTH;

    private final CpuLayout layout;
    private final CpuAlgorithm<?> algorithm;
    private final Gemm gemm;
    private final int m;
    private final int r;
    /** Stride of components in Qᵀ and Wᵀ. */
    private final int stride;

    private final float[] ps;
    private final float[] q;
    /** Of each worker. */
    private final BetaTile[] tiles;

    /** Of each worker: the rows of a block of H, r values each. */
    private final float[][] before;

    private Rows chunk;

    BetaStage(CpuLayout layout, CpuAlgorithm<?> algorithm, CpuRuntime runtime, float[] ps, float[] q) {
        this.layout = layout;
        this.algorithm = algorithm;
        this.gemm = runtime.gemm();
        this.m = layout.shape().features();
        this.r = layout.shape().rank();
        this.stride = layout.featureStride();
        this.ps = ps;
        this.q = q;
        this.tiles = new BetaTile[layout.threads()];
        Arrays.setAll(
                tiles, t -> new BetaTile(algorithm.divergence(), layout.shape().dataScale(), m));
        this.before = new float[layout.threads()][BLOCK_ROWS * r];
    }

    /** How many floats each worker holds, for a bound on memory. */
    static double floats(int features, int rank) {
        return BetaTile.floats(features) + (double) BLOCK_ROWS * rank;
    }

    @Override
    public int projectionStride() {
        return 2 * r;
    }

    @Override
    public Gemm.RightFactor rightFactor() {
        return null;
    }

    /** Products read W where the algorithm has it. */
    @Override
    public void weightsChanged(int from, int to) {}

    @Override
    public void open(Rows newChunk) {
        chunk = newChunk;
    }

    @Override
    public int beginProject() {
        return layout.blocks(chunk);
    }

    @Override
    public void project(int worker, int block) {
        int rows = layout.blockRows(chunk, block);
        int first = block * BLOCK_ROWS;
        float[] h = before[worker];
        algorithm.ratioRows().readRows(chunk, first, rows, h, r);
        float[] w = algorithm.weights();
        BetaTile tile = tiles[worker];
        BetaTile.RowIds ids = BetaTile.ids(chunk, first);
        int p = block * layout.blockFloats();
        for (int from = 0; from < m; from += TILE) {
            int width = Math.min(TILE, m - from);
            gemm.multiply(false, false, rows, width, r, h, 0, r, w, from, stride, false, tile.decoded(), 0, TILE);
            tile.makeTerms(chunk.data(), ids, rows, from, width);
            project(tile.values(), rows, width, w, from, p);
            project(tile.decoded(), rows, width, w, from, p + r);
        }
    }

    private void project(float[] terms, int rows, int width, float[] w, int from, int p) {
        gemm.multiply(
                false, true, rows, r, width, terms, 0, TILE, w, from, stride, from > 0, ps, p, projectionStride());
    }

    /** Nothing is left to do: each block is made in one go. */
    @Override
    public void completeProjection(int block) {}

    @Override
    public int beginAccumulate() {
        return layout.slices();
    }

    @Override
    public void accumulate(int worker, int slice, boolean add) {
        BetaTile tile = tiles[worker];
        int end = Math.min((slice + 1) * layout.sliceFeatures(), m);
        for (int from = slice * layout.sliceFeatures(); from < end; from += TILE) {
            int width = Math.min(TILE, end - from);
            for (int block = 0; block < layout.blocks(chunk); block++) {
                int rows = layout.blockRows(chunk, block);
                decode(tile, block, rows, from, width);
                tile.makeTerms(chunk.data(), BetaTile.ids(chunk, block * BLOCK_ROWS), rows, from, width);
                boolean adds = add || block > 0;
                accumulate(tile.values(), block, rows, width, adds, from);
                accumulate(tile.decoded(), block, rows, width, adds, r * stride + from);
            }
        }
    }

    private void accumulate(float[] terms, int block, int rows, int width, boolean add, int at) {
        gemm.multiply(
                false, false, r, width, rows, ps, h(block), layout.blockStride(), terms, 0, TILE, add, q, at, stride);
    }

    /** Where Hᵀ of a block begins. */
    private int h(int block) {
        return block * layout.blockFloats() + r * layout.blockStride();
    }

    /** V̂ of the new H. */
    private void decode(BetaTile tile, int block, int rows, int from, int width) {
        gemm.multiply(
                true,
                false,
                rows,
                width,
                r,
                ps,
                h(block),
                layout.blockStride(),
                algorithm.weights(),
                from,
                stride,
                false,
                tile.decoded(),
                0,
                TILE);
    }

    @Override
    public void beginResidual() {}

    @Override
    public boolean leavesOutMissing() {
        return true;
    }

    /** The divergence of a block. */
    @Override
    public double squaredError(int worker, int block) {
        BetaTile tile = tiles[worker];
        int rows = layout.blockRows(chunk, block);
        double sum = 0;
        for (int from = 0; from < m; from += TILE) {
            int width = Math.min(TILE, m - from);
            decode(tile, block, rows, from, width);
            for (int i = 0; i < rows; i++) {
                sum += tile.divergence(chunk.data(), chunk.id(block * BLOCK_ROWS + i), i, from, width);
            }
        }
        return sum;
    }
}
