package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.backend.VbSums;
import io.github.paenmf.model.StateVisitor;
import io.github.paenmf.model.VbParameters;
import java.util.Arrays;

/**
 * Variational NMF on the CPU: its row stage is a sweep over the coefficients of H, each of which gets the best posterior
 * given all others; its update the same sweep over W, and then σ² and the priors. Rows keep their means from epoch to
 * epoch, except where these are a part of the rows.
 */
final class VbCpuAlgorithm implements CpuAlgorithm<VbParameters> {

    private static final int BLOCK = CpuLayout.BLOCK_ROWS;

    private final VbProblem problem;
    private final CpuLayout layout;
    private final PosteriorSweep sweep;
    private final PosteriorSweep sweepOfW;
    private final int n;
    private final int m;
    private final int r;
    private final int stride;
    private final boolean miniBatches;
    private final float inverseScale;
    /** Null where every row and feature counts once. */
    private final RootedWeights weights;
    /** Wᵀ with the roots of the weights; the means themselves without. */
    private final float[] rootedW;

    private final State state;
    /** E[WᵀW] = G + diag(Σ variance of W) and E[HᵀH], r × r. */
    private final float[] wGram;

    private final float[] hGram;
    /** Of the rows of all the data, and of W. */
    private final double[] hSums;

    private final double[] wSums;
    private final double[] featureSums;
    private final Scratch[] scratch;
    /** Null where no entry is missing. */
    private final Incomplete incomplete;
    /** Null where rows have no covariates. */
    private final RowPriorStage rowPriors;

    /** What the tasks below work on: they are made once, since a step must not allocate. */
    private PosteriorParameters prior;

    private CpuSession<VbParameters> session;
    private float[] q;
    private float numeratorScale;
    private final Workers.Task updateTask = this::updateTask;

    /** What an update changes. */
    private static final class State {
        /** Means, variances and inclusion of Wᵀ, r × m. */
        final float[] w;

        final float[] variance;
        final float[] inclusion;
        /** Σ variance of each component of W. */
        final double[] varianceSums;
        /** Means of H; 0 where a row was not met yet. Null where rows keep none. */
        final RowState h;
        /** Variances of H; null where no entry is missing. */
        final RowState hVariance;

        final boolean[] met;
        final VbPriors priors;
        /** Of mini-batches, averages over rows: Qᵀ, E[HᵀH], the sums of rows, and ‖v‖². */
        final float[] q;

        final float[] hGram;
        final double[] rowSums;
        double squaredNorm;

        State(VbProblem problem, CpuLayout layout, CovariatePrior covariates) {
            int r = problem.rank();
            boolean averages = layout.shape().hasMiniBatches();
            w = new float[Math.multiplyExact(r, layout.featureStride())];
            variance = new float[w.length];
            inclusion = new float[w.length];
            varianceSums = new double[r];
            h = problem.isPart() ? null : new RowState(problem.rows(), r);
            hVariance = problem.mask() == null ? null : new RowState(problem.rows(), r);
            met = new boolean[problem.isPart() ? 0 : problem.rows()];
            double features = problem.weights().totalOfFeatures(problem.features());
            priors = new VbPriors(problem.configuration(), features, problem.fixedComponents(), covariates);
            q = new float[averages ? w.length : 0];
            hGram = new float[averages ? r * r : 0];
            rowSums = new double[averages ? VbSums.count(r) : 0];
        }

        static double floats(VbProblem problem, CpuLayout layout) {
            double weights = (double) problem.rank() * layout.featureStride();
            double rows = problem.isPart() ? 0 : RowState.floats(problem.rows(), problem.rank());
            return (layout.shape().hasMiniBatches() ? 4 : 3) * weights + (problem.mask() == null ? 1 : 2) * rows;
        }

        void visit(StateVisitor visitor) {
            visitor.visit(w);
            visitor.visit(variance);
            visitor.visit(inclusion);
            visitor.visit(varianceSums);
            if (h != null) {
                h.visit(visitor);
            }
            if (hVariance != null) {
                hVariance.visit(visitor);
            }
            visitor.visit(met);
            priors.visit(visitor);
            visitor.visit(q);
            visitor.visit(hGram);
            visitor.visit(rowSums);
            squaredNorm = visitor.visit(squaredNorm);
        }
    }

