package io.github.paenmf.cli;

import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfInit;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What to fit, and where it starts. */
final class AlgorithmOptions {

    /** Of the encoder, the optimiser and the steps of both; standard NMF has none of them. */
    private static final Set<String> OF_AUTOENCODERS = Set.of(
            "--optimiser",
            "--encoder-rate",
            "--bias-rate",
            "--decoder-rate",
            "--step-clip",
            "--lambda-min",
            "--heads",
            "--decoder-update",
            "--batch-rows",
            "--chunk-rows",
            "--no-graph");

    /** Of the coefficients' distributions; without KL, σ scales the objective and nothing else. */
    private static final Set<String> OF_DISTRIBUTIONS =
            Set.of("--sigma", "--shape-min", "--prior-shape", "--prior-scale", "--kl", "--train-on");

    /** Where training may start. */
    enum Start {
        RANDOM,
        NNDSVD,
        NMF
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--algorithm",
            paramLabel = "NAME",
            defaultValue = "pae",
            completionCandidates = Names.Algorithms.class,
            description = "What to fit: ${COMPLETION-CANDIDATES}. pae is probabilistic NMF; ae is its autoencoder"
                    + " without distributions; nmf-mu and nmf-hals are standard NMF by multiplicative updates and by"
                    + " hierarchical alternating least squares. An option that has no effect on it is an error.")
    private Algorithm algorithm;

    @Option(
            names = "--init",
            paramLabel = "NAME",
            completionCandidates = Names.Starts.class,
            description = "Where training starts: ${COMPLETION-CANDIDATES}. pae and ae start from random unless told"
                    + " otherwise, or from a short run of nmf, which often reaches in tens of epochs what random does in"
                    + " hundreds. Standard NMF starts from nndsvd, a singular value decomposition without its negative"
                    + " parts, or from random.")
    private Start start;

    Algorithm algorithm() {
        return algorithm;
    }

    boolean isNmf() {
        return algorithm == Algorithm.NMF_MU || algorithm == Algorithm.NMF_HALS;
    }

    NmfAlgorithm nmfAlgorithm() {
        return algorithm == Algorithm.NMF_MU ? NmfAlgorithm.MU : NmfAlgorithm.HALS;
    }

    /** Where an autoencoder starts. */
    Init init() {
        return start == Start.NMF ? Init.NMF : Init.RANDOM;
    }

    /** Where standard NMF starts. */
    NmfInit nmfInit() {
        return start == Start.RANDOM ? NmfInit.RANDOM : NmfInit.NNDSVD;
    }

    /**
     * @throws ParameterException if an option was given that has no effect on the algorithm
     */
    void requireEffect() {
        requireEffect(command, algorithm);
        if (start == (isNmf() ? Start.NMF : Start.NNDSVD)) {
            throw refusal(command, algorithm, "--init " + Names.of(start));
        }
    }

    /**
     * @throws ParameterException if the command was given an option that has no effect on a model of this kind
     */
    static void requireEffect(CommandSpec command, Algorithm algorithm) {
        Set<String> ineffective = new HashSet<>();
        if (algorithm == Algorithm.NMF_MU || algorithm == Algorithm.NMF_HALS) {
            ineffective.addAll(OF_AUTOENCODERS);
        }
        if (!algorithm.isProbabilistic()) {
            ineffective.addAll(OF_DISTRIBUTIONS);
        }
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
