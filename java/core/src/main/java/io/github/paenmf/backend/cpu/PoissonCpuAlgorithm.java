package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.math.PoissonPosterior;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.math.WeibullShape;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;

/**
 * Variational NMF with a Poisson likelihood on the CPU. A count is thought of as allocated to components in the shares
 * φⱼ ∝ gᵢⱼ·g_fⱼ of its geometric means; then all coefficients of H have their best posteriors by themselves, and after
 * them all weights of W.
 *
 * <p>By Jensen's inequality E ln p(V | H, W) is at least
 *
 * <pre>Σ v (Σⱼ φⱼ ln(gᵢⱼ g_fⱼ/φⱼ)) − Σⱼ (Σᵢ μᵢⱼ)(Σ_f w_fⱼ) − Σ ln v!</pre>
 *
 * for any shares φ, and with the best ones its first term is Σ v ln v̂, v̂ = Σⱼ gᵢⱼ g_fⱼ. The objective of a step is that
 * of the new H and the W before, with the shares that H was made from: Σ v ln v̂ of the H before, which P is made by, and
 * Σ a ln(g/g before). Neither the sweep over W nor other shares lower it, so that it never rises from step to step.
 *
 * <p>Where entries are missing, or rows have size factors, μᵢⱼ·w_fⱼ is summed over the observed entries, times the factors:
 * what divides the counts of coefficients and weights are their {@link Exposures}.
 *
 * <p>Steps start beyond where the last one ended ({@link Momentum}): H by its geometric means, W by the counts that are
 * allocated to its weights, so that it has posteriors there.
 */
final class PoissonCpuAlgorithm implements CpuAlgorithm<VbParameters> {

    private static final int BLOCK = CpuLayout.BLOCK_ROWS;

    private final VbProblem problem;
    private final PoissonKernel kernel;
    private final PoissonSweep sweep;
    private final PoissonSweep sweepOfW;
    /** How many components of W, the first ones, are known. */
    private final int fixed;

    private final int m;
    private final int r;
    private final int stride;
    private final State state;
    private final double[] wSums;
    private final double[] featureSums;
    /** Pᵀ of a block, of each worker. */
    private final float[][] products;

    private final PoissonScratch[] scratch;

    /** What the tasks below work on: they are made once, since a step must not allocate. */
    private final PoissonSweep.Prior[] coefficientPriors;

    private final PoissonSweep.Prior[] weightPriors;
    private final Exposures exposures;
    /** Σ s·h of each component, s the size factors of rows. */
    private final double[] sizedSums;
    /** Prior means of W in the step that is under way. */
    private final double[] weightPriorMeans;

    /** Means of Hᵀ of a block, of each worker. */
    private final float[][] means;

    private CpuSession<VbParameters> session;
    private float[] q;
    private final Workers.Task updateTask = this::updateTask;

    private final Workers.Task backTask = this::backTask;
    private final double[] priorMeansBefore;
    /** Of each block of features: Σ mean of each component and KL of where the next step starts. */
    private final double[] startSums;

    private float lead;
    /** Geometric means of H of the step that is under way. */
    private RowState now;

    /** What an update changes. */
    private static final class State {
        /** Of Wᵀ, r × m: geometric means, from which the next step starts. */
        final float[] w;

        /** Of Wᵀ as the last step has made it: means, variances, and the counts that are allocated to weights. */
        final float[] mean;

        final float[] variance;
        final float[] allocated;
        /** Means from which the next step starts; null where nothing is missing, and their sums are all that counts. */
        final float[] startMean;
        /** Σ mean of each component of W, where the next step starts and as the last has made it. */
        final double[] meanSums;

        final double[] madeMeanSums;
        /** Geometric means of H, likewise. */
        final RowState h;

        RowState madeH;
        final VbPriors priors;
        /** Of W, likewise. */
        double kl;

        double madeKl;
        final Momentum momentum = new Momentum();

        State(VbProblem problem, CpuLayout layout) {
            int r = problem.rank();
            w = new float[Math.multiplyExact(r, layout.featureStride())];
            mean = new float[w.length];
            variance = new float[w.length];
            allocated = new float[w.length];
            startMean = problem.mask() == null ? null : new float[w.length];
            meanSums = new double[r];
            madeMeanSums = new double[r];
            h = new RowState(problem.rows(), r);
            madeH = new RowState(problem.rows(), r);
            priors = new VbPriors(problem.configuration(), problem.features(), problem.fixedComponents(), null);
        }

        static double floats(VbProblem problem, CpuLayout layout) {
            double weights = (double) problem.rank() * layout.featureStride();
            return (problem.mask() == null ? 4 : 5) * weights + 2 * RowState.floats(problem.rows(), problem.rank());
        }

