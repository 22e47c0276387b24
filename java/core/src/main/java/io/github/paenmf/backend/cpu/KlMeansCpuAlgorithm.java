package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * NMF by the Kullback-Leibler divergence on the CPU where W is made of {@link RunningSums}: of the counts that are
 * allocated to each weight, W ∘ (V ⊘ V̂)ᵀ·H, and of the sums of H, whose quotient it is. The row stage and the objective, of
 * the rows of a step, are those of {@link KlCpuAlgorithm}; steps start where the last one ended.
 */
final class KlMeansCpuAlgorithm implements CpuAlgorithm<NmfParameters> {

    private static final int BLOCK = CpuLayout.BLOCK_ROWS;

    private final NmfProblem problem;
    private final CpuLayout layout;
    private final int m;
    private final int r;
    private final int stride;
    private final State state;
    private final Exposures exposures;
    /** Σ s·h of each component, s the size factors of rows. */
    private final float[] sizedSums;
    /** Pᵀ of a block, of each worker. */
    private final float[][] products;

    private final PoissonKernel kernel;
    private final PoissonScratch[] scratch;

    /** What the task below works on: it is made once, since a step must not allocate. */
    private CpuSession<NmfParameters> session;

    private float[] q;
    private final Workers.Task updateTask = this::updateTask;

    /** What an update changes. */
    private static final class State {
        /** Wᵀ, r × m. */
        final float[] w;

        /** Σ w of each component. */
        final double[] totals;

        final RowState h;
        final RunningSums sums;

        State(NmfProblem problem, CpuLayout layout) {
            w = new float[Math.multiplyExact(problem.rank(), layout.featureStride())];
            totals = new double[problem.rank()];
            h = new RowState(problem.rows(), problem.rank());
            sums = new RunningSums(problem, layout);
        }

        static double floats(NmfProblem problem, CpuLayout layout) {
            double weights = (double) problem.rank() * layout.featureStride();
            return weights + RowState.floats(problem.rows(), problem.rank()) + RunningSums.floats(problem, layout);
        }

        void visit(StateVisitor visitor) {
            visitor.visit(w);
            visitor.visit(totals);
            h.visit(visitor);
            sums.visit(visitor);
        }
    }

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    KlMeansCpuAlgorithm(NmfProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.layout = layout;
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = layout.featureStride();
        int length = CpuLayout.stride(BLOCK);
        double scratchFloats = layout.threads() * 2.0 * r * length // of the rows before, too, which the products read
                + Exposures.floats(null, problem.rows(), m, r, layout.threads());
        layout.requireMemory(2 * State.floats(problem, layout) + scratchFloats, rowSums());
        this.state = new State(problem, layout);
        this.exposures = new Exposures(null, problem.rows(), m, r, layout.threads());
        this.sizedSums = new float[r];
        this.products = new float[layout.threads()][r * length];
        this.kernel = runtime.poissonKernel();
        this.scratch = new PoissonScratch[layout.threads()];
        Arrays.setAll(scratch, t -> new PoissonScratch());
    }

    @Override
    public float[] weights() {
        return state.w;
    }

    @Override
    public RowState ratioRows() {
        return state.h;
    }

    /** Σ s·h of each component, Σ v ln v̂ with what the update adds to it, and Σ of coefficients times exposures. */
    @Override
    public int rowSums() {
        return problem.rank() + 2;
    }

    @Override
    public void set(NmfParameters parameters) {
        NmfCpuAlgorithm.loadWeights(parameters.w(), state.w, stride);
        addUp();
        state.h.set(parameters.h());
        state.sums.set(parameters.sums());
    }

    @Override
    public void read(NmfParameters target) {
        NmfCpuAlgorithm.readWeights(state.w, stride, target.w());
        state.h.read(target.h());
        state.sums.read(target.sums());
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
        MatrixView h = new MatrixView(block.values, block.offset, block.blockStride);
        MatrixView p = new MatrixView(products[worker], 0, length);
        exposures.makeOfRows(worker, block, state.totals, new MatrixView(state.w, 0, stride));
        double gain = KlCpuAlgorithm.multiply(kernel, h, p, r, block.rows, exposures.of(worker), scratch[worker]);
        block.sums[block.sumsOffset + r] = block.projectionSum + gain;
        block.sums[block.sumsOffset + r + 1] =
                exposures.take(worker, block, h, state.totals, block.sums, block.sumsOffset);
        state.h.keep(block);
    }

    @Override
    public Objective update(CpuSession<NmfParameters> newSession, float[] newQ, float[] k, float[] g, Sums sums) {
        session = newSession;
        q = newQ;
        double divergence = sums.squaredNorm() - sums.ofRows()[r] + sums.ofRows()[r + 1];
        for (int j = 0; j < r; j++) {
            sizedSums[j] = (float) sums.ofRows()[j];
        }
        if (state.sums.isEmpty()) { // else what the first batch has no counts of would stay 0
            float[] start = new float[state.w.length];
            for (int i = 0; i < start.length; i++) {
                start[i] = state.w[i] * sizedSums[i / stride];
            }
            state.sums.take(start, sizedSums.clone(), sums.rows());
        }
        for (int i = 0; i < state.w.length; i++) {
            q[i] *= state.w[i];
        }
        state.sums.take(q, sizedSums, sums.rows());
        session.workers().run(layout.slices(), updateTask);
        addUp();
        return new Objective(Math.max(0, divergence) / sums.rows(), 0);
    }

    private void addUp() {
        for (int j = 0; j < r; j++) {
            double sum = 0;
            for (int f = j * stride; f < j * stride + m; f++) {
                sum += state.w[f];
            }
            state.totals[j] = sum;
        }
    }

    private void updateTask(int worker, int slice) {
        int from = slice * layout.sliceFeatures();
        int to = Math.min(from + layout.sliceFeatures(), m);
        for (int j = problem.fixedComponents(); j < r; j++) {
            float inverse = PoissonScratch.inverse(sizedSums[j]);
            for (int f = j * stride + from; f < j * stride + to; f++) {
                state.w[f] = PoissonKernel.normal(q[f] * inverse);
            }
        }
        session.weightsChanged(from, to);
    }
}
