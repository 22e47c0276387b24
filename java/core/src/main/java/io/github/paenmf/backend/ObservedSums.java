package io.github.paenmf.backend;

import io.github.paenmf.data.Mask;

/**
 * Sums of a factor Y ≥ 0 over the entries of a row that are observed, Σ y of each component. Where few entries are missing,
 * what they have is taken off the sums over all; where few are observed, sums go over these. Of one thread.
 */
public final class ObservedSums {

    /**
     * A sum of k numbers above 0 in double is off by k·2⁻⁵³ of itself at most, and the difference of two by twice as much.
     * That is less than 2⁻²⁴ of what is left, as a float is rounded, where more than k·2⁻²⁸ of the sum over all is left.
     */
    private static final double LEAST_LEFT = 0x1p-28;

    private final int[] entries;
    private final float[] values;

    /**
     * @param size entries of a row
     */
    public ObservedSums(int size) {
        this.entries = new int[size];
        this.values = new float[size];
    }

    /** Y, by component and entry. */
    public interface Factor {

        /**
         * Copies values of a component at some entries.
         *
         * @param target takes {@code count} values
         */
        void copy(int component, int[] entries, int count, float[] target);
    }

    /**
     * Adds up.
     *
     * @param mask null if nothing is missing
     * @param totals sums over all entries in double, one for each component
     * @param target receives as many sums over what is observed
     */
    public void of(Mask mask, int row, Factor factor, double[] totals, double[] target) {
        int r = totals.length;
        if (mask == null || mask.missing(row) == 0) {
            System.arraycopy(totals, 0, target, 0, r);
            return;
        }
        int size = mask.columns();
        boolean left = 2L * mask.missing(row) <= size;
        if (left) {
            int count = list(mask, row, false);
            for (int j = 0; j < r && left; j++) {
                target[j] = totals[j] - sum(factor, j, count);
                left = target[j] > size * LEAST_LEFT * totals[j] || totals[j] == 0;
            }
        }
        if (!left) {
            int count = list(mask, row, true);
            for (int j = 0; j < r; j++) {
                target[j] = sum(factor, j, count);
            }
        }
    }

    /** Lists the entries of a row that are observed, or those that are missing. */
    private int list(Mask mask, int row, boolean observed) {
        return observed == mask.listsObserved() ? mask.copyListed(row, entries) : mask.copyUnlisted(row, entries);
    }

    private double sum(Factor factor, int component, int count) {
        factor.copy(component, entries, count, values);
        double sum = 0;
        for (int l = 0; l < count; l++) {
            sum += values[l];
        }
        return sum;
    }
}