    /** Where entries are missing. */
    private final class Incomplete {
        final IncompleteSweep ofRows;
        final IncompleteSweep ofFeatures;
        final OtherFactor weights =
                OtherFactor.of(new MatrixView(state.w, 0, stride), new MatrixView(state.variance, 0, stride));
        final OtherFactor coefficients = OtherFactor.of(state.h, state.hVariance);
        final IncompleteSweep.Scratch[] rooms = new IncompleteSweep.Scratch[layout.threads()];
        /** Σ E[(w·h)²] over the observed entries of each block of features. */
        final double[] squaredFits = new double[(m - 1) / BLOCK + 1];

        Incomplete(CpuRuntime runtime, int widest) {
            ofRows = new IncompleteSweep(sweep, runtime, r, problem.mask());
            ofFeatures =
                    new IncompleteSweep(sweepOfW, runtime, r, problem.mask().transpose());
            Arrays.setAll(rooms, t -> new IncompleteSweep.Scratch(r, widest, scratch[t].sweep));
        }
    }

    /** Of one worker, for a block of rows or of features. */
    private static final class Scratch {
        final float[] numerator;
        final float[] variance;
        final float[] inclusion;
        /** Of the rows of a block; empty where they count once. */
        final float[] weights;

        final PosteriorSweep.Scratch sweep;

        Scratch(int rank, int count, boolean weighted) {
            weights = new float[weighted ? count : 0];
            numerator = new float[rank * count];
            variance = new float[rank * count];
            inclusion = new float[rank * count];
            sweep = new PosteriorSweep.Scratch(rank, count);
        }
    }

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    VbCpuAlgorithm(VbProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.layout = layout;
        this.n = problem.rows();
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = layout.featureStride();
        this.miniBatches = layout.shape().hasMiniBatches();
        this.inverseScale = (float) (1 / problem.dataScale());
        int widest = CpuLayout.stride(BLOCK);
        this.weights = RootedWeights.of(problem.weights(), n, m);
        double ofWeights = weights == null ? 0 : 2.0 * n + (2.0 + r) * stride;
        double scratchFloats = layout.threads() * (problem.mask() == null ? 4.0 : 8.0) * r * widest
                + ofWeights
                + RowPriorStage.floats(problem, layout.threads());
        layout.requireMemory(2 * State.floats(problem, layout) + scratchFloats, rowSums());
        this.rowPriors = RowPriorStage.of(problem, layout.threads());
        this.state = new State(problem, layout, rowPriors == null ? null : rowPriors.covariates());
        this.rootedW = weights == null ? state.w : new float[state.w.length];
        this.wGram = new float[r * r];
        this.hGram = new float[r * r];
        this.hSums = new double[rowSums()];
        this.wSums = new double[rowSums()];
        this.featureSums = new double[((m - 1) / BLOCK + 1) * rowSums()];
        this.scratch = new Scratch[layout.threads()];
        Arrays.setAll(scratch, t -> new Scratch(r, widest, weights != null));
        this.sweep = new PosteriorSweep(runtime, r);
        this.sweepOfW = new PosteriorSweep(runtime, r, problem.fixedComponents());
        this.incomplete = problem.mask() == null ? null : new Incomplete(runtime, widest);
    }

    @Override
    public float[] weights() {
        return rootedW;
    }

    @Override
    public int rowSums() {
        return VbSums.count(problem.rank());
    }

    @Override
    public void set(VbParameters parameters) {
        ParameterState.transpose(parameters.mean(), m, r, r, state.w, stride);
        ParameterState.transpose(parameters.variance(), m, r, r, state.variance, stride);
        ParameterState.transpose(parameters.inclusion(), m, r, r, state.inclusion, stride);
        for (int j = 0; j < r; j++) {
            double sum = 0;
            for (int f = 0; f < m; f++) {
                sum += problem.weights().feature(f) * state.variance[j * stride + f];
            }
            state.varianceSums[j] = sum;
        }
        multiplyFeatures(0, m);
        state.priors.set(parameters);
        Arrays.fill(state.met, false);
    }

    @Override
    public void read(VbParameters target) {
        ParameterState.transpose(state.w, r, m, stride, target.mean(), r);
        ParameterState.transpose(state.variance, r, m, stride, target.variance(), r);
        ParameterState.transpose(state.inclusion, r, m, stride, target.inclusion(), r);
        state.priors.read(target);
    }

    @Override
    public RowParameters rowParameters() {
        float[] w = new float[m * r];
        ParameterState.transpose(state.w, r, m, stride, w, r);
        double[] priors = state.priors.ofRows();
        double[] others = Arrays.copyOf(state.varianceSums, r + priors.length);
        System.arraycopy(priors, 0, others, r, priors.length);
        return new RowParameters(w, others);
    }

