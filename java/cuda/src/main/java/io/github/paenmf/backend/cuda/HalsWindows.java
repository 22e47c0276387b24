package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.NmfAlgorithm;
import jcuda.driver.CUdeviceptr;

/**
 * Epochs of HALS over data so small that launches and latency are most of them, many in one launch
 * (cuda/hals_window.cu). What it leaves is W, H and the objectives; the next launch starts from W and H.
 */
final class HalsWindows implements WholeStep {

    private final NmfProblem problem;
    private final SlicePlan plan;
    private final DeviceWorkspace device;
    private final WindowLaunch window;
    private final KernelArguments arguments = new KernelArguments();
    private final CUdeviceptr w;
    private final CUdeviceptr h;

    private final DeviceBuffer projections;
    private final DeviceBuffer grams;
    private final DeviceBuffer s;
    private final DeviceBuffer seconds;
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
        if (!takes(problem, execution)) {
            return null;
        }
        CudaDevice properties = device.context().device();
        SlicePlan plan =
                SlicePlan.ofEpochs(problem.rows(), problem.features(), problem.rank(), properties.multiprocessors());
        if (plan == null) {
            return null;
        }
        WindowLaunch window = new WindowLaunch(
                Kernel.HALS_WINDOW.in(device.context().module()), plan.slices(), sharedBytes(plan, problem));
        return window.allAtOnce(properties) ? new HalsWindows(problem, plan, window, w, h, device) : null;
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
        this.plan = plan;
        this.device = device;
        this.window = window;
        this.w = w.pointer();
        this.h = h.pointer();
        int rows = problem.rows();
        int rank = problem.rank();
        long padded = WeibullKernels.partWidth(rank);
        projections = device.allocate(4L * plan.slices() * rows * padded, "P of slices of the features");
        grams = device.allocate(4L * plan.slices() * rank * rank, "G of slices of the features");
        s = device.allocate(4L * rows * padded, "S");
        s.clear(device.stream()); // beyond the rank nothing else is ever written
        seconds = device.allocate(4L * plan.rowBlocks(rows) * rank * rank, "K of blocks of rows");
        products = device.allocate(8L * plan.slices(), "partial sums");
    }

    /** Two r × r matrices; of the slice W, as it is multiplied and as it is updated, Q, and V at a stride of one more. */
    private static long sharedBytes(SlicePlan plan, NmfProblem problem) {
        int rank = problem.rank();
        int perSlice = plan.perSlice();
        long matrices = 2L * (rank + perSlice) * WeibullKernels.partWidth(rank);
        return 4
                * (matrices
                        + 4 * SlicePlan.BLOCK
                        + (long) perSlice * (rank | 1)
                        + (long) problem.rows() * (perSlice + 1));
    }

    @Override
    public void prepare(DeviceMatrix v, RowSource data) {
        // A launch makes its first P and G itself.
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v) {
        launch(buffers, v, 1);
    }

    @Override
    public boolean joins() {
        return true;
    }

    @Override
    public void launch(StepBuffers buffers, DeviceMatrix v, int steps) {
        arguments.of(Kernel.HALS_WINDOW).pointer(v.pointer()).integer(v.stride());
        arguments.integer(problem.rows()).integer(problem.features()).integer(plan.perSlice());
        arguments.integer(problem.rank()).integer(problem.fixedComponents()).real(1 / problem.dataScale());
        arguments.pointer(w).pointer(h).integer(plan.rowsPerBlock()).integer(plan.lanes());
        arguments.pointer(projections.pointer()).pointer(grams.pointer()).pointer(s.pointer());
        arguments.pointer(seconds.pointer()).pointer(products.pointer());
        arguments.pointer(buffers.counters()).pointer(buffers.ring()).integer(buffers.ringEntries());
        arguments.integer(steps);
        window.launch(arguments, device.stream());
    }
}
