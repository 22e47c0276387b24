package io.github.paenmf.data;

import java.util.Arrays;
import java.util.Objects;

/**
 * A {@link Scaling} and what it has learned of the training data, by which new rows are scaled, and what comes of a fit
 * is brought back into the units of the data. Immutable.
 */
public final class FittedScaling {

    /** Values as they are. */
    public static final FittedScaling NONE = new FittedScaling(Scaling.NONE, 1, null);

    /** Below it 1 + x loses digits of x that a float has. */
    private static final double SMALL = 1e-6;

    private final Scaling scaling;
    private final double meanTotal;
    /** Null for 1 each. */
    private final double[] featureScales;
    /** Of features alone. */
    private final Weights weights;
    /** What values of a feature are divided by at last: its scale over √weight; null for 1 each. */
    private final double[] divisors;

    /**
     * @param featureScales kept; null for 1 each
     */
    FittedScaling(Scaling scaling, double meanTotal, double[] featureScales) {
        this(scaling, meanTotal, featureScales, Weights.NONE);
    }

    private FittedScaling(Scaling scaling, double meanTotal, double[] featureScales, Weights weights) {
        this.scaling = scaling;
        this.meanTotal = meanTotal;
        this.featureScales = featureScales;
        this.weights = weights;
        this.divisors = weights.hasFeatures() ? divisors(featureScales, weights) : featureScales;
    }

    private static double[] divisors(double[] featureScales, Weights weights) {
        double[] divisors = weights.rootsOfFeatures(weights.features().length);
        Arrays.setAll(divisors, f -> (featureScales == null ? 1 : featureScales[f]) / divisors[f]);
        return divisors;
    }

    /** Rows divided by what comes with them, and features multiplied by √weight. */
    static FittedScaling ofGiven(Weights weights) {
        return NONE.withFeatureWeights(weights).withGivenSizes();
    }

    private FittedScaling withGivenSizes() {
        return new FittedScaling(scaling.withSizeFactors(SizeFactors.GIVEN), meanTotal, featureScales, weights);
    }

    /**
     * The same for a model that was fitted with weights of features: values, and with them its basis, are multiplied by
     * √weight at last, so that what is computed of rows, as their coefficients and errors, counts features as the fit did.
     *
     * @param newWeights those of rows do not matter
     */
    public FittedScaling withFeatureWeights(Weights newWeights) {
        double[] features = newWeights.features();
        return features.length == 0
                ? this
                : new FittedScaling(scaling, meanTotal, featureScales, Weights.NONE.withFeatures(features));
    }

    /** Those of features; {@link Weights#NONE} where they have none. */
    public Weights featureWeights() {
        return weights;
    }

    /** Whether values stay as they are. */
    public boolean isNone() {
        return scaling.isNone() && weights.isNone();
    }

    /**
     * What a scaling learned before.
     *
     * @param meanTotal of the training rows, above 0; 1 unless size factors are {@link SizeFactors#TOTAL}
     * @param featureScales m numbers above 0; empty unless the feature scale is {@link FeatureScale#SD}
     * @throws IllegalArgumentException if a number is not finite or not above 0, or the scales are there or absent
     *     against the scaling
     */
    public static FittedScaling of(Scaling scaling, double meanTotal, double[] featureScales) {
        requirePositive("mean total of rows", meanTotal);
        boolean scales = scaling.featureScale() != FeatureScale.NONE;
        if (scales == (featureScales.length == 0)) {
            throw new IllegalArgumentException(
                    "there are " + featureScales.length + " feature scales for a scaling of " + scaling);
        }
        for (double scale : featureScales) {
            requirePositive("feature scale", scale);
        }
        return new FittedScaling(scaling, meanTotal, scales ? featureScales.clone() : null);
    }

