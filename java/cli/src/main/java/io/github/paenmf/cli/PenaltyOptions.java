package io.github.paenmf.cli;

import io.github.paenmf.Nmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Penalties of the factors of standard NMF, and of vb as the scale of its priors. */
final class PenaltyOptions {

    /** Those that vb does not take. */
    static final Set<String> OF_L2 = Set.of("--l2", "--l2-coefficients", "--l2-basis");

    /** All of them. */
    static final Set<String> OPTIONS =
            Set.of("--l1", "--l2", "--l1-coefficients", "--l1-basis", "--l2-coefficients", "--l2-basis");

    @Option(
            names = "--l1",
            paramLabel = "A",
            description =
                    "Penalty of the sums of both factors, in [0, 1e6]. In units of the data's root mean square, and scaled"
                            + " by the number of columns (of coefficients) and rows (of the basis), so that it means the same"
                            + " whatever the data's unit and size. 0 unless given. It makes small values of nmf-hals and nmf-mu"
                            + " 0. Of vb it is the scale of both priors, which is learned otherwise: the greater, the smaller the"
                            + " values, but no more of them are 0.")
    private Double l1;

    @Option(
            names = "--l2",
            paramLabel = "A",
            description =
                    "Penalty of half the sums of squares of both factors, which keeps large values down, likewise. Of"
                            + " nmf-hals and nmf-mu.")
    private Double l2;

    @Option(
            names = "--l1-coefficients",
            paramLabel = "A",
            description = "In place of --l1 for the coefficients; a penalty of one factor alone does little, since the"
                    + " other grows instead, and vb refuses it.")
    private Double l1Coefficients;

    @Option(names = "--l1-basis", paramLabel = "A", description = "In place of --l1 for the basis.")
    private Double l1Basis;

    @Option(names = "--l2-coefficients", paramLabel = "A", description = "In place of --l2 for the coefficients.")
    private Double l2Coefficients;

    @Option(names = "--l2-basis", paramLabel = "A", description = "In place of --l2 for the basis.")
    private Double l2Basis;

    /**
     * Sets what was given.
     *
     * @throws ParameterException that names an option out of range
     */
    void applyTo(CommandLine commandLine, Nmf.Builder builder) {
        Penalties penalties = Settings.apply(commandLine, this::penalties);
        builder.coefficientPenalty(penalties.coefficients()).basisPenalty(penalties.basis());
    }

    /** Likewise. */
    void applyTo(CommandLine commandLine, VariationalNmf.Builder builder) {
        builder.penalties(Settings.apply(commandLine, this::penalties));
    }

    private Penalties penalties() {
        return new Penalties(
                new Penalty(first(l1Coefficients, l1), first(l2Coefficients, l2)),
                new Penalty(first(l1Basis, l1), first(l2Basis, l2)));
    }

    /** 0 if neither was given. */
    private static double first(Double ofFactor, Double ofBoth) {
        if (ofFactor != null) {
            return ofFactor;
        }
        return ofBoth == null ? 0 : ofBoth;
    }
}
