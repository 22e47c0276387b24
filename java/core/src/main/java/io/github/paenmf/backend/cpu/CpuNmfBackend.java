package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Gram;
import io.github.paenmf.backend.NmfBackend;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;

/**
 * Standard NMF on the CPU. As in {@link CpuBackend}, work is cut into fixed pieces, blocks of rows and
 * slices of features, and each sum has one owner who goes through the blocks in order: the number of
 * threads changes no bit.
 */
public final class CpuNmfBackend implements NmfBackend {

    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;
    private static final int COMPONENTS_AT_ONCE = 16;
    /** Keeps the multiplicative update defined where a component is unused. */
    private static final float DENOMINATOR_MIN = 1e-20f;
    /** Smaller factors become 0: products of them would be denormal, which is slow, and do not matter. */
    private static final float FACTOR_MIN = 1e-20f;

    private final NmfProblem problem;
    private final Matrix v;
    private final float inverseScale;
    private final Gemm gemm;
    private final CpuRuntime runtime;
    private final Workers workers;
    private final int n;
    private final int m;
    private final int r;
    private final int blocks;
    private final int sliceFeatures;
    private final int slices;

    /** W and Q = VᵀH, m × r. */
    private final float[] w;

    private final float[] q;
    /** H and C = V·W, n × r. */
    private final Matrix h;

    private final Matrix c;
    /** G = WᵀW and K = HᵀH, r × r. */
    private final float[] g;

    private final float[] k;
    private final Scratch[] scratch;

    /** Of one worker: a block of a factor and of its numerator with a component a row, and a row of products. */
    private static final class Scratch {
        final float[] factor;
        final float[] numerator;
        final float[] product;
        /** What components that are not updated at the same time contribute to the products. */
        final float[] others;

        Scratch(int rows, int rank) {
            factor = new float[rows * rank];
            numerator = new float[rows * rank];
            product = new float[rows];
            others = new float[rows * COMPONENTS_AT_ONCE];
        }
    }

    /**
     * @param execution gives the threads
     */
    public CpuNmfBackend(NmfProblem problem, CpuRuntime runtime, Execution execution) {
        this.problem = problem;
        this.v = problem.data();
        this.inverseScale = (float) (1 / problem.dataScale());
        this.runtime = runtime;
        this.gemm = runtime.gemm();
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.blocks = (n + BLOCK_ROWS - 1) / BLOCK_ROWS;
        this.sliceFeatures = sliceFeatures(m);
        this.slices = (m + sliceFeatures - 1) / sliceFeatures;
        int threads = execution.threads();
        double floats = 2.0 * r * (n + m + r) + 2.0 * threads * r * BLOCK_ROWS;
        Matrix.requireMemory((long) (4 * floats), "factorisation of " + n + " rows at rank " + r);
        this.w = new float[Math.multiplyExact(m, r)];
        this.q = new float[m * r];
        this.h = Matrix.zeros(n, r);
        this.c = Matrix.zeros(n, r);
        this.g = new float[Math.multiplyExact(r, r)];
        this.k = new float[r * r];
        this.workers = new Workers(threads);
        this.scratch = new Scratch[threads];
        int scratchRows = Math.max(sliceFeatures, Math.min(n, BLOCK_ROWS));
        Arrays.setAll(scratch, t -> new Scratch(scratchRows, r));
    }

    /** Narrow slices for few features, so that there are slices for several threads. */
    private static int sliceFeatures(int m) {
        return Math.max(16, Math.min(64, m / 16));
    }

    @Override
    public String description() {
        return runtime.description(workers.threads());
    }

    private int blockRows(int block) {
        return Math.min(BLOCK_ROWS, n - block * BLOCK_ROWS);
    }

    @Override
    public Matrix project(Matrix x) {
        Matrix result = Matrix.zeros(n, x.columns());
        float[] values = contiguous(x);
        workers.run(blocks, (worker, block) -> project(block, values, x.columns(), result));
        return result;
    }

    /** Rows of V·X / scale. */
    private void project(int block, float[] x, int columns, Matrix target) {
        int first = block * BLOCK_ROWS;
        gemm.multiply(
                false,
                false,
                blockRows(block),
                columns,
                m,
                inverseScale,
                v.storage(first),
                v.offset(first),
                m,
                x,
                0,
                columns,
                0f,
                target.storage(first),
                target.offset(first),
                columns);
    }

    private static float[] contiguous(Matrix matrix) {
        float[] values = new float[Math.toIntExact(matrix.size())];
        for (int i = 0; i < matrix.rows(); i++) {
            matrix.copyRow(i, values, i * matrix.columns());
        }
        return values;
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        int columns = y.columns();
        float[] result = new float[Math.multiplyExact(m, columns)];
        workers.run(slices, (worker, slice) -> projectTransposed(slice, y, result));
        return Matrix.wrap(result, m, columns);
    }

