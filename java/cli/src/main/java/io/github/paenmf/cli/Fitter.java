package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.cli.AlgorithmOptions.Start;
import io.github.paenmf.cli.TrainingCommand.Training;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.NmfAlgorithm;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** One algorithm's side of {@code fit}: which options it takes, and what it makes of them. */
interface Fitter {

    /** Who fits what; a new algorithm is a class and a line here. */
    static Fitter of(Algorithm algorithm) {
        return switch (algorithm) {
            case VB -> new VbFitter();
            case PAE -> new PaeFitter(false);
            case AE -> new PaeFitter(true);
            case NMF_MU -> new NmfFitter(NmfAlgorithm.MU);
            case NMF_HALS -> new NmfFitter(NmfAlgorithm.HALS);
            case NMF_KL -> new NmfFitter(NmfAlgorithm.KL);
        };
    }

    /** The options, by their longest names, that have no effect. */
    Set<String> withoutEffect();

    /** Whether training can start there. */
    boolean startsFrom(Start start);

    /**
     * Takes all settings and checks them.
     *
     * @param scaling of the data before the fit
     * @param weights which are read before the fit
     * @param start where training starts, or null if that was not given
     * @throws ParameterException that names an option out of range
     */
    Training prepare(
            CommandLine commandLine,
            int rank,
            TrainingOptions training,
            Scaling scaling,
            WeightOptions weights,
            Start start);

    /**
     * Takes the settings of a model and those that were given, to go on training it.
     *
     * @throws ParameterException that names an option out of range
     */
    Training prepareUpdate(CommandLine commandLine, FactorisationModel model, TrainingOptions training);

    /** The coefficients of the rows that a model was fitted on, n × r; those of the model unless overridden. */
    default Matrix coefficients(FactorisationModel model, Input data) {
        return data.use(model::coefficients);
    }
}
