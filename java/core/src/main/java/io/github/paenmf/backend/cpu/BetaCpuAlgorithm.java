package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * Standard NMF by a {@link BetaDivergence} on the CPU: its row stage is one multiplicative update of H, its update one of
 * W by the new H. The objective is that of the new H and the W before, and of their penalties; it never rises except for
 * rounding. Where W is made of {@link RunningSums}, of W^(1/γ) times the numerators and of the denominators, the objective
 * is of the rows of the step.
 */
final class BetaCpuAlgorithm implements CpuAlgorithm<NmfParameters> {

    private final NmfProblem problem;
    private final CpuLayout layout;
    private final BetaDivergence divergence;
    private final int m;
    private final int r;
    private final int stride;
    private final State state;
    /** Pᵀ of a block, of each worker. */
    private final float[][] products;

    private final BetaDivergence.Scratch[] scratch;
    /** Of running sums: W^(1/γ), and denominators, r × m each; empty without. */
    private final float[] raised;

    private final float[] denominators;

    /** What the task below works on: it is made once, since a step must not allocate. */
    private CpuSession<NmfParameters> session;

    private float[] q;
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
                    + 2 * RunningSums.floats(problem, layout); // beside which there are W^(1/γ) and denominators
        }

        void visit(StateVisitor visitor) {
            visitor.visit(w);
            h.visit(visitor);
            if (sums != null) {
                sums.visit(visitor);
            }
        }
    }

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    BetaCpuAlgorithm(NmfProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.layout = layout;
        this.divergence = new BetaDivergence(problem.beta(), runtime.powerKernel());
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = layout.featureStride();
        int length = CpuLayout.stride(layout.blockRows());
        double ofWorker = 2.0 * r * length + BetaStage.floats(m, r);
        layout.requireMemory(2 * State.floats(problem, layout) + layout.threads() * ofWorker, rowSums());
        this.state = new State(problem, layout);
        this.raised = new float[problem.hasSums() ? state.w.length : 0];
        this.denominators = new float[raised.length];
        this.products = new float[layout.threads()][Math.multiplyExact(2 * r, length)];
        this.scratch = new BetaDivergence.Scratch[layout.threads()];
        Arrays.setAll(scratch, t -> new BetaDivergence.Scratch(CpuLayout.BLOCK_ROWS));
    }

    @Override
    public float[] weights() {
        return state.w;
    }

    @Override
    public RowState ratioRows() {
        return state.h;
    }

    @Override
    public BetaDivergence divergence() {
        return divergence;
    }

    /** What the penalty of H adds to the objective. */
    @Override
    public int rowSums() {
        return 1;
    }

    @Override
    public void set(NmfParameters parameters) {
        NmfCpuAlgorithm.loadWeights(parameters.w(), state.w, stride);
        state.h.set(parameters.h());
        if (state.sums != null) {
            state.sums.set(parameters.sums());
        }
    }

    @Override
    public void read(NmfParameters target) {
        NmfCpuAlgorithm.readWeights(state.w, stride, target.w());
        state.h.read(target.h());
        if (state.sums != null) {
            state.sums.read(target.sums());
        }
    }

    @Override
    public void visit(StateVisitor visitor) {
        state.visit(visitor);
    }

    @Override
    public void rowStage(int worker, RowStageBlock block) {
        int length = CpuLayout.stride(block.rows);
        float[] p = products[worker];
        block.transposeProjection(2 * r, p, length);
        state.h.load(block, r); // Sᵀ overwrites P, which has been copied
        MatrixView h = new MatrixView(block.values, block.offset + r * block.blockStride, block.blockStride);
        divergence.multiply(
                h,
                new MatrixView(p, 0, length),
                new MatrixView(p, r * length, length),
                r,
                block.rows,
                problem.ofCoefficients(),
                scratch[worker]);
        state.h.keep(block, r);
        block.sums[block.sumsOffset] = penalty(problem.ofCoefficients(), h, block.rows);
    }

    /** What the penalty of a factor adds to the objective for some values of each component. */
    private double penalty(FactorPenalty penalty, MatrixView x, int count) {
        double sum = 0;
        for (int j = 0; j < r && !penalty.isNone(); j++) {
            for (int i = 0; i < count; i++) {
                sum += penalty.of(i, x.data()[x.row(j) + i]);
            }
        }
        return sum;
    }

    @Override
    public Objective update(CpuSession<NmfParameters> newSession, float[] newQ, float[] k, float[] g, Sums sums) {
        session = newSession;
        q = newQ;
        double penaltyOfW = penalty(problem.ofBasis(), new MatrixView(state.w, 0, stride), m);
        double penalties = sums.ofRows()[0] + penaltyOfW * (double) sums.rows() / problem.rows();
        if (state.sums != null) {
            takeSums(sums.rows());
        }
        session.workers().run(layout.slices(), updateTask);
        return new Objective((sums.residual() + penalties) / sums.rows(), 0);
    }

    /** Replaces numerators and denominators by those of the running sums, so that the update is the same. */
    private void takeSums(long rows) {
        float[] w = state.w;
        double inverse = 1 / divergence.exponent(problem.ofBasis().l2() > 0);
        for (int i = 0; i < w.length; i++) {
            raised[i] = inverse == 1 ? w[i] : (float) Math.pow(w[i], inverse);
            q[i] *= raised[i];
        }
        System.arraycopy(q, w.length, denominators, 0, w.length);
        if (state.sums.isEmpty()) { // else what the first batch has no values of would stay 0
            float[] start = new float[w.length];
            for (int i = 0; i < w.length; i++) {
                start[i] = raised[i] * denominators[i];
            }
            state.sums.take(start, denominators.clone(), rows);
        }
        state.sums.take(q, denominators, rows);
        for (int i = 0; i < w.length; i++) {
            q[i] = raised[i] > 0 ? q[i] / raised[i] : 0;
        }
        System.arraycopy(denominators, 0, q, w.length, w.length);
    }

    private void updateTask(int worker, int slice) {
        int from = slice * layout.sliceFeatures();
        int width = Math.min(layout.sliceFeatures(), m - from);
        int fixed = problem.fixedComponents(); // the first ones
        divergence.multiply(
                new MatrixView(state.w, fixed * stride + from, stride),
                new MatrixView(q, fixed * stride + from, stride),
                new MatrixView(q, (r + fixed) * stride + from, stride),
                r - fixed,
                width,
                problem.ofBasis(),
                scratch[worker]);
        session.weightsChanged(from, from + width);
    }
}
