package io.github.paenmf.model;

import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import java.util.List;

/** What holds of every fitted model; else {@link IllegalArgumentException}. */
final class ModelChecks {

    private ModelChecks() {}

    static void scale(double dataScale) {
        if (!(dataScale > 0 && dataScale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("data scale must be a positive number, not " + dataScale);
        }
    }

    static void names(List<String> featureNames, int features) {
        if (!featureNames.isEmpty() && featureNames.size() != features) {
            throw new IllegalArgumentException(featureNames.size() + " feature names for " + features + " features");
        }
    }

    static void scaling(FittedScaling scaling, int features) {
        int weights = scaling.featureWeights().features().length;
        if (weights != 0 && weights != features) {
            throw new IllegalArgumentException(weights + " feature weights for " + features + " features");
        }
        int scales = scaling.featureScales().length;
        if (scales != 0 && scales != features) {
            throw new IllegalArgumentException(scales + " feature scales for " + features + " features");
        }
    }

    /**
     * @param fixedBasis or null
     */
    static void fixedBasis(Matrix fixedBasis, int features, int rank) {
        if (fixedBasis != null && (fixedBasis.rows() != features || fixedBasis.columns() > rank)) {
            throw new IllegalArgumentException("a fixed basis of " + fixedBasis.rows() + " × " + fixedBasis.columns()
                    + " for one of " + features + " × " + rank);
        }
    }

    static void rank(int ofParameters, int ofConfiguration) {
        if (ofParameters != ofConfiguration) {
            throw new IllegalArgumentException(
                    "parameters of rank " + ofParameters + " for a configuration of rank " + ofConfiguration);
        }
    }
}
