package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * What covariates x of rows do in a step of PAE-NMF: x·Wx is added to what the encoder's first layer makes of the data, and
 * the prior scale of a coefficient is λ₀ᵢⱼ = λ₀·exp(B_j·xᵢ). B is normal a priori, with a variance of 1 around 0, or in a fit
 * that goes on around what it was.
 */
final class CovariateStage {

    private final CodedCovariates coded;
    private final int n;
    private final int units;
    private final int r;
    /** Columns of covariates. */
    private final int q;

    private final int blockRows;
    private final float k0;
    /** Of an output of the first layer in units of P. */
    private final float inputUnit;

    private final Gemm gemm;

    /** With which a step moves what rows get of their covariates by as much as biases, on average. */
    private final float rate;

    /** Wx, q × units, and the same in units of P. */
    private final float[] weights;

    private final float[] inUnits;
    /** B, r × q, and the mean of its prior. */
    private final double[] effects;

    private final double[] centre;

    private final double[] weightMean;
    private final double[] weightSquare;
    private final double[] effectMean;
    private final double[] effectSquare;

    /** x of the rows of a block, q × rows, for each worker; likewise B in float32, and gradients over a block. */
    private final float[][] x;

    private final float[][] rounded;
    private final float[][] product;

    private CovariateStage(PaeProblem problem, CpuLayout layout, CpuRuntime runtime) {
        this.coded = problem.covariates();
        this.n = problem.rows();
        this.units = problem.firstUnits();
        this.r = problem.rank();
        this.q = coded.columns();
        this.blockRows = layout.blockRows();
        this.k0 = (float) problem.configuration().priorShape();
        this.inputUnit = 1 / problem.encoderScale();
        this.gemm = runtime.gemm();
        this.rate = (float) (problem.rates().bias() / Math.max(1, meanSize(coded)));
        this.weights = new float[q * units];
        this.inUnits = new float[q * units];
        this.effects = new double[r * q];
        this.centre = new double[r * q];
        this.weightMean = new double[weights.length];
        this.weightSquare = new double[weights.length];
        this.effectMean = new double[effects.length];
        this.effectSquare = new double[effects.length];
        this.x = new float[layout.threads()][q * blockRows];
        this.rounded = new float[layout.threads()][effects.length];
        this.product = new float[layout.threads()][q * Math.max(units, r)];
    }

    /** Mean ‖x‖₁ of rows. */
    private static double meanSize(CodedCovariates coded) {
        double sum = 0;
        for (int setting : coded.setting()) {
            for (int c = 0; c < coded.columns(); c++) {
                sum += Math.abs(coded.value(setting, c));
            }
        }
        return sum / coded.setting().length;
    }

    /** Null where rows have no covariates. */
    static CovariateStage of(PaeProblem problem, CpuLayout layout, CpuRuntime runtime) {
        return problem.covariates() == null ? null : new CovariateStage(problem, layout, runtime);
    }

    /** How many floats it holds. */
    static double floats(PaeProblem problem, CpuLayout layout) {
        if (problem.covariates() == null) {
            return 0;
        }
        double q = problem.covariates().columns();
        double parameters = 6.0 * problem.firstUnits() + 8.0 * problem.rank();
        double ofWorker = layout.blockRows() + problem.firstUnits() + 2.0 * problem.rank();
        return q * (parameters + layout.threads() * ofWorker);
    }

    void set(PaeParameters parameters) {
        System.arraycopy(parameters.covariateWeights(), 0, weights, 0, weights.length);
        System.arraycopy(parameters.effects(), 0, effects, 0, effects.length);
        System.arraycopy(effects, 0, centre, 0, effects.length);
        Arrays.fill(weightMean, 0);
        Arrays.fill(weightSquare, 0);
        Arrays.fill(effectMean, 0);
        Arrays.fill(effectSquare, 0);
        toUnits();
    }

    private void toUnits() {
        for (int e = 0; e < weights.length; e++) {
            inUnits[e] = weights[e] * inputUnit;
        }
    }

    void read(PaeParameters target) {
        target.setCovariates(weights.clone(), effects.clone());
    }

