package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.train.ConcurrentFits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.BiPredicate;

/**
 * Chooses the number of components by fits of standard NMF (HALS) for a range of ranks, of dense or sparse data, which may
 * have missing values.
 *
 * <pre>{@code
 * RankSelection.Result result = RankSelection.builder().ranks(1, 30).build().select(data);
 * int rank = result.chosenRank();
 * }</pre>
 *
 * <p>Immutable and thread-safe. Equal settings and data give the same result, whatever the number of threads.
 */
public final class RankSelection {

    /** By what a rank is chosen. */
    public enum Method {
        /**
         * The least {@linkplain DescriptionLength description length}, for each rank the least of the restarts. Of missing
         * values nothing is described.
         */
        MDL,
        /**
         * Cross-validation: the {@linkplain HoldOut error at a tenth of the entries}, which the fit has not seen, averaged
         * over the restarts, each of which hides others. The least rank whose error is within one standard error of the
         * least error.
         */
        BICV
    }

    /**
     * What came of one rank.
     *
     * @param rank r
     * @param length the description length, or null for {@link Method#BICV}
     * @param error the relative error of the fit, for {@link Method#BICV} at the entries held out, in the mean
     * @param standardError of {@code error} over the restarts; 0 for {@link Method#MDL}
     */
    public record Candidate(int rank, DescriptionLength length, double error, double standardError) {}

    /**
     * What was found.
     *
     * @param method by which the rank was chosen
     * @param chosenRank the rank
     * @param candidates all ranks that were tried, ascending
     * @param greatestPossible the smaller side of the data, beyond which there is no rank to try
     */
    public record Result(Method method, int chosenRank, List<Candidate> candidates, int greatestPossible) {

        public Result {
            candidates = List.copyOf(candidates);
        }

        /**
         * Whether the choice is the least or the greatest rank that was tried and there is one beyond, which might be
         * better.
         */
        public boolean isAtTheEdge() {
            return chosenRank == candidates.get(0).rank() && chosenRank > 1
                    || chosenRank == candidates.get(candidates.size() - 1).rank() && chosenRank < greatestPossible;
        }
    }

    private static final int USUAL_MAX = 30;

    private final Method method;
    private final int min;
    /** Null stands for the usual one, as far as the data go. */
    private final Integer max;

    private final int restarts;
    private final int epochs;
    private final double resolution;
    private final Missing missing;
    private final long seed;
    private final int threads;
    private final BiPredicate<Integer, Integer> listener;

    private RankSelection(Builder builder) {
        method = builder.method;
        min = builder.min;
        max = builder.max;
        restarts = builder.restarts;
        epochs = builder.epochs;
        resolution = builder.resolution;
        missing = Missing.of(builder.nanMissing, builder.zerosMissing);
        seed = builder.seed;
        threads = builder.threads;
        listener = builder.listener;
    }

    /** Starts from the defaults: MDL over ranks 1 to 30 (or the smaller side of the data), 3 restarts of 200 epochs. */
    public static Builder builder() {
        return new Builder();
    }

    /** One fit: its description length and error; the length is null for cross-validation. */
    private record Fit(int rank, DescriptionLength length, double error) {}

    /**
     * Fits all ranks and chooses one.
     *
     * @param data n × m, finite and ≥ 0 but for what is missing, n and m at least the greatest rank that was set
     * @throws DataException if the data cannot be factorised, or are too small for the ranks or for cross-validation
     * @throws CancellationException if the listener ended it or the calling thread was {@linkplain Thread#interrupt
     *     interrupted}, and then stays so. Fits that were running end within an epoch; when this returns or throws, its
     *     threads have ended
     */
    public Result select(RowSource data) {
        RowSource known = IncompleteData.of(data, missing).requireNonNegative();
        int most = Math.min(data.rows(), data.columns());
        if (max != null && max > most) {
            throw new DataException(
                    "the greatest rank must be at most " + most + ", the smaller side of the data, not " + max);
        }
        if (min > most) {
            throw new DataException(
                    "the least rank must be at most " + most + ", the smaller side of the data, not " + min);
        }
        int greatest = max != null ? max : Math.max(min, Math.min(USUAL_MAX, most));
        List<Fit> fits = run(method == Method.MDL ? descriptions(known, greatest) : errors(data, greatest));
        List<Candidate> candidates = new ArrayList<>();
        for (int rank = min; rank <= greatest; rank++) {
            int wanted = rank;
            candidates.add(
                    candidate(fits.stream().filter(fit -> fit.rank == wanted).toList()));
        }
        return new Result(method, choose(candidates), candidates, most);
    }

