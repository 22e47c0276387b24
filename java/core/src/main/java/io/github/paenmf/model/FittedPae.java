package io.github.paenmf.model;

import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Missing;
import java.util.List;

/**
 * Everything a model file holds.
 *
 * @param configuration how it was fitted
 * @param parameters what was learnt, in units of the data divided by {@code dataScale}; must not be
 *     written to
 * @param dataScale root mean square of the training data, &gt; 0
 * @param featureNames m names, or empty
 * @param history the objective over the epochs, of the last fit or update
 * @param previousEpochs epochs of the fits that this one continued
 * @param warnings what the user should know about the fit
 * @param scaling of the data before everything else
 */
public record FittedPae(
        PaeConfiguration configuration,
        PaeParameters parameters,
        double dataScale,
        List<String> featureNames,
        History history,
        int previousEpochs,
        List<Warning> warnings,
        FittedScaling scaling)
        implements SavedModel {

    public FittedPae {
        featureNames = List.copyOf(featureNames);
        warnings = List.copyOf(warnings);
        ModelChecks.scale(dataScale);
        if (previousEpochs < 0) {
            throw new IllegalArgumentException("previous epochs must be at least 0, not " + previousEpochs);
        }
        ModelChecks.rank(parameters.rank(), configuration.rank());
        ModelChecks.names(featureNames, parameters.features());
        ModelChecks.scaling(scaling, parameters.features());
    }

    /** Of data that were not scaled. */
    public FittedPae(
            PaeConfiguration configuration,
            PaeParameters parameters,
            double dataScale,
            List<String> featureNames,
            History history,
            int previousEpochs,
            List<Warning> warnings) {
        this(configuration, parameters, dataScale, featureNames, history, previousEpochs, warnings, FittedScaling.NONE);
    }

    @Override
    public FittedPae withScaling(FittedScaling newScaling) {
        return new FittedPae(
                configuration, parameters, dataScale, featureNames, history, previousEpochs, warnings, newScaling);
    }

    @Override
    public Algorithm algorithm() {
        return configuration.trainOn() == TrainOn.SCALE ? Algorithm.AE : Algorithm.PAE;
    }

    @Override
    public Missing missing() {
        return configuration.missing();
    }

    @Override
    public FittedPae withMissing(Missing missing) {
        return new FittedPae(
                configuration.withMissing(missing),
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                warnings,
                scaling);
    }

    @Override
    public int features() {
        return parameters.features();
    }

    @Override
    public int rank() {
        return parameters.rank();
    }

    /** σ², learned or given, in units of the scaled data. */
    public double squaredSigma() {
        return configuration.learnsSigma() ? parameters.squaredSigma() : configuration.sigma() * configuration.sigma();
    }

    @Override
    public float basis(int feature, int component) {
        return parameters.decoder(feature, component);
    }
}
