package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.StateVisitor;
import java.util.Arrays;

/**
 * NMF by the Kullback-Leibler divergence on the CPU, with the multiplicative updates of Lee and Seung 2001: H ← H ∘ (V ⊘
 * V̂)·W / Σ_f w_f, and W likewise by the new H; where entries are missing or rows have size factors, over their
 * {@link Exposures}. What is 0 stays 0. Steps start beyond where the last one ended
 * ({@link Momentum}).
 *
 * <p>The objective of a step is the value of the auxiliary function that the update of H minimises, where it is least:
 * Σ v ln v − v − Σ v ln v̂ of the H before − Σ h ln(h/h before)·(Σ_f w_f) + Σⱼ (Σᵢ hᵢⱼ)(Σ_f w_fⱼ). It is at least the
 * divergence of the new H, so that it never rises from step to step.
 */
final class KlCpuAlgorithm implements CpuAlgorithm<NmfParameters> {

    private static final int BLOCK = CpuLayout.BLOCK_ROWS;

    private final NmfProblem problem;
    private final int m;
    private final int r;
    private final int stride;
    private final State state;
    private final Exposures exposures;
    /** Σ s·h of each component, s the size factors of rows. */
    private final double[] sizedSums;

    private final double[] featureSums;
    /** Pᵀ of a block, of each worker. */
    private final float[][] products;

    private final PoissonKernel kernel;
    private final PoissonScratch[] scratch;

    /** What the task below works on: it is made once, since a step must not allocate. */
    private CpuSession<NmfParameters> session;

    private float[] q;
    private final Workers.Task updateTask = this::updateTask;

    private float lead;

    /** H of the step that is under way. */
    private RowState now;

    /** What an update changes. */
    private static final class State {
        /** Wᵀ, r × m, from which the next step starts. */
        final float[] w;

        /** The same as the last step has made it. */
        final float[] made;

        /** Σ w of each component of both. */
        final double[] sums;

        final double[] madeSums;

        final RowState h;
        RowState madeH;
        final Momentum momentum = new Momentum();

        State(NmfProblem problem, CpuLayout layout) {
            w = new float[Math.multiplyExact(problem.rank(), layout.featureStride())];
            made = new float[w.length];
            sums = new double[problem.rank()];
            madeSums = new double[problem.rank()];
            h = new RowState(problem.rows(), problem.rank());
            madeH = new RowState(problem.rows(), problem.rank());
        }

        static double floats(NmfProblem problem, CpuLayout layout) {
            return 2.0 * problem.rank() * layout.featureStride() + 2 * RowState.floats(problem.rows(), problem.rank());
        }

        void visit(StateVisitor visitor) {
            visitor.visit(w);
            visitor.visit(made);
            visitor.visit(sums);
            visitor.visit(madeSums);
            h.visit(visitor);
            madeH.visit(visitor);
            momentum.visit(visitor);
        }
    }

