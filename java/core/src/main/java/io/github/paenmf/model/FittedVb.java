package io.github.paenmf.model;

import io.github.paenmf.data.FittedScaling;
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
 * @param replicates what other fits say of the basis
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
        Replicates replicates)
        implements SavedModel {

    public FittedVb {
        featureNames = List.copyOf(featureNames);
        warnings = List.copyOf(warnings);
        ModelChecks.scale(dataScale);
        ModelChecks.rank(parameters.rank(), configuration.rank());
        ModelChecks.names(featureNames, parameters.features());
        ModelChecks.scaling(scaling, parameters.features());
        replicates.requireOf(parameters.features(), parameters.rank());
    }

    /** Of data that were not scaled. */
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
                Replicates.NONE);
    }

    @Override
    public FittedVb withScaling(FittedScaling newScaling) {
        return new FittedVb(
                configuration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                intervals,
                warnings,
                newScaling,
                replicates);
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
        return new FittedVb(
                configuration.withMissing(missing),
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                intervals,
                warnings,
                scaling,
                replicates);
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
        return new FittedVb(
                configuration,
                parameters,
                dataScale,
                featureNames,
                history,
                previousEpochs,
                newIntervals,
                newWarnings,
                scaling,
                replicates);
    }

    /** The same with what other fits say of the basis. */
    public FittedVb withReplicates(Replicates newReplicates) {
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
                newReplicates);
    }
}
