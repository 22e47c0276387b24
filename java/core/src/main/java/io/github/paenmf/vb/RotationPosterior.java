package io.github.paenmf.vb;

import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;

/**
 * The posterior of the rotation of a fit: H → H·M, W → W·M⁻ᵀ leaves the likelihood as it is, so what is hard in the
 * joint posterior of both factors lies in r² numbers. Here are its mode, the information there, and draws.
 *
 * <p>Point masses make the posterior rough: the maximum next to M = I may be far below others. So the
 * climb begins again from where Hamiltonian trajectories lead, and before draws from the maxima of smoother posteriors,
 * too, until it ends no higher.
 *
 * <p>Components that explain less than the noise of one entry take no part; they keep their mean-field intervals.
 */
public final class RotationPosterior {

    /** How often a higher maximum is looked for at most, and the trajectories that lead to where that begins. */
    private static final int ESCAPES = 6;

    private static final int TRAJECTORIES = 32;

    /**
     * How many times the variances of entries are widened to smooth small maxima away. Only draws are worth the time: a
     * chain must not begin far below where it goes.
     */
    private static final double[] WIDENED = {2, 4};

    /** The next maximum is no other one, or no better: by so much of the log posterior. */
    private static final double SAME_MAXIMUM = 1;

    /** Of the trajectories: any number, the same for every fit. */
    private static final long ESCAPE_SEED = 20;

    /** Least mean of a drawn column of H, in terms of the posterior's: the normal approximation has no bound. */
    private static final double LEAST_MEAN = 1e-6;

    /** What numbers of a draw are for. */
    static final int NORMAL = 0;

    static final int MOMENTUM = 1;
    static final int ACCEPTANCE = 2;
    private static final int MEAN = 3;

    private final int rank;
    private final int[] live;
    private final Parallel parallel;
    /** Means of the live columns of H. */
    private final double[] reference;
    /** Null where no component is live. */
    private final RotationTarget target;

    private Maximum maximum;

    /** Finds the mode, from M = I. */
    public static RotationPosterior of(TwoSidedPosterior all, Parallel parallel) {
        int[] live = all.liveComponents();
        if (live.length == 0) {
            return new RotationPosterior(all.rank(), live, all.h(), null, parallel);
        }
        TwoSidedPosterior fit = all.select(live);
        double variance = fit.noiseVariance();
        RotationTarget target = new RotationTarget(
                factor(fit.h(), fit.gramW(), "the Gram matrix of W", fit.priorH(), variance, parallel),
                factor(fit.w(), fit.gramH(), "the Gram matrix of H", fit.priorW(), variance, parallel),
                live.length);
        return new RotationPosterior(all.rank(), live, fit.h(), target, parallel);
    }

    /**
     * The same where each row of a factor is known as well as its own data say.
     *
     * @param live components that take part, ascending
     * @param h rows of H that take part
     * @param ofH their estimates, of the live components; likewise {@code ofW}
     * @param priorH prior of all components of H; likewise {@code priorW}
     */
    static RotationPosterior of(
            int[] live,
            FactorRows h,
            RowEstimates ofH,
            RowEstimates ofW,
            FactorPrior priorH,
            FactorPrior priorW,
            Parallel parallel) {
        if (live.length == 0) {
            return new RotationPosterior(h.rank(), live, h, null, parallel);
        }
        RotationTarget target = new RotationTarget(
                new RowRotationFactor(ofH, priorH.select(live), parallel),
                new RowRotationFactor(ofW, priorW.select(live), parallel),
                live.length);
        return new RotationPosterior(h.rank(), live, h.select(live), target, parallel);
    }

    private RotationPosterior(int rank, int[] live, FactorRows h, RotationTarget target, Parallel parallel) {
        this.rank = rank;
        this.live = live;
        this.parallel = parallel;
        this.target = target;
        this.reference = new double[live.length];
        if (live.length == 0) {
            return;
        }
        for (int i = 0; i < h.rows(); i++) {
            Dense.axpy(1.0 / h.rows(), h.mean(), i * live.length, reference, 0, live.length);
        }
        maximum = Maximum.climb(target, Dense.identity(live.length));
        climbHigher(new double[0]);
    }

    /**
     * From a maximum to a higher one, as long as there is one near: a climb begins where Hamiltonian trajectories lead,
     * and others where wider and so smoother posteriors have their maxima.
     *
     * @param widened how many times the variances of entries are widened in each of these
     */
    private void climbHigher(double[] widened) {
        // climbs share the threads among them, or have all of them
        RotationTarget climbed = widened.length == 0 ? target : target.widened(1);
        Parallel ways = widened.length == 0 ? Parallel.serial() : parallel;
        for (int escape = 0; escape < ESCAPES; escape++) {
            Maximum from = maximum;
            HamiltonianSampler wanderer = new HamiltonianSampler(climbed, from.metric(), ESCAPE_SEED + escape, 0);
            Maximum[] found = new Maximum[widened.length + 1];
            ways.run(found.length, way -> {
                double[] start = way < widened.length
                        ? Maximum.climb(
                                        target.widened(widened[way]),
                                        from.metric().centre())
                                .metric()
                                .centre()
                        : wanderer.wander(TRAJECTORIES);
                found[way] = Maximum.climb(climbed, start);
            });
            for (Maximum other : found) {
                maximum = other.height() > maximum.height() ? other : maximum;
            }
            if (!(maximum.height() - from.height() > SAME_MAXIMUM)) {
                return;
            }
        }
    }

