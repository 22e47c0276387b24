package io.github.paenmf.train;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.StateVisitor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What many fits come to, in numbers, which a checkpoint keeps as they end: a command that was stopped goes on with those
 * that are missing. Thread-safe.
 */
public final class FinishedFits {

    /** Stands for the length of what is not there yet. */
    private static final int MISSING = -1;

    /** Null where nothing is kept. */
    private final CheckpointStore store;

    private final Map<String, String> problem;
    private final double[][] results;
    private final int mostNumbers;
    private boolean stored = true;

    /**
     * Starts with none, or with those that are kept.
     *
     * @param store or null, to keep none
     * @param settings all that have an effect on the fits, by name
     * @param data of all fits
     * @param count of fits
     * @param mostNumbers that a fit may come to
     * @throws DataException if what is kept is of other settings or data, or damaged
     */
    public FinishedFits(
            CheckpointStore store, Map<String, String> settings, RowSource data, int count, int mostNumbers) {
        this.store = store;
        this.results = new double[count][];
        this.mostNumbers = mostNumbers;
        this.problem = new LinkedHashMap<>(settings);
        if (store != null) {
            FitProblem.add(data, problem);
            store.load(problem, this::visit);
        }
    }

    /**
     * A fit, which is run unless it is there.
     *
     * @param index from 0
     * @param fit runs it
     * @param numbers what to keep of it
     * @param ofNumbers makes it of them, to the bit
     */
    public <F> F get(int index, Supplier<F> fit, Function<F, double[]> numbers, Function<double[], F> ofNumbers) {
        double[] kept = kept(index);
        if (kept != null) {
            return ofNumbers.apply(kept);
        }
        F result = fit.get();
        if (store != null) {
            keep(index, numbers.apply(result));
        }
        return result;
    }

    private synchronized double[] kept(int index) {
        return results[index];
    }

    private synchronized void keep(int index, double[] numbers) {
        results[index] = numbers;
        stored = false;
    }

    /** Stores what has come, if it is time to. */
    public void storeIfDue() {
        if (store != null && store.isDue()) {
            store();
        }
    }

    /** Stores what has come since it was last stored, also on a thread that was interrupted. */
    public synchronized void store() {
        if (stored) {
            return;
        }
        boolean interrupted = Thread.interrupted(); // which would close the file
        try {
            store.store(problem, this::visit);
            stored = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void visit(StateVisitor visitor) {
        for (int i = 0; i < results.length; i++) {
            int length = visitor.visit(results[i] == null ? MISSING : results[i].length);
            if (length < MISSING || length > mostNumbers) {
                throw new DataException("it is damaged: a fit has at most " + mostNumbers + " numbers, not " + length);
            }
            if (length == MISSING) {
                results[i] = null;
            } else {
                if (results[i] == null || results[i].length != length) {
                    results[i] = new double[length];
                }
                visitor.visit(results[i]);
            }
        }
    }
}
