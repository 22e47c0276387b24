package io.github.paenmf.cli;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.model.Heads;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The encoder of an autoencoder; an option that is not given leaves its setting as it is. */
final class EncoderOptions {

    static final String HIDDEN = "--hidden";
    static final String ENCODER = "--encoder";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = {ENCODER, "--distil"},
            description =
                    "Has a network learn the posteriors of vb after the fit, so that transform, evaluate and reconstruct find"
                            + " those of a sample in one pass (their --encoder). It learns on the CPU, from V·W of the data and"
                            + " of rows that the model makes; an update of a model that has one teaches it again. Not with a"
                            + " Poisson likelihood, missing values, weights or covariates. Of vb.")
    private boolean encoder;

    @Option(
            names = "--heads",
            paramLabel = "NAME",
            completionCandidates = Names.HeadNames.class,
            description = "Activation of the encoder heads: ${COMPLETION-CANDIDATES}. Of pae and ae.")
    private Heads heads;

    @Option(
            names = HIDDEN,
            paramLabel = "UNITS",
            split = ",",
            description =
                    "Units of each hidden layer, such as 128,64, each in [1, 65536], at most 8 layers, with ReLU. Of pae and ae,"
                            + " between the data and the heads, from random parameters and with adam: none unless"
                            + " given; and of the --encoder of vb: one of eight times the rank, from 128 to 512, unless given.")
    private int[] hidden;

    @Option(
            names = "--encoder-rate",
            paramLabel = "RATE",
            description = "Learning rate of the encoder weights, relative to what the data suggest, in (0, 1e6];"
                    + " 0.1 for adam, 1 for gd. Of pae and ae.")
    private Double encoderRate;

    @Option(
            names = "--bias-rate",
            paramLabel = "RATE",
            description = "Learning rate of the biases, in (0, 1e6]; 0.02 for adam, 1 (relative to what the data"
                    + " suggest) for gd. Of pae and ae.")
    private Double biasRate;

    /** Sets what was given and has an effect on variational NMF. */
    void applyTo(VariationalNmf.Builder builder) {
        if (hidden != null && !encoder) {
            throw new ParameterException(
                    command.commandLine(), HIDDEN + " has no effect on vb without " + ENCODER + "; leave it out");
        }
        if (encoder) {
            builder.encoder(hidden == null ? new int[0] : hidden);
        }
    }

    /** Sets what was given and has an effect on an autoencoder. */
    void applyTo(PaeNmf.Builder builder) {
        if (heads != null) {
            builder.heads(heads);
        }
        if (hidden != null) {
            builder.hidden(hidden);
        }
        if (encoderRate != null) {
            builder.encoderRate(encoderRate);
        }
        if (biasRate != null) {
            builder.biasRate(biasRate);
        }
    }
}
