package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.data.Mask;
import java.util.Arrays;

/**
 * Sweeps of variational NMF over rows of a factor X of V ≈ X·Yᵀ some of which have missing entries. Those that have none
 * take the steps of {@link PosteriorSweep}, beside each other; each of the others goes by its {@link ObservedEntries}.
 */
final class IncompleteSweep {

    private final PosteriorSweep complete;
    private final PosteriorKernels kernels;
    private final int r;
    private final Mask mask;

    /**
     * @param mask of all rows of V, or of Vᵀ
     */
    IncompleteSweep(PosteriorSweep complete, CpuRuntime runtime, int rank, Mask mask) {
        this.complete = complete;
        this.kernels = runtime.posteriorKernels();
        this.r = rank;
        this.mask = mask;
    }

    /** Room of one worker. */
    static final class Scratch {
        private final ObservedEntries entries;
        private final float[] x;
        private final float[] numerator;
        private final Coefficient coefficient = new Coefficient();
        private final PosteriorSums sums;
        /** Of the rows without missing entries, and which they are. */
        private final int[] rows;

        private final MatrixView completeX;
        private final MatrixView completeNumerator;
        private final MatrixView completeVariance;
        private final MatrixView completeInclusion;
        private final PosteriorSweep.Scratch sweep;
        /** Null until prior means are those of rows. */
        private RowPriors completePriors;

        /**
         * @param sweep for the rows without missing entries
         * @param most rows of a block
         */
        Scratch(int rank, int most, PosteriorSweep.Scratch sweep) {
            this.entries = new ObservedEntries(rank);
            this.x = new float[rank];
            this.numerator = new float[rank];
            this.sums = new PosteriorSums(rank);
            this.rows = new int[most];
            this.completeX = new MatrixView(new float[rank * most], 0, most);
            this.completeNumerator = new MatrixView(new float[rank * most], 0, most);
            this.completeVariance = new MatrixView(new float[rank * most], 0, most);
            this.completeInclusion = new MatrixView(new float[rank * most], 0, most);
            this.sweep = sweep;
        }
    }

    /** A single coefficient as the kernel takes it. */
    private static final class Coefficient {
        private final MatrixView x = value();
        private final MatrixView numerator = value();
        private final MatrixView others = value();
        private final MatrixView norm = value();
        private final MatrixView variance = value();
        private final MatrixView inclusion = value();
        private final PosteriorScratch posterior = new PosteriorScratch();

        private static MatrixView value() {
            return new MatrixView(new float[1], 0, 1);
        }
    }

    /**
     * Updates the coefficients of some rows; arguments not named here are those of {@link PosteriorSweep#run}.
     *
     * @param first which row the first is
     * @param count how many rows, one per column of {@code x}, {@code numerator}, {@code variance} and {@code inclusion}
     * @param gram E[YᵀY] over all entries, r × r
     * @param sweeps how many, at least 1
     * @param cold whether rows have no means yet
     */
    void run(
            PosteriorParameters parameters,
            MatrixView x,
            MatrixView numerator,
            MatrixView gram,
            OtherFactor other,
            int first,
            int count,
            int sweeps,
            boolean cold,
            MatrixView variance,
            MatrixView inclusion,
            Scratch scratch,
            double[] target,
            int at) {
        int complete = complete(first, count, scratch);
        if (complete > 0) {
            runComplete(
                    parameters, x, numerator, gram, complete, sweeps, cold, variance, inclusion, scratch, target, at);
        } else {
            Arrays.fill(target, at, at + VbSums.count(r), 0.0);
        }
        scratch.sums.clear();
        for (int i = 0; i < count; i++) {
            if (mask.missing(first + i) > 0) {
                load(x, numerator, i, scratch);
                scratch.entries.open(mask, first + i, other, gram);
                run(parameters.from(i), sweeps, cold, i, x, variance, inclusion, scratch);
            }
        }
        addSums(scratch.sums, target, at);
    }

    /** Finds the rows without missing entries. */
    private int complete(int first, int count, Scratch scratch) {
        int complete = 0;
        for (int i = 0; i < count; i++) {
            if (mask.missing(first + i) == 0) {
                scratch.rows[complete++] = i;
            }
        }
        return complete;
    }

    private void runComplete(
            PosteriorParameters parameters,
            MatrixView x,
            MatrixView numerator,
            MatrixView gram,
            int rows,
            int sweeps,
            boolean cold,
            MatrixView variance,
            MatrixView inclusion,
            Scratch s,
            double[] target,
            int at) {
        gather(x, s.rows, rows, s.completeX);
        gather(numerator, s.rows, rows, s.completeNumerator);
        PosteriorParameters ofComplete = gather(parameters, rows, s);
        if (cold) {
            complete.coldStart(s.completeX, rows, s.completeNumerator, parameters.inverseScale(), gram.data());
        }
        for (int left = sweeps; left > 0; left--) {
            complete.run(
                    ofComplete,
                    s.completeX,
                    s.completeNumerator,
                    gram,
                    rows,
                    s.completeVariance,
                    s.completeInclusion,
                    s.sweep,
                    target,
                    at);
        }
        scatter(s.completeX, s.rows, rows, x);
        scatter(s.completeVariance, s.rows, rows, variance);
        scatter(s.completeInclusion, s.rows, rows, inclusion);
    }

    private void gather(MatrixView from, int[] columns, int count, MatrixView to) {
        for (int j = 0; j < r; j++) {
            for (int l = 0; l < count; l++) {
                to.data()[to.row(j) + l] = from.data()[from.row(j) + columns[l]];
            }
        }
    }

