package io.github.paenmf.model;

import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import java.util.List;

/**
 * Everything a model file of standard NMF holds.
 *
 * @param configuration how it was fitted
 * @param w W, m × r, in units of the data divided by {@code dataScale}; must not be written to
 * @param dataScale root mean square of the training data, &gt; 0
 * @param featureNames m names, or empty
 * @param history the objective over the epochs: ‖v − v̂‖²/2 per sample, in units of the scaled data, and no KL
 * @param warnings what the user should know about the fit
 * @param scaling of the data before everything else
 * @param fixedBasis the first columns of the basis as they were given and kept, in units of the data, m × 1 to r; null where
 *     none was fixed
 * @param replicates what other fits say of the basis
 * @param sums what W was made of, from which an update goes on; null where values were missing, features had weights, the fit
 *     diverged, or another program fitted it
 * @param previousEpochs of the fits that this one went on from
 * @param scales of a normalised basis: the mean coefficient of each component over the rows; else empty
 */
public record FittedNmf(
        NmfConfiguration configuration,
        Matrix w,
        double dataScale,
        List<String> featureNames,
        History history,
        List<Warning> warnings,
        FittedScaling scaling,
        Matrix fixedBasis,
        Replicates replicates,
        NmfSums sums,
        int previousEpochs,
        List<Double> scales)
        implements SavedModel {

    public FittedNmf {
        featureNames = List.copyOf(featureNames);
        warnings = List.copyOf(warnings);
        scales = List.copyOf(scales);
        ModelChecks.scale(dataScale);
        ModelChecks.rank(w.columns(), configuration.rank());
        ModelChecks.names(featureNames, w.rows());
        ModelChecks.scaling(scaling, w.rows());
        ModelChecks.fixedBasis(fixedBasis, w.rows(), w.columns());
        replicates.requireOf(w.rows(), w.columns());
    }

    /** Of a first fit, without fixed components and sums. */
    public FittedNmf(
            NmfConfiguration configuration,
            Matrix w,
            double dataScale,
            List<String> featureNames,
            History history,
            List<Warning> warnings,
            FittedScaling scaling) {
        this(
                configuration,
                w,
                dataScale,
                featureNames,
                history,
                warnings,
                scaling,
                null,
                Replicates.NONE,
                null,
                0,
                List.of());
    }

    /** Of data that were not scaled. */
    public FittedNmf(
            NmfConfiguration configuration,
            Matrix w,
            double dataScale,
            List<String> featureNames,
            History history,
            List<Warning> warnings) {
        this(configuration, w, dataScale, featureNames, history, warnings, FittedScaling.NONE);
    }

    @Override
    public FittedNmf withScaling(FittedScaling newScaling) {
        return with(configuration, warnings, newScaling, fixedBasis, replicates, sums, previousEpochs);
    }

    private FittedNmf with(
            NmfConfiguration newConfiguration,
            List<Warning> newWarnings,
            FittedScaling newScaling,
            Matrix newFixedBasis,
            Replicates newReplicates,
            NmfSums newSums,
            int newPreviousEpochs) {
        return new FittedNmf(
                newConfiguration,
                w,
                dataScale,
                featureNames,
                history,
                newWarnings,
                newScaling,
                newFixedBasis,
                newReplicates,
                newSums,
                newPreviousEpochs,
                scales);
    }

    /**
     * The same with components of other lengths, in another order; none of which is fixed.
     *
     * @param newScales the mean coefficient of each, in the new order
     */
    public FittedNmf rearranged(Rearrangement change, List<Double> newScales, List<Warning> newWarnings) {
        return new FittedNmf(
                configuration,
                change.ofWeights(w),
                dataScale,
                featureNames,
                history,
                newWarnings,
                scaling,
                fixedBasis,
                replicates.rearranged(change),
                change.of(sums, configuration),
                previousEpochs,
                newScales);
    }

    /** The same with the mean coefficients of its components. */
    public FittedNmf withScales(List<Double> newScales) {
        return new FittedNmf(
                configuration,
                w,
                dataScale,
                featureNames,
                history,
                warnings,
                scaling,
                fixedBasis,
                replicates,
                sums,
                previousEpochs,
                newScales);
    }

    @Override
    public Algorithm algorithm() {
        return switch (configuration.algorithm()) {
            case MU -> Algorithm.NMF_MU;
            case HALS -> Algorithm.NMF_HALS;
            case KL -> Algorithm.NMF_KL;
        };
    }

    @Override
    public Missing missing() {
        return configuration.missing();
    }

    @Override
    public FittedNmf withMissing(Missing missing) {
        return with(
                configuration.withMissing(missing), warnings, scaling, fixedBasis, replicates, sums, previousEpochs);
    }

    /** The same with other warnings. */
    public FittedNmf withWarnings(List<Warning> newWarnings) {
        return with(configuration, newWarnings, scaling, fixedBasis, replicates, sums, previousEpochs);
    }

    /** The same whose first columns were given and kept. */
    public FittedNmf withFixedBasis(Matrix newFixedBasis) {
        return with(configuration, warnings, scaling, newFixedBasis, replicates, sums, previousEpochs);
    }

    /** The same with what other fits say of the basis. */
    public FittedNmf withReplicates(Replicates newReplicates) {
        return with(configuration, warnings, scaling, fixedBasis, newReplicates, sums, previousEpochs);
    }

    /** The same from which an update can go on. */
    public FittedNmf withSums(NmfSums newSums, int newPreviousEpochs) {
        return with(configuration, warnings, scaling, fixedBasis, replicates, newSums, newPreviousEpochs);
    }

    /** How many components, the first ones, were given and kept. */
    public int fixedComponents() {
        return fixedBasis == null ? 0 : fixedBasis.columns();
    }

    @Override
    public int features() {
        return w.rows();
    }

    @Override
    public int rank() {
        return w.columns();
    }

    @Override
    public float basis(int feature, int component) {
        return w.get(feature, component);
    }

    @Override
    public float weight(int feature, int component) {
        return component < fixedComponents()
                ? fixedBasis.get(feature, component)
                : SavedModel.super.weight(feature, component);
    }
}
