package io.github.paenmf.model;

import io.github.paenmf.data.FittedCovariates;
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
 * @param covariates how those of rows become numbers; what they do is in the parameters
 */
public record FittedPae(
        PaeConfiguration configuration,
        PaeParameters parameters,
        double dataScale,
        List<String> featureNames,
        History history,
        int previousEpochs,
        List<Warning> warnings,
        FittedScaling scaling,
        FittedCovariates covariates)
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
        if (parameters.effects().length != parameters.rank() * covariates.width()) {
            throw new IllegalArgumentException("there are " + parameters.effects().length + " effects for "
                    + covariates.width() + " columns of covariates and rank " + parameters.rank());
        }
    }

    /** Of data that were not scaled, and rows without covariates. */
    public FittedPae(
            PaeConfiguration configuration,
            PaeParameters parameters,
            double dataScale,
            List<String> featureNames,
            History history,
            int previousEpochs,
            List<Warning> warnings) {
        this(
                configuration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                warnings,
                FittedScaling.NONE,
                FittedCovariates.NONE);
    }

    @Override
    public FittedPae withScaling(FittedScaling newScaling) {
        return with(configuration, warnings, newScaling);
    }

    /** The same with other warnings. */
    public FittedPae withWarnings(List<Warning> newWarnings) {
        return with(configuration, newWarnings, scaling);
    }

    private FittedPae with(PaeConfiguration newConfiguration, List<Warning> newWarnings, FittedScaling newScaling) {
        return new FittedPae(
                newConfiguration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                newWarnings,
                newScaling,
                covariates);
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
        return with(configuration.withMissing(missing), warnings, scaling);
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
