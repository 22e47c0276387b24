package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.PaeParameters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The stages on an NVIDIA GPU.
 *
 * <p>The stages of a step are collected and run by {@link #update}, or earlier where something is to be
 * read: a step whose shape was seen before is one launch of a recorded {@link StepGraph}. G is made beside
 * P, and K beside Q, on a second stream. What changes from step to step (the index that selects the noise,
 * the number of updates, the losses) lives in device memory, since a recorded step keeps its arguments.
 *
 * <p>Sums have a fixed order, so the same device gives the same bits from run to run.
 */
public final class CudaBackend implements Solver<PaeParameters> {

    private static final int STEPS_IN_FLIGHT = 64;
    private static final int LOSS_VALUES = 3;
    private static final int MAX_GRAPHS = 8;
    private static final long WORKSPACE_BYTES = 32L << 20;
    private static final long SIDE_WORKSPACE_BYTES = 4L << 20;
    /** Left to the driver and to others. */
    private static final double USABLE_MEMORY = 0.92;

    /** One stage of a step, as it was asked for. */
    private record Stage(Kind kind, Rows rows) {
        enum Kind {
            GRAM,
            PROJECT,
            WEIBULL_STEP,
            ACCUMULATE,
            UPDATE
        }
    }

    /** What a recorded stage depends on: rows in an order come from a fixed place of the device. */
    private record StageKey(Stage.Kind kind, int from, int count, boolean ordered) {}

    /** What the device does not know of an update's losses. */
    private record Pending(double squaredNorm, long rows, double residual, long residualRows) {}

    private final PaeProblem problem;
    private final Execution execution;
    private final int m;
    private final int r;
    private final int chunkRows;
    private final boolean adam;

    private final DeviceArena arena;
    private final CudaContext context;
    private final CUstream stream;
    private final CUstream side;
    private final CUevent fork;
    private final CUevent join;
    private final Blas blas;
    private final Blas sideBlas;
    private final WeibullKernels kernels;
    private final WeibullKernels.Launch stepLaunch;
    private final WeibullKernels.Launch updateLaunch;
    private final WeibullConstants constants;
    private final DeviceData data;

    private final DeviceBuffer w;
    private final DeviceBuffer biases;
    private final DeviceBuffer q;
    private final DeviceBuffer k;
    private final DeviceBuffer g;
    private final DeviceBuffer p;
    private final DeviceBuffer s;
    private final DeviceBuffer means;
    private final DeviceBuffer squares;
    private final DeviceBuffer biasMoments;
    private final DeviceBuffer partials;
    private final DeviceBuffer scales;
    private final DeviceBuffer decoderRates;
    private final DeviceBuffer counters;
    private final DeviceBuffer losses;
    /** Resident data in mini-batches: the order of an epoch, that of this batch, and its rows of V. */
    private final DeviceBuffer epochOrder;

    private final DeviceBuffer batchOrder;
    private final DeviceBuffer batchData;
    private int[] heldOrder;
    /** Null until a residual is asked for. */
    private DeviceResiduals residuals;

    private final List<Stage> stages = new ArrayList<>();
    private final Map<List<StageKey>, StepGraph> graphs = new LinkedHashMap<>();
    private final Deque<Pending> pending = new ArrayDeque<>();
    /** Of this step so far. */
    private long sumRows;

    private double sumSquaredNorm;
    private double sumResidual;
    private long sumResidualRows;
    private boolean sumsBegun;
    /** Whether the partial sums are of this step, which they are before Q and K. */
    private boolean partialsBegun;

    private int partialRows;
    private boolean joinSide;
    private CUdeviceptr chunkData;
    private int batchFrom;

    /** What the counters on the device hold. */
    private int deviceStep;

    private int updates;
    private int step;

    /** Of {@link #state}, for {@link #restoreState}. */
    private final List<DeviceBuffer> copies;

    private Saved saved;
    private boolean closed;

    /** What the copies do not hold of a state. */
    private record Saved(int step, int updates) {}

    /**
     * Opens the device and allocates all memory of the training.
     *
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    public static CudaBackend open(PaeProblem problem, Execution execution) {
        return open(problem, execution, false);
    }

    /** The same, with V streamed even where it would fit if {@code streamed}. */
    static CudaBackend open(PaeProblem problem, Execution execution, boolean streamed) {
        CudaContext context = CudaContext.open(execution.device());
        DeviceArena arena = new DeviceArena(context);
        arena.own(context);
        return arena.construct(() -> new CudaBackend(problem, execution, streamed, context, arena));
    }

    private CudaBackend(
            PaeProblem problem, Execution execution, boolean streamed, CudaContext context, DeviceArena arena) {
        this.problem = problem;
        this.execution = execution;
        this.context = context;
        this.arena = arena;
        this.m = problem.features();
        this.r = problem.rank();
        this.adam = problem.configuration().optimiser() == Optimiser.ADAM;
        this.constants = WeibullConstants.of(problem.configuration(), problem.dataScale(), problem.encoderScale());
        this.stream = context.newStream();
        this.side = context.newStream();
        this.fork = event();
        this.join = event();
        this.kernels = new WeibullKernels(context.module(), context.device());
        long parameterBytes = 4L * m * 3 * r;
        w = arena.allocate(parameterBytes, "parameters");
        biases = arena.allocate(8L * r, "biases");
        q = arena.allocate(parameterBytes, "gradients");
        k = arena.allocate(4L * r * r, "K");
        g = arena.allocate(4L * r * r, "G");
        means = adam ? arena.allocate(parameterBytes, "moments of adam") : null;
        squares = adam ? arena.allocate(parameterBytes, "moments of adam") : null;
        biasMoments = adam ? arena.allocate(32L * r, "moments of adam") : null;
        scales = adam ? null : arena.allocate(8L * r, "step lengths of gd");
        copies = state().stream()
                .map(buffer -> arena.allocate(buffer.bytes(), "a copy of the parameters"))
                .toList();
        decoderRates = arena.allocate(4L * m, "learning rates");
        counters = arena.allocate(12, "counters");
        losses = arena.allocate(8L * LOSS_VALUES * STEPS_IN_FLIGHT, "losses");
        long free = context.freeMemory();
        blas = arena.own(new Blas(stream, arena.allocate(Math.min(WORKSPACE_BYTES, free / 16), "cuBLAS")));
        sideBlas = arena.own(new Blas(side, arena.allocate(Math.min(SIDE_WORKSPACE_BYTES, free / 64), "cuBLAS")));

        Plan plan = Plan.of(problem, execution, (long) (context.freeMemory() * USABLE_MEMORY), streamed);
        chunkRows = plan.chunkRows();
        stepLaunch = kernels.stepLaunch(chunkRows, r);
        updateLaunch = kernels.updateLaunch(m, r);
        long workBytes = 12L * r * chunkRows;
        p = arena.allocate(workBytes, "P of " + chunkRows + " rows");
        s = arena.allocate(workBytes, "S of " + chunkRows + " rows");
        partials = arena.allocate(8L * stepLaunch.blocks(chunkRows) * (2 * r + 2), "partial sums");
        data = new DeviceData(context, arena, plan.resident() ? problem.rows() : chunkRows, m, plan.resident());
        boolean gather = plan.resident() && problem.hasMiniBatches();
        epochOrder = gather ? arena.allocate(4L * problem.rows(), "order of the rows") : null;
        batchOrder = problem.hasMiniBatches() ? arena.allocate(4L * problem.batchRows(), "order of a batch") : null;
        batchData = gather ? arena.allocate(4L * chunkRows * data.stride(), "a mini-batch") : null;
        decoderRates.upload(Pointer.to(problem.rates().decoder()), 4L * m, stream);
    }

    private CUevent event() {
        CUevent event = new CUevent();
        check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
        arena.own(() -> JCudaDriver.cuEventDestroy(event));
        return event;
    }

    private static void check(int result, String call) {
        if (result != 0) {
            CudaContext.check(result, call);
        }
    }

    @Override
    public String description() {
        return String.format(
                Locale.ROOT,
                "CUDA, %s (compute capability %s), %s, %s, %s",
                context.device().name(),
                context.device().computeCapability(),
                execution.precision() == Precision.TF32 ? "TF32 products" : "FP32",
                data.resident() ? "data on the device" : "data streamed in runs of " + chunkRows + " rows",
                execution.graph() ? "recorded steps" : "no graph");
    }

    /** Bytes of the device's memory that this has allocated, by what they are for. */
    Map<String, Long> deviceBytes() {
        return arena.deviceBytes();
    }

    @Override
    public int chunkRows() {
        return chunkRows;
    }

    @Override
    public int stepsInFlight() {
        return STEPS_IN_FLIGHT;
    }

    @Override
    public void setParameters(PaeParameters parameters) {
        context.run(() -> {
            run();
            w.upload(Pointer.to(parameters.weights()), w.bytes(), stream);
            biases.upload(Pointer.to(parameters.biases()), biases.bytes(), stream);
            if (adam) {
                clear(means);
                clear(squares);
                clear(biasMoments);
            }
            clear(counters);
            deviceStep = 0;
            updates = 0;
            synchronise();
        });
    }

    private void clear(DeviceBuffer buffer) {
        check(JCudaDriver.cuMemsetD32Async(buffer.pointer(), 0, buffer.bytes() / 4, stream), "cuMemsetD32Async");
    }

    private void synchronise() {
        check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    @Override
    public void readParameters(PaeParameters target) {
        context.run(() -> {
            run();
            w.download(Pointer.to(target.weights()), w.bytes(), stream);
            biases.download(Pointer.to(target.biases()), biases.bytes(), stream);
        });
    }

    private List<DeviceBuffer> state() {
        return adam ? List.of(w, biases, means, squares, biasMoments) : List.of(w, biases);
    }

    @Override
    public void saveState() {
        context.run(() -> {
            requireNoPending();
            run();
            copyAll(state(), copies);
            saved = new Saved(deviceStep, updates);
        });
    }

    @Override
    public void restoreState() {
        context.run(() -> {
            requireNoPending();
            run();
            if (saved == null) {
                throw new IllegalStateException("no state has been saved");
            }
            copyAll(copies, state());
            deviceStep = saved.step;
            updates = saved.updates;
            setCounter(0, deviceStep);
            setCounter(1, updates);
        });
    }

    private void copyAll(List<DeviceBuffer> from, List<DeviceBuffer> to) {
        for (int i = 0; i < from.size(); i++) {
            DeviceBuffer source = from.get(i);
            check(
                    JCudaDriver.cuMemcpyDtoDAsync(to.get(i).pointer(), source.pointer(), source.bytes(), stream),
                    "cuMemcpyDtoDAsync");
        }
    }

    private void setCounter(int index, int value) {
        check(JCudaDriver.cuMemsetD32Async(counters.pointer(4L * index), value, 1, stream), "cuMemsetD32Async");
    }

    private void requireNoPending() {
        if (!pending.isEmpty()) {
            throw new IllegalStateException(pending.size() + " losses are waiting to be taken");
        }
    }

    @Override
    public void clearSums() {
        context.run(this::run);
        sumRows = 0;
        sumSquaredNorm = 0;
        sumResidual = 0;
        sumResidualRows = 0;
        sumsBegun = false;
        partialsBegun = false;
    }

    @Override
    public void gram() {
        stages.add(new Stage(Stage.Kind.GRAM, null));
    }

    @Override
    public void project(Rows chunk) {
        stages.add(new Stage(Stage.Kind.PROJECT, chunk));
    }

    @Override
    public void rowStage(Rows chunk, int newStep) {
        if (newStep != step && stages.stream().anyMatch(stage -> stage.kind == Stage.Kind.WEIBULL_STEP)) {
            context.run(this::run);
        }
        step = newStep;
        stages.add(new Stage(Stage.Kind.WEIBULL_STEP, chunk));
    }

    /** Waits for the device, unlike the other stages: few steps are so near to an error of 0 that they need it. */
    @Override
    public void residual(Rows chunk) {
        sumResidual += context.call(() -> {
            run();
            if (residuals == null) {
                residuals = new DeviceResiduals(context, arena, blas, kernels, chunkRows, m, problem.dataScale());
            }
            return residuals.squaredError(values(chunk), coefficients(chunk), decoder(), stream);
        });
        sumResidualRows += chunk.count();
    }

    @Override
    public void accumulate(Rows chunk, double squaredNorm) {
        stages.add(new Stage(Stage.Kind.ACCUMULATE, chunk));
        sumRows += chunk.count();
        sumSquaredNorm += squaredNorm;
    }

    @Override
    public void update() {
        if (pending.size() == STEPS_IN_FLIGHT) {
            throw new IllegalStateException(STEPS_IN_FLIGHT + " losses are waiting to be taken");
        }
        stages.add(new Stage(Stage.Kind.UPDATE, null));
        context.run(this::run);
        pending.add(new Pending(sumSquaredNorm, sumRows, sumResidual, sumResidualRows));
        deviceStep++;
        updates++;
    }

    /** Runs the stages collected so far, as a graph where one fits. */
    private void run() {
        if (stages.isEmpty()) {
            return;
        }
        try {
            prepare();
            StepGraph graph = execution.graph() ? recorded() : null;
            if (graph == null) {
                stages.forEach(this::launch);
            } else {
                graph.launch(stream);
                sumsBegun = true;
                partialsBegun = true;
            }
        } finally {
            stages.clear();
        }
    }

    /** What a recorded step finds in place: its index, the data, the order of its rows. */
    private void prepare() {
        if (step != deviceStep) {
            setCounter(0, step);
            deviceStep = step;
        }
        Rows first = stages.stream()
                .map(Stage::rows)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (first == null) {
            return;
        }
        if (data.resident()) {
            data.hold(first.data(), stream);
        }
        if (sumsBegun) {
            return;
        }
        // A step's first chunk is its longest: the others add to the same rows of partial sums.
        partialRows = stepLaunch.blocks(first.count());
        if (first.order() != null) {
            batchFrom = first.from();
            copyOrder(first.order(), batchFrom, Math.min(problem.batchRows(), first.order().length - batchFrom));
        }
    }

    private void copyOrder(int[] order, int from, int count) {
        if (epochOrder == null) {
            batchOrder.upload(Pointer.to(Arrays.copyOfRange(order, from, from + count)), 4L * count, stream);
            return;
        }
        if (heldOrder != order) {
            epochOrder.upload(Pointer.to(order), 4L * Math.min(order.length, problem.rows()), stream);
            heldOrder = order;
        }
        check(
                JCudaDriver.cuMemcpyDtoDAsync(batchOrder.pointer(), epochOrder.pointer(4L * from), 4L * count, stream),
                "cuMemcpyDtoDAsync");
    }

    /**
     * The graph of the stages collected, recorded when they come for the second time: the first time
     * cuBLAS may load its kernels, which cannot be recorded.
     */
    private StepGraph recorded() {
        if (!data.resident() || sumsBegun || stages.get(stages.size() - 1).kind != Stage.Kind.UPDATE) {
            return null;
        }
        List<StageKey> key = new ArrayList<>(stages.size());
        for (Stage stage : stages) {
            Rows rows = stage.rows;
            if (rows == null) {
                key.add(new StageKey(stage.kind, 0, 0, false));
            } else {
                boolean ordered = rows.order() != null;
                key.add(new StageKey(
                        stage.kind, ordered ? rows.from() - batchFrom : rows.from(), rows.count(), ordered));
            }
        }
        if (!graphs.containsKey(key)) {
            if (graphs.size() < MAX_GRAPHS) {
                graphs.put(key, null);
            }
            return null;
        }
        StepGraph graph = graphs.get(key);
        if (graph == null) {
            graph = arena.own(StepGraph.record(stream, () -> stages.forEach(this::launch)));
            graphs.put(key, graph);
        }
        return graph;
    }

    private void launch(Stage stage) {
        switch (stage.kind) {
            case GRAM -> launchGram();
            case PROJECT -> launchProject(stage.rows);
            case WEIBULL_STEP -> launchWeibullStep(stage.rows);
            case ACCUMULATE -> launchAccumulate(stage.rows);
            case UPDATE -> launchUpdate();
        }
    }

    private void forkSide() {
        check(JCudaDriver.cuEventRecord(fork, stream), "cuEventRecord");
        check(JCudaDriver.cuStreamWaitEvent(side, fork, 0), "cuStreamWaitEvent");
    }

    private void joinSide() {
        check(JCudaDriver.cuEventRecord(join, side), "cuEventRecord");
        check(JCudaDriver.cuStreamWaitEvent(stream, join, 0), "cuStreamWaitEvent");
    }

    private DeviceMatrix weights() {
        return DeviceMatrix.of(w.pointer(), m, 3 * r);
    }

    private DeviceMatrix decoder() {
        return weights().columns(2 * r, r);
    }

    /** V of the chunk last projected. */
    private DeviceMatrix values(Rows chunk) {
        return DeviceMatrix.of(chunkData, chunk.count(), m, data.stride());
    }

    /** S of a chunk. */
    private DeviceMatrix gradients(Rows chunk) {
        return DeviceMatrix.of(s.pointer(), chunk.count(), 3 * r);
    }

    private DeviceMatrix coefficients(Rows chunk) {
        return gradients(chunk).columns(2 * r, r);
    }

    /** G = WfᵀWf, beside P. */
    private void launchGram() {
        forkSide();
        DeviceMatrix wf = decoder();
        sideBlas.multiply(1f, wf.transpose(), wf, 0f, DeviceMatrix.of(g.pointer(), r, r), Precision.FP32);
        joinSide = true;
    }

    /** P = V·[Wλ | Wk | Wf]. */
    private void launchProject(Rows rows) {
        if (!data.resident()) {
            chunkData = data.stream(rows, stream);
        } else if (rows.order() == null) {
            chunkData = data.resident(rows.from());
        } else {
            chunkData = batchData.pointer();
            kernels.gatherRows(data.resident(0), orderOf(rows), chunkData, data.stride(), rows.count(), stream);
        }
        DeviceMatrix products = DeviceMatrix.of(p.pointer(), rows.count(), 3 * r);
        blas.multiply(1f, values(rows), weights(), 0f, products, execution.precision());
    }

    private CUdeviceptr orderOf(Rows rows) {
        return batchOrder.pointer(4L * (rows.from() - batchFrom));
    }

    private void launchWeibullStep(Rows rows) {
        if (joinSide) {
            joinSide();
            joinSide = false;
        }
        kernels.weibullStep(
                stepLaunch,
                p.pointer(),
                s.pointer(),
                biases.pointer(),
                g.pointer(),
                rows.order() == null ? null : orderOf(rows),
                rows.from(),
                rows.count(),
                r,
                constants,
                problem.configuration().seed(),
                counters.pointer(),
                sumsBegun,
                partials.pointer(),
                stream);
        partialsBegun = true;
    }

    /** Q += VᵀS, and K += HᵀH beside it; the r × r product stays in full precision. */
    private void launchAccumulate(Rows rows) {
        forkSide();
        DeviceMatrix h = coefficients(rows);
        float beta = sumsBegun ? 1f : 0f;
        sideBlas.multiply(1f, h.transpose(), h, beta, DeviceMatrix.of(k.pointer(), r, r), Precision.FP32);
        DeviceMatrix sum = DeviceMatrix.of(q.pointer(), m, 3 * r);
        blas.multiply(1f, values(rows).transpose(), gradients(rows), beta, sum, execution.precision());
        joinSide();
        if (!data.resident()) {
            data.release(stream);
        }
        sumsBegun = true;
    }

    private void launchUpdate() {
        UpdateConstants update = UpdateConstants.of(problem, sumRows);
        if (!adam) {
            kernels.headNorms(q.pointer(), partials.pointer(), partialRows, m, r, update, scales.pointer(), stream);
        }
        UpdateArguments arguments = new UpdateArguments(
                w.pointer(),
                biases.pointer(),
                q.pointer(),
                k.pointer(),
                g.pointer(),
                adam ? means.pointer() : null,
                adam ? squares.pointer() : null,
                adam ? biasMoments.pointer() : null,
                partials.pointer(),
                partialRows,
                adam ? null : scales.pointer(),
                decoderRates.pointer(),
                counters.pointer(),
                losses.pointer(),
                STEPS_IN_FLIGHT,
                m,
                r);
        kernels.updateProject(updateLaunch, arguments, update, stream);
    }

    @Override
    public Sums readSums() {
        return context.call(() -> {
            run();
            Sums sums = new Sums(m, 3 * r, r, PaeSums.count(r));
            if (sumsBegun) {
                q.download(Pointer.to(sums.q()), q.bytes(), stream);
                k.download(Pointer.to(sums.k()), k.bytes(), stream);
            }
            if (!partialsBegun) {
                return sums;
            }
            int columns = 2 * r + 2;
            double[] parts = new double[partialRows * columns];
            partials.download(Pointer.to(parts), 8L * parts.length, stream);
            for (int row = 0; row < partialRows; row++) {
                for (int j = 0; j < columns; j++) {
                    sums.ofRows()[j] += parts[row * columns + j];
                }
            }
            sums.addRows(sumRows, sumSquaredNorm);
            sums.addResidual(sumResidualRows, sumResidual);
            return sums;
        });
    }

    @Override
    public void addSums(Sums other) {
        context.run(() -> {
            Sums sums = readSums();
            sums.add(other);
            q.upload(Pointer.to(sums.q()), q.bytes(), stream);
            k.upload(Pointer.to(sums.k()), k.bytes(), stream);
            clear(partials);
            double[] row = sums.ofRows();
            partials.upload(Pointer.to(row), 8L * row.length, stream);
            partialRows = stepLaunch.blocks(chunkRows);
            sumRows = sums.rows();
            sumSquaredNorm = sums.squaredNorm();
            sumResidual = sums.residual();
            sumResidualRows = sums.residualRows();
            sumsBegun = true;
            partialsBegun = true;
        });
    }

    @Override
    public List<Objective> takeObjectives() {
        return context.call(() -> {
            run();
            if (pending.isEmpty()) {
                return List.of();
            }
            double[] ring = new double[LOSS_VALUES * STEPS_IN_FLIGHT];
            losses.download(Pointer.to(ring), 8L * ring.length, stream);
            List<Objective> taken = new ArrayList<>(pending.size());
            double sigma = problem.configuration().sigma();
            for (int update = updates - pending.size(); !pending.isEmpty(); update++) {
                Pending one = pending.remove();
                int at = Integer.remainderUnsigned(update, STEPS_IN_FLIGHT) * LOSS_VALUES;
                double squaredError = one.residualRows == one.rows
                        ? one.residual
                        : Objective.gramForm(one.squaredNorm, ring[at + 1], ring[at + 2]);
                taken.add(Objective.of(squaredError, ring[at], one.rows, sigma));
            }
            return taken;
        });
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        arena.close();
    }
}
