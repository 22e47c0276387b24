package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * Standard NMF on the CPU: its row stage is one update of each row of H, its update the same of each row of W. The
 * objective is that of both new factors by the Gram form; by the residual it is that of the new H and the W before, which
 * is what a step can measure without going through V once more. Penalties are of the same factors. Where W is made of
 * {@link RunningSums}, the objective is always of the rows of the step, with the new H and the W before.
 */
final class NmfCpuAlgorithm implements CpuAlgorithm<NmfParameters> {

    private final NmfProblem problem;
    private final CpuLayout layout;
    private final FactorUpdate updateOfH;
    private final FactorUpdate updateOfW;
    private final int m;
    private final int r;
    private final int stride;
    private final int sliceFeatures;
    private final State state;
    private final Scratch[] scratch;
    /** Null where no entry is missing. */
    private final Incomplete incomplete;

    /** What the task below works on: it is made once, since a step must not allocate. */
    private CpuSession<NmfParameters> session;

    private float[] q;
    private float[] k;
    private final Workers.Task updateTask = this::updateTask;

    /** What an update changes. */
    private static final class State {
        /** Wᵀ, r × m. */
        final float[] w;

        final RowState h;
        /** Null where a step takes all rows there are. */
        final RunningSums sums;

        State(NmfProblem problem, CpuLayout layout) {
            w = new float[Math.multiplyExact(problem.rank(), layout.featureStride())];
            h = new RowState(problem.rows(), problem.rank());
            sums = problem.hasSums() ? new RunningSums(problem, layout) : null;
        }

        static double floats(NmfProblem problem, CpuLayout layout) {
            return (double) problem.rank() * layout.featureStride()
                    + RowState.floats(problem.rows(), problem.rank())
                    + RunningSums.floats(problem, layout);
        }

        void visit(StateVisitor visitor) {
            visitor.visit(w);
            h.visit(visitor);
            if (sums != null) {
                sums.visit(visitor);
            }
        }
    }

    /** Of one worker, for a block of rows or a slice of features. */
    private static final class Scratch {
        /** Cᵀ of a block of rows, r × rows. */
        final float[] numerator;

        final float[] product;
        /** G and K of penalised factors, or null. */
        final float[] gramOfH;

        final float[] gramOfW;

        Scratch(int numerators, int products, FactorUpdate ofH, FactorUpdate ofW) {
            numerator = new float[numerators];
            product = new float[products];
            gramOfH = ofH.gramScratch();
            gramOfW = ofW.gramScratch();
        }
    }

    /** Where entries are missing. */
    private final class Incomplete {
        final Mask ofRows = problem.mask();
        final Mask ofFeatures = ofRows.transpose();
        final OtherFactor weights = IncompleteUpdate.known(new MatrixView(state.w, 0, stride));
        final OtherFactor coefficients = IncompleteUpdate.known(state.h);
        /** Of each worker. */
        final IncompleteUpdate[] updatesOfH = updates(updateOfH);

        final IncompleteUpdate[] updatesOfW = updates(updateOfW);
        /** Σ (w·h)² over the observed entries of each feature: how threads share them must change no bit of their sum. */
        final double[] squaredFits = new double[m];

        private IncompleteUpdate[] updates(FactorUpdate complete) {
            IncompleteUpdate[] updates = new IncompleteUpdate[layout.threads()];
            Arrays.setAll(updates, t -> new IncompleteUpdate(complete, problem.algorithm(), r, problem.dataScale()));
            return updates;
        }
    }

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    NmfCpuAlgorithm(NmfProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.layout = layout;
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = layout.featureStride();
        this.sliceFeatures = layout.sliceFeatures();
        this.updateOfH = updateOf(problem, runtime, problem.ofCoefficients(), 0);
        this.updateOfW = updateOf(problem, runtime, problem.ofBasis(), problem.fixedComponents());
        int blockLength = CpuLayout.stride(layout.blockRows());
        int widest = Math.max(blockLength, sliceFeatures);
        double scratchFloats = (double) r * blockLength + (double) productRows(problem) * widest;
        layout.requireMemory(2 * State.floats(problem, layout) + layout.threads() * scratchFloats, rowSums(problem));
        this.state = new State(problem, layout);
        this.scratch = new Scratch[layout.threads()];
        int numerators = Math.multiplyExact(r, blockLength);
        int products = Math.multiplyExact(productRows(problem), widest);
        Arrays.setAll(scratch, t -> new Scratch(numerators, products, updateOfH, updateOfW));
        this.incomplete = problem.mask() == null ? null : new Incomplete();
    }

