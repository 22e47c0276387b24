package io.github.paenmf.backend.cpu;

/**
 * The products of a step with a Poisson likelihood: of the ratios V ⊘ V̂ in place of V, where V̂ = S·Wᵀ is made at the
 * nonzeros alone. For P the rows' values are those that the algorithm keeps, for Q those of the new S. Beside P it sums
 * up Σ v ln v̂ of each block.
 */
final class PoissonStage extends SparseStage {

    /** Of v̂: with it ratios stay finite. */
    static final float LEAST = 1e-30f;

    private final SparseKernel kernel;
    private final PoissonKernel logarithms;
    private final RowState rows;
    private final int ld;
    private final double[] logSums;
    private final CpuLayout layout;
    /** Of each worker: the rows of a block of S, each ld long; v̂ of the nonzeros of one, and their logarithms. */
    private final float[][] before;

    private final float[][] decoded;
    private final float[][] logs;

    /**
     * @param rows S as the rows have it before the row stage
     */
    PoissonStage(
            CpuLayout layout,
            CpuAlgorithm<?> algorithm,
            CpuRuntime runtime,
            Workers workers,
            float[] ps,
            float[] q,
            RowState rows) {
        super(layout, algorithm, runtime, workers, ps, q);
        this.kernel = runtime.sparseKernel();
        this.logarithms = runtime.poissonKernel();
        this.rows = rows;
        this.ld = projectionStride();
        this.logSums = new double[layout.blocks()];
        this.layout = layout;
        this.before = new float[layout.threads()][CpuLayout.BLOCK_ROWS * ld];
        this.decoded = new float[layout.threads()][layout.featureStride()];
        this.logs = new float[layout.threads()][layout.featureStride()];
    }

    @Override
    public void project(int worker, int block) {
        logSums[block] = 0;
        rows.readRows(chunk(), block * CpuLayout.BLOCK_ROWS, layout.blockRows(chunk(), block), before[worker], ld);
        super.project(worker, block);
    }

    @Override
    public double projectionSum(int block) {
        return logSums[block];
    }

    @Override
    void weigh(int worker, int block, int row, int count, int[] columns, float[] nonzeros) {
        float[] v = decoded[worker];
        kernel.decode(count, columns, before[worker], row * ld, factor(), ld, v);
        logSums[block] += toRatios(count, nonzeros, v, logs[worker]);
    }

    @Override
    void columnsAreCopied(int longest) {
        for (int worker = 0; worker < decoded.length; worker++) {
            decoded[worker] = new float[Math.max(decoded[worker].length, longest)];
        }
    }

    @Override
    void weighAgain(int worker, int count, int[] at, float[] nonzeros, float[] x, int offset, float[] others) {
        float[] v = decoded[worker];
        kernel.decode(count, at, x, offset, others, ld, v);
        for (int l = 0; l < count; l++) {
            nonzeros[l] /= Math.max(LEAST, v[l]);
        }
    }

    /**
     * Divides nonzeros of a row by what they are decoded to.
     *
     * @return Σ v ln v̂
     */
    private double toRatios(int count, float[] nonzeros, float[] decodedValues, float[] logValues) {
        for (int l = 0; l < count; l++) {
            decodedValues[l] = Math.max(LEAST, decodedValues[l]);
        }
        logarithms.log(decodedValues, logValues, count);
        double sum = 0;
        for (int l = 0; l < count; l++) {
            sum += (double) nonzeros[l] * logValues[l];
            nonzeros[l] /= decodedValues[l];
        }
        return sum;
    }
}
