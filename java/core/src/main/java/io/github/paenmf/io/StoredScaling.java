package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.data.Weights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** How data were scaled, in a model file: an object of the metadata and an array; neither where they were not. */
final class StoredScaling {

    private static final String SCALING = "scaling";
    private static final String FEATURE_SCALES = "feature_scales";
    private static final String FEATURE_WEIGHTS = "feature_weights";

    private StoredScaling() {}

    static boolean isThere(ModelFields metadata) {
        return metadata.has(SCALING);
    }

    static void write(FittedScaling fitted, Map<String, Object> metadata) {
        Scaling scaling = fitted.scaling();
        if (fitted.isNone()) {
            return;
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("size_factors", ModelFields.name(scaling.sizeFactors()));
        fields.put("mean_total", fitted.meanTotal());
        fields.put("log1p", scaling.log1p());
        fields.put("feature_scale", ModelFields.name(scaling.featureScale()));
        metadata.put(SCALING, fields);
    }

    static void write(FittedScaling fitted, NpzWriter npz) throws IOException {
        double[] scales = fitted.featureScales();
        if (scales.length > 0) {
            npz.write(FEATURE_SCALES, scales, scales.length);
        }
        double[] weights = fitted.featureWeights().features();
        if (weights.length > 0) {
            npz.write(FEATURE_WEIGHTS, weights, weights.length);
        }
    }

    /**
     * @throws DataException if something is missing or not what it must be
     * @throws IllegalArgumentException if a number is out of range
     */
    static FittedScaling read(StoredModel stored, int features) {
        if (!isThere(stored.metadata())) {
            return FittedScaling.NONE;
        }
        ModelFields fields = stored.metadata().object(SCALING);
        Scaling scaling = new Scaling(
                fields.choice("size_factors", SizeFactors.class),
                fields.get("log1p", Boolean.class),
                fields.choice("feature_scale", FeatureScale.class));
        double[] scales = scaling.featureScale() == FeatureScale.NONE
                ? new double[0]
                : stored.doubles(FEATURE_SCALES, Double.MIN_VALUE, Double.MAX_VALUE, features);
        FittedScaling fitted = FittedScaling.of(scaling, fields.number("mean_total"), scales);
        return stored.has(FEATURE_WEIGHTS)
                ? fitted.withFeatureWeights(
                        Weights.NONE.withFeatures(stored.doubles(FEATURE_WEIGHTS, 0, Double.MAX_VALUE, features)))
                : fitted;
    }
}