    private static FactorUpdate updateOf(NmfProblem problem, CpuRuntime runtime, FactorPenalty penalty, int firstFree) {
        return new FactorUpdate(problem.algorithm(), problem.rank(), runtime, problem.dataScale(), penalty, firstFree);
    }

    private static int productRows(NmfProblem problem) {
        return FactorUpdate.productRows(problem.algorithm(), problem.rank());
    }

    @Override
    public float[] weights() {
        return state.w;
    }

    /** What the penalty of H adds to the objective. */
    @Override
    public int rowSums() {
        return rowSums(problem);
    }

    private static int rowSums(NmfProblem problem) {
        return problem.ofCoefficients().isNone() ? 0 : 1;
    }

    @Override
    public void set(NmfParameters parameters) {
        loadWeights(parameters.w(), state.w, stride);
        state.h.set(parameters.h());
        if (state.sums != null) {
            state.sums.set(parameters.sums());
        }
    }

    @Override
    public void read(NmfParameters target) {
        readWeights(state.w, stride, target.w());
        state.h.read(target.h());
        if (state.sums != null) {
            state.sums.read(target.sums());
        }
    }

    /** Writes W as Wᵀ, r × m with a stride between components. */
    static void loadWeights(Matrix w, float[] transposed, int stride) {
        for (int f = 0; f < w.rows(); f++) {
            for (int j = 0; j < w.columns(); j++) {
                transposed[j * stride + f] = w.get(f, j);
            }
        }
    }

    /** The other way round. */
    static void readWeights(float[] transposed, int stride, Matrix w) {
        for (int f = 0; f < w.rows(); f++) {
            float[] row = w.storage(f);
            int offset = w.offset(f);
            for (int j = 0; j < w.columns(); j++) {
                row[offset + j] = transposed[j * stride + f];
            }
        }
    }

    @Override
    public void visit(StateVisitor visitor) {
        state.visit(visitor);
    }

    @Override
    public boolean makesGram() {
        return true;
    }

    @Override
    public boolean gramByFactor() {
        return true;
    }

    @Override
    public void rowStage(int worker, RowStageBlock block) {
        Scratch work = scratch[worker];
        int length = CpuLayout.stride(block.rows);
        block.transposeProjection(r, work.numerator, length);
        state.h.load(block); // Sᵀ overwrites P, which has been copied
        MatrixView h = new MatrixView(block.values, block.offset, block.blockStride);
        MatrixView numerator = new MatrixView(work.numerator, 0, length);
        int first = block.chunk.id(block.firstRow);
        if (incomplete == null) {
            for (int left = problem.updatesOfRows(); left > 0; left--) {
                updateOfH.run(first, block.rows, h, numerator, length, block.g, work.product, work.gramOfH);
            }
        } else {
            incomplete.updatesOfH[worker].run(
                    incomplete.ofRows,
                    first,
                    block.rows,
                    incomplete.weights,
                    block.g,
                    h,
                    numerator,
                    length,
                    work.product,
                    null);
        }
        state.h.keep(block);
        if (rowSums() > 0) {
            block.sums[block.sumsOffset] = penalty(problem.ofCoefficients(), first, block.rows, h);
        }
    }

