package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.model.Algorithm;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How near the latents of pae come to the exact posterior. */
final class RefinementOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--refine",
            paramLabel = "S",
            description = "Sweeps of exact inference over each row's coefficients, from what the encoder of a pae model"
                    + " makes of it, in [0, 500]; 0 unless given. Each takes about as long as the encoder. Needs a"
                    + " model with KL and --prior-shape 1.")
    private Integer sweeps;

    /**
     * The model with so many sweeps.
     *
     * @throws ParameterException if it was given and has no effect on the model, or is out of range
     */
    FactorisationModel applyTo(FactorisationModel model) {
        if (sweeps == null) {
            return model;
        }
        if (model.algorithm() != Algorithm.PAE) {
            throw new ParameterException(
                    command.commandLine(),
                    "--refine has no effect on a model of " + Names.of(model.algorithm()) + ", "
                            + (model.algorithm() == Algorithm.VB
                                    ? "whose posteriors are exact already"
                                    : "whose coefficients are numbers")
                            + "; leave it out");
        }
        return Settings.apply(command.commandLine(), () -> ((PaeNmfModel) model).withRefinement(sweeps));
    }
}