    private static void requirePositive(String what, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(what + " must be a finite number above 0, not " + value);
        }
    }

    /** How data are scaled. */
    public Scaling scaling() {
        return scaling;
    }

    /** Of the training rows that are not empty; 1 unless size factors are {@link SizeFactors#TOTAL}. */
    public double meanTotal() {
        return meanTotal;
    }

    /** A copy of the scales of the m features; empty where they are not scaled. */
    public double[] featureScales() {
        return featureScales == null ? new double[0] : featureScales.clone();
    }

    /** What a weight of a feature in the basis is multiplied by to be in units of the data: d/√weight, 1 without either. */
    public double featureScale(int feature) {
        return divisors == null ? 1 : divisors[feature];
    }

    /** The same without scales and weights of features: what the product of coefficients and basis adds up to, except for rounding. */
    public FittedScaling withoutFeatureScales() {
        return new FittedScaling(scaling.withFeatureScale(FeatureScale.NONE), meanTotal, null);
    }

    FittedScaling selectFeatures(int[] features) {
        double[] selected = featureScales == null
                ? null
                : Arrays.stream(features).mapToDouble(f -> featureScales[f]).toArray();
        return new FittedScaling(scaling, meanTotal, selected, weights.selectFeatures(features));
    }

    /**
     * Scales data. Sparse data are scaled as they are read, and nothing is stored for a nonzero; of dense data this is a
     * scaled copy.
     *
     * @param data n × m, features in the order of the training data; with their {@linkplain SizeFactors#attach size
     *     factors} where those are given
     * @return the data themselves where they stay as they are
     * @throws DataException as {@link Scaling#fit} does
     */
    public RowSource apply(RowSource data) {
        requireScalable(data);
        if (isNone()) {
            return data;
        }
        double[] factors = sizeFactors(data);
        RowSource values = data instanceof SizedRows sized ? sized.source() : data;
        if (values instanceof SparseSource sparse) {
            return new ScaledRows(sparse, this, factors);
        }
        if (values.paging() != null) {
            throw new DataException(
                    "dense data on the disk cannot be scaled or weighted, since that takes a copy; scale them"
                            + " before, store them sparse, or read them into memory");
        }
        Matrix scaled = Matrix.zeros(values.rows(), values.columns());
        for (int i = 0; i < values.rows(); i++) {
            values.copyRow(i, scaled.storage(i), scaled.offset(i));
            scaleRow(factors[i], 0, values.columns(), scaled.storage(i), scaled.offset(i));
        }
        Matrix named = scaled.withNames(values.rowNames(), values.columnNames());
        return Covariates.attachThoseOf(values, values.mask() == null ? named : MaskedRows.of(named, values.mask()));
    }

    /**
     * Counts as they are, with their size factors beside them, which a likelihood of counts multiplies its means by.
     *
     * @param data n × m, features in the order of the training data; with their {@linkplain SizeFactors#attach size
     *     factors} where those are given
     * @throws DataException as {@link Scaling#fit} does
     */
    public RowSource expose(RowSource data) {
        requireScalable(data);
        return scaling.sizeFactors() == SizeFactors.TOTAL ? SizeFactors.attach(data, sizeFactors(data)) : data;
    }

    /**
     * The size factor of each row of data, 1 where rows are not divided.
     *
     * @throws DataException if size factors are given, and the data come without
     */
    public double[] sizeFactors(RowSource data) {
        requireSizeFactors(data);
        return switch (scaling.sizeFactors()) {
            case NONE -> ones(data.rows());
            case TOTAL ->
                Arrays.stream(totals(data))
                        .map(total -> total > 0 ? total / meanTotal : 1)
                        .toArray();
            case GIVEN -> ((SizedRows) data).factors().clone();
        };
    }

    private static double[] ones(int count) {
        double[] ones = new double[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** The total of each row, without what is missing. */
    static double[] totals(RowSource data) {
        double[] totals = new double[data.rows()];
        int[] columns = new int[data.columns()];
        float[] values = new float[data.columns()];
        for (int i = 0; i < totals.length; i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                totals[i] += Float.isNaN(values[l]) ? 0 : values[l];
            }
        }
        return totals;
    }

    /** Brings scaled values back into the units of the data, in place: v = s·f⁻¹(v′·d).
     *
     * @param values whose columns are the features
     * @param sizeFactors those of its rows, used in turn
     */
    public void restore(Matrix values, double[] sizeFactors) {
        if (isNone()) {
            return;
        }
        for (int i = 0; i < values.rows(); i++) {
            float[] storage = values.storage(i);
            int offset = values.offset(i);
            double factor = sizeFactors[i % sizeFactors.length];
            for (int f = 0; f < values.columns(); f++) {
                double value = storage[offset + f] * featureScale(f);
                storage[offset + f] = (float) (factor * (scaling.log1p() ? Math.expm1(value) : value));
            }
        }
    }

    /** Checks what a scaling cannot do without. */
    FittedScaling requireScalable(RowSource data) {
        requireSizeFactors(data);
        if (scaling.log1p() || scaling.sizeFactors() == SizeFactors.TOTAL) {
            requireObservedNonNegative(data);
        }
        return this;
    }

    private void requireSizeFactors(RowSource data) {
        boolean given = data instanceof SizedRows;
        if (given != (scaling.sizeFactors() == SizeFactors.GIVEN)) {
            throw new DataException(
                    given
                            ? "the data come with size factors, which are not used here: the scaling is " + scaling
                            : "the scaling divides rows by given size factors: give those of these rows, too");
        }
    }

    private static void requireObservedNonNegative(RowSource data) {
        int[] columns = new int[data.columns()];
        float[] values = new float[data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                if (!Float.isNaN(values[l]) && !Checks.isIn(values[l], 0)) {
                    throw Checks.refusal(
                            data, i, columns[l], values[l], "totals and logarithms need finite values ≥ 0");
                }
            }
        }
    }

    /** Scales the nonzeros of a row in place. */
    void scaleNonzeros(double sizeFactor, int[] columns, float[] values, int count) {
        for (int l = 0; l < count; l++) {
            values[l] = scaled(values[l], sizeFactor, columns[l]);
        }
    }

    /** Scales a run of columns of a row in place. */
    void scaleRow(double sizeFactor, int from, int count, float[] values, int offset) {
        for (int f = 0; f < count; f++) {
            float value = values[offset + f];
            if (value != 0) {
                values[offset + f] = scaled(value, sizeFactor, from + f);
            }
        }
    }

    private float scaled(float value, double sizeFactor, int feature) {
        double divided = value / sizeFactor;
        double transformed = scaling.log1p() ? log1p(divided) : divided;
        return (float) (divisors == null ? transformed : transformed / divisors[feature]);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FittedScaling that
                && scaling.equals(that.scaling)
                && meanTotal == that.meanTotal
                && Arrays.equals(featureScales, that.featureScales)
                && weights.equals(that.weights);
    }

    @Override
    public int hashCode() {
        return Objects.hash(scaling, meanTotal, Arrays.hashCode(featureScales), weights);
    }

    /** ln(1 + x) to the precision of a float, several times as fast as {@link Math#log1p}. */
    private static double log1p(double x) {
        return x < SMALL ? Math.log1p(x) : Math.log(1 + x);
    }
}
