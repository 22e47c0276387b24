package io.github.paenmf.cli.report;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.Scaling;

/** How data were scaled, in a sentence. */
final class ScalingWords {

    private ScalingWords() {}

    /** To follow another sentence; empty where data stay as they are. */
    static String of(FactorisationModel model) {
        Scaling scaling = model.scaling().scaling();
        if (scaling.isNone()) {
            return "";
        }
        if (model.isOfCounts()) {
            return " What is expected of a row is multiplied by its size factor: the error above is of the counts, and"
                    + " samples and parts are shown divided by the factor.";
        }
        String feature = scaling.featureScale() == FeatureScale.NONE ? "" : ", except for the scales of features";
        return " The data were scaled before the fit (" + scaling + "): the error above is of scaled data, and samples"
                + " and parts are shown as they were scaled" + feature + ".";
    }
}
