package io.github.paenmf;

import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/**
 * Entries of data that a fit does not see, and how well it predicts them (a speckled pattern: Wold 1978).
 *
 * <pre>{@code
 * HoldOut split = HoldOut.split(data, Missing.NONE, 0.1, 1);
 * NmfModel model = Nmf.builder().rank(16).missing(true).build().fit(split.training());
 * double error = split.relativeError(model);
 * }</pre>
 *
 * <p>Any entry that is observed may be hidden, a zero as well unless zeros are missing. Which ones depends on the seed, the
 * row and the column alone, so that dense and sparse data of the same values have the same ones; but every row and every
 * column keeps one. Where zeros are not missing, the share of all n·m entries is listed: of sparse data that is far more
 * than their nonzeros.
 */
public final class HoldOut {

    /** Most entries to be hidden: they take 6 bytes and more each. */
    private static final long MOST = 200_000_000;
    /** Rows that are reconstructed at a time. */
    private static final int BLOCK_ROWS = Matrix.ROW_ALIGNMENT;

    private final RowSource data;
    private final RowSource training;
    private final Missing missing;
    /** Lists the hidden entries. */
    private final Mask hidden;

    private HoldOut(RowSource data, RowSource training, Missing missing, Mask hidden) {
        this.data = data;
        this.training = training;
        this.missing = missing;
        this.hidden = hidden;
    }

    /**
     * Hides entries.
     *
     * @param data n × m, finite except for what is missing; not written to
     * @param missing which of its entries are missing: they are neither hidden nor seen
     * @param share of the other entries, in (0, 1): the odds of each to be hidden
     * @param seed any number
     * @throws IllegalArgumentException if the share is out of range
     * @throws DataException if a value is not finite and not missing, nothing would be hidden, or more entries would be
     *     than can be listed
     */
    public static HoldOut split(RowSource data, Missing missing, double share, long seed) {
        return split(data, missing, share, seed, 0);
    }

