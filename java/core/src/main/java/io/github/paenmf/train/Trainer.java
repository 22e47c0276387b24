package io.github.paenmf.train;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.StepLosses;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.FeatureOrder;
import io.github.paenmf.model.FittedModel;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Parameters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/** Windows of epochs, early stopping and what a fit has to report. */
public final class Trainer {

    private static final Logger LOG = System.getLogger(Trainer.class.getName());

    /** Windows grow until they take this long, which is how far reports and stopping lag behind. */
    private static final long WINDOW_NANOS = 50_000_000;

    private final Configuration configuration;
    private final Execution execution;
    private final FitListener listener;
    private final BiFunction<Execution, Problem, Backend> opener;
    private final LongSupplier nanoTime;

    public Trainer(Configuration configuration, Execution execution, FitListener listener) {
        this(configuration, execution, listener, Backends::open, System::nanoTime);
    }

    Trainer(
            Configuration configuration,
            Execution execution,
            FitListener listener,
            BiFunction<Execution, Problem, Backend> opener,
            LongSupplier nanoTime) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
        this.opener = opener;
        this.nanoTime = nanoTime;
    }

    /**
     * What came of a fit.
     *
     * @param backend description of the backend that it ran on
     */
    public record Result(FittedModel model, String backend) {}

    /**
     * Trains from fresh parameters.
     *
     * @param data n × m, not written to
     * @throws DataException if the data cannot be factorised
     */
    public Result fit(Matrix data) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        Parameters initial = configuration.init() == Init.NMF
                ? NmfStart.parameters(configuration, data, statistics, execution)
                : Initialiser.parameters(configuration, statistics);
        return train(data, statistics, initial, data.columnNames(), 0);
    }

    /**
     * Goes on from a fitted model, on the same or other data with the same features (the paper's
     * continuous updating). The data scale stays that of the model.
     *
     * @throws DataException if the data cannot be factorised, or have other features
     */
    public Result update(FittedModel model, Matrix given) {
        Matrix data = FeatureOrder.arrange(model, given);
        DataStatistics statistics = DataStatistics.of(data, model.dataScale());
        int previous = model.previousEpochs() + model.history().epochs();
        return train(data, statistics, model.parameters(), model.featureNames(), previous);
    }

    private Result train(
            Matrix data, DataStatistics statistics, Parameters initial, List<String> names, int previousEpochs) {
        List<String> warnings = new ArrayList<>(Diagnosis.ofRank(configuration.rank(), data.rows(), data.columns()));
        Problem problem = Initialiser.problem(configuration, data, statistics);
        Progress progress = new Progress(
                configuration.epochs(),
                configuration.tolerance(),
                configuration.patience(),
                configuration.kl(),
                listener,
                nanoTime);
        Parameters parameters;
        String description;
        try (Backend backend = opener.apply(execution, problem)) {
            description = backend.description();
            LOG.log(Level.DEBUG, "training on {0}", description);
            backend.setParameters(initial);
            Epochs epochs = new Epochs(backend, problem, data, statistics.rowNorms(), previousEpochs);
            Rounding rounding = Rounding.ofSteps(statistics, problem.batchRows(), configuration.rank(), execution)
                    .per(2 * configuration.sigma() * configuration.sigma() * data.rows());
            parameters = train(backend, epochs, initial, progress, rounding);
        }
        warnings.addAll(progress.warnings());
        FittedModel model = new FittedModel(
                configuration, parameters, statistics.scale(), names, progress.history(), previousEpochs, warnings);
        return new Result(Diagnosis.withWarnings(model, data, execution), description);
    }

    /**
     * Runs windows of epochs: their losses are known, and judged epoch by epoch, only once a window is
     * over. If the last epoch lies within it, the window is run again up to there. The epoch after the first one
     * whose error is too small for the Gram form is the first whose error is by the residual, wherever windows end:
     * a window that goes beyond is run again, too.
     *
     * @param rounding of an epoch's reconstruction error
     * @return the last parameters that are good
     */
    private Parameters train(Backend backend, Epochs epochs, Parameters initial, Progress progress, Rounding rounding) {
        // Parameters are good if the losses of the epoch that they begin, which measure them, are finite.
        Parameters good = initial.copy();
        Parameters candidate = initial.copy();
        int window = 1;
        while (progress.goesOn()) {
            int first = progress.epochs();
            int count = Math.min(window, configuration.epochs() - first);
            long start = nanoTime.getAsLong();
            if (count > 1) {
                backend.saveState();
            }
            List<StepLosses> losses = run(epochs, first, count, backend, candidate);
            int precise = firstToBeByResidual(epochs, first, losses, rounding);
            if (precise < epochs.residualFrom()) {
                epochs.setResidualFrom(precise);
                if (precise < first + count) {
                    backend.restoreState();
                    losses = run(epochs, first, count, backend, candidate);
                }
            }
            if (nanoTime.getAsLong() - start < WINDOW_NANOS) {
                window = Math.min(2 * window, epochs.inFlight());
            }
            for (int i = 0; i < count && progress.goesOn(); i++) {
                StepLosses loss = losses.get(i);
                boolean byResidual = first + i >= epochs.residualFrom();
                progress.add(loss, byResidual ? rounding.ofResidual(loss.reconstruction()) : rounding.ofGramForm());
            }
            int kept = progress.epochs() - first;
            if (kept > 0) {
                if (kept < count) {
                    backend.restoreState();
                    run(epochs, first, kept, backend, candidate);
                }
                Parameters previousGood = good;
                good = candidate;
                candidate = previousGood;
            }
        }
        if (!progress.diverged()) {
            // No epoch measures what the last update made.
            backend.readParameters(candidate);
            if (candidate.isFinite()) {
                return candidate;
            }
            progress.diverged("a parameter", progress.epochs());
        }
        return good;
    }

    /** The epoch after the first of a window whose error the Gram form does not resolve, if that is known. */
    private int firstToBeByResidual(Epochs epochs, int first, List<StepLosses> losses, Rounding rounding) {
        for (int i = 0; i < losses.size() && first + i < epochs.residualFrom(); i++) {
            if (rounding.needsResidual(losses.get(i).reconstruction(), configuration.tolerance())) {
                return first + i + 1;
            }
        }
        return epochs.residualFrom();
    }

    /**
     * Runs a window.
     *
     * @param beforeLast receives the parameters before its last epoch
     * @return the losses of each epoch
     */
    private static List<StepLosses> run(Epochs epochs, int first, int count, Backend backend, Parameters beforeLast) {
        epochs.run(first, count - 1);
        backend.readParameters(beforeLast);
        epochs.run(first + count - 1, 1);
        return epochs.takeLosses();
    }
}
