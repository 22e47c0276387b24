package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedScaling;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import io.github.paenmf.train.steps.Initialiser;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/** Fits of PAE-NMF: where they start, and what they have to report. */
public final class PaeTrainer {

    private static final Logger LOG = System.getLogger(PaeTrainer.class.getName());

    private final PaeConfiguration configuration;
    private final Execution execution;
    private final FitListener listener;
    private final BiFunction<Execution, PaeProblem, Solver<PaeParameters>> opener;
    private final LongSupplier nanoTime;
    private CheckpointStore checkpoints;
    private FittedCovariates covariates = FittedCovariates.NONE;

    /** Of PAE-NMF, from where the configuration says. */
    public PaeTrainer(PaeConfiguration configuration, Execution execution, FitListener listener) {
        this(configuration, execution, listener, Backends::open, System::nanoTime);
    }

    PaeTrainer(
            PaeConfiguration configuration,
            Execution execution,
            FitListener listener,
            BiFunction<Execution, PaeProblem, Solver<PaeParameters>> opener,
            LongSupplier nanoTime) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
        this.opener = opener;
        this.nanoTime = nanoTime;
    }

    /** Keeps the state of fits there, or goes on from what is kept there; null, nowhere, unless set. */
    public PaeTrainer withCheckpoints(CheckpointStore store) {
        checkpoints = store;
        return this;
    }

    /** Takes covariates of rows into account, coded in this way; {@link FittedCovariates#NONE}, none, unless set. */
    public PaeTrainer withCovariates(FittedCovariates coding) {
        covariates = coding;
        return this;
    }

    /**
     * What came of a fit.
     *
     * @param backend description of the backend that it ran on
     */
    public record Result(FittedPae model, String backend) {}

    /**
     * Trains from fresh parameters.
     *
     * @param given n × m, not written to
     * @throws DataException if the data cannot be factorised
     */
    public Result fit(RowSource given) {
        return fit(given, Weights.NONE);
    }

    /**
     * The same of data whose rows and features count with weights, from random parameters.
     *
     * @return whose weights, those of the encoder too, have the roots of the weights of features
     * @throws DataException if the data cannot be factorised, values are missing, or there are not as many weights
     */
    public Result fit(RowSource v, Weights weights) {
        return fit(v, weights, null);
    }

    /**
     * The same from a given basis.
     *
     * @param given in the order of the data and in their units; or null
     */
    public Result fit(RowSource v, Weights weights, GivenFactors given) {
        RowSource data = known(v);
        DataStatistics statistics = DataStatistics.of(data, configuration.isPoisson() ? 1 : 0, weights);
        RowSource rooted = weights.rooted(data);
        PaeParameters initial = switch (configuration.init()) {
            case RANDOM -> Initialiser.parameters(configuration, statistics);
            case NMF, GIVEN -> NmfStart.parameters(configuration, given, data, statistics, execution);
            case VB -> VbStart.parameters(configuration, data, statistics, execution);
        };
        int width = covariates.width();
        initial.setCovariates(new float[width * initial.firstUnits()], new double[configuration.rank() * width]);
        return train(
                rooted,
                statistics,
                initial,
                covariates,
                data.columnNames(),
                0,
                ofFeatures(weights).rooted(data));
    }

    /**
     * Goes on from a fitted model, on the same or other data with the same features (the paper's
     * continuous updating). The data scale stays that of the model, and so does what counts as missing, unless the
     * configuration has a rule of its own.
     *
     * @param given n × m, not written to; its columns are the model's features, in their order
     * @throws DataException if the data cannot be factorised
     */
    public Result update(FittedPae model, RowSource given) {
        if (configuration.missing() == Missing.NONE && model.missing() != Missing.NONE) {
            return new PaeTrainer(configuration.withMissing(model.missing()), execution, listener, opener, nanoTime)
                    .withCheckpoints(checkpoints)
                    .update(model, given);
        }
        RowSource data = known(given);
        DataStatistics statistics = DataStatistics.of(data, model.dataScale());
        int previous = model.previousEpochs() + model.history().epochs();
        PaeParameters initial = model.parameters().copy();
        if (configuration.learnsSigma()) {
            initial.setSquaredSigma(model.squaredSigma());
        }
        multiply(initial, 1 / inputUnit(Initialiser.problem(configuration, data, statistics)), Weights.NONE);
        return train(data, statistics, initial, model.covariates(), model.featureNames(), previous, data);
    }

    private RowSource known(RowSource given) {
        RowSource data = IncompleteData.of(given, configuration.missing());
        if (data.mask() != null && configuration.isPoisson()) {
            throw SettingException.noneMissing("with a Poisson likelihood");
        }
        return data;
    }

    private static Weights ofFeatures(Weights weights) {
        return weights.hasFeatures() ? Weights.NONE.withFeatures(weights.features()) : Weights.NONE;
    }

    /**
     * @param coding of the covariates of the data
     * @param examined the data as the model takes them: without the roots of the weights of rows
     */
    private Result train(
            RowSource data,
            DataStatistics statistics,
            PaeParameters initial,
            FittedCovariates coding,
            List<String> names,
            int previousEpochs,
            RowSource examined) {
        List<Warning> warnings = new ArrayList<>(Diagnosis.ofRank(configuration.rank(), data.rows(), data.columns()));
        PaeProblem problem =
                Initialiser.problem(configuration, data, statistics).withCovariates(coding.code(data.covariates()));
        Progress progress = progress(configuration, problem.entriesOfRow(), listener, nanoTime);
        CountStatistics counts = configuration.isPoisson() ? CountStatistics.ofLikelihood(data) : null;
        if (counts != null) {
            warnings.addAll(counts.warnings());
        }
        PaeParameters parameters;
        String description;
        try (Solver<PaeParameters> solver = opener.apply(execution, problem)) {
            description = solver.description();
            LOG.log(Level.DEBUG, "training on {0}", description);
            solver.setParameters(initial);
            double[] norms = counts == null ? statistics.rowNorms() : counts.constants();
            Epochs epochs = new Epochs(solver, problem.shape(), configuration.seed(), data, norms, previousEpochs);
            TrainingLoop<PaeParameters> loop = new TrainingLoop<>(solver, epochs, progress, nanoTime);
            if (counts != null) {
                loop.withRounding(Rounding.ofCounts(counts, configuration.rank()));
            } else {
                withRounding(
                        loop,
                        Rounding.ofSteps(statistics, problem.batchRows(), configuration.rank(), execution),
                        statistics);
            }
            parameters = loop.withCheckpoints(
                            checkpoints,
                            () -> FitProblem.of(
                                    configuration, data, statistics.weights(), initial, previousEpochs, solver))
                    .run(initial, configuration.epochs());
        }
        multiply(parameters, inputUnit(problem), statistics.weights());
        warnings.addAll(progress.warnings());
        FittedPae model = new FittedPae(
                configuration,
                parameters,
                statistics.scale(),
                names,
                progress.history(),
                previousEpochs,
                warnings,
                FittedScaling.NONE,
                coding);
        return new Result(Diagnosis.withWarnings(model, examined, execution), description);
    }

    /**
     * What the encoder's weights are multiplied by to be those of a model, which divides its input by its data scale and
     * √m.
     */
    static double inputUnit(PaeProblem problem) {
        boolean asTrained =
                !problem.configuration().isPoisson() && !problem.weights().hasFeatures();
        int m = problem.features();
        return asTrained
                ? 1
                : problem.dataScale()
                        / problem.inputScale()
                        * Math.sqrt(m / problem.weights().totalOfFeatures(m));
    }

    /** Multiplies the encoder's weights by a unit, and gives all of them the roots of those of features. */
    static void multiply(PaeParameters parameters, double unit, Weights weights) {
        if (unit == 1 && !weights.hasFeatures()) {
            return;
        }
        int columns = parameters.columns();
        double[] roots = weights.rootsOfFeatures(parameters.features());
        for (int e = 0; e < parameters.weights().length; e++) {
            double factor = e % columns < parameters.firstUnits() ? unit : 1;
            parameters.weights()[e] *= (float) (factor * roots[e / columns]);
        }
    }

    /** Where σ is learned, the objective is −ELBO, which may be below 0: it has no shares. */
    static Progress progress(PaeConfiguration c, double entries, FitListener listener, LongSupplier nanoTime) {
        return c.learnsSigma()
                ? Progress.ofElbo(c.epochs(), c.tolerance(), c.patience(), entries, listener, nanoTime)
                : new Progress(c.epochs(), c.tolerance(), c.patience(), c.kl(), listener, nanoTime);
    }

    /** σ that is learned is never so small that the Gram form would not do. */
    private void withRounding(TrainingLoop<PaeParameters> loop, Rounding rounding, DataStatistics statistics) {
        PaeConfiguration c = configuration;
        if (c.learnsSigma()) {
            loop.withRounding(rounding.ofElbo(statistics, 0));
            return;
        }
        double rows = statistics.rows();
        loop.withResiduals(rounding.per(2 * c.sigma() * c.sigma() * rows), c.tolerance());
    }
}
