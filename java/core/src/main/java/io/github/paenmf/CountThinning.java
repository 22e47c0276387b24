package io.github.paenmf;

import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.util.List;
import org.apache.commons.numbers.gamma.LogGamma;

/**
 * Counts in two parts, to fit one and be judged by the other: each single count goes to the training data with
 * probability q, else to the held-out data. Parts of Poisson counts are independent Poisson counts themselves, with q and
 * 1 − q times the mean, and so no row or column need be left out.
 *
 * <pre>{@code
 * CountThinning counts = CountThinning.split(data, 0.8, 1);
 * VariationalModel model = nmf.fit(counts.training());
 * double deviance = counts.heldOutDeviance(model);
 * }</pre>
 *
 * <p>What an entry keeps depends on the seed, its row, its column and its count alone, not on how data are stored. Parts are
 * sparse where the data are, and have their names.
 */
public final class CountThinning {

    /** What a prediction counts as at the least; a count that cannot be after it is infinitely unlikely. */
    private static final double LEAST_PREDICTION = 1e-12;

    /** Above, whole numbers have gaps in float32. */
    private static final float GREATEST = 1 << 24;

    /** So many counts are drawn one by one, more of an entry by one number. */
    private static final int ONE_BY_ONE = 1024;

    private final RowSource training;
    private final RowSource heldOut;
    private final Missing missing;
    private final double share;

    private CountThinning(RowSource training, RowSource heldOut, Missing missing, double share) {
        this.training = training;
        this.heldOut = heldOut;
        this.missing = missing;
        this.share = share;
    }

    /**
     * Splits counts.
     *
     * @param data n × m, whole numbers from 0 to 2²⁴; not written to
     * @param share q, the share of counts to train on, in (0, 1)
     * @throws DataException that names the first entry (row and column from 1) that is no such number
     * @throws IllegalArgumentException if the share is out of range
     */
    public static CountThinning split(RowSource data, double share, long seed) {
        return split(data, Missing.NONE, share, seed);
    }

    /**
     * Splits counts of which some are missing: these are missing from both parts.
     *
     * @param data n × m, whole numbers from 0 to 2²⁴ except for what is missing; not written to
     * @param missing {@link Missing#NONE} or {@link Missing#NAN}: where zeros are missing, an entry that keeps no count
     *     would be missing, too
     * @param share q, the share of counts to train on, in (0, 1)
     * @throws DataException that names the first entry (row and column from 1) that is no such number
     * @throws IllegalArgumentException if the share is out of range, or zeros are missing
     */
    public static CountThinning split(RowSource data, Missing missing, double share, long seed) {
        if (missing == Missing.ZEROS) {
            throw new IllegalArgumentException(
                    "counts cannot be thinned where zeros are missing: entries that keep no count would be missing, too");
        }
        if (!(share > 0 && share < 1)) {
            throw new IllegalArgumentException("the share of counts to train on must be in (0, 1), not " + share);
        }
        IncompleteData.of(data, missing).requireNonNegative();
        Drawing drawing = new Drawing(data, missing, share, seed);
        return data instanceof SparseSource ? drawing.sparse() : drawing.dense();
    }

    /** What to fit, n × m. */
    public RowSource training() {
        return training;
    }

    /** What to judge the fit by, n × m. */
    public RowSource heldOut() {
        return heldOut;
    }

    /** q, the share of counts to train on. */
    public double share() {
        return share;
    }

    /**
     * Mean Poisson {@linkplain Deviance deviance} over all entries of the held-out counts that are not missing, of which
     * (1 − q)/q times what the model makes of the training counts is expected: from the means of the posteriors, or from
     * the coefficients where they are numbers. A prediction counts as 1e-12 at least.
     *
     * @param model a fit of {@link #training()}
     * @throws IllegalArgumentException if its likelihood is neither Poisson's nor that of the Kullback-Leibler divergence:
     *     their reconstructions alone are means of counts
     */
    public double heldOutDeviance(FactorisationModel model) {
        RowSource exposed = model.scaling().expose(training);
        return heldOutDeviance(
                FactorisationModel.sized(coefficients(model.withMissing(missing)), exposed), model.basis());
    }

    private Matrix coefficients(FactorisationModel model) {
        if (model instanceof VariationalModel vb && vb.configuration().isPoisson()) {
            return vb.transform(training).mean();
        }
        if (model instanceof NmfModel nmf && nmf.configuration().algorithm() == NmfAlgorithm.KL) {
            return nmf.transform(training);
        }
        if (model instanceof PaeNmfModel pae && pae.configuration().isPoisson()) {
            return pae.hasDistribution() ? pae.transform(training).mean() : pae.coefficients(training);
        }
        Algorithm algorithm = model.algorithm();
        throw new IllegalArgumentException("held-out counts judge a fit of counts, variational NMF or PAE-NMF with a"
                + " Poisson likelihood or NMF by the Kullback-Leibler divergence, not " + algorithm.title());
    }