    /** The longest first, so that threads end together. */
    private List<Callable<Fit>> descriptions(RowSource data, int greatest) {
        double step = resolution > 0 ? resolution : resolution(data);
        List<Callable<Fit>> tasks = new ArrayList<>();
        for (int rank = greatest; rank >= min; rank--) {
            for (int restart = 0; restart < restarts; restart++) {
                tasks.add(describing(data, rank, restart, step));
            }
        }
        return tasks;
    }

    private Callable<Fit> describing(RowSource data, int rank, int restart, double step) {
        return () -> fit(data, rank, restart, step);
    }

    /** Pattern by pattern, so that few of them are held at a time. */
    private List<Callable<Fit>> errors(RowSource data, int greatest) {
        CrossValidation validation = new CrossValidation(data, missing, seed, epochs, restarts, greatest - min + 1);
        List<Callable<Fit>> tasks = new ArrayList<>();
        for (int restart = 0; restart < restarts; restart++) {
            for (int rank = greatest; rank >= min; rank--) {
                tasks.add(predicting(validation, rank, restart));
            }
        }
        return tasks;
    }

    private static Callable<Fit> predicting(CrossValidation validation, int rank, int pattern) {
        return () -> new Fit(rank, null, validation.relativeError(rank, pattern));
    }

    private Fit fit(RowSource data, int rank, int restart, double step) {
        NmfModel model = Nmf.builder()
                .rank(rank)
                .init(restart == 0 ? NmfInit.NNDSVD : NmfInit.RANDOM)
                .seed(seed + restart)
                .epochs(epochs)
                .missing(missing != Missing.NONE)
                .backend(Backends.Choice.CPU)
                .threads(1)
                .build()
                .fit(data);
        Matrix h = model.trainingCoefficients().orElseThrow();
        Matrix w = model.basis();
        double relativeError = Math.sqrt(DescriptionLength.squaredError(data, h, w)) / norm(data);
        return new Fit(rank, DescriptionLength.of(data, h, w, step), relativeError);
    }

    /** All results, in the order of the tasks. */
    private List<Fit> run(List<Callable<Fit>> tasks) {
        return ConcurrentFits.run(tasks, threads, (done, all) -> {
            if (!listener.test(done, all)) {
                throw new CancellationException("stopped after " + done + " of " + all + " fits");
            }
        });
    }

    private Candidate candidate(List<Fit> fits) {
        int rank = fits.get(0).rank;
        if (method == Method.MDL) {
            Fit best = fits.stream()
                    .min(Comparator.comparingDouble(fit -> fit.length.total()))
                    .orElseThrow();
            return new Candidate(rank, best.length, best.error, 0);
        }
        double[] errors = fits.stream().mapToDouble(Fit::error).toArray();
        double mean = Arrays.stream(errors).average().orElseThrow();
        double squares = Arrays.stream(errors)
                .map(error -> (error - mean) * (error - mean))
                .sum();
        int n = errors.length;
        return new Candidate(rank, null, mean, n == 1 ? 0 : Math.sqrt(squares / (n - 1) / n));
    }

    private int choose(List<Candidate> candidates) {
        if (method == Method.MDL) {
            return candidates.stream()
                    .min(Comparator.comparingDouble(candidate -> candidate.length.total()))
                    .orElseThrow()
                    .rank;
        }
        Candidate best = candidates.stream()
                .min(Comparator.comparingDouble(Candidate::error))
                .orElseThrow();
        return candidates.stream()
                .filter(candidate -> candidate.error <= best.error + best.standardError)
                .findFirst()
                .orElseThrow()
                .rank;
    }

