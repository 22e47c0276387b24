package io.github.paenmf.cli;

import io.github.paenmf.model.Algorithm;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What to fit, and where it starts. */
final class AlgorithmOptions {

    /** Where training may start. */
    enum Start {
        RANDOM,
        NNDSVD,
        NMF,
        VB
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--algorithm",
            paramLabel = "NAME",
            defaultValue = "pae",
            completionCandidates = Names.Algorithms.class,
            description = "What to fit: ${COMPLETION-CANDIDATES}. vb is probabilistic NMF by exact"
                    + " variational inference, with error bars on both factors; pae is probabilistic NMF by an autoencoder; ae is that"
                    + " without distributions; nmf-mu and nmf-hals are standard NMF by multiplicative updates and by"
                    + " hierarchical alternating least squares. An option that has no effect on it is an error.")
    private Algorithm algorithm;

    @Option(
            names = "--init",
            paramLabel = "NAME",
            completionCandidates = Names.Starts.class,
            description =
                    "Where training starts: ${COMPLETION-CANDIDATES}. vb starts from nmf unless told otherwise, or from random;"
                            + " pae and ae start from random unless told"
                            + " otherwise, or from a short run of nmf, which often reaches in tens of epochs what random does in"
                            + " hundreds; pae with KL and --prior-shape 1 also from a short run of vb, whose posteriors its"
                            + " encoder learns. Standard NMF starts from nndsvd, a singular value decomposition without its negative"
                            + " parts, or from random.")
    private Start start;

    Algorithm algorithm() {
        return algorithm;
    }

    /** Where training starts, or null if that was not given. */
    Start start() {
        return start;
    }

    /**
     * @throws ParameterException if an option was given that has no effect on the algorithm
     */
    void requireEffect() {
        requireEffect(command, algorithm);
        if (start != null && !Fitter.of(algorithm).startsFrom(start)) {
            throw refusal(command, algorithm, "--init " + Names.of(start));
        }
    }

    /**
     * @throws ParameterException if the command was given an option that has no effect on a model of this kind
     */
    static void requireEffect(CommandSpec command, Algorithm algorithm) {
        Set<String> ineffective = Fitter.of(algorithm).withoutEffect();
        for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
            if (ineffective.contains(option.longestName())) {
                throw refusal(
                        command,
                        algorithm,
                        option.negatable() ? option.longestName().replace("--", "--[no-]") : option.longestName());
            }
        }
    }

    private static ParameterException refusal(CommandSpec command, Algorithm algorithm, String option) {
        return new ParameterException(
                command.commandLine(),
                option + " has no effect with --algorithm " + Names.of(algorithm) + "; leave it out");
    }
}
