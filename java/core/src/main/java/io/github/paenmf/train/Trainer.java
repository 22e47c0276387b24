package io.github.paenmf.train;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.StepLosses;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.FittedModel;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.SavedModel;
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
     * @throws DataException if the data cannot be factorised, or have another number of features
     */
    public Result update(FittedModel model, Matrix data) {
        requireFeatures(model, data);
        DataStatistics statistics = DataStatistics.of(data, model.dataScale());
        int previous = model.previousEpochs() + model.history().epochs();
        return train(data, statistics, model.parameters(), model.featureNames(), previous);
    }

    /**
     * @throws DataException if the data's columns are not the model's features
     */
    public static void requireFeatures(SavedModel model, Matrix data) {
        int features = model.features();
        if (data.columns() != features) {
            String hint = data.rows() == features ? "; the data seem to be transposed" : "";
            throw new DataException("the data have " + data.columns() + " columns, but the model was fitted on "
                    + features + " features" + hint);
        }
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
            parameters = train(backend, epochs, initial, progress);
        }
        warnings.addAll(progress.warnings());
        FittedModel model = new FittedModel(
                configuration, parameters, statistics.scale(), names, progress.history(), previousEpochs, warnings);
        return new Result(Diagnosis.withWarnings(model, data, execution), description);
    }

    /**
     * Runs windows of epochs: their losses are known, and judged epoch by epoch, only once a window is
     * over. If the last epoch lies within it, the window is run again up to there.
     *
     * @return the last parameters that are good
     */
    private Parameters train(Backend backend, Epochs epochs, Parameters initial, Progress progress) {
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
            if (nanoTime.getAsLong() - start < WINDOW_NANOS) {
                window = Math.min(2 * window, epochs.inFlight());
            }
            for (int i = 0; i < count && progress.goesOn(); i++) {
                progress.add(losses.get(i));
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