    /** 1 where all that is observed is whole, else the gap between a value of the size of the data's root mean square and the next. */
    private static double resolution(RowSource data) {
        int[] columns = new int[data.columns()];
        float[] values = new float[columns.length];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                if (values[l] != Math.rint(values[l])) {
                    return Math.ulp((float) (norm(data) / Math.sqrt(DescriptionLength.observed(data))));
                }
            }
        }
        return 1;
    }

    private static double norm(RowSource data) {
        double squares = 0;
        int[] columns = new int[data.columns()];
        float[] values = new float[columns.length];
        for (int i = 0; i < data.rows(); i++) {
            int count = data.copyNonzeros(i, 0, columns.length, columns, values);
            for (int l = 0; l < count; l++) {
                squares += (double) values[l] * values[l];
            }
        }
        return Math.sqrt(squares);
    }

    /** Collects settings; {@link #build()} checks them. */
    public static final class Builder {

        private Method method = Method.MDL;
        private int min = 1;
        private Integer max;
        private int restarts = 3;
        private int epochs = 200;
        private double resolution;
        private boolean nanMissing;
        private boolean zerosMissing;
        private long seed;
        private int threads = Runtime.getRuntime().availableProcessors();
        private BiPredicate<Integer, Integer> listener = (done, of) -> true;

        private Builder() {}

        /** MDL unless set. */
        public Builder method(Method value) {
            method = Objects.requireNonNull(value, "method");
            return this;
        }

        /**
         * The least and the greatest rank, at least 1 and at most the smaller side of the data. Unless set, they are 1
         * and 30, or the smaller side if that is less.
         */
        public Builder ranks(int least, int greatest) {
            min = least;
            max = greatest;
            return this;
        }

        /**
         * The least rank, at least 1 and at most the smaller side of the data. The greatest is the usual one: 30, or the
         * smaller side if that is less, but never below the least.
         */
        public Builder ranksFrom(int least) {
            min = least;
            max = null;
            return this;
        }

        /** Fits for each rank, at least 1: from other starts, or with other entries held out; 3 unless set. */
        public Builder restarts(int value) {
            restarts = value;
            return this;
        }

        /** Updates of both factors in each fit, at least 1; 200 unless set. */
        public Builder epochs(int value) {
            epochs = value;
            return this;
        }

        /**
         * Step between values that the data can take, for the description length; 0 stands for 1 if all values are
         * whole, else for float32's at their root mean square. It hardly changes the choice as long as it is small
         * beside the noise.
         */
        public Builder resolution(double value) {
            resolution = value;
            return this;
        }

        /** Whether values that are not a number (NaN) are missing: only the others count. They are refused unless set. */
        public Builder missing(boolean value) {
            nanMissing = value;
            return this;
        }

        /** Whether all zeros, stored or not, are missing, as in ratings, and NaN with them; not unless set. */
        public Builder zerosMissing(boolean value) {
            zerosMissing = value;
            return this;
        }

        /** Seed of all random numbers; 0 unless set. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Fits at the same time, each on one thread of the CPU; one for each processor unless set. */
        public Builder threads(int value) {
            threads = value;
            return this;
        }

        /** Is told how many of how many fits are done, and may end the selection by returning false. */
        public Builder listener(BiPredicate<Integer, Integer> value) {
            listener = Objects.requireNonNull(value, "listener");
            return this;
        }

        /**
         * @throws SettingException that names a setting out of range, and the range
         */
        public RankSelection build() {
            Setting.LEAST_RANK.require(min, min >= 1, "at least 1");
            Setting.GREATEST_RANK.require(max, max == null || max >= min, "at least the least, " + min);
            Setting.RESTARTS.require(restarts, restarts >= 1, "at least 1");
            Setting.EPOCHS.require(epochs, epochs >= 1, "at least 1");
            Setting.RESOLUTION.requireEffect(resolution == 0 || method == Method.MDL, "on cross-validation");
            Setting.THREADS.require(threads, threads >= 1, "at least 1");
            Setting.RESOLUTION.require(
                    resolution, resolution >= 0 && resolution < Double.POSITIVE_INFINITY, "a number of at least 0");
            return new RankSelection(this);
        }
    }
}
