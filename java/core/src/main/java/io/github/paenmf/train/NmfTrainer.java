package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PositiveData;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.History;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.NmfSums;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Fits of standard NMF: where they start, and what they have to report. */
public final class NmfTrainer {

    private static final Logger LOG = System.getLogger(NmfTrainer.class.getName());

    private final NmfConfiguration configuration;
    /** Or null. */
    private final GivenFactors given;

    private final Execution execution;
    private final FitListener listener;
    private final BiFunction<Execution, NmfProblem, Solver<NmfParameters>> opener;
    private final LongSupplier nanoTime;
    private boolean examines = true;
    private CheckpointStore checkpoints;

    /** Of standard NMF, from where the configuration says. */
    public NmfTrainer(NmfConfiguration configuration, Execution execution, FitListener listener) {
        this(configuration, null, execution, listener);
    }

    /**
     * @param given where to start, in the order of the data and in units of the data as {@link #fit} takes them; or null
     */
    public NmfTrainer(NmfConfiguration configuration, GivenFactors given, Execution execution, FitListener listener) {
        this(configuration, given, execution, listener, Backends::openNmf, System::nanoTime);
    }

    NmfTrainer(
            NmfConfiguration configuration,
            GivenFactors given,
            Execution execution,
            FitListener listener,
            BiFunction<Execution, NmfProblem, Solver<NmfParameters>> opener,
            LongSupplier nanoTime) {
        this.configuration = configuration;
        this.given = given;
        this.execution = execution;
        this.listener = listener;
        this.opener = opener;
        this.nanoTime = nanoTime;
    }

    /** Keeps the state of fits there, or goes on from what is kept there; null, nowhere, unless set. */
    public NmfTrainer withCheckpoints(CheckpointStore store) {
        checkpoints = store;
        return this;
    }

    /** Does not look for dead components, which takes coefficients of all rows: for a fit of which the parts are wanted. */
    NmfTrainer withoutExamination() {
        examines = false;
        return this;
    }

    /**
     * What came of a fit.
     *
     * @param h coefficients of the training rows as the last epoch left them, n × r
     * @param backend description of the backend that it ran on
     */
    public record Result(FittedNmf model, Matrix h, String backend) {}

    /**
     * Factorises.
     *
     * @param v n × m, not written to
     * @throws DataException if the data cannot be factorised
     */
    public Result fit(RowSource v) {
        return fit(v, Weights.NONE);
    }

    /**
     * Factorises data whose rows and features count with weights: √a·V·√b, into factors with the same roots.
     *
     * @param v n × m, not written to
     * @return W with the roots of the weights of features; H without those of rows
     * @throws DataException if the data cannot be factorised, values are missing, or there are not as many weights
     */
    public Result fit(RowSource v, Weights weights) {
        RowSource known = IncompleteData.of(v, configuration.missing());
        configuration.requireBatchable(known.mask() != null);
        DataStatistics statistics = DataStatistics.of(known, isKl() ? 1 : 0, weights);
        RowSource data = weights.rooted(known);
        List<Warning> warnings = new ArrayList<>(given == null ? List.of() : GivenStart.warnings(given, configuration));
        NmfProblem problem =
                problem(data, statistics, configuration, given == null ? 0 : given.fixedComponents(), false);
        return train(v, data, statistics, problem, warnings, 0, solver -> {
            NmfParameters factors = given == null
                    ? NmfInitialiser.parameters(configuration, statistics, solver.products(data))
                    : GivenStart.parameters(given, configuration, data, statistics, execution);
            return problem.hasSums()
                    ? new NmfParameters(factors.w(), factors.h(), NmfSums.none(configuration, data.columns()))
                    : factors;
        });
    }

    /**
     * Goes on from a fitted model with rows of the same features, beside which those that it has seen count by the forget
     * factor. The data scale and fixed components stay those of the model.
     *
     * @param v n × m, not written to; its columns are the model's features, in their order
     * @throws DataException if the data cannot be factorised, values are missing, or the model has no sums to go on from
     */
    public Result update(FittedNmf model, RowSource v) {
        if (IncompleteData.of(v, model.missing()).mask() != null) {
            throw new DataException("standard NMF goes on training with complete rows only; fit all rows anew, from the"
                    + " basis of the model");
        }
        if (model.sums() == null) {
            throw new DataException("the model does not know what its basis was made of, as where values were missing,"
                    + " the fit diverged or an earlier release fitted it; fit all rows anew, from the basis of the"
                    + " model");
        }
        DataStatistics statistics = DataStatistics.of(v, model.dataScale());
        NmfSums past = model.sums().times(configuration.forgetFactor());
        List<Warning> warnings = new ArrayList<>(GivenStart.warnings(model.w(), configuration, statistics));
        NmfProblem problem = problem(v, statistics, configuration, model.fixedComponents(), true);
        int previous = model.previousEpochs() + model.history().epochs();
        Result result = train(v, v, statistics, problem, warnings, previous, solver -> {
            NmfParameters factors = GivenStart.parameters(model.w(), configuration, v, statistics, execution);
            return new NmfParameters(factors.w(), factors.h(), past);
        });
        return new Result(result.model().withFixedBasis(model.fixedBasis()), result.h(), result.backend());
    }

    private boolean isKl() {
        return configuration.algorithm() == NmfAlgorithm.KL;
    }