    /** What the penalty of a factor adds to the objective for some rows of it. */
    private double penalty(FactorPenalty penalty, int first, int rows, MatrixView x) {
        double sum = 0;
        for (int j = 0; j < r; j++) {
            for (int i = 0; i < rows; i++) {
                sum += penalty.of(first + i, x.data()[x.row(j) + i]);
            }
        }
        return sum;
    }

    private double penaltyOfW() {
        FactorPenalty penalty = problem.ofBasis();
        return penalty.isNone() ? 0 : penalty(penalty, 0, m, new MatrixView(state.w, 0, stride));
    }

    @Override
    public Objective update(CpuSession<NmfParameters> newSession, float[] newQ, float[] newK, float[] g, Sums sums) {
        session = newSession;
        q = newQ;
        k = newK;
        double penalties = rowSums() > 0 ? sums.ofRows()[0] : 0;
        if (state.sums != null) {
            return updateByMeans(penalties, g, sums);
        }
        penalties += sums.hasResidual() ? penaltyOfW() : 0;
        session.workers().run(layout.slices(), updateTask);
        session.makeGram();
        penalties += sums.hasResidual() ? 0 : penaltyOfW();
        double squaredError = sums.hasResidual() ? sums.residual() : gramForm(sums.squaredNorm(), g);
        return new Objective((squaredError / 2 + penalties) / sums.rows(), 0);
    }

    private Objective updateByMeans(double penaltyOfH, float[] g, Sums sums) {
        double squaredError = sums.hasResidual() ? sums.residual() : gramForm(sums.squaredNorm(), g);
        double penalties = penaltyOfH + penaltyOfW() * (double) sums.rows() / problem.rows();
        if (state.sums.isEmpty() && problem.algorithm() == NmfAlgorithm.MU) {
            state.sums.take(sumsOfStart(), k.clone(), sums.rows());
        }
        state.sums.take(q, k, sums.rows());
        session.workers().run(layout.slices(), updateTask);
        session.makeGram();
        return new Objective((squaredError / 2 + penalties) / sums.rows(), 0);
    }

    /** Q of which W, as it is, is an update's fixed point: without it, what the first batch has no values of stays 0. */
    private float[] sumsOfStart() {
        float[] start = new float[state.w.length];
        updateOfW.gemm().multiply(false, false, r, m, r, k, 0, r, state.w, 0, stride, false, start, 0, stride);
        for (int i = 0; i < start.length; i++) {
            start[i] *= (float) problem.dataScale();
        }
        return start;
    }

    private void updateTask(int worker, int slice) {
        int from = slice * sliceFeatures;
        int width = Math.min(sliceFeatures, m - from);
        MatrixView w = new MatrixView(state.w, from, stride);
        MatrixView numerator = new MatrixView(q, from, stride);
        int length = CpuLayout.stride(width);
        float[] product = scratch[worker].product;
        if (incomplete == null) {
            updateOfW.run(from, width, w, numerator, length, k, product, scratch[worker].gramOfW);
        } else {
            incomplete.updatesOfW[worker].run(
                    incomplete.ofFeatures,
                    from,
                    width,
                    incomplete.coefficients,
                    k,
                    w,
                    numerator,
                    length,
                    product,
                    incomplete.squaredFits);
        }
        session.weightsChanged(from, from + width);
    }

    /** ‖V − H·Wᵀ‖² = ‖V‖² − 2⟨W, Q⟩ + ⟨K, G⟩, or, in place of the last, the sum of v̂² over the observed entries. */
    private double gramForm(double squaredNorm, float[] g) {
        double wq = 0;
        double kg = 0;
        for (int j = 0; j < r; j++) {
            wq += InnerProduct.of(state.w, j * stride, q, j * stride, m);
            kg += incomplete == null ? InnerProduct.of(k, j * r, g, j * r, r) : 0;
        }
        if (incomplete != null) {
            kg = Arrays.stream(incomplete.squaredFits).sum();
        }
        return Objective.gramForm(squaredNorm, wq / problem.dataScale(), kg);
    }
}
