package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfSums;
import io.github.paenmf.model.StateVisitor;

/**
 * What an update of W goes by where its step has seen only part of the rows: sums over a mini-batch, averaged with those
 * of the mini-batches before it, and with those of rows that a model has seen before the fit. All are in the unit of sums
 * over the n rows of the data, so that an update takes them as it takes those of all rows.
 *
 * <p>A batch of b rows has the weight b beside what earlier ones have together, which is multiplied by f^(b/n), f the forget
 * factor, before. Rows seen before the fit keep their weight.
 *
 * <p>Numerators are r × m with the stride of the layout, and so are denominators that each feature has of its own.
 */
final class RunningSums {

    private final double n;
    private final int m;
    private final int r;
    private final int stride;
    private final boolean ofFeatures;
    private final double forgetFactor;
    /** Averages over batches; of steps that take all rows those of the last. */
    private final float[] numerators;

    private final float[] denominators;
    private double rows;
    /** Of rows before the fit; empty without. */
    private final float[] pastNumerators;

    private final float[] pastDenominators;
    private double pastRows;

    RunningSums(NmfProblem problem, CpuLayout layout) {
        n = problem.rows();
        m = problem.features();
        r = problem.rank();
        stride = layout.featureStride();
        ofFeatures = problem.hasOtherBeta();
        forgetFactor = problem.hasMiniBatches() ? problem.forgetFactor() : 0;
        numerators = new float[Math.multiplyExact(r, stride)];
        denominators = new float[denominators(problem, layout)];
        pastNumerators = new float[problem.goesOn() ? numerators.length : 0];
        pastDenominators = new float[problem.goesOn() ? denominators.length : 0];
    }

    private static int denominators(NmfProblem problem, CpuLayout layout) {
        if (problem.algorithm() == NmfAlgorithm.KL) {
            return problem.rank();
        }
        return problem.rank() * (problem.hasOtherBeta() ? layout.featureStride() : problem.rank());
    }

    /** How many floats it holds, for a bound on memory; none where there are no such sums. */
    static double floats(NmfProblem problem, CpuLayout layout) {
        double each = (double) problem.rank() * layout.featureStride() + denominators(problem, layout);
        return problem.hasSums() ? each * (problem.goesOn() ? 2 : 1) : 0;
    }

    void visit(StateVisitor visitor) {
        visitor.visit(numerators);
        visitor.visit(denominators);
        rows = visitor.visit(rows);
        visitor.visit(pastNumerators);
        visitor.visit(pastDenominators);
        pastRows = visitor.visit(pastRows);
    }

    /** Starts afresh, with the sums of rows before the fit where there are any. */
    void set(NmfSums sums) {
        rows = 0;
        pastRows = 0;
        if (pastNumerators.length > 0) {
            pastRows = sums.rows();
            load(sums.numerators(), true, pastNumerators);
            load(sums.denominators(), ofFeatures, pastDenominators);
        }
    }

    private void load(float[] means, boolean transposed, float[] target) {
        if (transposed) {
            ParameterState.transpose(means, m, r, r, target, stride);
        } else {
            System.arraycopy(means, 0, target, 0, target.length);
        }
        for (int i = 0; i < target.length; i++) {
            target[i] *= (float) n;
        }
    }

    /** Whether nothing has been taken yet, nor seen before: what W starts from then counts as a batch. */
    boolean isEmpty() {
        return rows == 0 && pastRows == 0;
    }

    /** How many rows the sums are of, those that are forgotten in part counted in part. */
    double rows() {
        return Math.min(rows, n) + pastRows;
    }

    /**
     * Takes sums over the rows of a step, and replaces them by what an update goes by.
     *
     * @param count how many rows
     */
    void take(float[] newNumerators, float[] newDenominators, long count) {
        double kept = rows * Math.pow(forgetFactor, (double) count / n);
        rows = kept + count;
        average(newNumerators, kept / rows, n / rows, numerators);
        average(newDenominators, kept / rows, n / rows, denominators);
        mix(numerators, pastNumerators, newNumerators);
        mix(denominators, pastDenominators, newDenominators);
    }

    private static void average(float[] values, double keep, double take, float[] averages) {
        for (int i = 0; i < averages.length; i++) {
            averages[i] = (float) (keep * averages[i] + take * values[i]);
        }
    }

    private void mix(float[] now, float[] past, float[] target) {
        double share = pastRows == 0 ? 0 : pastRows / rows();
        for (int i = 0; i < now.length; i++) {
            target[i] = pastRows == 0 ? now[i] : (float) (share * past[i] + (1 - share) * now[i]);
        }
    }

    /** Writes the means over {@link #rows()} rows. */
    void read(NmfSums target) {
        target.setRows(rows());
        store(numerators, pastNumerators, true, target.numerators());
        store(denominators, pastDenominators, ofFeatures, target.denominators());
    }

    private void store(float[] now, float[] past, boolean transposed, float[] target) {
        float[] mixed = new float[now.length];
        mix(now, past, mixed);
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] /= (float) n;
        }
        if (transposed) {
            ParameterState.transpose(mixed, r, m, stride, target, r);
        } else {
            System.arraycopy(mixed, 0, target, 0, mixed.length);
        }
    }
}
