package io.github.paenmf.cli;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.model.Heads;
import picocli.CommandLine.Option;

/** The encoder of an autoencoder; an option that is not given leaves its setting as it is. */
final class EncoderOptions {

    static final String HIDDEN = "--hidden";

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
                    "Units of each hidden layer between the data and the heads, such as 128,64, each in [1, 65536], at most"
                            + " 8 layers, with ReLU. From random parameters and with adam; it runs on the CPU. None unless"
                            + " given. Of pae and ae.")
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
