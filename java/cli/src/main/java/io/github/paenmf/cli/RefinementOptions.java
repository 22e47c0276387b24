package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.model.Algorithm;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where the latents of pae and vb come from, and how near they come to the exact posterior. */
final class RefinementOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = EncoderOptions.ENCODER,
            description =
                    "Finds the posteriors of a vb model by its encoder, in one pass, on the CPU, in place of sweeps until"
                            + " they no longer change; of a model that was fitted with --encoder.")
    private boolean encoder;

    @Option(
            names = "--refine",
            paramLabel = "S",
            description =
                    "Sweeps of exact inference over each row's coefficients, from what the encoder of a pae model, or of a"
                            + " vb model with --encoder, makes of it, in [0, 500]; 0 unless given. Each takes about as long as the"
                            + " encoder of pae. Needs a model of vb, or one of pae with KL and --prior-shape 1.")
    private Integer sweeps;

    /**
     * The model with so many sweeps.
     *
     * @throws ParameterException if it was given and has no effect on the model, or is out of range
     */
    FactorisationModel applyTo(FactorisationModel model) {
        if (encoder) {
            return withEncoder(model);
        }
        if (sweeps == null) {
            return model;
        }
        if (model.algorithm() != Algorithm.PAE) {
            throw withoutEffect(
                    "--refine",
                    model,
                    model.algorithm() == Algorithm.VB
                            ? "whose posteriors are exact already without --encoder"
                            : "whose coefficients are numbers");
        }
        return Settings.apply(command.commandLine(), () -> ((PaeNmfModel) model).withRefinement(sweeps));
    }

    private FactorisationModel withEncoder(FactorisationModel model) {
        if (!(model instanceof VariationalModel variational)) {
            throw withoutEffect(EncoderOptions.ENCODER, model, "which is for those of vb");
        }
        if (!variational.hasEncoder()) {
            throw new ParameterException(
                    command.commandLine(),
                    "--encoder needs a model that has one; fit it with --algorithm vb --encoder");
        }
        return Settings.apply(command.commandLine(), () -> variational.withEncoder(sweeps == null ? 0 : sweeps));
    }

    private ParameterException withoutEffect(String option, FactorisationModel model, String why) {
        return new ParameterException(
                command.commandLine(),
                option + " has no effect on a model of " + Names.of(model.algorithm()) + ", " + why + "; leave it out");
    }
}
