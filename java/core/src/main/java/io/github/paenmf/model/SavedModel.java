package io.github.paenmf.model;

import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Missing;
import java.util.List;

/** What every model file holds, whatever the model is of. */
public interface SavedModel {

    /** What the model is of. */
    Algorithm algorithm();

    /** m. */
    int features();

    /** r. */
    int rank();

    /** Root mean square of the training data, &gt; 0; parameters are in units of the data divided by it. */
    double dataScale();

    /** How the data are scaled before everything else. */
    FittedScaling scaling();

    /** The same model of data that were scaled before its fit. */
    SavedModel withScaling(FittedScaling scaling);
    /** Which entries of data are taken for missing. */
    Missing missing();

    /** The same except for what is taken for missing. */
    SavedModel withMissing(Missing missing);

    /** m names, or empty. */
    List<String> featureNames();

    /** The objective over the epochs, of the last fit or update. */
    History history();

    /** What the user should know about the fit. */
    List<Warning> warnings();

    /** What other fits say of its parts; nothing unless overridden. */
    default Replicates replicates() {
        return Replicates.NONE;
    }

    /** How the covariates of rows become numbers; {@link FittedCovariates#NONE} unless overridden. */
    default FittedCovariates covariates() {
        return FittedCovariates.NONE;
    }

    /** What a component, from 0, is called wherever it is named: component1 and so on. */
    static String componentName(int component) {
        return "component" + (component + 1);
    }

    /** The basis at one feature and component, in units of the scaled data divided by {@link #dataScale()}. */
    float basis(int feature, int component);

    /** The same in units of the data. */
    default float weight(int feature, int component) {
        return (float) (basis(feature, component) * unit(feature));
    }

    /** What a weight of a feature is multiplied by to be in units of the data; of ln(1 + x) where that was taken. */
    default double unit(int feature) {
        return dataScale() * scaling().featureScale(feature);
    }
}
