package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Bootstrap;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.Consensus;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.MatchedFits;
import io.github.paenmf.model.Replicates;
import io.github.paenmf.model.Replication;
import io.github.paenmf.model.Resample;
import io.github.paenmf.model.Stability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The fit of a model and those beside it: restarts from other seeds, of which the best is the model, and a bootstrap. Of
 * restarts only their parts are kept, and the best is then made once more, by its seed, with all that a model has.
 *
 * <p>Fits run beside each other, with one thread each where there are as many as threads; data are shared. The number of
 * threads changes no bit of a fit.
 *
 * @param <R> what a trainer gives
 */
public final class Replicator<R> {

    /** Of what a fit holds beside the data, for each row and feature and component. */
    private static final long BYTES_PER_VALUE = 48;
    /** Share of the memory that fits beside each other may take. */
    private static final double MOST_MEMORY = 0.25;

    /** The fits of one estimator. Data are given, and parts in units of these. */
    public interface Fits<R> {

        /** The fit from a seed. */
        R fit(RowSource data, long seed, Execution execution, FitListener listener);

        /** The same, for its parts alone. */
        Parts parts(RowSource data, long seed, Execution execution, FitListener listener);

        /** The fit that starts from a basis, or keeps it. */
        R fit(RowSource data, Matrix basis, Execution execution, FitListener listener);

        /**
         * The parts of a fit that goes on from another one on other rows, for as many epochs: after fewer, parts that move
         * slowly have not gone as far as other samples would take them.
         */
        Parts goOn(R fit, RowSource rows, Execution execution, FitListener listener);

        /** What a fit has for parts. */
        Parts of(R fit);
    }

    /**
     * What is kept of a fit.
     *
     * @param basis m × r, in units of the data
     * @param amounts the mean of the coefficients of each component, r
     * @param history of the objective
     */
    public record Parts(Matrix basis, double[] amounts, History history) {

        double objective() {
            int last = history.epochs() - 1;
            return last < 0 ? Double.NaN : history.reconstruction()[last] + history.kl()[last];
        }

        private boolean ended(StopReason reason) {
            return history.stopReason() == reason;
        }
    }

    /** What came of all. Matrices of the replicates are in units of the data. */
    public record Outcome<R>(R fit, Replicates replicates) {}

    private final Fits<R> fits;
    private final Replication replication;
    private final int rank;
    private final Execution execution;
    private final FitListener listener;
    private volatile boolean stopped;

    public Replicator(Fits<R> fits, Replication replication, int rank, Execution execution, FitListener listener) {
        this.fits = fits;
        this.replication = replication;
        this.rank = rank;
        this.execution = execution;
        this.listener = listener;
    }

    /**
     * Makes all fits.
     *
     * @param data n × m, scaled as the trainer takes them
     * @param seed of the first restart; the others have those after it
     */
    public Outcome<R> run(RowSource data, long seed) {
        if (replication.restarts() == 1 || replication.resample() != Resample.NONE) {
            return ofAllRows(data, seed);
        }
        List<Parts> all = restarts(data, seed);
        List<Integer> usable = usable(all);
        int best = usable.stream()
                .min(Comparator.comparingDouble(i -> all.get(i).objective()))
                .orElse(0);
        if (usable.size() < 2) {
            return withBootstrap(again(data, seed + best, all.get(best)), null, data, seed);
        }
        List<Parts> parts = usable.stream().map(all::get).toList();
        Stability stability = stability(all.get(best), usable.indexOf(best), parts);
        R fit = replication.consensus()
                ? fits.fit(data, stability.consensus(), execution, whole())
                : again(data, seed + best, all.get(best));
        return withBootstrap(fit, stability, data, seed);
    }

