package io.github.paenmf.cli;

import io.github.paenmf.model.Algorithm;
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
            "--precision",
            "--no-graph");

    /** Of the coefficients' distributions; without KL, σ scales the objective and nothing else. */
    private static final Set<String> OF_DISTRIBUTIONS =
            Set.of("--sigma", "--shape-min", "--prior-shape", "--prior-scale", "--kl", "--train-on");

    /** Where training may start. */
    enum Init {
        RANDOM,
        NNDSVD
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
            completionCandidates = Names.Inits.class,
            description = "Where training starts: ${COMPLETION-CANDIDATES}. nndsvd, a singular value decomposition"
                    + " without its negative parts, is for standard NMF, and what it starts from unless told"
                    + " otherwise; pae and ae start from random.")
    private Init init;

    Algorithm algorithm() {
        return algorithm;
    }

    boolean isNmf() {
        return algorithm == Algorithm.NMF_MU || algorithm == Algorithm.NMF_HALS;
    }

    NmfAlgorithm nmfAlgorithm() {
        return algorithm == Algorithm.NMF_MU ? NmfAlgorithm.MU : NmfAlgorithm.HALS;
    }

    NmfInit nmfInit() {
        return init == Init.RANDOM ? NmfInit.RANDOM : NmfInit.NNDSVD;
    }

    /**
     * @throws ParameterException if an option was given that has no effect on the algorithm
     */
    void requireEffect() {
        Set<String> ineffective = new HashSet<>();
        if (isNmf()) {
            ineffective.addAll(OF_AUTOENCODERS);
        }
        if (!algorithm.isProbabilistic()) {
            ineffective.addAll(OF_DISTRIBUTIONS);
        }
        for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
            if (ineffective.contains(option.longestName())) {
                throw refusal(
                        option.negatable() ? option.longestName().replace("--", "--[no-]") : option.longestName());
            }
        }
        if (init == Init.NNDSVD && !isNmf()) {
            throw refusal("--init nndsvd");
        }
    }

    private ParameterException refusal(String option) {
        return new ParameterException(
                command.commandLine(),
                option + " has no effect with --algorithm " + Names.of(algorithm) + "; leave it out");
    }
}