    /** Some features' rows of Vᵀ·Y / scale, summed block after block. */
    private void projectTransposed(int slice, Matrix y, float[] target) {
        int feature = slice * sliceFeatures;
        int columns = y.columns();
        for (int block = 0; block < blocks; block++) {
            int first = block * BLOCK_ROWS;
            gemm.multiply(
                    true,
                    false,
                    Math.min(sliceFeatures, m - feature),
                    columns,
                    blockRows(block),
                    inverseScale,
                    v.storage(first),
                    v.offset(first) + feature,
                    m,
                    y.storage(first),
                    y.offset(first),
                    columns,
                    block == 0 ? 0f : 1f,
                    target,
                    feature * columns,
                    columns);
        }
    }

    @Override
    public void setFactors(Matrix newW, Matrix newH) {
        for (int i = 0; i < m; i++) {
            newW.copyRow(i, w, i * r);
        }
        for (int i = 0; i < n; i++) {
            newH.copyRow(i, h.storage(i), h.offset(i));
        }
        gramOfW();
    }

    @Override
    public void dataChanged() {
        // nothing to do: V is read where it lies
    }

    @Override
    public Matrix readW() {
        return Matrix.wrap(w.clone(), m, r);
    }

    @Override
    public Matrix readH() {
        Matrix copy = Matrix.zeros(n, r);
        for (int i = 0; i < n; i++) {
            h.copyRow(i, copy.storage(i), copy.offset(i));
        }
        return copy;
    }

    private void gramOfW() {
        gemm.multiply(true, false, r, r, m, 1f, w, 0, r, w, 0, r, 0f, g, 0, r);
    }

    @Override
    public void updateH() {
        workers.run(blocks, (worker, block) -> {
            project(block, w, r, c);
            int first = block * BLOCK_ROWS;
            update(h.storage(first), c.storage(first), h.offset(first), blockRows(block), g, scratch[worker]);
        });
    }

    @Override
    public void updateW() {
        workers.run(1 + slices, (worker, task) -> {
            if (task > 0) {
                projectTransposed(task - 1, h, q);
                return;
            }
            for (int block = 0; block < blocks; block++) {
                int first = block * BLOCK_ROWS;
                float[] values = h.storage(first);
                int at = h.offset(first);
                gemm.multiply(
                        true,
                        false,
                        r,
                        r,
                        blockRows(block),
                        1f,
                        values,
                        at,
                        r,
                        values,
                        at,
                        r,
                        block == 0 ? 0f : 1f,
                        k,
                        0,
                        r);
            }
        });
        workers.run(slices, (worker, slice) -> {
            int first = slice * sliceFeatures;
            update(w, q, first * r, Math.min(sliceFeatures, m - first), k, scratch[worker]);
        });
        gramOfW();
    }

    /**
     * Updates rows of a factor X of V ≈ X·Yᵀ, each by itself.
     *
     * @param factor holds the rows of X from {@code offset} on
     * @param numerator holds those of V·Y
     * @param gram YᵀY
     */
    private void update(float[] factor, float[] numerator, int offset, int rows, float[] gram, Scratch work) {
        if (problem.algorithm() == NmfAlgorithm.MU) {
            updateMultiplicatively(factor, numerator, offset, rows, gram, work.factor);
        } else {
            updateHierarchically(factor, numerator, offset, rows, gram, work);
        }
    }

    /** X ← X ∘ V·Y / (X·YᵀY). */
    private void updateMultiplicatively(
            float[] factor, float[] numerator, int offset, int rows, float[] gram, float[] product) {
        gemm.multiply(false, false, rows, r, r, 1f, factor, offset, r, gram, 0, r, 0f, product, 0, r);
        for (int i = 0; i < rows * r; i++) {
            float value =
                    factor[offset + i] * Math.max(numerator[offset + i], 0f) / Math.max(product[i], DENOMINATOR_MIN);
            factor[offset + i] = value < FACTOR_MIN ? 0f : value;
        }
    }