    /** The model is that of all rows, whose objective can be compared with no other. */
    private Outcome<R> ofAllRows(RowSource data, long seed) {
        R fit = fits.fit(data, seed, execution, listener);
        Parts reference = fits.of(fit);
        boolean whole = !reference.ended(StopReason.LISTENER) && !reference.ended(StopReason.DIVERGED);
        if (!whole) {
            return new Outcome<>(fit, Replicates.NONE);
        }
        if (replication.restarts() == 1) {
            return withBootstrap(fit, null, data, seed);
        }
        List<Parts> all = restarts(data, seed);
        List<Parts> parts = usable(all).stream().map(all::get).toList();
        if (parts.size() < 2) {
            return new Outcome<>(fit, Replicates.NONE);
        }
        Stability stability = stability(reference, -1, parts);
        R model = replication.consensus() ? fits.fit(data, stability.consensus(), execution, whole()) : fit;
        return withBootstrap(model, stability, data, seed);
    }

    /** Hears of the last fit, unless all has been stopped before. */
    private FitListener whole() {
        return report -> stopped || listener.onEpoch(report);
    }

    /** The fit of a seed once more, as far as it was made. */
    private R again(RowSource data, long seed, Parts made) {
        int epochs = made == null ? 1 : Math.max(1, made.history().epochs());
        return fits.fit(data, seed, execution, report -> stopped ? report.epoch() < epochs : listener.onEpoch(report));
    }

    private List<Parts> restarts(RowSource data, long seed) {
        return run(ReplicateReport.Kind.RESTART, replication.restarts(), data, alone -> restart -> {
            RowSource rows = replication.resample() == Resample.NONE
                    ? data
                    : data.selectRows(RowDraws.of(replication.resample(), seed, restart, data.rows()));
            return fits.parts(rows, seed + restart, alone, report -> !stopped);
        });
    }

    /** Which have ended by themselves, or if none has, which were stopped; none that has diverged. */
    private static List<Integer> usable(List<Parts> all) {
        List<Integer> made = IntStream.range(0, all.size())
                .filter(i -> all.get(i) != null && !all.get(i).ended(StopReason.DIVERGED))
                .boxed()
                .toList();
        List<Integer> whole = made.stream()
                .filter(i -> !all.get(i).ended(StopReason.LISTENER))
                .toList();
        return whole.isEmpty() ? made : whole;
    }

    /**
     * @param own which of the fits is the reference, or −1 where it is none of them
     */
    private Stability stability(Parts reference, int own, List<Parts> parts) {
        List<Matrix> bases = parts.stream().map(Parts::basis).toList();
        List<ComponentMatching> matchings = bases.stream()
                .map(basis -> ComponentMatching.of(reference.basis(), basis))
                .toList();
        Consensus consensus = Consensus.of(reference.basis(), bases, matchings);
        // With a consensus all fits are others than the model.
        List<ComponentMatching> others = replication.consensus()
                ? bases.stream()
                        .map(basis -> ComponentMatching.of(consensus.basis(), basis))
                        .toList()
                : IntStream.range(0, matchings.size())
                        .filter(i -> i != own)
                        .mapToObj(matchings::get)
                        .toList();
        return new Stability(
                replication.restarts(),
                replication.resample(),
                parts.stream().mapToDouble(Parts::objective).toArray(),
                matches(others),
                consensus.basis(),
                consensus.kept(),
                replication.consensus());
    }

    private MatchedFits matches(List<ComponentMatching> matchings) {
        Matrix cosines = Matrix.zeros(matchings.size(), rank);
        for (int i = 0; i < cosines.rows(); i++) {
            for (int j = 0; j < rank; j++) {
                cosines.storage(i)[cosines.offset(i) + j] =
                        (float) matchings.get(i).cosines()[j];
            }
        }
        return new MatchedFits(cosines);
    }

    private Outcome<R> withBootstrap(R fit, Stability stability, RowSource data, long seed) {
        Parts model = fits.of(fit);
        boolean whole = !stopped && !model.ended(StopReason.LISTENER) && !model.ended(StopReason.DIVERGED);
        Bootstrap bootstrap = replication.bootstrap() > 0 && whole ? bootstrap(fit, model, data, seed) : null;
        return new Outcome<>(fit, new Replicates(stability, bootstrap));
    }

