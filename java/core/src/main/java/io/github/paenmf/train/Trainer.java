package io.github.paenmf.train;

import io.github.paenmf.backend.Backend;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Problem;
import io.github.paenmf.backend.StepLosses;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.FittedModel;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Epochs, mini-batches, early stopping and what a fit has to report. */
public final class Trainer {

    private static final Logger LOG = System.getLogger(Trainer.class.getName());

    /** The mean objective of the last tenth of the epochs against the tenth before it. */
    private static final int CONVERGENCE_WINDOWS = 10;

    private static final double CONVERGENCE_CHANGE = 0.02;

    private final Configuration configuration;
    private final Execution execution;
    private final FitListener listener;

    public Trainer(Configuration configuration, Execution execution, FitListener listener) {
        this.configuration = configuration;
        this.execution = execution;
        this.listener = listener;
    }

    /**
     * Trains from fresh parameters.
     *
     * @param data n × m, not written to
     * @throws DataException if the data cannot be factorised
     */
    public FittedModel fit(Matrix data) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        Parameters initial = Initialiser.parameters(configuration, statistics);
        return train(data, statistics, initial, data.columnNames(), 0);
    }

    /**
     * Goes on from a fitted model, on the same or other data with the same features (the paper's
     * continuous updating). The data scale stays that of the model.
     *
     * @throws DataException if the data cannot be factorised, or have another number of features
     */
    public FittedModel update(FittedModel model, Matrix data) {
        requireFeatures(model, data);
        DataStatistics statistics = DataStatistics.of(data, model.dataScale());
        int previous = model.previousEpochs() + model.history().epochs();
        return train(data, statistics, model.parameters(), model.featureNames(), previous);
    }

    /**
     * @throws DataException if the data's columns are not the model's features
     */
    public static void requireFeatures(FittedModel model, Matrix data) {
        int features = model.parameters().features();
        if (data.columns() != features) {
            String hint = data.rows() == features ? "; the data seem to be transposed" : "";
            throw new DataException("the data have " + data.columns() + " columns, but the model was fitted on "
                    + features + " features" + hint);
        }
    }

    private FittedModel train(
            Matrix data, DataStatistics statistics, Parameters initial, List<String> names, int previousEpochs) {
        int n = data.rows();
        int batchRows = configuration.batchRows() == 0 ? n : Math.min(n, configuration.batchRows());
        int chunkRows = execution.chunkRows(configuration.rank(), batchRows);
        List<String> warnings = new ArrayList<>();
        if (configuration.rank() > Math.min(n, data.columns())) {
            warnings.add("rank " + configuration.rank() + " is above min(rows, columns) = "
                    + Math.min(n, data.columns()) + ": some components are redundant.");
        }
        Problem problem = new Problem(
                configuration,
                data.columns(),
                statistics.scale(),
                chunkRows,
                Initialiser.rates(configuration, statistics));
        Progress progress = new Progress();
        Parameters good = initial.copy();
        try (Backend backend = Backends.open(execution.backend(), problem, execution.threads())) {
            LOG.log(Level.INFO, "training on {0}", backend.description());
            backend.setParameters(initial);
            TrainStep trainStep = new TrainStep(backend, chunkRows);
            Parameters candidate = new Parameters(data.columns(), configuration.rank());
            int stepsPerEpoch = (n - 1) / batchRows + 1;
            int step = Math.multiplyExact(previousEpochs, stepsPerEpoch);
            while (progress.stopReason == null) {
                // These parameters are good if this epoch's losses, which measure them, are finite.
                backend.readParameters(candidate);
                Loss loss = epoch(trainStep, backend, data, statistics, batchRows, step);
                step += stepsPerEpoch;
                progress.add(loss);
                if (progress.stopReason != StopReason.DIVERGED) {
                    Parameters previousGood = good;
                    good = candidate;
                    candidate = previousGood;
                }
            }
            if (progress.stopReason != StopReason.DIVERGED) {
                // No epoch measures what the last update made.
                backend.readParameters(candidate);
                if (candidate.isFinite()) {
                    good = candidate;
                } else {
                    progress.diverged("a parameter", progress.epochs);
                }
            }
        }
        warnings.addAll(progress.warnings());
        FittedModel model = new FittedModel(
                configuration, good, statistics.scale(), names, progress.history(), previousEpochs, warnings);
        return Diagnosis.withWarnings(model, data, execution);
    }

    private record Loss(double reconstruction, double kl) {}

    private Loss epoch(
            TrainStep trainStep,
            Backend backend,
            Matrix data,
            DataStatistics statistics,
            int batchRows,
            int firstStep) {
        int n = data.rows();
        if (batchRows == n) {
            trainStep.run(new Batch(data, null, statistics.rowNorms()), firstStep);
            StepLosses losses = backend.losses();
            return new Loss(losses.reconstruction(), losses.kl());
        }
        int[] order = shuffled(n, firstStep);
        double reconstruction = 0;
        double kl = 0;
        for (int from = 0, step = firstStep; from < n; from += batchRows, step++) {
            int[] ids = Arrays.copyOfRange(order, from, Math.min(n, from + batchRows));
            trainStep.run(new Batch(data.selectRows(ids), ids, statistics.rowNorms()), step);
            StepLosses losses = backend.losses();
            reconstruction += losses.reconstruction() * ids.length;
            kl += losses.kl() * ids.length;
        }
        return new Loss(reconstruction / n, kl / n);
    }

    /** Row indices sorted by random keys: one number a row, whatever the batch size. */
    private int[] shuffled(int n, int step) {
        int[] words = new int[Philox.WORDS];
        long[] keyed = new long[n];
        for (int i = 0; i < n; i++) {
            Philox.words(configuration.seed(), i, 0, step, Purpose.SHUFFLING, words);
            keyed[i] = (long) words[0] << 32 | i;
        }
        Arrays.sort(keyed);
        return Arrays.stream(keyed).mapToInt(key -> (int) key).toArray();
    }

    /** The losses so far, and when they are reason to stop. */
    private final class Progress {

        private final long start = System.nanoTime();
        private double[] reconstruction = new double[16];
        private double[] kl = new double[16];
        private int epochs;
        private double best = Double.POSITIVE_INFINITY;
        private int bestEpoch;
        private String divergence;
        private StopReason stopReason;

        void add(Loss loss) {
            if (!Double.isFinite(loss.reconstruction) || !Double.isFinite(loss.kl)) {
                String term = Double.isFinite(loss.reconstruction) ? "KL divergence" : "reconstruction error";
                diverged("the " + term, epochs + 1);
                return;
            }
            if (epochs == kl.length) {
                reconstruction = Arrays.copyOf(reconstruction, 2 * epochs);
                kl = Arrays.copyOf(kl, 2 * epochs);
            }
            reconstruction[epochs] = loss.reconstruction;
            kl[epochs] = loss.kl;
            double objective = objective(epochs);
            epochs++;
            if (best - objective > configuration.tolerance() * Math.abs(best) || best == Double.POSITIVE_INFINITY) {
                best = objective;
                bestEpoch = epochs;
            }
            EpochReport report = new EpochReport(
                    epochs,
                    configuration.epochs(),
                    loss.reconstruction,
                    loss.kl,
                    objective,
                    (System.nanoTime() - start) * 1e-9);
            boolean goOn = listener.onEpoch(report);
            if (epochs == configuration.epochs()) {
                stopReason = StopReason.EPOCHS;
            } else if (!goOn) {
                stopReason = StopReason.LISTENER;
            } else if (configuration.tolerance() > 0 && epochs - bestEpoch >= configuration.patience()) {
                stopReason = StopReason.CONVERGED;
            }
        }

        void diverged(String what, int epoch) {
            divergence = "training diverged: " + what + " was not a finite number in epoch " + epoch
                    + "; the parameters are those before it. Lower the learning rates, or raise sigma.";
            stopReason = StopReason.DIVERGED;
        }

        private double objective(int epoch) {
            return reconstruction[epoch] + (configuration.kl() ? kl[epoch] : 0);
        }

        private double meanObjective(int from, int to) {
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += objective(i);
            }
            return sum / (to - from);
        }

        History history() {
            return new History(Arrays.copyOf(reconstruction, epochs), Arrays.copyOf(kl, epochs), stopReason);
        }

        List<String> warnings() {
            if (stopReason == StopReason.DIVERGED) {
                return List.of(divergence);
            }
            int window = epochs / CONVERGENCE_WINDOWS;
            if (window == 0 || stopReason == StopReason.CONVERGED) {
                return List.of();
            }
            double before = meanObjective(epochs - 2 * window, epochs - window);
            double change = (before - meanObjective(epochs - window, epochs)) / Math.abs(before);
            if (change <= CONVERGENCE_CHANGE) {
                return List.of();
            }
            return List.of(String.format(
                    Locale.ROOT,
                    "not converged: the objective still fell by %.1f %% over the last %d epochs; train for more.",
                    100 * change,
                    window));
        }
    }
}
