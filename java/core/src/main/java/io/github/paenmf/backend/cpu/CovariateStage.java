package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.data.CodedCovariates;
import io.github.paenmf.math.FloatMath;
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

    private final double k0;
    /** Of an output of the first layer in units of P. */
    private final double inputUnit;

    /** With which a step moves what rows get of their covariates by as much as biases, on average. */
    private final float rate;

    /** Wx, q × units. */
    private final float[] weights;
    /** B, r × q, and the mean of its prior. */
    private final double[] effects;

    private final double[] centre;

    private final double[] weightMean;
    private final double[] weightSquare;
    private final double[] effectMean;
    private final double[] effectSquare;

    /** x of the rows of a block, q × rows, for each worker. */
    private final double[][] x;

    private CovariateStage(PaeProblem problem, CpuLayout layout) {
        this.coded = problem.covariates();
        this.n = problem.rows();
        this.units = problem.firstUnits();
        this.r = problem.rank();
        this.q = coded.columns();
        this.k0 = problem.configuration().priorShape();
        this.inputUnit = 1.0 / problem.encoderScale();
        this.rate = (float) (problem.rates().bias() / Math.max(1, meanSize(coded)));
        this.weights = new float[q * units];
        this.effects = new double[r * q];
        this.centre = new double[r * q];
        this.weightMean = new double[weights.length];
        this.weightSquare = new double[weights.length];
        this.effectMean = new double[effects.length];
        this.effectSquare = new double[effects.length];
        this.x = new double[layout.threads()][q * layout.blockRows()];
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
    static CovariateStage of(PaeProblem problem, CpuLayout layout) {
        return problem.covariates() == null ? null : new CovariateStage(problem, layout);
    }

    /** How many floats it holds. */
    static double floats(PaeProblem problem, CpuLayout layout) {
        if (problem.covariates() == null) {
            return 0;
        }
        double q = problem.covariates().columns();
        return q * (5.0 * problem.firstUnits() + 8.0 * problem.rank() + 2.0 * layout.threads() * layout.blockRows());
    }

    void set(PaeParameters parameters) {
        System.arraycopy(parameters.covariateWeights(), 0, weights, 0, weights.length);
        System.arraycopy(parameters.effects(), 0, effects, 0, effects.length);
        System.arraycopy(effects, 0, centre, 0, effects.length);
        Arrays.fill(weightMean, 0);
        Arrays.fill(weightSquare, 0);
        Arrays.fill(effectMean, 0);
        Arrays.fill(effectSquare, 0);
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
    }

    /** Adds x·Wx to the first columns of P of a block. */
    void completeInput(int worker, RowStageBlock block) {
        double[] values = x[worker];
        for (int i = 0; i < block.rows; i++) {
            int setting = coded.setting()[block.chunk.id(block.firstRow + i)];
            int from = block.offset + i * block.projectionStride;
            for (int c = 0; c < q; c++) {
                double value = coded.value(setting, c);
                values[c * block.rows + i] = value;
                float inUnits = (float) (value * inputUnit);
                for (int j = 0; j < units; j++) {
                    block.values[from + j] += inUnits * weights[c * units + j];
                }
            }
        }
    }

    /**
     * Gives each coefficient of a block the scale of its prior.
     *
     * @param length stride of the heads
     * @return Σ k₀·B·x, which KL has beside what the kernel makes of it
     */
    double setPriors(int worker, RowStageBlock block, int length, HeadBlock heads) {
        double[] values = x[worker];
        double sum = 0;
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < block.rows; i++) {
                double logRatio = 0;
                for (int c = 0; c < q; c++) {
                    logRatio += effects[j * q + c] * values[c * block.rows + i];
                }
                double power = k0 * CovariatePrior.bounded(logRatio);
                heads.inverseRatio[j * length + i] = FloatMath.exp((float) -power);
                sum += power;
            }
            Arrays.fill(heads.inverseRatio, j * length + block.rows, (j + 1) * length, 1f);
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
        double[] values = x[worker];
        for (int c = 0; c < q; c++) {
            int from = c * block.rows;
            for (int j = 0; j < units; j++) {
                int row = block.offset + j * block.blockStride;
                double sum = 0;
                for (int i = 0; i < block.rows; i++) {
                    sum += values[from + i] * block.values[row + i];
                }
                block.sums[at + c * units + j] = sum;
            }
            for (int j = 0; j < r; j++) {
                double sum = 0;
                for (int i = 0; i < block.rows; i++) {
                    sum += values[from + i] * (1 - heads.tail[j * length + i]);
                }
                block.sums[at + weights.length + j * q + c] = k0 * sum;
            }
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
    }
}
