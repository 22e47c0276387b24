package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.GivenFactors;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.NoiseVariance;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbInit;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import java.util.Arrays;
import java.util.List;

/** First parameters of variational NMF. */
final class VbInitialiser {

    /** Fewer leave to chance which parts it finds; more follow the noise, and predict unseen entries less well. */
    private static final int NMF_EPOCHS = 20;
    /** Of data that are not all in memory, from which a short run takes about so many rows: each epoch of it is a pass. */
    private static final int ROWS_OF_START = 10_000;
    /** The same where entries are missing: what is known of the others leaves more to noise. */
    private static final int EPOCHS_OF_LITTLE_NOISE = 5;

    private static final double RELATIVE_VARIANCE = 0.01;
    /** Of what a weight is on average, the least of a first weight with a Poisson likelihood. */
    private static final double LEAST_SHARE = 0.01;

    private VbInitialiser() {}

    static VbParameters parameters(VbConfiguration c, RowSource data, DataStatistics statistics, Execution execution) {
        return parameters(c, null, data, statistics, execution);
    }

    /**
     * @param given in the order of the data, in units of the scaled data; or null
     */
    static VbParameters parameters(
            VbConfiguration c, GivenFactors given, RowSource data, DataStatistics statistics, Execution execution) {
        VbParameters parameters = random(c, statistics.featureMeans());
        if (given != null) {
            HalsStart start = GivenStart.start(given, c.rank(), c.seed(), c.isPoisson(), data, statistics, execution);
            take(start, statistics, parameters);
        } else if (c.init() == VbInit.NMF && data.mask() == null) {
            boolean sampled = data.paging() != null
                    && data.rows() > ROWS_OF_START
                    && statistics.weights().isNone();
            RowSource start = sampled ? data.selectRows(sample(data.rows(), c.seed())) : data;
            DataStatistics ofStart =
                    sampled ? DataStatistics.ofFinite(start, statistics.scale(), Weights.NONE) : statistics;
            fromNmf(c, start, ofStart, execution, parameters);
        } else if (c.init() == VbInit.NMF) {
            fromLittleNoise(c, data, statistics, execution, parameters);
        }
        float[] mean = parameters.mean();
        if (c.isPoisson()) {
            if (c.init() == VbInit.NMF) { // which knows of no size factors
                divide(mean, DataStatistics.meanSizeFactor(data));
            }
            leave0(mean, LEAST_SHARE * statistics.featureMean() / c.rank());
        }
        int fixed = given == null ? 0 : given.fixedComponents();
        if (fixed > 0) {
            fix(given, statistics, parameters);
        }
        return withVariances(c, fixed, statistics.weights(), parameters);
    }

    /** One row of each of as many stretches of rows of about the same length, ascending. */
    private static int[] sample(int rows, long seed) {
        int[] sample = new int[ROWS_OF_START];
        int[] words = new int[Philox.WORDS];
        for (int i = 0; i < sample.length; i++) {
            Philox.words(seed, i, 0, 0, Purpose.ROWS, words);
            double share = (i + (words[0] >>> 1) * 0x1p-31) / sample.length;
            sample[i] = (int) (share * rows);
        }
        return sample;
    }

    /**
     * At random.
     *
     * @param featureMeans of the scaled data, m
     */
    static VbParameters atRandom(VbConfiguration c, double[] featureMeans) {
        VbParameters parameters = random(c, featureMeans);
        if (c.isPoisson()) {
            double mean = Arrays.stream(featureMeans).average().orElseThrow();
            leave0(parameters.mean(), LEAST_SHARE * mean / c.rank());
        }
        return withVariances(c, 0, Weights.NONE, parameters);
    }

    /** Gives weights first variances, and the prior means that go with them. */
    private static VbParameters withVariances(VbConfiguration c, int fixed, Weights weights, VbParameters parameters) {
        float[] mean = parameters.mean();
        for (int i = 0; i < mean.length; i++) {
            boolean known = i % c.rank() < fixed;
            parameters.variance()[i] = known ? 0f : (float) (RELATIVE_VARIANCE * mean[i] * mean[i]);
            double weight = weights.feature(i / c.rank());
            parameters.priorMean()[i % c.rank()] += weight * mean[i] / weights.totalOfFeatures(parameters.features());
        }
        return parameters;
    }

    /** Gives known components their weights, as long as they were made, and whether each is 0. */
    private static void fix(GivenFactors given, DataStatistics statistics, VbParameters parameters) {
        int r = parameters.rank();
        for (int j = 0; j < given.fixedComponents(); j++) {
            double weights = 0;
            double started = 0;
            for (int f = 0; f < parameters.features(); f++) {
                weights += given.basis().get(f, j) / statistics.scale();
                started += parameters.mean()[f * r + j];
            }
            double length = weights > 0 ? started / weights : 1;
            for (int f = 0; f < parameters.features(); f++) {
                float weight = given.basis().get(f, j);
                parameters.mean()[f * r + j] = (float) (weight / statistics.scale() * length);
                parameters.inclusion()[f * r + j] = weight > 0 ? 1f : 0f;
            }
        }
    }

