package io.github.paenmf.train;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.model.Warning;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/** The losses so far, and when they are reason to stop. */
final class Progress {

    /** The mean objective of the last tenth of the epochs against the tenth before it. */
    private static final int CONVERGENCE_WINDOWS = 10;

    private static final double CONVERGENCE_CHANGE = 0.02;
    /** The same of an ELBO per entry, in nats: what 2 % less squared error are worth. */
    private static final double ELBO_CONVERGENCE_CHANGE = 0.01;

    private final int mostEpochs;
    private final double tolerance;
    private final int patience;
    private final boolean withKl;
    /** What an improvement by a tolerance of 1 is, or 0 where it is the objective itself. */
    private final double unit;

    private final FitListener listener;
    private final LongSupplier nanoTime;
    private final long start;
    private double[] reconstruction = new double[16];
    private double[] kl = new double[16];
    private double[] rounding = new double[16];
    private int epochs;
    private double best = Double.POSITIVE_INFINITY;
    private double bestRounding;
    private int bestEpoch;
    private String divergence;
    private StopReason stopReason;

    /**
     * Of an error, whose improvements are judged as shares of it.
     *
     * @param mostEpochs how many epochs end the fit
     * @param tolerance least relative improvement of the objective that counts; 0 never stops early
     * @param patience epochs without such an improvement that end the fit
     * @param withKl whether the objective contains the KL term
     * @param listener hears of each epoch and may end the fit
     * @param nanoTime a clock
     */
    Progress(
            int mostEpochs,
            double tolerance,
            int patience,
            boolean withKl,
            FitListener listener,
            LongSupplier nanoTime) {
        this(mostEpochs, tolerance, patience, withKl, 0, listener, nanoTime);
    }

    /**
     * Of −ELBO per sample, whose improvements are judged per entry, in nats.
     *
     * @param entries of a sample, on average
     * @param tolerance least improvement that counts; 0 never stops early
     */
    static Progress ofElbo(
            int mostEpochs,
            double tolerance,
            int patience,
            double entries,
            FitListener listener,
            LongSupplier nanoTime) {
        return new Progress(mostEpochs, tolerance, patience, true, entries, listener, nanoTime);
    }

    private Progress(
            int mostEpochs,
            double tolerance,
            int patience,
            boolean withKl,
            double unit,
            FitListener listener,
            LongSupplier nanoTime) {
        this.unit = unit;
        this.mostEpochs = mostEpochs;
        this.tolerance = tolerance;
        this.patience = patience;
        this.withKl = withKl;
        this.listener = listener;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
    }

    /** Takes a visitor through the losses so far and what they are judged by. */
    void visit(StateVisitor visitor) {
        epochs = visitor.visit(epochs);
        reconstruction = visited(visitor, reconstruction);
        kl = visited(visitor, kl);
        rounding = visited(visitor, rounding);
        best = visitor.visit(best);
        bestRounding = visitor.visit(bestRounding);
        bestEpoch = visitor.visit(bestEpoch);
    }

    private double[] visited(StateVisitor visitor, double[] values) {
        double[] soFar = Arrays.copyOf(values, epochs);
        visitor.visit(soFar);
        return Arrays.copyOf(soFar, Math.max(16, epochs));
    }

    /** Whether the listener has ended the fit. */
    boolean stopped() {
        return stopReason == StopReason.LISTENER;
    }

    /** Whether nothing has ended the fit yet. */
    boolean goesOn() {
        return stopReason == null;
    }

    /** How many epochs have been judged. */
    int epochs() {
        return epochs;
    }

    boolean diverged() {
        return stopReason == StopReason.DIVERGED;
    }

    /**
     * Judges the next epoch.
     *
     * @param mayBeOff how far off the reconstruction error may be by rounding: differences below are no improvement
     */
    void add(Objective loss, double mayBeOff) {
        if (!loss.isFinite()) {
            String term = Double.isFinite(loss.reconstruction()) ? "KL divergence" : "reconstruction error";
            diverged("the " + term, epochs + 1);
            return;
        }
        if (epochs == kl.length) {
            reconstruction = Arrays.copyOf(reconstruction, 2 * epochs);
            kl = Arrays.copyOf(kl, 2 * epochs);
            rounding = Arrays.copyOf(rounding, 2 * epochs);
        }
        reconstruction[epochs] = loss.reconstruction();
        kl[epochs] = loss.kl();
        rounding[epochs] = mayBeOff;
        double objective = objective(epochs);
        epochs++;
        // What they may be at most: an error that is known better than the best one is not judged by the latter's luck.
        double improvement = best + bestRounding - (objective + mayBeOff);
        if (improvement > Math.max(tolerance * unit(best), mayBeOff) || best == Double.POSITIVE_INFINITY) {
            best = objective;
            bestRounding = mayBeOff;
            bestEpoch = epochs;
        }
        EpochReport report = new EpochReport(
                epochs, mostEpochs, loss.reconstruction(), loss.kl(), objective, (nanoTime.getAsLong() - start) * 1e-9);
        boolean goOn = listener.onEpoch(report);
        if (epochs == mostEpochs) {
            stopReason = StopReason.EPOCHS;
        } else if (!goOn) {
            stopReason = StopReason.LISTENER;
        } else if (tolerance > 0 && epochs - bestEpoch >= patience) {
            stopReason = StopReason.CONVERGED;
        }
    }

    void diverged(String what, int epoch) {
        divergence = "training diverged: " + what + " was not a finite number in epoch " + epoch
                + "; the parameters are those before it. Lower the learning rates, or raise sigma.";
        stopReason = StopReason.DIVERGED;
    }

    private double unit(double objective) {
        return unit > 0 ? unit : Math.abs(objective);
    }

    private double objective(int epoch) {
        return reconstruction[epoch] + (withKl ? kl[epoch] : 0);
    }

    private static double mean(IntToDoubleFunction values, int from, int to) {
        return IntStream.range(from, to).mapToDouble(values).sum() / (to - from);
    }

    History history() {
        return new History(Arrays.copyOf(reconstruction, epochs), Arrays.copyOf(kl, epochs), stopReason);
    }

    List<Warning> warnings() {
        if (stopReason == StopReason.DIVERGED) {
            return List.of(new Warning(Warning.Code.DIVERGED, divergence));
        }
        int window = epochs / CONVERGENCE_WINDOWS;
        if (window == 0 || stopReason == StopReason.CONVERGED) {
            return List.of();
        }
        double before = mean(this::objective, epochs - 2 * window, epochs - window);
        double fall = before - mean(this::objective, epochs - window, epochs);
        double change = fall / unit(before);
        boolean isReal = fall > mean(i -> rounding[i], epochs - 2 * window, epochs);
        if (!(isReal && change > (unit > 0 ? ELBO_CONVERGENCE_CHANGE : CONVERGENCE_CHANGE))) { // nor where it is 0
            return List.of();
        }
        String text = unit > 0
                ? String.format(
                        Locale.ROOT,
                        "not converged: the ELBO still rose by %.3f nats per entry over the last %d epochs;"
                                + " train for more.",
                        change,
                        window)
                : String.format(
                        Locale.ROOT,
                        "not converged: the objective still fell by %.1f %% over the last %d epochs; train for more.",
                        100 * change,
                        window);
        return List.of(new Warning(Warning.Code.NOT_CONVERGED, text));
    }
}
