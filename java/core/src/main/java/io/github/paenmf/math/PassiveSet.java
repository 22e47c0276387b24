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

    /** Room for Lᵀ. */
    private final double[][] transposed;

    private final double pivotMin;
    private int size;

    PassiveSet(NormalEquations equations) {
        this.equations = equations;
        int r = equations.unknowns();
        this.members = new int[r];
        this.contains = new boolean[r];
        this.factor = new double[r][];
        this.transposed = new double[r][r];
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

    /**
     * Makes these the members, in ascending order, at once: as adding them one by one, in loops over more memory in a row.
     *
     * @param chosen of each unknown whether it is one
     * @return whether no column depends on those of others within rounding; if one does, the set is empty
     */
    boolean set(boolean[] chosen) {
        clear();
        for (int j = 0; j < chosen.length; j++) {
            contains[j] = chosen[j];
            if (chosen[j]) {
                members[size++] = j;
            }
        }
        for (int i = 0; i < size; i++) {
            if (!factorise(i)) {
                clear();
                return false;
            }
        }
        for (int i = 0; i < size; i++) {
            if (factor[i] == null) {
                factor[i] = new double[members.length];
            }
            for (int k = 0; k <= i; k++) {
                factor[i][k] = transposed[k][i];
            }
        }
        return true;
    }

    /** A row of Lᵀ, given those before. */
    private boolean factorise(int position) {
        double[] row = transposed[position];
        double[] gram = equations.gram(members[position]);
        for (int i = position; i < size; i++) {
            row[i] = gram[members[i]];
        }
        double square = row[position];
        int k = 0;
        for (; k <= position - 4; k += 4) {
            subtractMultiples(k, position, row);
        }
        for (; k < position; k++) {
            double[] other = transposed[k];
            double times = other[position];
            for (int i = position; i < size; i++) {
                row[i] -= times * other[i];
            }
        }
        if (!(row[position] > pivotMin * square)) {
            return false;
        }
        double root = Math.sqrt(row[position]);
        for (int i = position; i < size; i++) {
            row[i] /= root;
        }
        return true;
    }

    /** Of four rows of Lᵀ at once, for fewer stores. */
    private void subtractMultiples(int first, int position, double[] row) {
        double[] other0 = transposed[first];
        double[] other1 = transposed[first + 1];
        double[] other2 = transposed[first + 2];
        double[] other3 = transposed[first + 3];
        double times0 = other0[position];
        double times1 = other1[position];
        double times2 = other2[position];
        double times3 = other3[position];
        for (int i = position; i < size; i++) {
            row[i] -= (times0 * other0[i] + times1 * other1[i]) + (times2 * other2[i] + times3 * other3[i]);
        }
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
