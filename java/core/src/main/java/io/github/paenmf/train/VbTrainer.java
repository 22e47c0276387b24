package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Warning;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** Fits of variational NMF: where they start, and what they have to report. */
public final class VbTrainer {

    private static final Logger LOG = System.getLogger(VbTrainer.class.getName());

    private final VbConfiguration configuration;
    private final Execution execution;
    private final FitListener listener;
    private CheckpointStore checkpoints;
    private FittedCovariates covariates = FittedCovariates.NONE;

    /** Of variational NMF, from where the configuration says. */
    public VbTrainer(VbConfiguration configuration, Execution execution, FitListener listener) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
    }

    /** Keeps the state of fits there, or goes on from what is kept there; null, nowhere, unless set. */
    public VbTrainer withCheckpoints(CheckpointStore store) {
        checkpoints = store;
        return this;
    }

    /** Takes covariates of rows into account, coded in this way; {@link FittedCovariates#NONE}, none, unless set. */
    public VbTrainer withCovariates(FittedCovariates coding) {
        covariates = coding;
        return this;
    }

    /**
     * What came of a fit.
     *
     * @param backend description of the backend that it ran on
     */
    public record Result(FittedVb model, String backend) {}

    /**
     * Trains from fresh parameters.
     *
     * @param given V, n × m, not written to
     * @throws DataException if the data cannot be factorised
     */
    public Result fit(RowSource given) {
        return fit(given, Weights.NONE);
    }

    /**
     * The same of data whose rows and features count with weights.
     *
     * @return whose basis has the roots of the weights of features
     * @throws DataException if the data cannot be factorised, values are missing, or there are not as many weights
     */
    public Result fit(RowSource v, Weights weights) {
        return fit(v, weights, null);
    }

    /**
     * The same from a given basis.
     *
     * @param given in the order of the data and in their units; or null
     * @return whose known components, if there are some, have the given weights
     */
    public Result fit(RowSource v, Weights weights, GivenFactors given) {
        RowSource incomplete = IncompleteData.of(v, configuration.missing());
        requireComplete(incomplete);
        DataStatistics statistics = configuration.isPoisson()
                ? DataStatistics.of(incomplete, 1)
                : DataStatistics.ofFinite(incomplete, 0, weights);
        RowSource data = weights.rooted(incomplete);
        Matrix fixed = given != null && given.fixed() ? given.basis() : null;
        if (configuration.isPoisson() && fixed != null && fixed.columns() == configuration.rank()) {
            requireExplained(data, statistics, fixed);
        }
        VbParameters initial = VbInitialiser.parameters(configuration, given, data, statistics, execution);
        initial.setEffects(new double[configuration.rank() * covariates.width()]);
        return train(data, statistics, initial, fixed, covariates, data.columnNames(), 0);
    }

    /** Refuses counts that no component can give. */
    private static void requireExplained(RowSource counts, DataStatistics statistics, Matrix basis) {
        for (int f = 0; f < basis.rows(); f++) {
            boolean none = true;
            for (int j = 0; j < basis.columns(); j++) {
                none &= basis.get(f, j) == 0;
            }
            if (none && statistics.featureMeans()[f] > 0) {
                String name = counts.columnNames().isEmpty()
                        ? ""
                        : ", '" + counts.columnNames().get(f) + "',";
                throw new DataException("column " + (f + 1) + name + " of the data has counts, but no component of the"
                        + " fixed basis has a weight there; leave the column out, or add a free component by a greater"
                        + " rank");
            }
        }
    }

    /**
     * Goes on from a fitted model, on the same or other data with the same features. The data scale stays that of the
     * model.
     *
     * What is missing by the model's rule is missing, too, unless the configuration has a rule of its own.
     *
     * @param given V, n × m, not written to; its columns are the model's features, in their order
     * @throws DataException if the data cannot be factorised
     */
    public Result update(FittedVb model, RowSource given) {
        if (configuration.missing() == Missing.NONE && model.missing() != Missing.NONE) {
            return new VbTrainer(configuration.withMissing(model.missing()), execution, listener).update(model, given);
        }
        RowSource data = IncompleteData.of(given, configuration.missing());
        requireComplete(data);
        DataStatistics statistics = configuration.isPoisson()
                ? DataStatistics.of(data, model.dataScale())
                : DataStatistics.ofFinite(data, model.dataScale(), Weights.NONE);
        int previous = model.previousEpochs() + model.history().epochs();
        VbParameters initial = model.parameters().atUnitMeans();
        return train(data, statistics, initial, fixedBasis(model), model.covariates(), model.featureNames(), previous);
    }

    /** The known components in units of the data that a trainer gets, which may be scaled; null if there are none. */
    private static Matrix fixedBasis(FittedVb model) {
        if (model.fixedComponents() == 0) {
            return null;
        }
        Matrix basis = Matrix.zeros(model.features(), model.fixedComponents());
        for (int f = 0; f < basis.rows(); f++) {
            for (int j = 0; j < basis.columns(); j++) {
                basis.storage(f)[basis.offset(f) + j] = (float) (model.basis(f, j) * model.dataScale());
            }
        }
        return basis;
    }

    /** Refuses missing values where the algorithm cannot leave them out, however the data came by them. */
    private void requireComplete(RowSource data) {
        if (data.mask() != null) {
            configuration.withMissing(Missing.NAN);
        }
    }

    /**
     * @param initial with prior means of H of 1
     * @param fixedBasis the weights of the known components, in units of the data; or null
     * @param coding of the covariates of the data
     */
    private Result train(
            RowSource data,
            DataStatistics statistics,
            VbParameters initial,
            Matrix fixedBasis,
            FittedCovariates coding,
            List<String> names,
            int previousEpochs) {
        int fixed = fixedBasis == null ? 0 : fixedBasis.columns();
        List<Warning> warnings = new ArrayList<>(Diagnosis.ofRank(configuration.rank(), data.rows(), data.columns()));
        VbProblem problem = new VbProblem(
                        configuration,
                        data.rows(),
                        data.columns(),
                        statistics.scale(),
                        data instanceof SparseSource,
                        data.mask(),
                        statistics.weights(),
                        fixed)
                .withCovariates(coding.code(data.covariates()));
        CountStatistics counts = configuration.isPoisson() ? CountStatistics.ofLikelihood(data) : null;
        if (counts != null) {
            warnings.addAll(counts.warnings());
        }
        Progress progress = Progress.ofElbo(
                configuration.epochs(),
                configuration.tolerance(),
                configuration.patience(),
                statistics.entriesOfRow(),
                listener,
                System::nanoTime);
        VbParameters parameters;
        String description;
        long updates;
        try (Solver<VbParameters> solver = Backends.openVb(execution, problem)) {
            description = solver.description();
            LOG.log(Level.DEBUG, "training on {0}", description);
            solver.setParameters(initial);
            Epochs epochs = new Epochs(
                    solver,
                    problem.shape(),
                    configuration.seed(),
                    data,
                    counts == null ? statistics.rowNorms() : counts.constants(),
                    previousEpochs);
            parameters = new TrainingLoop<>(solver, epochs, progress, System::nanoTime)
                    .withRounding(
                            counts == null
                                    ? Rounding.ofElbo(statistics, configuration, execution)
                                    : Rounding.ofCounts(counts, configuration.rank()))
                    .withCheckpoints(
                            checkpoints,
                            () -> FitProblem.of(
                                    configuration, data, statistics.weights(), initial, previousEpochs, solver))
                    .run(initial, configuration.epochs());
            updates = (long) progress.epochs() * epochs.steps();
        }
        warnings.addAll(progress.warnings());
        warnings.addAll(ofZeros(configuration, progress, initial, updates));
        restoreLength(fixedBasis, statistics.scale(), parameters);
        multiply(parameters, statistics.weights());
        FittedVb model = new FittedVb(
                        configuration,
                        parameters,
                        statistics.scale(),
                        names,
                        progress.history(),
                        previousEpochs,
                        VbIntervals.none(parameters),
                        warnings)
                .withFixedBasis(fixedBasis);
        if (!progress.diverged()) {
            model = EffectFit.of(model, coding, data, execution);
        }
        // with weights, and of rows that are not all in memory, they are mean-field
        boolean complete = progress.diverged() || !statistics.weights().isNone() || data.paging() != null;
        return new Result(complete ? model : IntervalFit.of(model, data, execution), description);
    }

    /**
     * Gives known components the length that they were given with; coefficients then have another prior mean than 1.
     *
     * @param fixedBasis in units of the data; or null
     */
    private static void restoreLength(Matrix fixedBasis, double scale, VbParameters parameters) {
        int r = parameters.rank();
        for (int j = 0; fixedBasis != null && j < fixedBasis.columns(); j++) {
            double given = 0;
            double fitted = 0;
            for (int f = 0; f < parameters.features(); f++) {
                given += fixedBasis.get(f, j) / scale;
                fitted += parameters.mean()[f * r + j];
                parameters.mean()[f * r + j] = (float) (fixedBasis.get(f, j) / scale);
            }
            double length = given > 0 ? fitted / given : 1;
            parameters.coefficientMean()[j] = length;
            parameters.priorMean()[j] /= length;
        }
    }

    /** Gives W the roots of the weights of features. */
    private static void multiply(VbParameters parameters, Weights weights) {
        int r = parameters.rank();
        double[] roots = weights.rootsOfFeatures(parameters.features());
        for (int e = 0; e < parameters.mean().length; e++) {
            double root = roots[e / r];
            parameters.mean()[e] *= (float) root;
            parameters.variance()[e] *= (float) (root * root);
        }
    }

    /**
     * What to say of a fit whose coefficients could not be 0 from the start: the next update is the first that takes it into
     * account.
     */
    static List<Warning> ofZeros(VbConfiguration configuration, Progress progress, VbParameters initial, long updates) {
        int without = VbPriors.updatesWithoutZeros(configuration);
        return progress.diverged() || initial.zeros() || without < 0 || updates > without
                ? List.of()
                : List.of(new Warning(
                        Warning.Code.ZEROS_NOT_LEARNED,
                        "no zeros were learned: training ended after " + updates
                                + (updates == 1 ? " update" : " updates") + ", and the first " + without
                                + " go without; train for more, or turn zeros off."));
    }
}