    private static RotationFactor factor(
            FactorRows rows, double[] gram, String what, FactorPrior prior, double noiseVariance, Parallel parallel) {
        int l = rows.rank();
        double[] inverse = Dense.inverse(what, gram, l);
        double[] projection = ColumnOps.byComponent(rows.projection(), rows.rows(), l);
        double[] leastSquares = new double[projection.length];
        for (int j = 0; j < l; j++) {
            for (int a = 0; a < l; a++) {
                Dense.axpy(inverse[a * l + j], projection, a * rows.rows(), leastSquares, j * rows.rows(), rows.rows());
            }
        }
        double[] covariance = inverse.clone();
        for (int e = 0; e < covariance.length; e++) {
            covariance[e] *= noiseVariance;
        }
        return new SharedRotationFactor(rows.rows(), leastSquares, covariance, prior, parallel);
    }

    /** Whether the mode was found to a thousandth of a standard deviation; if not, intervals are less certain. */
    public boolean converged() {
        return maximum == null || maximum.converged();
    }

    RotationTarget target() {
        return target;
    }

    RotationMetric metric() {
        return maximum.metric();
    }

    /** The log posterior at the mode. */
    double height() {
        return maximum.height();
    }

    /**
     * Draws from the normal approximation at the mode.
     *
     * @param count how many, at least 1
     */
    public RotationDraws normal(int count, long seed) {
        Require.atLeast("the number of draws", count, 1);
        if (live.length == 0) {
            return none();
        }
        int d = live.length * live.length;
        double[][] draws = new double[count][];
        parallel.run(count, k -> {
            double[] z = new double[d];
            normals(seed, k, NORMAL, z);
            draws[k] = metric().position(z);
            while (!(Inverse.of(draws[k], live.length).determinantSign() > 0)) { // the normal knows no domain
                for (int e = 0; e < d; e++) {
                    z[e] /= 2;
                }
                draws[k] = metric().position(z);
            }
        });
        return scaled(draws, seed);
    }

    /**
     * Draws by chains of Hamiltonian Monte Carlo that begin at the mode (see {@link RotationChains}).
     *
     * @param count how many are kept, at least 16
     */
    public SampledRotation sampled(int count, long seed) {
        Require.atLeast("the number of draws", count, 16);
        if (live.length == 0) {
            return new SampledRotation(none(), count, count, 1);
        }
        climbHigher(WIDENED);
        RotationChains chains = new RotationChains(target, metric(), seed, parallel);
        double[][] draws = chains.run(count);
        double[] sizes = chains.effectiveSizes();
        return new SampledRotation(scaled(draws, seed), sizes[0], sizes[sizes.length / 2], chains.acceptance());
    }

    private RotationDraws none() {
        return new RotationDraws(rank, live, new double[0], new double[0], new double[0]);
    }

    /** Draws with their scales: the mean of H given M, and its own spread by the central limit theorem. */
    private RotationDraws scaled(double[][] draws, long seed) {
        int l = live.length;
        double[] matrices = new double[draws.length * l * l];
        double[] scales = new double[draws.length * l];
        parallel.run(draws.length, k -> {
            System.arraycopy(draws[k], 0, matrices, k * l * l, l * l);
            double[] mean = new double[l];
            double[] deviation = new double[l];
            double[] z = new double[l];
            target.h().means(draws[k], mean, deviation);
            normals(seed, k, MEAN, z);
            for (int j = 0; j < l; j++) {
                double drawn = Math.max(mean[j] + deviation[j] * z[j], LEAST_MEAN * reference[j]);
                scales[k * l + j] = reference[j] / drawn;
            }
        });
        return new RotationDraws(rank, live, metric().centre(), matrices, scales);
    }

    /** Standard normal numbers of a draw. */
    static void normals(long seed, long draw, int use, double[] target) {
        int[] words = new int[Philox.WORDS];
        for (int e = 0; e < target.length; e++) {
            if (e % Philox.WORDS == 0) {
                Philox.words(seed, draw, e / Philox.WORDS, use, Purpose.ROTATION, words);
            }
            target[e] = MillsRatio.normalQuantile(uniform(words[e % Philox.WORDS]));
        }
    }

    /** A word as a number in (0, 1). */
    static double uniform(int word) {
        return ((word & 0xFFFFFFFFL) + 0.5) * 0x1p-32;
    }
}