    /**
     * x_j ← max(0, x_j + ((V·Y)_j − X·(YᵀY)_j)/(YᵀY)_jj) for one component j after the other. A block is
     * transposed meanwhile, so that the loops over its rows become vector instructions. Components are taken some at
     * once: what the others contribute to X·YᵀY stays the same for all of these, and is a matrix product.
     */
    private void updateHierarchically(
            float[] factor, float[] numerator, int offset, int rows, float[] gram, Scratch work) {
        transpose(factor, offset, work.factor, rows);
        transpose(numerator, offset, work.numerator, rows);
        float[] product = work.product;
        for (int from = 0; from < r; from += COMPONENTS_AT_ONCE) {
            int to = Math.min(r, from + COMPONENTS_AT_ONCE);
            Arrays.fill(work.others, 0, (to - from) * rows, 0f);
            addProducts(work, gram, from, to, 0, from, rows);
            addProducts(work, gram, from, to, to, r, rows);
            for (int j = from; j < to; j++) {
                float norm = gram[j * r + j];
                if (norm < DENOMINATOR_MIN) {
                    continue; // an unused component: every value is as good
                }
                System.arraycopy(work.others, (j - from) * rows, product, 0, rows);
                for (int l = from; l < to; l++) {
                    addMultiple(product, work.factor, l * rows, gram[j * r + l], rows);
                }
                step(work.factor, work.numerator, j * rows, product, 1 / norm, rows);
            }
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < r; j++) {
                factor[offset + i * r + j] = work.factor[j * rows + i];
            }
        }
    }

    /** Adds to X·YᵀY of some components what those from {@code first} on and before {@code last} contribute. */
    private void addProducts(Scratch work, float[] gram, int from, int to, int first, int last, int rows) {
        if (first < last) {
            gemm.multiply(
                    false,
                    false,
                    to - from,
                    rows,
                    last - first,
                    1f,
                    gram,
                    from * r + first,
                    r,
                    work.factor,
                    first * rows,
                    rows,
                    1f,
                    work.others,
                    0,
                    rows);
        }
    }

    private void transpose(float[] from, int offset, float[] to, int rows) {
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < r; j++) {
                to[j * rows + i] = from[offset + i * r + j];
            }
        }
    }

    private static void addMultiple(float[] sum, float[] x, int offset, float times, int count) {
        for (int i = 0; i < count; i++) {
            sum[i] += times * x[offset + i];
        }
    }

    private static void step(float[] x, float[] numerator, int offset, float[] product, float inverseNorm, int count) {
        for (int i = 0; i < count; i++) {
            x[offset + i] = Math.max(0f, x[offset + i] + (numerator[offset + i] - product[i]) * inverseNorm);
        }
    }

    @Override
    public double squaredError() {
        double wq = 0;
        for (int i = 0; i < w.length; i++) {
            wq += (double) w[i] * q[i];
        }
        double kg = 0;
        for (int i = 0; i < g.length; i++) {
            kg += (double) k[i] * g[i];
        }
        return Math.max(0, problem.squaredNorm() - 2 * wq + kg);
    }

    @Override
    public void solveH() {
        double[] gram = Gram.of(readW());
        workers.run(blocks, (worker, block) -> {
            project(block, w, r, c);
            double[] x = new double[r];
            double[] gradient = new double[r];
            for (int i = block * BLOCK_ROWS; i < block * BLOCK_ROWS + blockRows(block); i++) {
                solve(i, gram, x, gradient);
            }
        });
    }

    /** Coordinate descent on ½xᵀGx − cᵀx with x ≥ 0 for one row. */
    private void solve(int row, double[] gram, double[] x, double[] gradient) {
        Arrays.fill(x, 0.0);
        float[] products = c.storage(row);
        int offset = c.offset(row);
        for (int j = 0; j < r; j++) {
            gradient[j] = -products[offset + j];
        }
        for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
            double greatest = 0;
            double change = 0;
            for (int j = 0; j < r; j++) {
                double norm = gram[j * r + j];
                double next = norm < DENOMINATOR_MIN ? 0 : Math.max(0, x[j] - gradient[j] / norm);
                double step = next - x[j];
                if (step != 0) {
                    x[j] = next;
                    addMultiple(gradient, gram, j * r, step);
                }
                greatest = Math.max(greatest, next);
                change = Math.max(change, Math.abs(step));
            }
            if (change <= SOLVED_CHANGE * greatest) {
                break;
            }
        }
        float[] target = h.storage(row);
        for (int j = 0; j < r; j++) {
            target[offset + j] = (float) x[j];
        }
    }

    private void addMultiple(double[] sum, double[] x, int offset, double times) {
        for (int i = 0; i < r; i++) {
            sum[i] += times * x[offset + i];
        }
    }

    @Override
    public double residual() {
        double[] sums = new double[blocks];
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            int count = blockRows(block) * m;
            float[] decoded = new float[count];
            decode(block, 1f, decoded, 0);
            float[] values = v.storage(first);
            int offset = v.offset(first);
            double sum = 0;
            for (int i = 0; i < count; i++) {
                double difference = values[offset + i] / problem.dataScale() - decoded[i];
                sum += difference * difference;
            }
            sums[block] = sum;
        });
        double total = 0;
        for (double sum : sums) {
            total += sum;
        }
        return total;
    }

    @Override
    public void decode(Matrix target) {
        workers.run(blocks, (worker, block) -> {
            int first = block * BLOCK_ROWS;
            decode(block, (float) problem.dataScale(), target.storage(first), target.offset(first));
        });
    }

    private void decode(int block, float scale, float[] target, int offset) {
        int first = block * BLOCK_ROWS;
        gemm.multiply(
                false,
                true,
                blockRows(block),
                m,
                r,
                scale,
                h.storage(first),
                h.offset(first),
                r,
                w,
                0,
                r,
                0f,
                target,
                offset,
                m);
    }

    @Override
    public void close() {
        workers.close();
    }
}
