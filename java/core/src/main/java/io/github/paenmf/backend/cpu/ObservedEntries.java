package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.Mask;
import java.util.Arrays;

/**
 * One row x of X of V ≈ X·Yᵀ of which some entries are missing, and what stands in place of the Gram matrix of Y for it:
 * G = Σ E[y·yᵀ] over the entries that are observed. It is never made. Where few entries are missing, what they
 * contribute is taken off the Gram matrix over all; where few are observed, sums go over these. Both need the fit
 * v̂ = x·y at their entries, which is kept up to date: O(entries · r) for a sweep. Of one worker.
 */
final class ObservedEntries {

    /** Where less of a norm is left than this share, a difference would be too coarse: sums go over what is observed. */
    private static final double LEAST_SHARE = 1.0 / 8;

    private final int r;
    private OtherFactor other;
    private MatrixView gram;
    /** Whether the entries are the observed ones; else the missing ones. */
    private boolean observed;

    private int[] entries = new int[0];
    private int count;
    private double[] fitted = new double[0];
    private float[] y = new float[0];
    /** Of the entries, by component: Σ E[y²], Σ Var y and Σ y². */
    private final double[] secondMoments;

    private final double[] variances;
    private final double[] squares;

    ObservedEntries(int rank) {
        r = rank;
        secondMoments = new double[rank];
        variances = new double[rank];
        squares = new double[rank];
    }

    /**
     * Turns to a row.
     *
     * @param mask of all rows
     * @param fixed Y
     * @param allGram E[YᵀY] over all entries, r × r
     */
    void open(Mask mask, int row, OtherFactor fixed, MatrixView allGram) {
        other = fixed;
        gram = allGram;
        int size = mask.columns();
        if (entries.length < size) {
            entries = new int[size];
        }
        observed = 2L * mask.missing(row) > size;
        sumUp(mask, row);
        if (!observed && !resolves()) {
            observed = true;
            sumUp(mask, row);
        }
    }

    private void sumUp(Mask mask, int row) {
        count = observed == mask.listsObserved() ? mask.copyListed(row, entries) : mask.copyUnlisted(row, entries);
        if (y.length < count) {
            int length = Math.min(entries.length, Math.max(count, 2 * y.length));
            y = new float[length];
            fitted = new double[length];
        }
        for (int j = 0; j < r; j++) {
            double square = 0;
            other.means(j, entries, count, y);
            for (int l = 0; l < count; l++) {
                square += (double) y[l] * y[l];
            }
            double variance = 0;
            other.variances(j, entries, count, y);
            for (int l = 0; l < count; l++) {
                variance += y[l];
            }
            squares[j] = square;
            variances[j] = variance;
            secondMoments[j] = square + variance;
        }
    }

    /** Whether enough is left of each norm for a difference to tell it. */
    private boolean resolves() {
        for (int j = 0; j < r; j++) {
            double norm = gram.data()[gram.row(j) + j];
            if (norm - secondMoments[j] < LEAST_SHARE * norm) {
                return false;
            }
        }
        return true;
    }

    /** Whether sums go over the entries that are observed, rather than the missing ones. */
    boolean isByObserved() {
        return observed;
    }

    /** Σ E[y_j²] over the observed entries: G_jj. */
    double norm(int j) {
        return observed ? secondMoments[j] : gram.data()[gram.row(j) + j] - secondMoments[j];
    }

    /** Makes v̂ of a row x, r values. */
    void fit(float[] x) {
        Arrays.fill(fitted, 0, count, 0.0);
        for (int j = 0; j < r; j++) {
            if (x[j] != 0) {
                other.means(j, entries, count, y);
                add(x[j]);
            }
        }
    }

    private void add(double times) {
        for (int l = 0; l < count; l++) {
            fitted[l] += times * y[l];
        }
    }

    /**
     * Σ_{l ≠ j} G_jl·x_l. The means of component j lie ready for {@link #changed} afterwards.
     *
     * @param x r values, of which v̂ is
     */
    double others(int j, float[] x) {
        other.means(j, entries, count, y);
        double sum = 0;
        for (int l = 0; l < count; l++) {
            sum += fitted[l] * y[l];
        }
        sum -= squares[j] * x[j];
        if (observed) {
            return sum;
        }
        double all = 0;
        int row = gram.row(j);
        for (int l = 0; l < r; l++) {
            if (l != j) {
                all += (double) gram.data()[row + l] * x[l];
            }
        }
        return all - sum;
    }

    /** Hears that x_j, whose {@link #others} were asked for last, has changed. */
    void changed(double by) {
        if (by != 0) {
            add(by);
        }
    }

    /**
     * What all coefficients of a row are to begin with: the one number that explains most of it, E[(Σ y)²] being what it
     * costs.
     *
     * @param numerators Σ v·y of each component over the observed entries
     * @param x receives r times that number, and v̂ is that of it
     */
    void coldStart(double numerators, float[] x) {
        Arrays.fill(x, 0, r, 1f);
        fit(x);
        double ofEntries = Arrays.stream(variances).sum();
        for (int l = 0; l < count; l++) {
            ofEntries += fitted[l] * fitted[l];
        }
        double total = observed ? ofEntries : squareOfAll(x) - ofEntries;
        float value = total > 0 ? (float) (numerators / total) : 0f;
        Arrays.fill(x, 0, r, value);
        fit(x);
    }

    /** xᵀGx over all entries, with E[y²] on the diagonal. */
    private double squareOfAll(float[] x) {
        double sum = 0;
        for (int j = 0; j < r; j++) {
            int row = gram.row(j);
            double product = 0;
            for (int l = 0; l < r; l++) {
                product += (double) gram.data()[row + l] * x[l];
            }
            sum += x[j] * product;
        }
        return sum;
    }

    /**
     * Σ E[(x·y)²] over the observed entries.
     *
     * @param x means, of which v̂ is
     * @param variance their variances; component j is at {@code at + j·stride}
     */
    double squaredFit(float[] x, float[] variance, int at, int stride) {
        double ofEntries = 0;
        for (int l = 0; l < count; l++) {
            ofEntries += fitted[l] * fitted[l];
        }
        double all = observed ? 0 : squareOfAll(x);
        for (int j = 0; j < r; j++) {
            double spread = variance[at + j * stride];
            ofEntries += spread * secondMoments[j] + (double) x[j] * x[j] * variances[j];
            all += observed ? 0 : spread * gram.data()[gram.row(j) + j];
        }
        return observed ? ofEntries : all - ofEntries;
    }

    /** The same of a row without missing entries. */
    static double squaredFitOfAll(MatrixView gram, int r, float[] x, int from, float[] variance, int at, int stride) {
        double sum = 0;
        for (int j = 0; j < r; j++) {
            int row = gram.row(j);
            double product = 0;
            for (int l = 0; l < r; l++) {
                product += (double) gram.data()[row + l] * x[from + l * stride];
            }
            sum += x[from + j * stride] * product + (double) variance[at + j * stride] * gram.data()[row + j];
        }
        return sum;
    }
}