    private static void divide(float[] mean, double size) {
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (mean[i] / size);
        }
    }

    /** Raises what is smaller: no count comes from 0. */
    private static void leave0(float[] mean, double least) {
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) Math.max(least, mean[i]);
        }
    }

    /** W ~ U(0, 2)·max(0, mean_j(V))/r. */
    private static VbParameters random(VbConfiguration c, double[] featureMeans) {
        int m = featureMeans.length;
        int r = c.rank();
        VbParameters parameters = new VbParameters(m, r);
        int[] words = new int[Philox.WORDS];
        float[] uniforms = new float[r];
        for (int i = 0; i < m; i++) {
            Philox.uniforms(c.seed(), i, 4, Purpose.INITIALISATION, words, uniforms, 0, r);
            for (int j = 0; j < r; j++) {
                double mean = Math.max(0, featureMeans[i]);
                parameters.mean()[i * r + j] = (float) (2 * uniforms[j] * mean / r);
            }
        }
        Arrays.fill(parameters.inclusion(), 1f);
        Arrays.fill(parameters.priorInclusion(), 0.5);
        Arrays.fill(parameters.coefficientInclusion(), 0.5);
        return parameters;
    }

    /**
     * Takes W of a short run with almost no noise: a sweep is then one of HALS, over the observed entries, since a
     * posterior is hardly more than its mean, which is that of least squares; and σ² of its error.
     */
    private static void fromLittleNoise(
            VbConfiguration c,
            RowSource data,
            DataStatistics statistics,
            Execution execution,
            VbParameters parameters) {
        double sigma = VbConfiguration.SIGMA_MIN;
        VbConfiguration little = new VbConfiguration(
                c.rank(),
                EPOCHS_OF_LITTLE_NOISE,
                0,
                Zeros.OFF,
                sigma,
                VbInit.RANDOM,
                0,
                1,
                IntervalMethod.MEAN_FIELD,
                NoiseVariance.CONSTANT,
                Likelihood.GAUSSIAN,
                Missing.NAN,
                c.seed());
        VbProblem problem = new VbProblem(
                little,
                data.rows(),
                data.columns(),
                statistics.scale(),
                data instanceof SparseSource,
                data.mask(),
                Weights.NONE);
        try (Solver<VbParameters> solver = Backends.openVb(execution, problem)) {
            solver.setParameters(parameters(little, data, statistics, execution));
            Epochs epochs = new Epochs(solver, problem.shape(), c.seed(), data, statistics.rowNorms(), 0);
            epochs.run(0, EPOCHS_OF_LITTLE_NOISE);
            List<Objective> objectives = epochs.takeObjectives();
            VbParameters last = new VbParameters(data.columns(), c.rank());
            solver.readParameters(last);
            System.arraycopy(last.mean(), 0, parameters.mean(), 0, last.mean().length);
            double reconstruction = objectives.get(objectives.size() - 1).reconstruction();
            double constant = statistics.entriesOfRow() / 2 * Math.log(2 * Math.PI * sigma * sigma);
            double squares = 2 * sigma * sigma * (reconstruction - constant);
            parameters.setSquaredSigma(squares / statistics.entriesOfRow());
        }
    }

    /** Takes what a short run of HALS comes to. */
    private static void fromNmf(
            VbConfiguration c,
            RowSource data,
            DataStatistics statistics,
            Execution execution,
            VbParameters parameters) {
        NmfConfiguration nmf = HalsStart.configuration(c.rank(), NMF_EPOCHS, c.seed());
        HalsStart start;
        try (Solver<NmfParameters> solver = Backends.openNmf(execution, NmfTrainer.problem(data, statistics, nmf))) {
            start = HalsStart.run(solver, nmf, data, statistics);
        }
        take(start, statistics, parameters);
    }

    /** Takes W, each column so long that its coefficients have a mean of 1, and σ² of the error. */
    private static void take(HalsStart start, DataStatistics statistics, VbParameters parameters) {
        int r = parameters.rank();
        parameters.setSquaredSigma(start.squaredError() / statistics.entries());
        Weights weights = statistics.weights();
        Matrix w = start.factors().w();
        Matrix h = start.factors().h();
        double[] rowRoots = weights.rootsOfRows(h.rows());
        double[] featureRoots = weights.rootsOfFeatures(w.rows());
        for (int j = 0; j < r; j++) {
            double coefficients = 0;
            for (int i = 0; i < h.rows(); i++) {
                coefficients += rowRoots[i] * h.get(i, j) / weights.totalOfRows(h.rows());
            }
            double sum = 0;
            for (int f = 0; f < w.rows(); f++) {
                sum += w.get(f, j);
            }
            if (coefficients == 0 || sum == 0) {
                continue; // it starts at random
            }
            for (int f = 0; f < w.rows(); f++) {
                parameters.mean()[f * r + j] = (float) (w.get(f, j) * coefficients / featureRoots[f]);
            }
        }
    }
}