        void visit(StateVisitor visitor) {
            visitor.visit(w);
            visitor.visit(mean);
            visitor.visit(variance);
            visitor.visit(allocated);
            if (startMean != null) {
                visitor.visit(startMean);
            }
            visitor.visit(meanSums);
            visitor.visit(madeMeanSums);
            h.visit(visitor);
            madeH.visit(visitor);
            priors.visit(visitor);
            kl = visitor.visit(kl);
            madeKl = visitor.visit(madeKl);
            momentum.visit(visitor);
        }
    }

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    PoissonCpuAlgorithm(VbProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = layout.featureStride();
        int length = CpuLayout.stride(BLOCK);
        double scratchFloats = layout.threads() * 3.0 * r * length // of the rows before, too, which the products read
                + Exposures.floats(problem.mask(), problem.rows(), m, r, layout.threads());
        double rowFloats = RowState.floats(problem.rows(), r);
        layout.requireMemory(2 * State.floats(problem, layout) + rowFloats + scratchFloats, rowSums());
        this.state = new State(problem, layout);
        this.now = new RowState(problem.rows(), r);
        this.priorMeansBefore = new double[r];
        this.startSums = new double[((m - 1) / BLOCK + 1) * (r + 1)];
        this.kernel = runtime.poissonKernel();
        this.fixed = problem.fixedComponents();
        this.sweep = new PoissonSweep(kernel, r);
        this.sweepOfW = new PoissonSweep(kernel, r, fixed);
        this.wSums = new double[PoissonSweep.sums(r)];
        this.featureSums = new double[((m - 1) / BLOCK + 1) * wSums.length];
        this.products = new float[layout.threads()][r * length];
        this.scratch = new PoissonScratch[layout.threads()];
        Arrays.setAll(scratch, t -> new PoissonScratch());
        this.means = new float[layout.threads()][r * length];
        this.exposures = new Exposures(problem.mask(), problem.rows(), m, r, layout.threads());
        this.sizedSums = new double[r];
        this.weightPriorMeans = new double[r];
        double[] coefficientMeans = state.priors.coefficientMean();
        this.coefficientPriors = new PoissonSweep.Prior[layout.threads()];
        this.weightPriors = new PoissonSweep.Prior[layout.threads()];
        Arrays.setAll(coefficientPriors, t -> new PoissonSweep.Prior(exposures.of(t), coefficientMeans));
        Arrays.setAll(weightPriors, t -> new PoissonSweep.Prior(exposures.of(t), weightPriorMeans));
    }

    @Override
    public float[] weights() {
        return state.w;
    }

    @Override
    public RowState ratioRows() {
        return state.h;
    }

    /** Those of the sweep, with Σ v ln v̂ added to its gain, Σ of means times exposures, and Σ s·h of each component. */
    @Override
    public int rowSums() {
        return PoissonSweep.sums(problem.rank()) + 1 + problem.rank();
    }

    /** H begins at its prior mean, and is the same in each component. */
    @Override
    public void set(VbParameters parameters) {
        ParameterState.transpose(parameters.mean(), m, r, r, state.mean, stride);
        ParameterState.transpose(parameters.variance(), m, r, r, state.variance, stride);
        state.priors.set(parameters);
        state.h.fill(1f);
        state.madeH.fill(1f);
        state.momentum.reset();
        state.kl = 0;
        if (state.startMean != null) {
            System.arraycopy(state.mean, 0, state.startMean, 0, state.mean.length);
        }
        for (int j = 0; j < r; j++) {
            double total = 0;
            for (int f = 0; f < m; f++) {
                int at = j * stride + f;
                total += state.mean[at];
                if (j < fixed) {
                    state.w[at] = state.mean[at];
                    continue;
                }
                double k = WeibullShape.ofMoments(state.mean[at], state.variance[at]);
                double lambda = state.mean[at] / Weibull.mean(k, 1);
                state.w[at] = (float) Weibull.geometricMean(k, lambda);
                state.kl += Weibull.kl(k, lambda, 1, parameters.priorMean()[j]);
            }
            state.meanSums[j] = total;
            state.madeMeanSums[j] = total;
        }
    }

    @Override
    public void read(VbParameters target) {
        ParameterState.transpose(state.mean, r, m, stride, target.mean(), r);
        ParameterState.transpose(state.variance, r, m, stride, target.variance(), r);
        for (int e = 0; e < target.inclusion().length; e++) {
            target.inclusion()[e] = e % r < fixed && target.mean()[e] == 0 ? 0f : 1f;
        }
        state.priors.read(target);
    }

    @Override
    public RowParameters rowParameters() {
        float[] w = new float[m * r];
        ParameterState.transpose(state.w, r, m, stride, w, r);
        double[] others = Arrays.copyOf(state.meanSums, 2 * r);
        System.arraycopy(state.priors.coefficientMean(), 0, others, r, r);
        return new RowParameters(w, others);
    }

    @Override
    public void set(RowParameters parameters) {
        ParameterState.transpose(parameters.weights(), m, r, r, state.w, stride);
        System.arraycopy(parameters.others(), 0, state.meanSums, 0, r);
        System.arraycopy(parameters.others(), r, state.priors.coefficientMean(), 0, r);
        state.h.fill(1f);
        state.madeH.fill(1f);
        state.momentum.reset();
    }

    @Override
    public void visit(StateVisitor visitor) {
        state.visit(visitor);
    }