    @Override
    public void set(RowParameters parameters) {
        ParameterState.transpose(parameters.weights(), m, r, r, state.w, stride);
        multiplyFeatures(0, m);
        System.arraycopy(parameters.others(), 0, state.varianceSums, 0, r);
        state.priors.setOfRows(parameters.others(), r);
    }

    @Override
    public void visit(StateVisitor visitor) {
        state.visit(visitor);
        multiplyFeatures(0, m);
    }

    private void multiplyFeatures(int from, int count) {
        if (weights != null) {
            weights.multiplyFeatures(state.w, from, count, stride, r, rootedW);
        }
    }

    @Override
    public boolean makesGram() {
        return true;
    }

    @Override
    public void beforeRows(float[] g) {
        addVariances(g, state.varianceSums, wGram);
        prior = PosteriorParameters.ofCoefficients(state.priors, inverseScale);
        if (rowPriors != null) {
            rowPriors.begin(prior);
        }
    }

    private void addVariances(float[] gram, double[] variances, float[] target) {
        System.arraycopy(gram, 0, target, 0, r * r);
        for (int j = 0; j < r; j++) {
            target[j * r + j] += (float) variances[j];
        }
    }

    @Override
    public void rowStage(int worker, RowStageBlock block) {
        Scratch work = scratch[worker];
        int length = CpuLayout.stride(block.rows);
        block.transposeProjection(r, work.numerator, length);
        if (weights != null) {
            weights.ofBlock(block, work.weights, work.numerator, r, length);
            work.sweep.weigh(work.weights, 0);
        }
        boolean warm = load(block); // Sᵀ overwrites P, which has been copied
        MatrixView means = new MatrixView(block.values, block.offset, block.blockStride);
        MatrixView numerator = new MatrixView(work.numerator, 0, length);
        PosteriorParameters parameters = rowPriors == null ? prior : rowPriors.ofBlock(worker, block);
        if (incomplete != null) {
            sweepIncomplete(worker, parameters, block, means, numerator, length, !warm);
            keep(worker, block);
            return;
        }
        if (!warm) {
            sweep.coldStart(means, block.rows, numerator, inverseScale, wGram);
        }
        for (int sweepsLeft = problem.sweeps(!warm); sweepsLeft > 0; sweepsLeft--) {
            sweep.run(
                    parameters,
                    means,
                    numerator,
                    new MatrixView(wGram, 0, r),
                    block.rows,
                    new MatrixView(work.variance, 0, length),
                    new MatrixView(work.inclusion, 0, length),
                    work.sweep,
                    block.sums,
                    block.sumsOffset);
        }
        keep(worker, block);
        if (weights != null) {
            weights.multiplyRows(block, r);
        }
    }

    private void sweepIncomplete(
            int worker,
            PosteriorParameters parameters,
            RowStageBlock block,
            MatrixView means,
            MatrixView numerator,
            int length,
            boolean cold) {
        Scratch work = scratch[worker];
        int first = block.chunk.id(block.firstRow);
        incomplete.ofRows.run(
                parameters,
                means,
                numerator,
                new MatrixView(wGram, 0, r),
                incomplete.weights,
                first,
                block.rows,
                problem.sweeps(cold),
                cold,
                new MatrixView(work.variance, 0, length),
                new MatrixView(work.inclusion, 0, length),
                incomplete.rooms[worker],
                block.sums,
                block.sumsOffset);
        state.hVariance.setBlock(first, block.rows, work.variance, length);
    }

    /** Takes over the means that rows had; whether all of them had any. */
    private boolean load(RowStageBlock block) {
        if (state.h == null) {
            int from = block.offset;
            Arrays.fill(block.values, from, from + r * block.blockStride, 0f);
            return false;
        }
        boolean all = true;
        for (int i = 0; i < block.rows; i++) {
            all &= state.met[block.chunk.id(block.firstRow + i)];
        }
        state.h.load(block);
        return all;
    }

    private void keep(int worker, RowStageBlock block) {
        if (rowPriors != null) {
            rowPriors.keep(block, scratch[worker].inclusion, CpuLayout.stride(block.rows));
        }
        if (state.h == null) {
            return;
        }
        for (int i = 0; i < block.rows; i++) {
            state.met[block.chunk.id(block.firstRow + i)] = true;
        }
        state.h.keep(block);
    }

