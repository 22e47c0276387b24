package io.github.paenmf.backend;

import java.util.Arrays;

/**
 * Everything a step sums over rows, and so all that chunks, devices or machines have to exchange:
 * add the sums of disjoint rows, then update once.
 */
public final class PartialSums {

    private final float[] q;
    private final float[] k;
    private final double[] biasGradients;
    private double kl;
    private double hc;
    private double squaredNorm;
    private long rows;
    private double residual;
    private long residualRows;

    /** The sums over no rows. */
    public PartialSums(int features, int rank) {
        q = new float[Math.multiplyExact(features, Math.multiplyExact(3, rank))];
        k = new float[Math.multiplyExact(rank, rank)];
        biasGradients = new double[2 * rank];
    }

    /** Q = Vᵀ·S, m × 3r: gradients of Wλ and Wk in units of the raw data, and VᵀH. */
    public float[] q() {
        return q;
    }

    /** K = HᵀH, r × r. */
    public float[] k() {
        return k;
    }

    /** Gradients of [bλ | bk], 2r. */
    public double[] biasGradients() {
        return biasGradients;
    }

    /** Σ KL in nats. */
    public double kl() {
        return kl;
    }

    /** ⟨H, C⟩ with C = V·Wf, in units of the scaled data. */
    public double hc() {
        return hc;
    }

    /** ‖V‖², in units of the scaled data. */
    public double squaredNorm() {
        return squaredNorm;
    }

    /** How many rows were summed. */
    public long rows() {
        return rows;
    }

    /** Σ ‖v − v̂‖² by the residual over {@link #residualRows()} rows, in units of the scaled data. */
    public double residual() {
        return residual;
    }

    /** How many rows {@link #residual()} is of: all of them, or the loss is made by the Gram form. */
    public long residualRows() {
        return residualRows;
    }

    /** Counts rows and the squared norm of their scaled data. */
    public void addRows(long count, double norm) {
        rows += count;
        squaredNorm += norm;
    }

    /** Adds the squared error of rows by their residual. */
    public void addResidual(long count, double squaredError) {
        residualRows += count;
        residual += squaredError;
    }

    /** Adds what the head stage sums as scalars. */
    public void addLoss(double klSum, double hcSum) {
        kl += klSum;
        hc += hcSum;
    }

    /** Back to the sums over no rows. */
    public void clear() {
        Arrays.fill(q, 0f);
        Arrays.fill(k, 0f);
        Arrays.fill(biasGradients, 0.0);
        kl = 0;
        hc = 0;
        squaredNorm = 0;
        rows = 0;
        residual = 0;
        residualRows = 0;
    }

    /** Adds the sums over other rows. */
    public void add(PartialSums other) {
        for (int i = 0; i < q.length; i++) {
            q[i] += other.q[i];
        }
        for (int i = 0; i < k.length; i++) {
            k[i] += other.k[i];
        }
        for (int i = 0; i < biasGradients.length; i++) {
            biasGradients[i] += other.biasGradients[i];
        }
        addLoss(other.kl, other.hc);
        addRows(other.rows, other.squaredNorm);
        addResidual(other.residualRows, other.residual);
    }
}