    /**
     * @param v as it was given, for its number of rows
     * @param data times the roots of its weights
     */
    private Result train(
            RowSource v,
            RowSource data,
            DataStatistics statistics,
            NmfProblem problem,
            List<Warning> warnings,
            int previousEpochs,
            Function<Solver<NmfParameters>, NmfParameters> start) {
        if (configuration.beta() <= 0) {
            PositiveData.require(data, configuration.divergence());
        }
        CountStatistics counts = isKl() ? CountStatistics.ofDivergence(data) : null;
        List<Warning> all = new ArrayList<>(Diagnosis.ofRank(configuration.rank(), data.rows(), data.columns()));
        all.addAll(Diagnosis.ofPenalties(configuration.penalties()));
        all.addAll(warnings);
        Weights weights = statistics.weights();
        double rowsByWeight = v.rows() / weights.totalOfRows(v.rows());
        Progress progress = new Progress(
                configuration.epochs(),
                configuration.tolerance(),
                configuration.patience(),
                false,
                times(rowsByWeight),
                nanoTime);
        NmfParameters factors;
        NmfSums sums;
        String description;
        try (Solver<NmfParameters> solver = opener.apply(execution, problem)) {
            description = solver.description();
            LOG.log(Level.DEBUG, "training on {0}", description);
            NmfParameters initial = start.apply(solver);
            solver.setParameters(initial);
            double[] norms = isKl() ? counts.constants() : statistics.rowNorms();
            Epochs epochs = new Epochs(solver, problem.shape(), configuration.seed(), data, norms, previousEpochs);
            TrainingLoop<NmfParameters> loop = new TrainingLoop<>(solver, epochs, progress, nanoTime);
            if (isKl()) {
                loop.withRounding(Rounding.ofCounts(counts, configuration.rank()));
            } else if (configuration.hasOtherBeta()) {
                epochs.setResidualFrom(0);
                loop.withRounding(Rounding.ofDivergence(statistics, configuration));
            } else {
                Rounding rounding = Rounding.ofNmf(statistics, configuration.rank(), execution);
                loop.withResiduals(rounding.per(2.0 * data.rows()), configuration.tolerance());
            }
            factors = loop.withCheckpoints(
                            checkpoints,
                            () -> FitProblem.of(configuration, data, weights, initial, previousEpochs, solver))
                    .run(initial, configuration.epochs());
            boolean known = !progress.diverged() && data.mask() == null && !weights.hasFeatures();
            sums = known ? NmfSumsOfFit.of(factors, configuration, data, statistics, solver) : null;
        }
        all.addAll(progress.warnings());
        FittedNmf model = new FittedNmf(
                        configuration,
                        factors.w(),
                        statistics.scale(),
                        data.columnNames(),
                        times(rowsByWeight, progress.history()),
                        all)
                .withSums(sums, previousEpochs);
        FittedNmf result = examines ? examined(model, data, factors.h()) : model;
        divide(factors.h(), weights.rootsOfRows(data.rows()));
        return new Result(result, factors.h(), description);
    }

    private FittedNmf examined(FittedNmf model, RowSource data, Matrix h) {
        return configuration.beta() == NmfConfiguration.SQUARED_ERROR
                ? Diagnosis.withWarnings(model, data, execution)
                : Diagnosis.withWarnings(model, h);
    }

    /** Hears of objectives by the mean over rows as they weigh; a step has the mean over rows as they stand. */
    private FitListener times(double factor) {
        return report -> listener.onEpoch(new EpochReport(
                report.epoch(),
                report.epochs(),
                factor * report.reconstruction(),
                report.kl(),
                factor * report.objective(),
                report.seconds()));
    }

    private static History times(double factor, History history) {
        double[] reconstruction = history.reconstruction();
        Arrays.setAll(reconstruction, epoch -> factor * reconstruction[epoch]);
        return new History(reconstruction, history.kl(), history.stopReason());
    }

    private static void divide(Matrix h, double[] roots) {
        for (int i = 0; i < h.rows(); i++) {
            for (int j = 0; j < h.columns(); j++) {
                h.storage(i)[h.offset(i) + j] = (float) (h.get(i, j) / roots[i]);
            }
        }
    }

    static NmfProblem problem(RowSource data, DataStatistics statistics, NmfConfiguration c) {
        return problem(data, statistics, c, 0, false);
    }

    private static NmfProblem problem(
            RowSource data, DataStatistics statistics, NmfConfiguration c, int fixedComponents, boolean goesOn) {
        int n = data.rows();
        int m = data.columns();
        Weights weights = statistics.weights();
        return new NmfProblem(
                c.algorithm(),
                n,
                m,
                c.rank(),
                statistics.scale(),
                data instanceof SparseSource,
                data.mask(),
                FactorPenalty.of(
                        c.penalties().coefficients(),
                        weights.totalOfFeatures(m),
                        weights.hasRows() ? weights.rootsOfRows(n) : null),
                FactorPenalty.of(
                        c.penalties().basis(),
                        weights.totalOfRows(n),
                        weights.hasFeatures() ? weights.rootsOfFeatures(m) : null),
                c.beta(),
                fixedComponents,
                c.batchRows() == 0 ? n : Math.min(n, c.batchRows()),
                c.forgetFactor(),
                goesOn);
    }
}
