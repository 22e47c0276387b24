package io.github.paenmf.math;

import java.util.Arrays;

/**
 * The normal equations WᵀW·x = Wᵀv of least squares ‖v − W·x‖² in about 32 digits: sums of pairs of doubles, a value
 * and what rounding left of it. Their condition is the square of W's, so that in double alone a W of condition 1e6
 * would leave 4 digits of x. Thread-safe.
 */
public final class NormalEquations {

    /** 2²⁷ + 1: splits a double into two halves whose products are exact (Veltkamp 1968, Dekker 1971). */
    private static final double SPLIT = 134217729;

    /** Where less of a column is left than this share of its square, sums of some 32 digits keep too few. */
    private static final double LEAST_SHARE = 0x1p-40;

    private final double[][] w;
    private final int unknowns;
    private final double[][] gram;
    private final double[][] gramLow;

    /**
     * @param w W, m × r, values of float precision, whose products are exact in double; must not be written to
     * @param unknowns r, at least 1
     */
    public NormalEquations(double[][] w, int unknowns) {
        this.w = w;
        this.unknowns = unknowns;
        this.gram = new double[unknowns][unknowns];
        this.gramLow = new double[unknowns][unknowns];
        for (double[] row : w) {
            addSquares(row, 1);
        }
        complete();
    }

    /**
     * Of some rows of W alone. The values of the others have to be 0 in {@link #rightSide}.
     *
     * @param all over all rows
     * @param listed which rows are left out, or the only ones that count
     * @param areIn whether they are the only ones
     */
    private NormalEquations(NormalEquations all, int[] listed, int count, boolean areIn) {
        this.w = all.w;
        this.unknowns = all.unknowns;
        this.gram = areIn ? new double[unknowns][unknowns] : copy(all.gram);
        this.gramLow = areIn ? new double[unknowns][unknowns] : copy(all.gramLow);
        for (int l = 0; l < count; l++) {
            addSquares(w[listed[l]], areIn ? 1 : -1);
        }
        complete();
    }

    /**
     * Of least squares over some rows of W and v alone: over those that are listed, or all others. The values of v that do
     * not count have to be 0. Takes time for the rows that are listed, or for the others where differences would lose too
     * many digits.
     *
     * @param listed rows, ascending
     * @param areIn whether they are those that count
     * @param leastShare columns of W that have less than this share of their square in the rows that count, relative to how
     *     many these are, count as 0: so do their unknowns
     */
    public NormalEquations over(int[] listed, int count, boolean areIn, double leastShare) {
        NormalEquations some = new NormalEquations(this, listed, count, areIn);
        for (int j = 0; j < unknowns && !areIn; j++) {
            if (some.gram[j][j] < LEAST_SHARE * gram[j][j]) {
                some = new NormalEquations(this, others(listed, count), w.length - count, true);
                break;
            }
        }
        double rows = areIn ? count : w.length - count;
        for (int j = 0; j < unknowns; j++) {
            if (some.gram[j][j] < leastShare * rows / w.length * gram[j][j]) {
                some.leaveOut(j);
            }
        }
        return some;
    }

    /**
     * WᵀW with a number added to its diagonal, those of ‖v − W·x‖² + amount·‖x‖². A column of 0 stays so: its unknown has
     * nothing to be above 0 for.
     *
     * @param amount finite and at least 0
     */
    public NormalEquations plusDiagonal(double amount) {
        if (amount == 0) {
            return this;
        }
        NormalEquations sum = new NormalEquations(this);
        for (int j = 0; j < unknowns; j++) {
            double square = gram[j][j];
            if (square != 0) {
                sum.gram[j][j] = square + amount;
                sum.gramLow[j][j] += rounding(square, amount);
                sum.normalise(sum.gram[j], sum.gramLow[j]);
            }
        }
        return sum;
    }

    private NormalEquations(NormalEquations other) {
        this.w = other.w;
        this.unknowns = other.unknowns;
        this.gram = copy(other.gram);
        this.gramLow = copy(other.gramLow);
    }