    /**
     * The same of any coefficients.
     *
     * @param coefficients of the training counts, n × r, in their unit: where rows have size factors, times these
     * @param basis m × r
     * @throws IllegalArgumentException if the shapes do not fit
     */
    public double heldOutDeviance(Matrix coefficients, Matrix basis) {
        Matrix scaled = coefficients.copy();
        float odds = (float) ((1 - share) / share);
        for (int i = 0; i < scaled.rows(); i++) {
            int offset = scaled.offset(i);
            for (int j = offset; j < offset + scaled.columns(); j++) {
                scaled.storage(i)[j] *= odds;
            }
        }
        return Deviance.ofPoisson(IncompleteData.of(heldOut, missing), scaled, basis, LEAST_PREDICTION);
    }

    /** Binomial numbers of the entries of some data. */
    private static final class Drawing {

        private final RowSource data;
        private final Missing missing;
        private final double share;
        private final long seed;
        private final int[] words = new int[Philox.WORDS];

        Drawing(RowSource data, Missing missing, double share, long seed) {
            this.data = data;
            this.missing = missing;
            this.share = share;
            this.seed = seed;
        }

        CountThinning dense() {
            Matrix training = Matrix.zeros(data.rows(), data.columns());
            Matrix heldOut = Matrix.zeros(data.rows(), data.columns());
            float[] values = new float[data.columns()];
            for (int i = 0; i < data.rows(); i++) {
                data.copyRow(i, values, 0);
                for (int f = 0; f < values.length; f++) {
                    float kept = values[f] == 0 ? 0 : kept(i, f, values[f]);
                    training.storage(i)[training.offset(i) + f] = kept;
                    heldOut.storage(i)[heldOut.offset(i) + f] = values[f] - kept;
                }
            }
            return named(training, heldOut);
        }

        CountThinning sparse() {
            int m = data.columns();
            SparseMatrix.Builder training = SparseMatrix.builder(m);
            SparseMatrix.Builder heldOut = SparseMatrix.builder(m);
            int[] columns = new int[m];
            float[] values = new float[m];
            float[] kept = new float[m];
            for (int i = 0; i < data.rows(); i++) {
                int count = data.copyNonzeros(i, 0, m, columns, values);
                for (int l = 0; l < count; l++) {
                    kept[l] = kept(i, columns[l], values[l]);
                    values[l] -= kept[l];
                }
                training.addRow(columns, kept, count);
                heldOut.addRow(columns, values, count);
            }
            return named(training.build(), heldOut.build());
        }

        private CountThinning named(RowSource training, RowSource heldOut) {
            RowSource rows = training.withNames(data.rowNames(), data.columnNames());
            return new CountThinning(
                    SizeFactors.attachThoseOf(data, Covariates.attachThoseOf(data, rows)),
                    heldOut.withNames(data.rowNames(), data.columnNames()),
                    missing,
                    share);
        }

        /** How many counts of an entry are kept. */
        private float kept(int row, int column, float value) {
            if (Float.isNaN(value)) {
                return value; // missing
            }
            if (value != Math.rint(value) || value > GREATEST) {
                throw new DataException("row " + (row + 1) + name(data.rowNames(), row) + ", column " + (column + 1)
                        + name(data.columnNames(), column) + " is " + value
                        + ": only whole numbers up to 16777216 can be thinned; give counts as they were counted");
            }
            int count = (int) value;
            return count <= ONE_BY_ONE ? oneByOne(row, column, count) : byInversion(row, column, count);
        }

        private static String name(List<String> names, int index) {
            return names.isEmpty() ? "" : " (" + names.get(index) + ")";
        }

        private int oneByOne(int row, int column, int count) {
            long bound = (long) (share * 0x1p32);
            int kept = 0;
            for (int c = 0; c < count; c++) {
                if (c % Philox.WORDS == 0) {
                    Philox.words(seed, row, column, c / Philox.WORDS, Purpose.THINNING, words);
                }
                kept += Integer.toUnsignedLong(words[c % Philox.WORDS]) < bound ? 1 : 0;
            }
            return kept;
        }

        /** The values around the mode, nearest first, share out (0, 1); where one number of it lies is the result. */
        private int byInversion(int row, int column, int count) {
            Philox.words(seed, row, column, 0, Purpose.THINNING, words);
            double left = ((Integer.toUnsignedLong(words[0]) << 21 | words[1] >>> 11) + 0.5) * 0x1p-53;
            double odds = share / (1 - share);
            int up = (int) Math.min(count, (count + 1.0) * share);
            int down = up;
            double above = StrictMath.exp(LogGamma.value(count + 1.0)
                    - LogGamma.value(up + 1.0)
                    - LogGamma.value(count - up + 1.0)
                    + up * StrictMath.log(share)
                    + (count - up) * StrictMath.log1p(-share));
            double below = above;
            int result = up;
            left -= above;
            while (left > 0 && (above > 0 || below > 0)) {
                above = up < count ? above * odds * (count - up) / (up + 1.0) : 0;
                up = Math.min(count, up + 1);
                result = up;
                left -= above;
                if (left > 0) {
                    below = down > 0 ? below / odds * down / (count - down + 1.0) : 0;
                    down = Math.max(0, down - 1);
                    result = down;
                    left -= below;
                }
            }
            return result;
        }
    }
}
