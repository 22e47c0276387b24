package io.github.paenmf;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.Algorithm;
import io.github.paenmf.model.CheckpointStore;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Silhouettes;
import io.github.paenmf.train.ConcurrentFits;
import io.github.paenmf.train.FinishedFits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Chooses the number of components by fits for a range of ranks, of dense or sparse data, which may have missing values: of
 * standard NMF, or of variational NMF.
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
        BICV,
        /**
         * The evidence lower bound (ELBO) of variational NMF, for each rank the greatest of the restarts: the least rank
         * within 10 nats, odds of 22 000 to one, of the greatest. Data may be below 0.
         */
        ELBO,
        /**
         * Automatic relevance determination: how many components variational NMF keeps of the greatest rank, as it leaves out
         * those that the data do not ask for, by the restart with the greatest ELBO. Candidates are the ranks at which
         * restarts end. Data may be below 0.
         */
        ARD,
        /**
         * Stability: the greatest rank at which the components of the best restart come out again in the others, by the mean of
         * their {@linkplain Silhouettes silhouettes}, which must be at least 0.8, and the least of them, 0.2. Where no rank is
         * stable, the one with the greatest mean.
         */
        STABILITY
    }

    /**
     * What came of one rank.
     *
     * @param rank r
     * @param length the description length, for {@link Method#MDL}, else null
     * @param error the relative error of the fit, ‖V − HWᵀ‖/‖V‖, for {@link Method#BICV} at the entries held out,
     *     averaged over the restarts; of the best restart
     * @param standardError of {@code error} over the restarts, for {@link Method#BICV}, else 0
     * @param elbo of all the data, in nats, of variational NMF, else NaN
     * @param silhouette the mean over the components, for {@link Method#STABILITY}, else NaN
     * @param leastSilhouette that of the least stable component, likewise
     */
    public record Candidate(
            int rank,
            DescriptionLength length,
            double error,
            double standardError,
            double elbo,
            double silhouette,
            double leastSilhouette) {

        private static final double LEAST_MEAN = 0.8;
        private static final double LEAST = 0.2;

        /** How many numbers a candidate is. */
        static final int NUMBERS = 9;

        /** All of it in numbers. */
        double[] numbers() {
            DescriptionLength bits =
                    length == null ? new DescriptionLength(Double.NaN, Double.NaN, Double.NaN) : length;
            return new double[] {
                rank,
                bits.basis(),
                bits.coefficients(),
                bits.error(),
                error,
                standardError,
                elbo,
                silhouette,
                leastSilhouette
            };
        }

        /** That of {@link #numbers}. */
        static Candidate of(double[] numbers) {
            DescriptionLength length =
                    Double.isNaN(numbers[1]) ? null : new DescriptionLength(numbers[1], numbers[2], numbers[3]);
            return new Candidate((int) numbers[0], length, numbers[4], numbers[5], numbers[6], numbers[7], numbers[8]);
        }

        /** Whether the silhouettes are at least 0.8 on average and 0.2 for each component; false where there are none. */
        public boolean isStable() {
            return silhouette >= LEAST_MEAN && leastSilhouette >= LEAST;
        }

        static Candidate ofDescription(int rank, DescriptionLength length, double error) {
            return new Candidate(rank, length, error, 0, Double.NaN, Double.NaN, Double.NaN);
        }

        static Candidate ofHeldOut(int rank, double error, double standardError) {
            return new Candidate(rank, null, error, standardError, Double.NaN, Double.NaN, Double.NaN);
        }

        static Candidate ofEvidence(int rank, double elbo, double error) {
            return new Candidate(rank, null, error, 0, elbo, Double.NaN, Double.NaN);
        }

        static Candidate ofStability(int rank, Silhouettes silhouettes, double error, double elbo) {
            return new Candidate(rank, null, error, 0, elbo, silhouettes.mean(), silhouettes.least());
        }
    }

    /**
     * What was found.
     *
     * @param method by which the rank was chosen
     * @param chosenRank the rank
     * @param candidates ranks that fits ended at, ascending: all that were tried, or for {@link Method#ARD} those that
     *     were kept
     * @param isAtTheEdge whether the choice is the least or the greatest rank that was tried and there is one beyond,
     *     which might be better
     */
    public record Result(Method method, int chosenRank, List<Candidate> candidates, boolean isAtTheEdge) {

        public Result {
            candidates = List.copyOf(candidates);
        }
    }

    private static final int USUAL_MAX = 30;

    /** Of which the silhouettes say more than of a few. */
    private static final int STABILITY_RESTARTS = 10;

    private static final int OTHER_RESTARTS = 3;

    private final Method method;
    private final Algorithm algorithm;
    private final int min;
    /** Null stands for the usual one, as far as the data go. */
    private final Integer max;

    private final int restarts;
    private final int epochs;
    private final double resolution;
    private final Missing missing;
    private final Likelihood likelihood;
    private final long seed;
    private final int threads;
    private final BiPredicate<Integer, Integer> listener;
    /** Null where nothing is kept. */
    private final CheckpointStore checkpoints;

    private RankSelection(Builder builder) {
        method = builder.method;
        algorithm = builder.algorithm;
        min = builder.min;
        max = builder.max;
        restarts = builder.restarts();
        epochs = builder.epochs;
        resolution = builder.resolution;
        missing = Missing.of(builder.nanMissing, builder.zerosMissing);
        likelihood = builder.likelihood;
        seed = builder.seed;
        threads = builder.threads;
        listener = builder.listener;
        checkpoints = builder.checkpoints;
    }

    /** Starts from the defaults: MDL over ranks 1 to 30 (or the smaller side of the data), 3 restarts of 200 epochs. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Fits all ranks and chooses one.
     *
     * @param data n × m, finite except for what is missing, and ≥ 0 unless it is variational NMF that is fitted; n and m at least
     *     the greatest rank that was set
     * @throws DataException if the data cannot be factorised, or are too small for the ranks or for cross-validation
     * @throws CancellationException if the listener ended it or the calling thread was {@linkplain Thread#interrupt
     *     interrupted}, and then stays so. Fits that were running end within an epoch; when this returns or throws, its
     *     threads have ended
     */
    public Result select(RowSource data) {
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
        RankFits fits = new RankFits(data, missing, likelihood, min, greatest, restarts, epochs, seed);
        RankCriterion<?> criterion = criterion(fits);
        List<Candidate> candidates = candidates(criterion, fits);
        int chosen = criterion.choose(candidates);
        boolean atTheEdge = chosen == min && min > 1 || chosen == greatest && greatest < most;
        return new Result(method, chosen, candidates, atTheEdge);
    }

    private RankCriterion<?> criterion(RankFits fits) {
        return switch (method) {
            case MDL -> new LeastDescription(fits, resolution);
            case BICV -> new LeastHeldOutError(fits);
            case ELBO -> new GreatestEvidence(fits);
            case ARD -> new RelevantComponents(fits);
            case STABILITY -> new StableComponents(fits, algorithm);
        };
    }

    private <F> List<Candidate> candidates(RankCriterion<F> criterion, RankFits rankFits) {
        Map<Integer, List<F>> fits = run(criterion, rankFits).stream()
                .collect(Collectors.groupingBy(criterion::rank, TreeMap::new, Collectors.toList()));
        return fits.values().stream().map(criterion::combine).toList();
    }

    /** All fits, in their order. */
    private <F> List<F> run(RankCriterion<F> criterion, RankFits rankFits) {
        List<Supplier<F>> fits = criterion.fits();
        FinishedFits finished = new FinishedFits(
                checkpoints, settings(rankFits), rankFits.data(), fits.size(), criterion.mostNumbers());
        List<Callable<F>> tasks = new ArrayList<>();
        for (Supplier<F> fit : fits) {
            int index = tasks.size();
            tasks.add(() -> finished.get(index, fit, criterion::numbers, criterion::ofNumbers));
        }
        try {
            return ConcurrentFits.run(tasks, threads, (done, all) -> {
                finished.storeIfDue();
                if (!listener.test(done, all)) {
                    throw new CancellationException("stopped after " + done + " of " + all + " fits");
                }
            });
        } finally {
            finished.store();
        }
    }

    /** What has an effect on the fits. */
    private Map<String, String> settings(RankFits fits) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("method", String.valueOf(method));
        settings.put("algorithm", String.valueOf(algorithm));
        settings.put("least rank", String.valueOf(fits.min()));
        settings.put("greatest rank", String.valueOf(fits.max()));
        settings.put("restarts", String.valueOf(restarts));
        settings.put("epochs", String.valueOf(epochs));
        settings.put("resolution", String.valueOf(resolution));
        settings.put("missing values", String.valueOf(missing));
        settings.put("likelihood", String.valueOf(likelihood));
        settings.put("seed", String.valueOf(seed));
        return settings;
    }

    /** Collects settings; {@link #build()} checks them. */
    public static final class Builder {

        private Method method = Method.MDL;
        private Algorithm algorithm = Algorithm.NMF_HALS;
        private int min = 1;
        private Integer max;
        /** Null stands for those of the method. */
        private Integer restarts;

        private int epochs = 200;
        private double resolution;
        private Likelihood likelihood = Likelihood.GAUSSIAN;
        private boolean nanMissing;
        private boolean zerosMissing;
        private long seed;
        private int threads = Runtime.getRuntime().availableProcessors();
        private BiPredicate<Integer, Integer> listener = (done, of) -> true;
        /** Null where nothing is kept. */
        private CheckpointStore checkpoints;

        private Builder() {}

        /** MDL unless set. */
        public Builder method(Method value) {
            method = Objects.requireNonNull(value, "method");
            return this;
        }

        /**
         * What is fitted for {@link Method#STABILITY}: standard NMF, of which {@link Algorithm#NMF_HALS} unless set, from
         * random starts, or {@link Algorithm#VB}. The other methods each have one.
         */
        public Builder algorithm(Algorithm value) {
            algorithm = Objects.requireNonNull(value, "algorithm");
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

        /**
         * Fits for each rank, at least 1, or 2 for {@link Method#STABILITY}: from other starts, or with other entries held
         * out; 3, or 10 for stability, unless set.
         */
        public Builder restarts(int value) {
            restarts = value;
            return this;
        }

        private int restarts() {
            return restarts != null ? restarts : method == Method.STABILITY ? STABILITY_RESTARTS : OTHER_RESTARTS;
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

        /** How data vary around fits of variational NMF; as a normal distribution unless set. */
        public Builder likelihood(Likelihood value) {
            likelihood = Objects.requireNonNull(value, "likelihood");
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
         * Keeps what fits come to there, from time to time as they end and when the selection ends for any reason, and
         * takes from there what is kept; nowhere unless set. A fit that is running when the selection ends starts anew.
         *
         * @param value such as an {@link io.github.paenmf.io.CheckpointFile}
         */
        public Builder checkpoints(CheckpointStore value) {
            checkpoints = Objects.requireNonNull(value, "checkpoints");
            return this;
        }

        /**
         * Checks all settings.
         *
         * @throws SettingException that names a setting out of range, and the range
         */
        public RankSelection build() {
            Setting.LEAST_RANK.require(min, min >= 1, "at least 1");
            Setting.GREATEST_RANK.require(max, max == null || max >= min, "at least the least, " + min);
            Setting.RESTARTS.require(restarts, restarts() >= 1, "at least 1");
            Setting.RESTARTS.require(
                    restarts, method != Method.STABILITY || restarts() >= 2, "at least 2, to compare them");
            Setting.ALGORITHM.require(
                    algorithm,
                    algorithm != Algorithm.PAE && algorithm != Algorithm.AE,
                    "vb, nmf-hals, nmf-mu or nmf-kl");
            Setting.ALGORITHM.requireEffect(
                    algorithm == Algorithm.NMF_HALS || method == Method.STABILITY,
                    "on a choice by other than stability");
            Setting.EPOCHS.require(epochs, epochs >= 1, "at least 1");
            Setting.RESOLUTION.requireEffect(
                    resolution == 0 || method == Method.MDL, "on a choice by other than description length");
            Setting.LIKELIHOOD.requireEffect(
                    likelihood == Likelihood.GAUSSIAN
                            || method == Method.ELBO
                            || method == Method.ARD
                            || method == Method.STABILITY && algorithm == Algorithm.VB,
                    "on fits of standard NMF");
            Setting.THREADS.require(threads, threads >= 1, "at least 1");
            Setting.RESOLUTION.require(
                    resolution, resolution >= 0 && resolution < Double.POSITIVE_INFINITY, "a number of at least 0");
            return new RankSelection(this);
        }
    }
}