    private Bootstrap bootstrap(R fit, Parts model, RowSource data, long seed) {
        List<Parts> all = run(ReplicateReport.Kind.BOOTSTRAP, replication.bootstrap(), data, alone -> replicate -> {
            RowSource rows = data.selectRows(RowDraws.of(Resample.POISSON, seed, replicate, data.rows()));
            return fits.goOn(fit, rows, alone, report -> !stopped);
        });
        List<Parts> parts = all.stream()
                .filter(Objects::nonNull)
                .filter(made -> !made.ended(StopReason.LISTENER) && !made.ended(StopReason.DIVERGED))
                .toList();
        if (parts.size() < 2) {
            return null;
        }
        List<ComponentMatching> matchings = parts.stream()
                .map(made -> ComponentMatching.of(model.basis(), made.basis()))
                .toList();
        return new Bootstrap(matches(matchings), errors(model, parts, matchings));
    }

    /** The standard deviation of each weight over fits, as long as their mean coefficients are those of the model. */
    private Matrix errors(Parts model, List<Parts> parts, List<ComponentMatching> matchings) {
        Matrix errors = Matrix.zeros(model.basis().rows(), rank);
        for (int j = 0; j < rank; j++) {
            for (int f = 0; f < errors.rows(); f++) {
                double mean = 0;
                double squares = 0;
                for (int b = 0; b < parts.size(); b++) { // Welford's recurrence
                    Parts made = parts.get(b);
                    int component = matchings.get(b).components()[j];
                    double longer = model.amounts()[j] > 0 ? made.amounts()[component] / model.amounts()[j] : 1;
                    double weight = longer * made.basis().get(f, component);
                    double difference = weight - mean;
                    mean += difference / (b + 1);
                    squares += difference * (weight - mean);
                }
                errors.storage(f)[errors.offset(f) + j] = (float) Math.sqrt(squares / (parts.size() - 1));
            }
        }
        return errors;
    }

    /** Makes fits beside each other; null for those that were not begun. */
    private List<Parts> run(
            ReplicateReport.Kind kind, int count, RowSource data, Function<Execution, IntFunction<Parts>> fit) {
        int atOnce = atOnce(count, data);
        IntFunction<Parts> one = fit.apply(execution.withThreads(Math.max(1, execution.threads() / atOnce)));
        Reports progress = new Reports(kind, count);
        List<Callable<Parts>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            tasks.add(() -> {
                Parts parts = stopped ? null : one.apply(number);
                progress.add(parts);
                return parts;
            });
        }
        return ConcurrentFits.run(tasks, atOnce, progress);
    }

    /** As many as there are threads, where there is memory for them; one on a device. */
    private int atOnce(int count, RowSource data) {
        if (Backends.resolve(execution.backend()) == Backends.Choice.CUDA) {
            return 1;
        }
        long bytes = BYTES_PER_VALUE * rank * ((long) data.rows() + data.columns());
        if (replication.drawsRows()) {
            bytes += Float.BYTES * data.size();
        }
        double room = MOST_MEMORY * Runtime.getRuntime().maxMemory() / bytes;
        return Math.max(1, (int) Math.min(Math.min(execution.threads(), count), room));
    }

    /** What the listener hears of them. */
    private final class Reports implements ConcurrentFits.Watch {

        private final ReplicateReport.Kind kind;
        private final int all;
        private final long start = System.nanoTime();
        private int done;
        private double best = Double.NaN;

        Reports(ReplicateReport.Kind kind, int all) {
            this.kind = kind;
            this.all = all;
        }

        synchronized void add(Parts parts) {
            boolean comparable = kind == ReplicateReport.Kind.RESTART && replication.resample() == Resample.NONE;
            if (parts != null && comparable && !parts.ended(StopReason.DIVERGED) && !(parts.objective() >= best)) {
                best = parts.objective();
            }
        }

        private synchronized double best() {
            return best;
        }

        @Override
        public void ended(int nowDone, int ofAll) {
            done = nowDone;
            meanwhile();
        }

        @Override
        public void meanwhile() {
            double seconds = (System.nanoTime() - start) * 1e-9;
            if (!listener.onReplicates(new ReplicateReport(kind, done, all, best(), seconds))) {
                stopped = true;
            }
        }
    }
}
