package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/**
 * Epochs of variational NMF over data so small that launches and latency are most of them, many in one launch
 * (cuda/vb_window.cu), of rows that were met before. What it leaves is the state of the algorithm and the objectives; the
 * next launch, or stage, starts from the state.
 */
final class VbWindows implements EpochWindow {

    /** Of a thread that finds the posterior of one, estimated. */
    static final int COEFFICIENT_CYCLES = 900;

    private final VbProblem problem;
    private final EpochSlices slices;
    private final DeviceWorkspace device;
    private final WindowLaunch window;
    private final KernelArguments arguments = new KernelArguments();
    private final List<DeviceBuffer> state;
    private final CUdeviceptr squaredNorm;
    /** Of sweeps, of each slice and block of rows, and of all rows. */
    private final DeviceBuffer sums;

    /**
     * Allocates, if epochs are taken this way.
     *
     * @param state means, variances and inclusion of W, m × r each; means of H, n × r; sums of the last sweep over W;
     *     priors; parameters of the sweeps over H and W
     * @param squaredNorm double, ‖V‖²
     * @return null where they are taken stage by stage
     */
    static VbWindows of(
            VbProblem problem,
            Execution execution,
            List<DeviceBuffer> state,
            CUdeviceptr squaredNorm,
            DeviceWorkspace device) {
        SlicePlan plan =
                takes(problem, execution) ? SlicePlan.ofEpochs(problem.shape(), COEFFICIENT_CYCLES, device) : null;
        if (plan == null) {
            return null;
        }
        WindowLaunch window =
                WindowLaunch.of(Kernel.VB_WINDOW, plan.slices(), sharedBytes(plan, problem), device.context());
        return window == null ? null : new VbWindows(problem, plan, window, state, squaredNorm, device);
    }

    /**
     * Whether the kernel has epochs of this kind: a Gaussian likelihood of complete dense data in FP32, all rows a step,
     * without weights or known components.
     */
    static boolean takes(VbProblem problem, Execution execution) {
        return execution.cooperative()
                && WindowLaunch.enabled()
                && execution.precision() == Precision.FP32
                && !problem.shape().sparse() // as it is with a Poisson likelihood
                && !problem.shape().hasMiniBatches()
                && problem.mask() == null
                && problem.weights().isNone()
                && problem.fixedComponents() == 0;
    }

    private VbWindows(
            VbProblem problem,
            SlicePlan plan,
            WindowLaunch window,
            List<DeviceBuffer> state,
            CUdeviceptr squaredNorm,
            DeviceWorkspace device) {
        this.problem = problem;
        this.device = device;
        this.window = window;
        this.state = state;
        this.squaredNorm = squaredNorm;
        slices = new EpochSlices(plan, problem.shape(), device);
        long blocks = plan.slices() + plan.rowBlocks(problem.rows()) + 1L;
        sums = device.allocate(8 * blocks * VbKernels.sums(problem.rank()), "partial sums");
    }

    /** Beside what every window has, the posterior of the slice; priors and sums of both sweeps; parameters of these. */
    private static long sharedBytes(SlicePlan plan, VbProblem problem) {
        int rank = problem.rank();
        long floats = EpochSlices.sharedFloats(plan, problem.shape()) + 3L * plan.perSlice() * (rank | 1);
        return 8L * (VbKernels.priors(rank) + 2 * VbKernels.sums(rank))
                + 4 * (floats + 2L * VbKernels.parameters(rank))
                + (long) PosteriorKernels.COMPONENT_BYTES * rank;
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v, int steps) {
        arguments.of(Kernel.VB_WINDOW).pointer(v.pointer()).integer(v.stride());
        arguments.integer(problem.rows()).integer(problem.features());
        arguments.integer(slices.plan().perSlice()).integer(problem.rank()).real(1 / problem.dataScale());
        state.forEach(buffer -> arguments.pointer(buffer.pointer()));
        slices.addTo(arguments);
        arguments.pointer(sums.pointer()).pointer(squaredNorm).pointer(buffers.counters());
        arguments.pointer(buffers.ring()).integer(buffers.ringEntries());
        arguments.integer(problem.configuration().learnsSigma() ? 1 : 0);
        arguments.integer(VbPriors.updatesWithoutZeros(problem.configuration()));
        arguments.real(VbPriors.LEAST_VARIANCE).real(VbPriors.LEAST_MEAN).integer(steps);
        window.launch(arguments, device.stream());
    }
}
