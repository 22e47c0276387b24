package io.github.paenmf.data;

import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How data are scaled before a fit: v′ = f(v / sᵢ) / d_f, in this order, where s is the size factor of the row, f is
 * ln(1 + x) or nothing, and d is the scale of the feature. A value of 0 stays 0, and one that is missing (NaN) stays
 * missing.
 *
 * <pre>{@code
 * Scaling scaling = Scaling.NONE.withSizeFactors(SizeFactors.TOTAL).withLog1p(true);
 * VariationalNmf.builder().scaling(scaling)
 * }</pre>
 *
 * @param sizeFactors what the values of a row are divided by
 * @param log1p whether ln(1 + x) is taken then
 * @param featureScale what the values of a feature are divided by at last
 */
public record Scaling(SizeFactors sizeFactors, boolean log1p, FeatureScale featureScale) {

    /** Values as they are. */
    public static final Scaling NONE = new Scaling(SizeFactors.NONE, false, FeatureScale.NONE);

    public Scaling {
        Objects.requireNonNull(sizeFactors, "size factors");
        Objects.requireNonNull(featureScale, "feature scale");
    }

    /** The same with other size factors of rows. */
    public Scaling withSizeFactors(SizeFactors value) {
        return new Scaling(value, log1p, featureScale);
    }

    /** The same with or without ln(1 + x). */
    public Scaling withLog1p(boolean value) {
        return new Scaling(sizeFactors, value, featureScale);
    }

    /** The same with another scale of features. */
    public Scaling withFeatureScale(FeatureScale value) {
        return new Scaling(sizeFactors, log1p, value);
    }

    /** Whether values stay as they are. */
    public boolean isNone() {
        return equals(NONE);
    }

    /**
     * Learns what new rows are scaled by, in one pass over the data, or two.
     *
     * @param data n × m; their values may be below 0 only if they are neither divided by totals nor logged
     * @throws DataException that names row and column of a value that cannot be scaled, or if these are size factors
     *     {@link SizeFactors#GIVEN} and the data come without, or the reverse
     */
    public FittedScaling fit(RowSource data) {
        FittedScaling rows = new FittedScaling(this, 1, null).requireScalable(data);
        if (sizeFactors == SizeFactors.TOTAL) {
            rows = new FittedScaling(this, meanTotal(data), null);
        }
        return featureScale == FeatureScale.NONE
                ? rows
                : new FittedScaling(this, rows.meanTotal(), FeatureSpread.of(rows.apply(data)));
    }

    /** Of the rows that are not empty; 1 if all are. */
    private static double meanTotal(RowSource data) {
        double sum = 0;
        int filled = 0;
        for (double total : FittedScaling.totals(data)) {
            sum += total;
            filled += total > 0 ? 1 : 0;
        }
        return filled == 0 ? 1 : sum / filled;
    }

    /** In words. */
    @Override
    public String toString() {
        if (isNone()) {
            return "none";
        }
        String rows = switch (sizeFactors) {
            case NONE -> "";
            case TOTAL -> "rows divided by their totals";
            case GIVEN -> "rows divided by given size factors";
        };
        String log = log1p ? "ln(1 + x)" : "";
        String features = featureScale == FeatureScale.SD ? "features divided by their standard deviations" : "";
        return Stream.of(rows, log, features).filter(step -> !step.isEmpty()).collect(Collectors.joining(", "));
    }
}
