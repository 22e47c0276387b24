package io.github.paenmf.cli;

import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import java.io.IOException;
import java.util.Set;
import picocli.CommandLine.Option;

/** How data are scaled before a fit. */
final class ScalingOptions {

    static final String SIZE_FACTORS = "--size-factors";

    /** Those that counts do not take, which keep their unit. */
    static final Set<String> OF_REAL_VALUES = Set.of("--log1p", "--feature-scale");

    private static final String NONE = "none";
    private static final String TOTAL = "total";

    @Option(
            names = SIZE_FACTORS,
            paramLabel = "none|total|FILE",
            defaultValue = NONE,
            description =
                    "What the values of a row are divided by: total is its total over the mean total of the rows, so that an"
                            + " average row keeps its unit, and 1 for an empty row; FILE holds a number above 0 for each row,"
                            + " with or without names, by which they are matched, and commands that read new rows want one"
                            + " again. Counts by nmf-kl or --likelihood poisson stay as they are: what is expected of a row is"
                            + " multiplied by its size factor.")
    private String sizeFactors;

    @Option(
            names = "--log1p",
            description =
                    "Take ln(1 + x) of the values, after size factors; not of counts, as above. The basis is then in log units;"
                            + " reconstructions are in those of the data.")
    private boolean log1p;

    @Option(
            names = "--feature-scale",
            paramLabel = "NAME",
            defaultValue = NONE,
            completionCandidates = Names.FeatureScales.class,
            description = "What the values of a feature are divided by at last: ${COMPLETION-CANDIDATES}. sd is their"
                    + " standard deviation over all rows, zeros included, or 1 for a feature that is constant. The basis"
                    + " and reconstructions are in the units of the data; errors are of the scaled data.")
    private FeatureScale featureScale;

    Scaling scaling() {
        SizeFactors factors =
                isFile() ? SizeFactors.GIVEN : sizeFactors.equals(TOTAL) ? SizeFactors.TOTAL : SizeFactors.NONE;
        return new Scaling(factors, log1p, featureScale);
    }

    /** An input with its size factors, where a file has them. */
    Input applyTo(Input input) throws IOException {
        return isFile() ? input.withSizeFactors(sizeFactors) : input;
    }

    private boolean isFile() {
        return !sizeFactors.equals(NONE) && !sizeFactors.equals(TOTAL);
    }
}
