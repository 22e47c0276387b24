package io.github.paenmf.train;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.model.StateVisitor;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives any backend several steps in flight: it hands out losses late, and goes back to a state by
 * doing everything again that led to it. Can pretend that one step's losses are not finite.
 *
 * @param <P> the parameters of the algorithm
 */
final class ReplayingBackend<P extends Parameters<P>> implements Solver<P> {

    private final Solver<P> backend;
    private final int stepsInFlight;
    private final int brokenStep;
    private final List<Runnable> journal = new ArrayList<>();
    private final List<Objective> waiting = new ArrayList<>();
    private final List<Objective> handedOut = new ArrayList<>();
    private P initial;
    private int lastStep;
    private int saved = -1;

    private int updates;
    private int residuals;
    private int saves;
    private int restores;
    private int mostWaiting;

    /**
     * @param brokenStep index of the step whose KL is not a number, or −1
     */
    ReplayingBackend(Solver<P> backend, int stepsInFlight, int brokenStep) {
        this.backend = backend;
        this.stepsInFlight = stepsInFlight;
        this.brokenStep = brokenStep;
    }

    /** Updates that were asked for, those that were asked for again included. */
    int updates() {
        return updates;
    }

    /** The losses of every step, in the order in which they were taken. */
    List<Objective> handedOut() {
        return handedOut;
    }

    /** Residuals that were asked for, those that were asked for again included. */
    int residuals() {
        return residuals;
    }

    int saves() {
        return saves;
    }

    int restores() {
        return restores;
    }

    /** The largest number of losses that waited at once. */
    int mostWaiting() {
        return mostWaiting;
    }

    private void perform(Runnable action) {
        action.run();
        journal.add(action);
    }

    private void requireNoneWaiting() {
        if (!waiting.isEmpty()) {
            throw new IllegalStateException(waiting.size() + " losses were not taken");
        }
    }

    @Override
    public String description() {
        return backend.description();
    }

    @Override
    public int chunkRows() {
        return backend.chunkRows();
    }

    @Override
    public int stepsInFlight() {
        return stepsInFlight;
    }

    @Override
    public DataProducts products(RowSource data) {
        return backend.products(data);
    }

    @Override
    public void setParameters(P parameters) {
        initial = parameters.copy();
        journal.clear();
        backend.setParameters(parameters);
    }

    @Override
    public void readParameters(P target) {
        backend.readParameters(target);
    }

    @Override
    public void saveState() {
        requireNoneWaiting();
        saves++;
        saved = journal.size();
    }

    @Override
    public void restoreState() {
        requireNoneWaiting();
        restores++;
        backend.setParameters(initial);
        journal.subList(saved, journal.size()).clear();
        journal.forEach(Runnable::run);
    }

    @Override
    public void visitState(StateVisitor visitor) {
        requireNoneWaiting();
        backend.visitState(visitor);
    }

    @Override
    public String kind() {
        return backend.kind();
    }

    @Override
    public void clearSums() {
        perform(backend::clearSums);
    }

    @Override
    public void gram() {
        perform(backend::gram);
    }

    @Override
    public void project(Rows chunk) {
        perform(() -> backend.project(chunk));
    }

    @Override
    public void rowStage(Rows chunk, int step) {
        lastStep = step;
        perform(() -> backend.rowStage(chunk, step));
    }

    @Override
    public void residual(Rows chunk) {
        residuals++;
        perform(() -> backend.residual(chunk));
    }

    @Override
    public void accumulate(Rows chunk, double squaredNorm) {
        perform(() -> backend.accumulate(chunk, squaredNorm));
    }

    @Override
    public void addSums(Sums other) {
        perform(() -> backend.addSums(other));
    }

    @Override
    public Sums readSums() {
        return backend.readSums();
    }

    @Override
    public void update() {
        if (waiting.size() == stepsInFlight) {
            throw new IllegalStateException(stepsInFlight + " losses were not taken");
        }
        updates++;
        List<Objective> taken = new ArrayList<>();
        perform(() -> {
            backend.update();
            taken.clear();
            taken.addAll(backend.takeObjectives());
        });
        Objective losses = taken.get(0);
        waiting.add(lastStep == brokenStep ? new Objective(losses.reconstruction(), Double.NaN) : losses);
        mostWaiting = Math.max(mostWaiting, waiting.size());
    }

    @Override
    public List<Objective> takeObjectives() {
        List<Objective> taken = List.copyOf(waiting);
        handedOut.addAll(taken);
        waiting.clear();
        return taken;
    }

    @Override
    public void close() {
        backend.close();
    }
}