    /**
     * Hides entries in one of many patterns, for cross-validation.
     *
     * @param pattern at least 0; patterns of one seed are independent of each other
     * @see #split(RowSource, Missing, double, long)
     */
    public static HoldOut split(RowSource data, Missing missing, double share, long seed, int pattern) {
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("the share must be in (0, 1), not " + share);
        }
        if (pattern < 0) {
            throw new IllegalArgumentException("the pattern must be at least 0, not " + pattern);
        }
        if (missing == Missing.NONE) {
            data.requireFinite();
        }
        if (missing != Missing.ZEROS && share * data.size() > MOST) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "holding out a share of %s of %d × %d entries, zeros among them, takes a list of %.0f; at most %d are"
                            + " listed: hold out a smaller share, or only of what is not 0, with zeros missing"
                            + " (--zeros-missing)",
                    share,
                    data.rows(),
                    data.columns(),
                    share * data.size(),
                    MOST));
        }
        return new Splitter(data, missing, share, seed, pattern).split();
    }

    /** What a fit sees: the data with NaN, or with 0 where zeros are missing, in place of what is hidden. */
    public RowSource training() {
        return training;
    }

    /** What the fit has to take for missing: NaN, or zeros and NaN. */
    public Missing missing() {
        return missing;
    }

    /** How many entries are hidden. */
    public long entries() {
        return hidden.observed();
    }

    /**
     * ‖v − v̂‖/‖v‖ over the hidden entries, where v̂ is what the model makes of the others of the same row.
     *
     * @param model that was fitted on {@link #training()}, or any with the same features that takes what is missing there
     * @throws DataException if all hidden entries are 0, or the model does not take the data
     * @throws CancellationException if the thread is {@linkplain Thread#interrupt interrupted}, and then stays so
     */
    public double relativeError(FactorisationModel model) {
        double errors = 0;
        double squares = 0;
        int m = data.columns();
        int[] columns = new int[m];
        float[] values = new float[m];
        try (FactorisationSession session = model.withMissing(missing).openSession()) {
            for (int first = 0; first < data.rows(); first += BLOCK_ROWS) {
                requireNoInterrupt();
                int[] rows = rows(first, Math.min(BLOCK_ROWS, data.rows() - first));
                Matrix fitted = session.reconstruct(training.selectRows(rows));
                for (int i = 0; i < rows.length; i++) {
                    data.copyRow(rows[i], values, 0);
                    int count = hidden.copyListed(rows[i], columns);
                    for (int l = 0; l < count; l++) {
                        double value = values[columns[l]];
                        double error = value - fitted.get(i, columns[l]);
                        errors += error * error;
                        squares += value * value;
                    }
                }
            }
        }
        if (squares == 0) {
            throw new DataException("all entries that were held out are 0: there is nothing to compare errors with");
        }
        return Math.sqrt(errors / squares);
    }

    private static void requireNoInterrupt() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
    }

    private static int[] rows(int first, int count) {
        int[] rows = new int[count];
        Arrays.setAll(rows, i -> first + i);
        return rows;
    }

    /** Goes through the data twice: to see which columns would be left with nothing, and to hide. */
    private static final class Splitter {

        private final RowSource data;
        private final Missing missing;
        private final double share;
        private final long seed;
        private final int pattern;
        private final int m;
        private final int[] words = new int[Philox.WORDS];
        private final float[] uniforms;
        private final float[] row;
        private final int[] hidden;
        private int observed;

        Splitter(RowSource data, Missing missing, double share, long seed, int pattern) {
            this.data = data;
            this.missing = missing;
            this.share = share;
            this.seed = seed;
            this.pattern = pattern;
            this.m = data.columns();
            this.uniforms = new float[m];
            this.row = new float[m];
            this.hidden = new int[m];
        }

        /** Reads a row, draws what of it is hidden, and returns how many entries that is; one stays. */
        private int draw(int i) {
            data.copyRow(i, row, 0);
            Philox.uniforms(seed, i, pattern, Purpose.HOLD_OUT, words, uniforms, 0, m);
            int count = 0;
            int last = -1;
            observed = 0;
            for (int j = 0; j < m; j++) {
                if (Float.isNaN(row[j]) || missing == Missing.ZEROS && row[j] == 0) {
                    continue;
                }
                observed++;
                if (uniforms[j] < share) {
                    hidden[count] = j;
                    last = last < 0 || uniforms[j] > uniforms[hidden[last]] ? count : last;
                    count++;
                }
            }
            return count > 0 && count == observed ? remove(last, count) : count;
        }

        private int remove(int at, int count) {
            System.arraycopy(hidden, at + 1, hidden, at, count - at - 1);
            return count - 1;
        }

        HoldOut split() {
            boolean[] lost = lostColumns();
            boolean sparse = data instanceof SparseSource;
            Mask.Builder mask = Mask.builder(m, true);
            SparseMatrix.Builder nonzeros = sparse ? SparseMatrix.builder(m) : null;
            Matrix dense = sparse ? null : Matrix.zeros(data.rows(), m);
            float instead = missing == Missing.ZEROS ? 0 : Float.NaN;
            int[] columns = new int[m];
            long entries = 0;
            for (int i = 0; i < data.rows(); i++) {
                int count = draw(i);
                for (int l = count - 1; l >= 0; l--) {
                    if (lost[hidden[l]]) { // its first entry stays
                        lost[hidden[l]] = false;
                        count = remove(l, count);
                    }
                }
                entries += count;
                mask.addRow(hidden, count);
                for (int l = 0; l < count; l++) {
                    row[hidden[l]] = instead;
                }
                if (sparse) {
                    int kept = 0;
                    for (int j = 0; j < m; j++) {
                        if (row[j] != 0) {
                            columns[kept] = j;
                            row[kept++] = row[j];
                        }
                    }
                    nonzeros.addRow(columns, row, kept);
                } else {
                    System.arraycopy(row, 0, dense.storage(i), dense.offset(i), m);
                }
            }
            if (entries == 0) {
                throw new DataException("a share of " + share + " of the entries held out at random is none of these "
                        + data.size() + ": the data are too small for it");
            }
            RowSource rows = (sparse ? nonzeros.build() : dense).withNames(data.rowNames(), data.columnNames());
            RowSource training = SizeFactors.attachThoseOf(data, Covariates.attachThoseOf(data, rows));
            return new HoldOut(data, training, missing == Missing.ZEROS ? Missing.ZEROS : Missing.NAN, mask.build());
        }

        /** Columns of which all that is observed would be hidden. */
        private boolean[] lostColumns() {
            boolean[] lost = new boolean[m];
            int[] left = new int[m];
            for (int i = 0; i < data.rows(); i++) {
                int count = draw(i);
                for (int j = 0; j < m; j++) {
                    left[j] += Float.isNaN(row[j]) || missing == Missing.ZEROS && row[j] == 0 ? 0 : 1;
                }
                for (int l = 0; l < count; l++) {
                    left[hidden[l]]--;
                }
            }
            for (int j = 0; j < m; j++) {
                lost[j] = left[j] == 0;
            }
            return lost;
        }
    }
}