    @Override
    public Objective update(CpuSession<VbParameters> newSession, float[] newQ, float[] k, float[] g, Sums sums) {
        session = newSession;
        double squaredNorm;
        if (miniBatches) {
            squaredNorm = average(newQ, k, sums);
            q = state.q;
        } else {
            squaredNorm = sums.squaredNorm();
            q = newQ;
            System.arraycopy(sums.ofRows(), 0, hSums, 0, hSums.length);
            addVariances(k, hSums, hGram);
            numeratorScale = inverseScale;
        }
        prior = PosteriorParameters.ofWeights(state.priors, numeratorScale);
        int blocks = (m - 1) / BLOCK + 1;
        session.workers().run(blocks, updateTask);
        Arrays.fill(wSums, 0.0);
        for (int block = 0; block < blocks; block++) {
            for (int i = 0; i < wSums.length; i++) {
                wSums[i] += featureSums[block * wSums.length + i];
            }
        }
        System.arraycopy(wSums, 0, state.varianceSums, 0, r);
        session.makeGram();
        addVariances(g, state.varianceSums, wGram);
        if (rowPriors != null) {
            rowPriors.update(session.workers(), state.h, state.priors.coefficientMean());
        }
        return state.priors.update(problem.totalRows(), problem.entries(), hSums, wSums, squaredError(squaredNorm));
    }

    /**
     * Moves the averages over rows towards those of a mini-batch, and takes them for all rows.
     *
     * @return ‖V‖²
     */
    private double average(float[] batchQ, float[] k, Sums sums) {
        double rate = VbSums.averagingRate(state.priors.updates());
        float keep = (float) (1 - rate);
        float take = (float) (rate / sums.rows());
        for (int i = 0; i < batchQ.length; i++) {
            state.q[i] = keep * state.q[i] + take * batchQ[i];
        }
        addVariances(k, sums.ofRows(), hGram);
        for (int i = 0; i < hGram.length; i++) {
            state.hGram[i] = keep * state.hGram[i] + take * hGram[i];
            hGram[i] = n * state.hGram[i];
        }
        for (int i = 0; i < hSums.length; i++) {
            state.rowSums[i] = (1 - rate) * state.rowSums[i] + rate / sums.rows() * sums.ofRows()[i];
            hSums[i] = n * state.rowSums[i];
        }
        state.squaredNorm = (1 - rate) * state.squaredNorm + rate / sums.rows() * sums.squaredNorm();
        numeratorScale = (float) (n / problem.dataScale());
        return n * state.squaredNorm;
    }

    private void updateTask(int worker, int block) {
        int from = block * BLOCK;
        int count = Math.min(BLOCK, m - from);
        MatrixView means = new MatrixView(state.w, from, stride);
        MatrixView numerator = numeratorOfFeatures(worker, from, count);
        MatrixView gram = new MatrixView(hGram, 0, r);
        MatrixView variance = new MatrixView(state.variance, from, stride);
        MatrixView inclusion = new MatrixView(state.inclusion, from, stride);
        int at = block * wSums.length;
        if (incomplete == null) {
            PosteriorSweep.Scratch room = scratch[worker].sweep;
            sweepOfW.run(prior, means, numerator, gram, count, variance, inclusion, room, featureSums, at);
        } else {
            IncompleteSweep.Scratch room = incomplete.rooms[worker];
            OtherFactor h = incomplete.coefficients;
            IncompleteSweep features = incomplete.ofFeatures;
            features.run(
                    prior,
                    means,
                    numerator,
                    gram,
                    h,
                    from,
                    count,
                    1,
                    false,
                    variance,
                    inclusion,
                    room,
                    featureSums,
                    at);
            incomplete.squaredFits[block] = features.squaredFit(means, variance, gram, h, from, count, room);
        }
        multiplyFeatures(from, count);
        session.weightsChanged(from, from + count);
    }

    /** Qᵀ of some features, without the roots of their weights. */
    private MatrixView numeratorOfFeatures(int worker, int from, int count) {
        if (weights == null) {
            return new MatrixView(q, from, stride);
        }
        Scratch work = scratch[worker];
        int length = CpuLayout.stride(count);
        weights.divideFeatures(q, from, count, stride, r, work.numerator, length);
        work.sweep.weigh(weights.features(), from);
        return new MatrixView(work.numerator, 0, length);
    }

    /** E‖V − H·Wᵀ‖² = ‖V‖² − 2⟨W, Q⟩ + ⟨E[HᵀH], E[WᵀW]⟩ over all entries, or the like over those that are observed. */
    private double squaredError(double squaredNorm) {
        double wq = 0;
        for (int j = 0; j < r; j++) {
            wq += InnerProduct.of(rootedW, j * stride, q, j * stride, m);
        }
        double kg = incomplete == null
                ? InnerProduct.of(hGram, 0, wGram, 0, r * r)
                : Arrays.stream(incomplete.squaredFits).sum();
        return Objective.gramForm(squaredNorm, wq * numeratorScale, kg);
    }
}
