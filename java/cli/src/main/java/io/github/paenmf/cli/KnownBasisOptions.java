package io.github.paenmf.cli;

import io.github.paenmf.VariationalModel;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Zeros;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The distributions of coefficients by parts that are known: variational NMF, all components of which are fixed. */
final class KnownBasisOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--sigma",
            paramLabel = "SIGMA",
            converter = TrainingOptions.Sigma.Converter.class,
            description = "With --basis and --algorithm vb: standard deviation of the noise, in units of the root mean"
                    + " square of INPUT, in [1e-3, 1e4], or learn: of INPUT. learn unless given.")
    private TrainingOptions.Sigma sigma;

    @Option(
            names = "--likelihood",
            paramLabel = "NAME",
            completionCandidates = Names.Likelihoods.class,
            description = "With --basis and --algorithm vb: how data vary around the parts, ${COMPLETION-CANDIDATES};"
                    + " poisson is for counts as they were counted. gaussian unless given.")
    private Likelihood likelihood;

    @Option(
            names = "--zeros",
            paramLabel = "NAME",
            completionCandidates = Names.ZerosNames.class,
            description = "With --basis and --algorithm vb: whether coefficients may be exactly 0,"
                    + " ${COMPLETION-CANDIDATES}. learn unless given, off with --likelihood poisson.")
    private Zeros zeros;

    @Option(
            names = "--intervals",
            paramLabel = "NAME",
            completionCandidates = Names.IntervalMethods.class,
            description = "With --basis and --algorithm vb: how intervals are made. conditional, which auto is, knows"
                    + " that components trade off; mean-field takes each coefficient by itself. The others are for"
                    + " parts that were learned. auto unless given.")
    private IntervalMethod intervals;

    /**
     * @throws ParameterException if an option was given, and coefficients are to be numbers or those of a model
     */
    void requireNone() {
        for (String option : List.of("--sigma", "--likelihood", "--zeros", "--intervals")) {
            if (command.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        command.commandLine(), option + " needs --basis FILE and --algorithm vb; a MODEL has its own");
            }
        }
    }

    /**
     * What is known of the coefficients of all rows.
     *
     * @param basis m × r, in the order of the data
     * @param missing which entries are taken for missing
     */
    VariationalModel fit(Matrix basis, RowSource data, Missing missing, BackendOptions backend) {
        VariationalNmf.Builder builder = VariationalNmf.builder()
                .rank(basis.columns())
                .initialBasis(basis)
                .fixBasis(true)
                .missing(missing == Missing.NAN)
                .zerosMissing(missing == Missing.ZEROS)
                .execution(backend.execution());
        if (sigma != null) {
            builder.sigma(sigma.value());
        }
        if (likelihood != null) {
            builder.likelihood(likelihood);
        }
        if (zeros != null) {
            builder.zeros(zeros);
        }
        if (intervals != null) {
            builder.intervals(intervals);
        }
        return Settings.apply(command.commandLine(), () -> builder.build().fit(data));
    }

    /** What a fit took the noise for, in words that follow others. */
    String noise(VariationalModel model) {
        if (model.configuration().isPoisson()) {
            return "";
        }
        String learned = model.configuration().learnsSigma() ? "learned" : "given";
        return String.format(Locale.ROOT, ", sigma %.4g (%s)", model.sigma(), learned);
    }
}
