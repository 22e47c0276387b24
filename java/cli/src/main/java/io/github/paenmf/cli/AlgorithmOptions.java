package io.github.paenmf.cli;

import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.Normalisation;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
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
        NNDSVDA,
        NNDSVDAR,
        NMF,
        VB
    }

    static final String NORMALISE = "--normalise";

    private static final String ALGORITHM = "--algorithm";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = ALGORITHM,
            paramLabel = "NAME",
            defaultValue = "pae",
            completionCandidates = Names.Algorithms.class,
            description = {
                "What to fit; an option that has no effect on it is an error.",
                "vb: probabilistic NMF by exact variational inference, with error bars on both factors, zeros and noise"
                        + " learned.",
                "pae: probabilistic NMF by an autoencoder, the paper's, with error bars on the coefficients.",
                "ae: the autoencoder without distributions.",
                "nmf-mu: standard NMF by multiplicative updates; --beta chooses the divergence.",
                "nmf-hals: standard NMF by hierarchical alternating least squares.",
                "nmf-kl: NMF of counts, by the Kullback-Leibler divergence, with multiplicative updates; on the CPU."
            })
    private Algorithm algorithm;

    @Option(
            names = "--beta",
            paramLabel = "B",
            description =
                    "Which beta divergence nmf-mu makes least, in [-1, 3]: 2 is half the squared error, 1 the"
                            + " Kullback-Leibler divergence, which is nmf-kl, and 0 that of Itakura and Saito, for data that vary by"
                            + " factors, such as power spectra. Zeros are data; at 0 and below there must be none. Others than 2"
                            + " run on the CPU and take all entries, in O(rows x columns x rank), of sparse data, too. 2 unless given.")
    private Double beta;

    @Option(
            names = NORMALISE,
            paramLabel = "NAME",
            completionCandidates = Names.Normalisations.class,
            description =
                    "Bring each component of the basis to length 1 when the fit has ended: l1, its weights sum to 1; l2, their"
                            + " squares do; max, the greatest is 1; none, as it is unless given, leaves them. Coefficients take"
                            + " the rest, so that the product is the same. Components are in the order of their mean"
                            + " coefficients over INPUT's rows, greatest first; --json, the report and the model file have"
                            + " these. Of nmf-hals, nmf-mu and nmf-kl, without penalties and --fix-basis; in the other algorithms"
                            + " lengths are those that the prior or the encoder asks for.")
    private Normalisation normalisation;

    @Option(
            names = "--init",
            paramLabel = "NAME",
            completionCandidates = Names.Starts.class,
            description =
                    "Where training starts: ${COMPLETION-CANDIDATES}. random: from random numbers. nmf, of vb, pae and ae: from a"
                            + " short run of standard NMF; pae and ae often reach in tens of epochs from there what they reach in"
                            + " hundreds from random. vb, of pae with KL and --prior-shape 1: from a short run of vb, whose"
                            + " posteriors the encoder learns. nndsvd, nndsvda and nndsvdar, of standard NMF: from a singular value"
                            + " decomposition without its negative parts; in place of its zeros nndsvda puts the mean of the data, as"
                            + " nndsvd does in nmf-mu and nmf-kl, and nndsvdar small random numbers. Unless given, vb starts from"
                            + " nmf, or with --likelihood poisson from random; pae and ae from random; standard NMF from nndsvd, or"
                            + " with --restarts from random.")
    private Start start;

    /** What to fit: nmf-mu by the Kullback-Leibler divergence is nmf-kl. */
    Algorithm algorithm() {
        return algorithm == Algorithm.NMF_MU && beta != null && beta == 1 ? Algorithm.NMF_KL : algorithm;
    }

    /** Which beta divergence is least, or null if that was not given. */
    Double beta() {
        return beta;
    }

    /** To what length components are brought, or null if that was not given. */
    Normalisation normalisation() {
        return normalisation;
    }

    /** Where training starts, or null if that was not given. */
    Start start() {
        return start;
    }

    /**
     * @throws ParameterException if an option was given that has no effect on the algorithm
     */
    void requireEffect() {
        boolean chosen = command.commandLine().getParseResult().hasMatchedOption(ALGORITHM);
        requireEffect(command, algorithm(), chosen);
        if (start != null && !Fitter.of(algorithm()).startsFrom(start)) {
            throw refusal(
                    command,
                    algorithm(),
                    chosen,
                    "--init " + Names.of(start),
                    other -> Fitter.of(other).startsFrom(start));
        }
    }

    /**
     * @throws ParameterException if the command was given an option that has no effect on a model of this kind
     */
    static void requireEffect(CommandSpec command, Algorithm algorithm) {
        requireEffect(command, algorithm, true);
    }

    private static void requireEffect(CommandSpec command, Algorithm algorithm, boolean chosen) {
        for (OptionSpec option : command.commandLine().getParseResult().matchedOptions()) {
            String name = option.longestName();
            if (!hasEffect(name, algorithm)) {
                throw refusal(
                        command,
                        algorithm,
                        chosen,
                        option.negatable() ? name.replace("--", "--[no-]") : name,
                        other -> hasEffect(name, other));
            }
        }
    }

    private static boolean hasEffect(String option, Algorithm algorithm) {
        return !Fitter.of(algorithm).withoutEffect().contains(option);
    }

    /**
     * @param chosen whether the algorithm is what the user asked for, so that it is the option that has to go
     * @param effect which algorithms would take the option
     */
    private static ParameterException refusal(
            CommandSpec command, Algorithm algorithm, boolean chosen, String option, Predicate<Algorithm> effect) {
        return new ParameterException(
                command.commandLine(),
                chosen
                        ? option + " has no effect with --algorithm " + Names.of(algorithm) + "; leave it out"
                        : option + " needs --algorithm " + alternatives(effect));
    }

    /** Names as in: pae, ae or nmf-mu. */
    private static String alternatives(Predicate<Algorithm> wanted) {
        List<String> names =
                Arrays.stream(Algorithm.values()).filter(wanted).map(Names::of).toList();
        int last = names.size() - 1;
        return last == 0 ? names.get(0) : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }
}
