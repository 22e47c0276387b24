package io.github.paenmf.model;

import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import java.util.List;

/**
 * Everything a model file of variational NMF holds.
 *
 * @param configuration how it was fitted
 * @param parameters what was learnt, in units of the data divided by {@code dataScale}; must not be written to
 * @param dataScale root mean square of the training data, &gt; 0
 * @param featureNames m names, or empty
 * @param history −ELBO over the epochs, of the last fit or update
 * @param previousEpochs epochs of the fits that this one continued
 * @param intervals what its intervals are made of
 * @param warnings what the user should know about the fit
 * @param scaling of the data before everything else
 * @param fixedBasis the first columns of the basis as they were given and kept, in units of the data, m × 1 to r; null where
 *     none was fixed
 * @param replicates what other fits say of the basis
 * @param effects what is kept of covariates beside their effects in the parameters
 * @param encoder of the posteriors of rows; null where there is none
 */
public record FittedVb(
        VbConfiguration configuration,
        VbParameters parameters,
        double dataScale,
        List<String> featureNames,
        History history,
        int previousEpochs,
        VbIntervals intervals,
        List<Warning> warnings,
        FittedScaling scaling,
        Matrix fixedBasis,
        Replicates replicates,
        FittedEffects effects,
        PosteriorEncoder encoder)
        implements SavedModel {

    public FittedVb {
        featureNames = List.copyOf(featureNames);
        warnings = List.copyOf(warnings);
        ModelChecks.scale(dataScale);
        ModelChecks.rank(parameters.rank(), configuration.rank());
        ModelChecks.names(featureNames, parameters.features());
        ModelChecks.scaling(scaling, parameters.features());
        ModelChecks.fixedBasis(fixedBasis, parameters.features(), parameters.rank());
        replicates.requireOf(parameters.features(), parameters.rank());
        effects.requireOf(parameters.effects(), parameters.rank());
        if (encoder != null) {
            ModelChecks.rank(encoder.rank(), configuration.rank());
        }
    }

    /** Of data that were not scaled, without fixed components. */
    public FittedVb(
            VbConfiguration configuration,
            VbParameters parameters,
            double dataScale,
            List<String> featureNames,
            History history,
            int previousEpochs,
            VbIntervals intervals,
            List<Warning> warnings) {
        this(
                configuration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                intervals,
                warnings,
                FittedScaling.NONE,
                null,
                Replicates.NONE,
                FittedEffects.NONE,
                null);
    }

    @Override
    public FittedVb withScaling(FittedScaling newScaling) {
        return with(configuration, intervals, warnings, newScaling, fixedBasis, replicates, effects);
    }

    @Override
    public Algorithm algorithm() {
        return Algorithm.VB;
    }

    @Override
    public Missing missing() {
        return configuration.missing();
    }

    @Override
    public FittedVb withMissing(Missing missing) {
        return with(configuration.withMissing(missing), intervals, warnings, scaling, fixedBasis, replicates, effects);
    }

    private FittedVb with(
            VbConfiguration newConfiguration,
            VbIntervals newIntervals,
            List<Warning> newWarnings,
            FittedScaling newScaling,
            Matrix newFixedBasis,
            Replicates newReplicates,
            FittedEffects newEffects) {
        return new FittedVb(
                newConfiguration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                newIntervals,
                newWarnings,
                newScaling,
                newFixedBasis,
                newReplicates,
                newEffects,
                encoder);
    }

    /** The same with an encoder of the posteriors of rows. */
    public FittedVb withEncoder(PosteriorEncoder newEncoder) {
        return new FittedVb(
                configuration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                intervals,
                warnings,
                scaling,
                fixedBasis,
                replicates,
                effects,
                newEncoder);
    }

    @Override
    public int features() {
        return parameters.features();
    }

    @Override
    public int rank() {
        return parameters.rank();
    }

    @Override
    public float basis(int feature, int component) {
        return parameters.mean()[feature * parameters.rank() + component];
    }

    /** The same with other intervals and warnings. */
    public FittedVb with(VbIntervals newIntervals, List<Warning> newWarnings) {
        return with(configuration, newIntervals, newWarnings, scaling, fixedBasis, replicates, effects);
    }

    /** The same with what other fits say of the basis. */
    public FittedVb withReplicates(Replicates newReplicates) {
        return with(configuration, intervals, warnings, scaling, fixedBasis, newReplicates, effects);
    }

    /** The same whose first columns were given and kept. */
    public FittedVb withFixedBasis(Matrix newFixedBasis) {
        return with(configuration, intervals, warnings, scaling, newFixedBasis, replicates, effects);
    }

    /** The same with covariates, whose effects are in the parameters. */
    public FittedVb withEffects(FittedEffects newEffects) {
        return with(configuration, intervals, warnings, scaling, fixedBasis, replicates, newEffects);
    }

    @Override
    public FittedCovariates covariates() {
        return effects.coding();
    }

    /** How many components, the first ones, were given and kept. */
    public int fixedComponents() {
        return fixedBasis == null ? 0 : fixedBasis.columns();
    }

    @Override
    public float weight(int feature, int component) {
        return component < fixedComponents()
                ? fixedBasis.get(feature, component)
                : SavedModel.super.weight(feature, component);
    }
}