    @Override
    public void rowStage(int worker, RowStageBlock block) {
        int length = CpuLayout.stride(block.rows);
        block.transposeProjection(r, products[worker], length);
        state.h.load(block); // Sᵀ overwrites P, which has been copied
        exposures.makeOfRows(worker, block, state.meanSums, new MatrixView(state.startMean, 0, stride));
        MatrixView blockMeans = new MatrixView(means[worker], 0, length);
        sweep.run(
                coefficientPriors[worker],
                new MatrixView(block.values, block.offset, block.blockStride),
                new MatrixView(products[worker], 0, length),
                block.rows,
                blockMeans,
                null,
                null,
                scratch[worker],
                block.sums,
                block.sumsOffset);
        block.sums[block.sumsOffset + gain()] += block.projectionSum;
        block.sums[block.sumsOffset + gain() + 1] =
                exposures.take(worker, block, blockMeans, state.meanSums, block.sums, block.sumsOffset + gain() + 2);
        now.keep(block);
        state.h.keepBeyond(block, state.madeH, state.momentum.nextLead(), kernel);
    }

    /** Which of the sums is Σ a ln(g/g before), after which the others come. */
    private int gain() {
        return VbSums.count(r);
    }

    @Override
    public Objective update(CpuSession<VbParameters> newSession, float[] newQ, float[] k, float[] g, Sums sums) {
        session = newSession;
        q = newQ;
        double[] hSums = sums.ofRows();
        double reconstruction = sums.squaredNorm() - hSums[gain()] + hSums[gain() + 1];
        System.arraycopy(hSums, gain() + 2, sizedSums, 0, r);
        System.arraycopy(state.priors.mean(), 0, weightPriorMeans, 0, r);
        double[] coefficientMeans = state.priors.coefficientMean();
        System.arraycopy(coefficientMeans, 0, priorMeansBefore, 0, r);
        double kl = state.priors.updateCoefficientMeans(hSums) + state.kl;
        Objective objective = new Objective(reconstruction / sums.rows(), kl / sums.rows());
        if (state.momentum.accepts(objective)) {
            take(objective);
        } else {
            System.arraycopy(priorMeansBefore, 0, coefficientMeans, 0, r);
            goBack();
        }
        return state.momentum.last();
    }

    /** Makes W, and goes beyond it, as the row stage has gone beyond H. */
    private void take(Objective objective) {
        state.momentum.accept(objective);
        lead = state.momentum.lead();
        int blocks = (m - 1) / BLOCK + 1;
        session.workers().run(blocks, updateTask);
        Arrays.fill(wSums, 0.0);
        Arrays.fill(state.meanSums, fixed, r, 0.0);
        state.kl = 0;
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < wSums.length; i++) {
                wSums[i] += featureSums[block * wSums.length + i];
            }
            for (int j = fixed; j < r; j++) {
                state.meanSums[j] += startSums[block * (r + 1) + j];
            }
            state.kl += startSums[block * (r + 1) + r];
        }
        System.arraycopy(wSums, 2 * r + fixed, state.madeMeanSums, fixed, r - fixed);
        state.madeKl = state.priors.updateMeans(wSums);
        for (int j = fixed; j < r; j++) { // KL was of the prior means before
            double before = weightPriorMeans[j];
            double after = state.priors.mean()[j];
            state.kl += m * Math.log(after / before) + state.meanSums[j] * (1 / after - 1 / before);
        }
        RowState before = state.madeH;
        state.madeH = now;
        now = before;
    }

    /** Leaves the step out: the next one starts from what the last has made. */
    private void goBack() {
        state.momentum.restart();
        session.workers().run((m - 1) / BLOCK + 1, backTask);
        System.arraycopy(state.madeMeanSums, 0, state.meanSums, 0, r);
        state.kl = state.madeKl;
        state.h.copy(state.madeH);
    }

    private void backTask(int worker, int block) {
        int from = block * BLOCK;
        int count = Math.min(BLOCK, m - from);
        for (int j = fixed; j < r; j++) {
            for (int e = j * stride + from; e < j * stride + from + count; e++) {
                float t = PoissonPosterior.argument(state.allocated[e]);
                state.w[e] = state.mean[e] * PoissonPosterior.ratio(t);
            }
            if (state.startMean != null) {
                System.arraycopy(state.mean, j * stride + from, state.startMean, j * stride + from, count);
            }
        }
        session.weightsChanged(from, from + count);
    }

    private void updateTask(int worker, int block) {
        int from = block * BLOCK;
        int count = Math.min(BLOCK, m - from);
        exposures.makeOfFeatures(worker, from, count, sizedSums);
        MatrixView beyond = state.startMean == null ? null : new MatrixView(state.startMean, from, stride);
        sweepOfW.run(
                weightPriors[worker],
                new MatrixView(state.w, from, stride),
                new MatrixView(q, from, stride),
                count,
                new MatrixView(state.mean, from, stride),
                new MatrixView(state.variance, from, stride),
                new PoissonSweep.Beyond(
                        new MatrixView(state.allocated, from, stride), lead, beyond, startSums, block * (r + 1)),
                scratch[worker],
                featureSums,
                block * wSums.length);
        session.weightsChanged(from, from + count);
    }
}