    private PosteriorParameters gather(PosteriorParameters parameters, int count, Scratch s) {
        if (parameters.rows() == null) {
            return parameters;
        }
        if (s.completePriors == null) {
            s.completePriors = RowPriors.of(r, s.rows.length);
        }
        for (int l = 0; l < count; l++) {
            s.completePriors.copy(parameters.rows(), s.rows[l], l, r);
        }
        return parameters.withRows(s.completePriors);
    }

    private void scatter(MatrixView from, int[] columns, int count, MatrixView to) {
        for (int j = complete.firstFree(); j < r; j++) {
            for (int l = 0; l < count; l++) {
                to.data()[to.row(j) + columns[l]] = from.data()[from.row(j) + l];
            }
        }
    }

    private void load(MatrixView x, MatrixView numerator, int row, Scratch s) {
        for (int j = 0; j < r; j++) {
            s.x[j] = x.data()[x.row(j) + row];
            s.numerator[j] = numerator.data()[numerator.row(j) + row];
        }
    }

    /** Sweeps over a row that has missing entries. */
    private void run(
            PosteriorParameters parameters,
            int sweeps,
            boolean cold,
            int row,
            MatrixView x,
            MatrixView variance,
            MatrixView inclusion,
            Scratch s) {
        begin(parameters, cold, s.numerator, s.x, s.entries);
        for (int left = sweeps; left > 1; left--) {
            means(parameters, s.numerator, s.x, s.entries, s.coefficient);
        }
        Coefficient c = s.coefficient;
        PosteriorKernel kernel = kernels.current();
        for (int j = complete.firstFree(); j < r; j++) {
            prepare(j, s.numerator, s.x, s.entries, c);
            kernel.sweep(
                    parameters,
                    j,
                    1,
                    1,
                    c.x,
                    c.numerator,
                    c.others,
                    c.norm,
                    c.variance,
                    c.inclusion,
                    s.sums,
                    c.posterior);
            finish(j, s.x, s.entries, c);
            x.data()[x.row(j) + row] = s.x[j];
            variance.data()[variance.row(j) + row] = c.variance.data()[0];
            inclusion.data()[inclusion.row(j) + row] = c.inclusion.data()[0];
        }
    }

    private static void begin(
            PosteriorParameters parameters, boolean cold, float[] numerator, float[] x, ObservedEntries entries) {
        if (cold) {
            double sum = 0;
            for (float value : numerator) {
                sum += value;
            }
            entries.coldStart(sum * parameters.inverseScale(), x);
        } else {
            entries.fit(x);
        }
    }

    private void means(
            PosteriorParameters parameters, float[] numerator, float[] x, ObservedEntries entries, Coefficient c) {
        PosteriorKernel kernel = kernels.current();
        for (int j = complete.firstFree(); j < r; j++) {
            prepare(j, numerator, x, entries, c);
            kernel.means(parameters, j, 1, 1, c.x, c.numerator, c.others, c.norm, c.posterior);
            finish(j, x, entries, c);
        }
    }

    private static void prepare(int j, float[] numerator, float[] x, ObservedEntries entries, Coefficient c) {
        c.x.data()[0] = x[j];
        c.numerator.data()[0] = numerator[j];
        c.others.data()[0] = (float) entries.others(j, x);
        c.norm.data()[0] = (float) Math.max(0, entries.norm(j));
    }

    private static void finish(int j, float[] x, ObservedEntries entries, Coefficient c) {
        float mean = c.x.data()[0];
        entries.changed((double) mean - x[j]);
        x[j] = mean;
    }

    /**
     * Sweeps over the means of one row that has missing entries until they change no more, from a cold start.
     *
     * @param numerator v·Y of the raw data, r values
     * @param x receives the means, r values
     * @return the row's observed entries, with the fit of the means
     */
    ObservedEntries converge(
            PosteriorParameters parameters,
            int row,
            float[] numerator,
            float[] x,
            OtherFactor other,
            MatrixView gram,
            Scratch s) {
        s.entries.open(mask, row, other, gram);
        begin(parameters, true, numerator, x, s.entries);
        boolean converged = false;
        for (int sweeps = 0; sweeps < VbRowPosterior.MOST_SWEEPS && !converged; sweeps++) {
            System.arraycopy(x, 0, s.x, 0, r);
            means(parameters, numerator, x, s.entries, s.coefficient);
            float greatest = 0;
            float change = 0;
            for (int j = 0; j < r; j++) {
                greatest = Math.max(greatest, x[j]);
                change = Math.max(change, Math.abs(x[j] - s.x[j]));
            }
            converged = change <= VbRowPosterior.CONVERGED * greatest;
        }
        return s.entries;
    }

    private void addSums(PosteriorSums sums, double[] target, int at) {
        for (int j = 0; j < r; j++) {
            target[at + j] += sums.variance[j];
            target[at + r + j] += sums.inclusion[j];
            target[at + 2 * r + j] += sums.mean[j];
        }
        target[at + 3 * r] += sums.divergence;
    }

    /**
     * Σ E[(x·y)²] of some rows over their observed entries, after a sweep.
     *
     * @param x means, one row per component, likewise {@code variance}, with the same stride
     */
    double squaredFit(
            MatrixView x, MatrixView variance, MatrixView gram, OtherFactor other, int first, int count, Scratch s) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            int at = variance.offset() + i;
            if (mask.missing(first + i) == 0) {
                sum += ObservedEntries.squaredFitOfAll(
                        gram, r, x.data(), x.offset() + i, variance.data(), at, variance.stride());
                continue;
            }
            for (int j = 0; j < r; j++) {
                s.x[j] = x.data()[x.row(j) + i];
            }
            s.entries.open(mask, first + i, other, gram);
            s.entries.fit(s.x);
            sum += s.entries.squaredFit(s.x, variance.data(), at, variance.stride());
        }
        return sum;
    }
}
