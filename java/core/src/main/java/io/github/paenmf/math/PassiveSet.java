package io.github.paenmf.math;

import java.util.Arrays;

/**
 * The Cholesky factor L·Lᵀ of the rows and columns of a Gram matrix that belong to some of its unknowns, which are
 * added and removed one by one in O(p²) for p of them.
 */
final class PassiveSet {

    /** Of a unit in the last place; times the length of the sums, what rounding leaves of a pivot that is 0. */
    private static final double PIVOT_ULPS = 8;

    private final NormalEquations equations;
    private final int[] members;
    private final boolean[] contains;
    /** L, a row per member; rows are made when first needed. */
    private final double[][] factor;

    private final double pivotMin;
    private int size;

    PassiveSet(NormalEquations equations) {
        this.equations = equations;
        int r = equations.unknowns();
        this.members = new int[r];
        this.contains = new boolean[r];
        this.factor = new double[r][];
        this.pivotMin = pivotMin(r);
    }

    /** The share of a squared length within which a column of W counts as dependent on others. */
    static double pivotMin(int unknowns) {
        return PIVOT_ULPS * (unknowns + 8) * 0x1p-53;
    }

    int size() {
        return size;
    }

    /** The unknown at a position, in [0, size). */
    int member(int position) {
        return members[position];
    }

    boolean contains(int unknown) {
        return contains[unknown];
    }

    void clear() {
        Arrays.fill(contains, false);
        size = 0;
    }

    /** Adds an unknown at the end, unless its column depends on those of the others within rounding. */
    boolean add(int unknown) {
        if (factor[size] == null) {
            factor[size] = new double[members.length];
        }
        double[] row = factor[size];
        double[] gram = equations.gram(unknown);
        double pivot = gram[unknown];
        for (int i = 0; i < size; i++) {
            row[i] = (gram[members[i]] - dot(factor[i], row, i)) / factor[i][i];
            pivot -= row[i] * row[i];
        }
        if (!(pivot > pivotMin * gram[unknown])) {
            return false;
        }
        row[size] = Math.sqrt(pivot);
        contains[unknown] = true;
        members[size++] = unknown;
        return true;
    }

    /** Removes the unknown at a position; those behind it move up. Plane rotations make L triangular again. */
    void remove(int position) {
        contains[members[position]] = false;
        size--;
        double[] freed = factor[position];
        for (int i = position; i < size; i++) {
            members[i] = members[i + 1];
            factor[i] = factor[i + 1];
        }
        factor[size] = freed;
        for (int i = position; i < size; i++) {
            double a = factor[i][i];
            double b = factor[i][i + 1];
            double length = Math.hypot(a, b);
            double cosine = a / length;
            double sine = b / length;
            for (int row = i; row < size; row++) {
                double left = factor[row][i];
                double right = factor[row][i + 1];
                factor[row][i] = cosine * left + sine * right;
                factor[row][i + 1] = cosine * right - sine * left;
            }
        }
    }

    /**
     * Solves L·Lᵀ·x = b in place.
     *
     * @param b a value per member, in the order of their positions; receives x
     */
    void solve(double[] b) {
        for (int i = 0; i < size; i++) {
            b[i] = (b[i] - dot(factor[i], b, i)) / factor[i][i];
        }
        for (int i = size - 1; i >= 0; i--) {
            double[] row = factor[i];
            double x = b[i] / row[i];
            b[i] = x;
            for (int k = 0; k < i; k++) {
                b[k] -= x * row[k];
            }
        }
    }

    /** In four sums, since each is a chain of additions. */
    private static double dot(double[] x, double[] y, int count) {
        double sum0 = 0;
        double sum1 = 0;
        double sum2 = 0;
        double sum3 = 0;
        int i = 0;
        for (; i <= count - 4; i += 4) {
            sum0 += x[i] * y[i];
            sum1 += x[i + 1] * y[i + 1];
            sum2 += x[i + 2] * y[i + 2];
            sum3 += x[i + 3] * y[i + 3];
        }
        for (; i < count; i++) {
            sum0 += x[i] * y[i];
        }
        return (sum0 + sum1) + (sum2 + sum3);
    }
}
