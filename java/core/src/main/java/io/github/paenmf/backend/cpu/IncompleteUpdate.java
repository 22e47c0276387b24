package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Coefficients;
import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.data.Mask;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Arrays;

/**
 * {@link FactorUpdate} of rows x of a factor X of V ≈ X·Yᵀ that have missing entries: the same updates with the sums over
 * the observed entries alone in place of the Gram matrix YᵀY ({@link ObservedEntries}). For a row it takes time for its
 * missing or its observed entries times r, whichever are fewer, and for r². Of one worker.
 *
 * <p>A coefficient of which a row hardly shows anything ({@link Coefficients#LEAST_SHARE}) moves as if it showed that much:
 * by less than all of the way to its minimum, which stays the same. Otherwise a component that has most of its weight where
 * entries are missing runs away: nothing holds it there.
 */
final class IncompleteUpdate {

    private final FactorUpdate complete;
    private final NmfAlgorithm algorithm;
    private final int r;
    private final double inverseScale;
    private final ObservedEntries entries;
    private final float[] x;
    private final double[] denominators;
    /** What norms of the components count as at the least, for one row. */
    private final double[] leastNorms;

    private final float[] noVariance;
    /** For the Gram matrix of a penalised factor, or null. */
    private final float[] gramScratch;

    private final FactorPenalty penalty;
    private final int firstFree;
    /** Xᵀ of the rows at work before the update. */
    private float[] before = new float[0];

    /**
     * @param complete updates rows without missing entries
     * @param scale what V is divided by
     */
    IncompleteUpdate(FactorUpdate complete, NmfAlgorithm algorithm, int rank, double scale) {
        this.complete = complete;
        this.algorithm = algorithm;
        this.r = rank;
        this.inverseScale = 1 / scale;
        this.entries = new ObservedEntries(rank);
        this.x = new float[rank];
        this.denominators = new double[rank];
        this.leastNorms = new double[rank];
        this.noVariance = new float[rank];
        this.gramScratch = complete.gramScratch();
        this.penalty = complete.penalty();
        this.firstFree = complete.firstFree();
    }

    /**
     * A factor that is known, as it lies in an array with one row per component.
     *
     * @param values shared
     */
    static OtherFactor known(MatrixView values) {
        return new Known() {
            @Override
            public void means(int component, int[] entries, int count, float[] target) {
                int row = values.row(component);
                for (int l = 0; l < count; l++) {
                    target[l] = values.data()[row + entries[l]];
                }
            }
        };
    }

    /** The same of what rows keep. */
    static OtherFactor known(RowState values) {
        return new Known() {
            @Override
            public void means(int component, int[] entries, int count, float[] target) {
                values.copyComponent(component, entries, count, target);
            }
        };
    }

    private abstract static class Known implements OtherFactor {
        @Override
        public final void variances(int component, int[] entries, int count, float[] target) {
            Arrays.fill(target, 0, count, 0f);
        }
    }

    /**
     * Updates some rows; those without missing entries to the same bits as ever.
     *
     * @param mask of all rows
     * @param first the first of these rows
     * @param other Y
     * @param gram YᵀY over all entries, r × r
     * @param factor Xᵀ of these rows, one row per component
     * @param numerator (V·Y)ᵀ of the raw data over what is observed, likewise
     * @param length values of each component that there is room for, a multiple of what {@link CpuLayout#stride} gives
     * @param product scratch space, as for {@link FactorUpdate#run}
     * @param squaredFits receives Σ (x·y)² over the observed entries of each row, for the new x, at its index; or null
     */
    void run(
            Mask mask,
            int first,
            int rows,
            OtherFactor other,
            float[] gram,
            MatrixView factor,
            MatrixView numerator,
            int length,
            float[] product,
            double[] squaredFits) {
        int withMissing = 0;
        for (int i = 0; i < rows; i++) {
            withMissing += mask.missing(first + i) > 0 ? 1 : 0;
        }
        if (withMissing < rows) {
            keep(factor, rows);
            complete.run(first, rows, factor, numerator, length, gram, product, gramScratch);
        }
        MatrixView all = new MatrixView(gram, 0, r);
        for (int i = 0; i < rows; i++) {
            if (mask.missing(first + i) == 0) {
                if (squaredFits != null) {
                    load(factor, i);
                    squaredFits[first + i] = ObservedEntries.squaredFitOfAll(all, r, x, 0, noVariance, 0, 1);
                }
                continue;
            }
            if (withMissing < rows) {
                for (int j = 0; j < r; j++) {
                    factor.data()[factor.row(j) + i] = before[j * rows + i];
                }
            }
            entries.open(mask, first + i, other, all);
            double observed = mask.columns() - mask.missing(first + i);
            for (int j = 0; j < r; j++) {
                leastNorms[j] = Coefficients.LEAST_SHARE * gram[j * r + j] * observed / mask.columns();
            }
            run(factor, numerator, i, penalty.l1() * penalty.root(first + i));
            if (squaredFits != null) {
                squaredFits[first + i] = entries.squaredFit(x, noVariance, 0, 1);
            }
        }
    }

    private void keep(MatrixView factor, int rows) {
        if (before.length < r * rows) {
            before = new float[r * rows];
        }
        for (int j = 0; j < r; j++) {
            System.arraycopy(factor.data(), factor.row(j), before, j * rows, rows);
        }
    }

    private void load(MatrixView factor, int column) {
        for (int j = 0; j < r; j++) {
            x[j] = factor.data()[factor.row(j) + column];
        }
    }

    /**
     * Updates a row whose observed entries are open.
     *
     * @param l1 of this row
     */
    private void run(MatrixView factor, MatrixView numerator, int column, double l1) {
        load(factor, column);
        entries.fit(x);
        if (algorithm == NmfAlgorithm.MU) {
            multiplicative(numerator, column, l1);
        } else {
            hierarchical(numerator, column, l1);
        }
        for (int j = 0; j < r; j++) {
            factor.data()[factor.row(j) + column] = x[j];
        }
    }

    private void hierarchical(MatrixView numerator, int column, double l1) {
        for (int j = firstFree; j < r; j++) {
            double norm = entries.norm(j);
            float before = x[j];
            if (norm + penalty.l2() >= UpdateKernel.DENOMINATOR_MIN) {
                double others = entries.others(j, x) + l1;
                double kept = Math.max(0, leastNorms[j] - norm) * before;
                double denominator = Math.max(norm, leastNorms[j]) + penalty.l2();
                x[j] = nonNegative((scaled(numerator, j, column) - others + kept) / denominator);
                entries.changed((double) x[j] - before);
            } else if (l1 > 0) {
                x[j] = 0; // nothing but the penalty depends on it
            }
        }
    }

    private void multiplicative(MatrixView numerator, int column, double l1) {
        for (int j = firstFree; j < r; j++) {
            double norm = Math.max(entries.norm(j), leastNorms[j]) + penalty.l2();
            denominators[j] = entries.others(j, x) + norm * x[j] + l1;
        }
        for (int j = firstFree; j < r; j++) {
            double denominator = Math.max(denominators[j], UpdateKernel.DENOMINATOR_MIN);
            double kept = Math.max(0, leastNorms[j] - entries.norm(j)) * x[j];
            x[j] = nonNegative(x[j] * (Math.max(0, scaled(numerator, j, column)) + kept) / denominator);
        }
        entries.fit(x);
    }

    private double scaled(MatrixView numerator, int j, int column) {
        return numerator.data()[numerator.row(j) + column] * inverseScale;
    }

    private static float nonNegative(double value) {
        return value < UpdateKernel.FACTOR_MIN ? 0f : (float) value;
    }
}