    /**
     * @throws io.github.paenmf.data.DataException if there is no room for a step
     */
    KlCpuAlgorithm(NmfProblem problem, CpuRuntime runtime, CpuLayout layout) {
        this.problem = problem;
        this.m = problem.features();
        this.r = problem.rank();
        this.stride = layout.featureStride();
        int length = CpuLayout.stride(BLOCK);
        double scratchFloats = layout.threads() * 2.0 * r * length // of the rows before, too, which the products read
                + Exposures.floats(problem.mask(), problem.rows(), m, r, layout.threads());
        double rowFloats = RowState.floats(problem.rows(), r);
        layout.requireMemory(2 * State.floats(problem, layout) + rowFloats + scratchFloats, rowSums());
        this.state = new State(problem, layout);
        this.now = new RowState(problem.rows(), r);
        this.exposures = new Exposures(problem.mask(), problem.rows(), m, r, layout.threads());
        this.sizedSums = new double[r];
        this.featureSums = new double[((m - 1) / BLOCK + 1) * featureSumCount()];
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

    /** Σ w of each component, as the step has made it and as the next one starts. */
    private int featureSumCount() {
        return 2 * problem.rank();
    }

    @Override
    public void set(NmfParameters parameters) {
        Matrix w = parameters.w();
        NmfCpuAlgorithm.loadWeights(w, state.w, stride);
        System.arraycopy(state.w, 0, state.made, 0, state.w.length);
        state.momentum.reset();
        Arrays.fill(state.sums, 0);
        for (int f = 0; f < m; f++) {
            for (int j = 0; j < r; j++) {
                state.sums[j] += w.get(f, j);
            }
        }
        System.arraycopy(state.sums, 0, state.madeSums, 0, r);
        state.h.set(parameters.h());
        state.madeH.set(parameters.h());
    }

    @Override
    public void read(NmfParameters target) {
        NmfCpuAlgorithm.readWeights(state.made, stride, target.w());
        state.madeH.read(target.h());
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
        exposures.makeOfRows(worker, block, state.sums, new MatrixView(state.w, 0, stride));
        double gain = multiply(kernel, h, p, r, block.rows, exposures.of(worker), scratch[worker]);
        block.sums[block.sumsOffset + r] = block.projectionSum + gain;
        block.sums[block.sumsOffset + r + 1] =
                exposures.take(worker, block, h, state.sums, block.sums, block.sumsOffset);
        now.keep(block);
        state.h.keepBeyond(block, state.madeH, state.momentum.nextLead(), kernel);
    }

    /**
     * x ← x ∘ p/exposure, for {@code count} columns of each component.
     *
     * @param rank how many
     * @param exposed their exposures, as {@link Exposures#of} has them
     * @return Σ x p ln(p/exposure) of the x before
     */
    static double multiply(
            PoissonKernel kernel,
            MatrixView x,
            MatrixView p,
            int rank,
            int count,
            double[] exposed,
            PoissonScratch work) {
        double gain = 0;
        for (int j = 0; j < rank; j++) {
            int atX = x.offset() + j * x.stride();
            int atP = p.offset() + j * p.stride();
            for (int from = 0; from < count; from += PoissonScratch.CHUNK) {
                int size = Math.min(PoissonScratch.CHUNK, count - from);
                work.load(x.data(), atX + from, p.data(), atP + from, size);
                work.loadInverses(exposed, j * BLOCK + from, size);
                kernel.multiply(work, size);
                System.arraycopy(work.now, 0, x.data(), atX + from, size);
                gain += work.gain(size);
            }
        }
        return gain;
    }

    @Override
    public Objective update(CpuSession<NmfParameters> newSession, float[] newQ, float[] k, float[] g, Sums sums) {
        session = newSession;
        q = newQ;
        double divergence = sums.squaredNorm() - sums.ofRows()[r] + sums.ofRows()[r + 1];
        System.arraycopy(sums.ofRows(), 0, sizedSums, 0, r);
        Objective objective = new Objective(Math.max(0, divergence) / sums.rows(), 0);
        if (state.momentum.accepts(objective)) {
            take(objective);
        } else {
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
        Arrays.fill(state.sums, 0);
        Arrays.fill(state.madeSums, 0);
        for (int block = 0; block < blocks; block++) {
            for (int j = 0; j < r; j++) {
                state.madeSums[j] += featureSums[block * featureSumCount() + j];
                state.sums[j] += featureSums[block * featureSumCount() + r + j];
            }
        }
        RowState before = state.madeH;
        state.madeH = now;
        now = before;
    }

    /** Leaves the step out: the next one starts from what the last has made. */
    private void goBack() {
        state.momentum.restart();
        System.arraycopy(state.made, 0, state.w, 0, state.w.length);
        System.arraycopy(state.madeSums, 0, state.sums, 0, r);
        state.h.copy(state.madeH);
        session.weightsChanged(0, m);
    }

    private void updateTask(int worker, int block) {
        int from = block * BLOCK;
        int count = Math.min(BLOCK, m - from);
        int offset = block * featureSumCount();
        exposures.makeOfFeatures(worker, from, count, sizedSums);
        double[] exposed = exposures.of(worker);
        for (int j = 0; j < r; j++) {
            boolean isFree = j >= problem.fixedComponents();
            double made = 0;
            double next = 0;
            int first = j * stride + from;
            for (int f = first; f < first + count; f++) {
                float inverse = PoissonScratch.inverse(exposed[j * BLOCK + f - first]);
                float w = isFree // of what is fixed, beyond it lies itself
                        ? PoissonKernel.normal(state.w[f] * (q[f] * inverse))
                        : state.made[f];
                q[f] = w; // Q is not needed any more
                made += w;
            }
            System.arraycopy(q, first, state.w, first, count);
            kernel.goBeyond(state.w, first, state.made, first, lead, count);
            System.arraycopy(q, first, state.made, first, count);
            for (int f = first; f < first + count; f++) {
                next += state.w[f];
            }
            featureSums[offset + j] = made;
            featureSums[offset + r + j] = next;
        }
        session.weightsChanged(from, from + count);
    }
}
