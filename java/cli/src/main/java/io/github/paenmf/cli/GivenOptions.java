package io.github.paenmf.cli;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.ProbabilisticModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FeatureNamesException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.GivenFactors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Factors that a fit starts from, and whether the basis keeps its values. */
final class GivenOptions {

    static final String FIX_BASIS = "--fix-basis";
    /** Of standard NMF alone. */
    static final String INIT_COEFFICIENTS = "--init-coefficients";

    private static final String INIT_BASIS = "--init-basis";
    private static final String WARM_START = "--warm-start";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = INIT_BASIS,
            paramLabel = "FILE",
            description =
                    "Start from this basis, one row per column of INPUT and one column per component, as basis -o writes"
                            + " it, in the units of INPUT (of ln(1 + x) with --log1p). Rows go by name where both have names."
                            + " RANK may be left out, or be greater: the other components start at random. Coefficients start"
                            + " as those that explain INPUT best. What is 0 stays 0 in nmf-mu and nmf-kl.")
    private String basisFile;

    @Option(
            names = WARM_START,
            paramLabel = "MODEL",
            description =
                    "Start from the basis of this model, of any algorithm, as from --init-basis; RANK is the model's. From"
                            + " all of a model of the same vb, pae or ae, update goes on.")
    private Path warmStart;

    @Option(
            names = INIT_COEFFICIENTS,
            paramLabel = "FILE",
            description =
                    "Start from these coefficients beside --init-basis, one row per row of INPUT, as --coefficients"
                            + " writes them. Of nmf-hals, nmf-mu and nmf-kl.")
    private String coefficientsFile;

    @Option(
            names = FIX_BASIS,
            description =
                    "Keep the components of --init-basis as they are, a catalogue, and learn their coefficients, and the"
                            + " other components where RANK is greater. Of nmf-hals, nmf-mu and nmf-kl, and of vb, which"
                            + " takes their weights for known without error, on the CPU.")
    private boolean fixed;

    @Option(
            names = FeatureOptions.IGNORE_NAMES,
            description = "Take the rows of given factors by position, whatever their names. Otherwise, where they and"
                    + " INPUT have names, these must be the same, in any order.")
    private boolean ignoreNames;

    private GivenFactors factors;

    /**
     * Reads what was given.
     *
     * @param rank how many components were asked for, or null
     * @param scaling of the data before the fit
     * @throws ParameterException if an option was given that has no effect without another
     */
    void read(Subcommand fit, Algorithm algorithm, Integer rank, Scaling scaling) throws IOException {
        if (basisFile == null && warmStart == null) {
            requireBasis(INIT_COEFFICIENTS, coefficientsFile != null);
            requireBasis(FIX_BASIS, fixed);
            requireBasis(FeatureOptions.IGNORE_NAMES, ignoreNames);
            return;
        }
        Matrix coefficients = coefficientsFile == null ? null : named(FactorFile.coefficients(coefficientsFile));
        Matrix basis = warmStart == null
                ? FactorFile.basis(basisFile)
                : basis(fit, fit.load(warmStart), algorithm, rank, scaling);
        factors = new GivenFactors(named(basis), coefficients, fixed);
    }

    private Matrix basis(Subcommand fit, FactorisationModel model, Algorithm algorithm, Integer rank, Scaling scaling) {
        if (basisFile != null) {
            throw fit.usage(WARM_START + " and " + INIT_BASIS + " both say where to start; give one of them");
        }
        if (model instanceof ProbabilisticModel && model.algorithm() == algorithm) {
            throw fit.usage(warmStart + " is a model of " + Names.of(algorithm)
                    + " already: paenmf update goes on from all of it");
        }
        if (rank != null && rank != model.rank()) {
            throw fit.usage("--rank must be " + model.rank() + ", the model's, with " + WARM_START + ", not " + rank
                    + "; leave it out");
        }
        boolean log1p = model.scaling().scaling().log1p();
        if (log1p != scaling.log1p()) {
            throw fit.usage(warmStart + " was fitted with" + (log1p ? "" : "out")
                    + " --log1p, so its basis is in another unit; " + (log1p ? "add it" : "leave it out"));
        }
        return model.basis();
    }

    private void requireBasis(String option, boolean given) {
        if (given) {
            throw new ParameterException(
                    command.commandLine(),
                    option + " has no effect without " + INIT_BASIS + " FILE or " + WARM_START
                            + " MODEL; leave it out");
        }
    }

    private Matrix named(Matrix factor) {
        return ignoreNames ? factor.withNames(List.of(), factor.columnNames()) : factor;
    }

    /**
     * How many components to fit.
     *
     * @param asked or null
     * @throws ParameterException if nothing says how many
     */
    int rank(Integer asked) {
        if (asked != null) {
            return asked;
        }
        if (factors == null) {
            throw new ParameterException(command.commandLine(), "Missing required option: '--rank=RANK'");
        }
        return factors.components();
    }

    /** Sets what was given. */
    void applyTo(VariationalNmf.Builder builder) {
        if (factors != null) {
            builder.initialBasis(factors.basis()).fixBasis(factors.fixed());
        }
    }

    /** Likewise. */
    void applyTo(PaeNmf.Builder builder) {
        if (factors != null) {
            builder.initialBasis(factors.basis());
        }
    }

    /** Likewise. */
    void applyTo(Nmf.Builder builder) {
        if (factors != null) {
            builder.initialBasis(factors.basis()).fixBasis(factors.fixed());
            if (factors.coefficients() != null) {
                builder.initialCoefficients(factors.coefficients());
            }
        }
    }

    /**
     * Checks what was given against the data.
     *
     * @throws DataException if shapes or names are not those of the data
     */
    void requireOf(Input input, int rank) {
        if (factors != null) {
            input.use(data -> arranged(data, rank));
        }
    }

    private GivenFactors arranged(RowSource data, int rank) {
        try {
            return Settings.apply(command.commandLine(), () -> factors.arranged(data, rank));
        } catch (FeatureNamesException e) {
            throw new DataException(e.problem() + "; " + FeatureOptions.IGNORE_NAMES + " goes by position", e);
        }
    }
}