    void visit(StateVisitor visitor) {
        visitor.visit(weights);
        visitor.visit(effects);
        visitor.visit(weightMean);
        visitor.visit(weightSquare);
        visitor.visit(effectMean);
        visitor.visit(effectSquare);
        toUnits();
    }

    /** Adds x·Wx to the first columns of P of a block. */
    void completeInput(int worker, RowStageBlock block) {
        float[] values = x[worker];
        for (int i = 0; i < block.rows; i++) {
            int setting = coded.setting()[block.chunk.id(block.firstRow + i)];
            for (int c = 0; c < q; c++) {
                values[c * blockRows + i] = (float) coded.value(setting, c);
            }
        }
        gemm.multiply(
                true,
                false,
                block.rows,
                units,
                q,
                values,
                0,
                blockRows,
                inUnits,
                0,
                units,
                true,
                block.values,
                block.offset,
                block.projectionStride);
    }

    /**
     * Gives each coefficient of a block the scale of its prior.
     *
     * @param length stride of the heads
     * @return Σ k₀·B·x, which KL has beside what the kernel makes of it
     */
    double setPriors(int worker, RowStageBlock block, int length, HeadBlock heads) {
        float[] logs = heads.inverseRatio;
        for (int e = 0; e < effects.length; e++) {
            rounded[worker][e] = (float) effects[e];
        }
        gemm.multiply(
                false, false, r, block.rows, q, rounded[worker], 0, q, x[worker], 0, blockRows, false, logs, 0, length);
        double sum = 0;
        for (int j = 0; j < r; j++) {
            for (int e = j * length; e < j * length + block.rows; e++) {
                logs[e] = (float) (-k0 * CovariatePrior.bounded(logs[e]));
                sum -= logs[e];
            }
            Arrays.fill(logs, j * length + block.rows, (j + 1) * length, 0f);
        }
        return sum;
    }

    /**
     * Adds up the gradients of Wx and B over a block: Σ x·dA, and of the KL alone Σ x·k₀(1 − E(h/λ₀ᵢⱼ)^k₀).
     *
     * @param length stride of the heads
     * @param at where they go among the block's sums
     */
    void sum(int worker, RowStageBlock block, int length, HeadBlock heads, int at) {
        float[] byScale = heads.tail;
        for (int e = 0; e < r * length; e++) {
            byScale[e] = k0 * (1 - byScale[e]);
        }
        sum(worker, q, units, x[worker], 0, blockRows, block.values, block.offset, block.blockStride, block, at);
        sum(worker, r, q, byScale, 0, length, x[worker], 0, blockRows, block, at + weights.length);
    }

    /** Σ over the rows of a block of a·b, of each row of A with each of B. */
    private void sum(
            int worker,
            int m,
            int n,
            float[] a,
            int offsetA,
            int lda,
            float[] b,
            int offsetB,
            int ldb,
            RowStageBlock block,
            int at) {
        float[] sums = product[worker];
        gemm.multiply(false, true, m, n, block.rows, a, offsetA, lda, b, offsetB, ldb, false, sums, 0, n);
        for (int e = 0; e < m * n; e++) {
            block.sums[at + e] = sums[e];
        }
    }

    /** −ln of the prior of B less its constant, per row. */
    double penalty() {
        double sum = 0;
        for (int e = 0; e < effects.length; e++) {
            double apart = effects[e] - centre[e];
            sum += apart * apart / 2;
        }
        return sum / n;
    }

    /**
     * A step of adam.
     *
     * @param at where the gradients begin among the sums
     * @param rows of the step
     */
    void update(double[] sums, int at, double rows, ParameterState state) {
        for (int e = 0; e < weights.length; e++) {
            double gradient = sums[at + e] / rows;
            weights[e] -= (float) state.adamStep(weightMean, weightSquare, e, gradient, rate);
        }
        for (int e = 0; e < effects.length; e++) {
            double gradient = sums[at + weights.length + e] / rows + (effects[e] - centre[e]) / n;
            effects[e] -= state.adamStep(effectMean, effectSquare, e, gradient, rate);
        }
        toUnits();
    }
}
