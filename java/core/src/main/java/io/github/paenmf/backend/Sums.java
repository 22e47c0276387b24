package io.github.paenmf.backend;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/**
 * Everything a step sums over rows, and so all that chunks, devices or machines have to exchange:
 * add the sums of disjoint rows, then update once.
 */
public final class Sums {

    private final float[] q;
    private final float[] k;
    private final double[] ofRows;
    private double squaredNorm;
    private long rows;
    private double residual;
    private long residualRows;

    /**
     * The sums over no rows.
     *
     * @param features m
     * @param columns of W and S
     * @param rank r
     * @param ofRows how many numbers the row stage of the algorithm adds up
     */
    public Sums(int features, int columns, int rank, int ofRows) {
        this(
                new float[Math.multiplyExact(features, columns)],
                new float[Math.multiplyExact(rank, rank)],
                new double[ofRows]);
    }

    private Sums(float[] q, float[] k, double[] ofRows) {
        this.q = q;
        this.k = k;
        this.ofRows = ofRows;
    }

    /** Q = Vᵀ·S, m × columns, in units of the raw data. */
    public float[] q() {
        return q;
    }

    /** K = HᵀH, r × r. */
    public float[] k() {
        return k;
    }

    /** What the row stage of the algorithm adds up. */
    public double[] ofRows() {
        return ofRows;
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

    /** How many rows {@link #residual()} is of: all of them, or the objective is made by the Gram form. */
    public long residualRows() {
        return residualRows;
    }

    /** Whether the squared error is known by the residual of every row. */
    public boolean hasResidual() {
        return residualRows == rows;
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

    /** Back to the sums over no rows. */
    public void clear() {
        Arrays.fill(q, 0f);
        Arrays.fill(k, 0f);
        clearScalars();
    }

    /** Back to the sums over no rows, except for Q and K. */
    public void clearScalars() {
        Arrays.fill(ofRows, 0.0);
        squaredNorm = 0;
        rows = 0;
        residual = 0;
        residualRows = 0;
    }

    /** Adds the sums over other rows. */
    public void add(Sums other) {
        add(q, other.q);
        add(k, other.k);
        addScalars(other);
    }

    /** Adds the sums over other rows, except for Q and K. */
    public void addScalars(Sums other) {
        for (int i = 0; i < ofRows.length; i++) {
            ofRows[i] += other.ofRows[i];
        }
        addRows(other.rows, other.squaredNorm);
        addResidual(other.residualRows, other.residual);
    }

    private static void add(float[] to, float[] values) {
        for (int i = 0; i < to.length; i++) {
            to[i] += values[i];
        }
    }

    /** Writes all of it, for {@link #read}: lengths, then values. */
    public void writeTo(DataOutput out) throws IOException {
        out.writeInt(q.length);
        out.writeInt(k.length);
        out.writeInt(ofRows.length);
        FloatBytes.write(q, out);
        FloatBytes.write(k, out);
        for (double value : ofRows) {
            out.writeDouble(value);
        }
        out.writeDouble(squaredNorm);
        out.writeLong(rows);
        out.writeDouble(residual);
        out.writeLong(residualRows);
    }

    /** What {@link #writeTo} has written, to the bit. */
    public static Sums read(DataInput in) throws IOException {
        Sums sums = new Sums(new float[in.readInt()], new float[in.readInt()], new double[in.readInt()]);
        FloatBytes.read(in, sums.q);
        FloatBytes.read(in, sums.k);
        for (int i = 0; i < sums.ofRows.length; i++) {
            sums.ofRows[i] = in.readDouble();
        }
        sums.squaredNorm = in.readDouble();
        sums.rows = in.readLong();
        sums.residual = in.readDouble();
        sums.residualRows = in.readLong();
        return sums;
    }
}
