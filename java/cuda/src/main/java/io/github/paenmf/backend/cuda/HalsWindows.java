package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.model.NmfAlgorithm;
import jcuda.driver.CUdeviceptr;

/**
 * Epochs of HALS over data so small that launches and latency are most of them, many in one launch
 * (cuda/hals_window.cu). What it leaves is W, H and the objectives; the next launch starts from W and H.
 */
final class HalsWindows implements EpochWindow {

    /** Of a thread that updates one, estimated. */
    static final int COEFFICIENT_CYCLES = 100;

    private final NmfProblem problem;
    private final EpochSlices slices;
    private final DeviceWorkspace device;
    private final WindowLaunch window;
    private final KernelArguments arguments = new KernelArguments();
    private final CUdeviceptr w;
    private final CUdeviceptr h;
    /** A part of ⟨W, N⟩ of each slice. */
    private final DeviceBuffer products;

    /**
     * Allocates, if epochs are taken this way.
     *
     * @param w m × r
     * @param h n × r
     * @return null where they are taken stage by stage
     */
    static HalsWindows of(
            NmfProblem problem, Execution execution, DeviceBuffer w, DeviceBuffer h, DeviceWorkspace device) {
        SlicePlan plan =
                takes(problem, execution) ? SlicePlan.ofEpochs(problem.shape(), COEFFICIENT_CYCLES, device) : null;
        if (plan == null) {
            return null;
        }
        long floats = EpochSlices.sharedFloats(plan, problem.shape()) + (long) plan.perSlice() * (problem.rank() | 1);
        WindowLaunch window = WindowLaunch.of(Kernel.HALS_WINDOW, plan.slices(), 4 * floats, device.context());
        return window == null ? null : new HalsWindows(problem, plan, window, w, h, device);
    }

    /**
     * Whether the kernel has epochs of this kind: HALS of complete dense data in FP32, all rows a step, without penalties.
     */
    static boolean takes(NmfProblem problem, Execution execution) {
        return execution.cooperative()
                && WindowLaunch.enabled()
                && execution.precision() == Precision.FP32
                && problem.algorithm() == NmfAlgorithm.HALS
                && !problem.sparse()
                && problem.mask() == null
                && !problem.isPenalised()
                && !problem.hasSums();
    }

    private HalsWindows(
            NmfProblem problem,
            SlicePlan plan,
            WindowLaunch window,
            DeviceBuffer w,
            DeviceBuffer h,
            DeviceWorkspace device) {
        this.problem = problem;
        this.device = device;
        this.window = window;
        this.w = w.pointer();
        this.h = h.pointer();
        slices = new EpochSlices(plan, problem.shape(), device);
        products = device.allocate(8L * plan.slices(), "partial sums");
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v, int steps) {
        arguments.of(Kernel.HALS_WINDOW).pointer(v.pointer()).integer(v.stride());
        arguments.integer(problem.rows()).integer(problem.features());
        arguments.integer(slices.plan().perSlice()).integer(problem.rank()).integer(problem.fixedComponents());
        arguments.real(1 / problem.dataScale()).pointer(w).pointer(h);
        slices.addTo(arguments);
        arguments.pointer(products.pointer()).pointer(buffers.counters());
        arguments.pointer(buffers.ring()).integer(buffers.ringEntries()).integer(steps);
        window.launch(arguments, device.stream());
    }
}