    /** What rounding leaves of a sum of two (Knuth 1969). */
    static double rounding(double a, double b) {
        double sum = a + b;
        double added = sum - a;
        return (a - (sum - added)) + (b - added);
    }

    private void leaveOut(int unknown) {
        Arrays.fill(gram[unknown], 0.0);
        Arrays.fill(gramLow[unknown], 0.0);
        for (int i = 0; i < unknowns; i++) {
            gram[i][unknown] = 0;
            gramLow[i][unknown] = 0;
        }
    }

    private int[] others(int[] listed, int count) {
        int[] others = new int[w.length - count];
        int at = 0;
        for (int i = 0; i < w.length; i++) {
            if (i - at < count && listed[i - at] == i) {
                continue;
            }
            others[at++] = i;
        }
        return others;
    }

    private static double[][] copy(double[][] matrix) {
        return Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
    }

    /** Adds a multiple of y·yᵀ to one half of WᵀW. */
    private void addSquares(double[] y, int times) {
        for (int j = 0; j < unknowns; j++) {
            if (y[j] != 0) {
                addProducts(times * y[j], y, j, gram[j], gramLow[j]);
            }
        }
    }

    private void complete() {
        for (int j = 0; j < unknowns; j++) {
            normalise(gram[j], gramLow[j]);
            for (int i = 0; i < j; i++) {
                gram[j][i] = gram[i][j];
                gramLow[j][i] = gramLow[i][j];
            }
        }
    }

    /** r. */
    int unknowns() {
        return unknowns;
    }

    /** A row of WᵀW, rounded to double; must not be written to. */
    double[] gram(int row) {
        return gram[row];
    }

    /**
     * c = Wᵀv, r values and their low parts.
     *
     * @param values holds v, m values from {@code offset} on
     * @return ‖v‖²
     */
    double rightSide(float[] values, int offset, double[] c, double[] low) {
        Arrays.fill(c, 0, unknowns, 0.0);
        Arrays.fill(low, 0, unknowns, 0.0);
        double squares = 0;
        for (int i = 0; i < w.length; i++) {
            double value = values[offset + i];
            if (value != 0) {
                addProducts(value, w[i], 0, c, low);
                squares += value * value;
            }
        }
        normalise(c, low);
        return squares;
    }

    /** Adds value·x to sums, from an index on; the products are exact. Plain loops that C2 compiles to vectors. */
    private static void addProducts(double value, double[] x, int from, double[] sums, double[] low) {
        for (int j = from; j < x.length; j++) {
            double product = value * x[j];
            double sum = sums[j];
            double next = sum + product;
            double added = next - sum;
            low[j] += (sum - (next - added)) + (product - added);
            sums[j] = next;
        }
    }

    private void normalise(double[] sums, double[] low) {
        for (int j = 0; j < unknowns; j++) {
            double sum = sums[j] + low[j];
            low[j] += sums[j] - sum;
            sums[j] = sum;
        }
    }

    /** Subtracts (x + xLow)·(a row of WᵀW) from a gradient of r values and their low parts. */
    void subtractRow(int row, double x, double xLow, double[] gradient, double[] low) {
        double[] g = gram[row];
        double[] gLow = gramLow[row];
        double bigX = x * SPLIT;
        double highX = bigX - (bigX - x);
        double restX = x - highX;
        for (int j = 0; j < g.length; j++) {
            double factor = g[j];
            double big = factor * SPLIT;
            double high = big - (big - factor);
            double rest = factor - high;
            double product = x * factor;
            double error = ((highX * high - product) + highX * rest + restX * high) + restX * rest;
            double sum = gradient[j];
            double next = sum - product;
            double added = next - sum;
            low[j] += (sum - (next - added)) - (product + added) - error - (x * gLow[j] + xLow * factor);
            gradient[j] = next;
        }
    }
}
