package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.SavedState;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.StateVisitor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * The stages on an NVIDIA GPU, which every algorithm shares: memory, chunks, products, and sums.
 *
 * <p>The stages of a step are collected and run by {@link #update}, or earlier where something is to be
 * read. Steps over the same rows in order, which are alike, wait until something is to be read, and those whose
 * shape and number came before are then one launch of a recorded {@link StepGraph}. G is made beside P, and K
 * beside Q, on a second stream. What changes from step to step (the index that selects the noise, the number of
 * updates, the losses) lives in device memory, since a recorded step keeps its arguments.
 *
 * <p>Sums have a fixed order, so the same device gives the same bits from run to run.
 *
 * @param <P> the parameters of the algorithm
 */
final class CudaSession<P> implements Solver<P> {

    private static final long WORKSPACE_BYTES = 32L << 20;
    private static final long SIDE_WORKSPACE_BYTES = 4L << 20;

    private final DeviceWorkspace device;
    private final CudaAlgorithm<P> algorithm;
    private final Execution execution;
    private final Precision precision;
    private final double dataScale;
    private final int m;
    private final int r;
    private final Parts parts;
    private final int chunkRows;

    private final SideStream side;
    private final DeviceChunks chunks;
    private final StateCopy copy;
    private final ObjectiveRing ring;
    private final StageQueue stages;
    private final StepBuffers buffers;
    private final DeviceBuffer q;
    private final DeviceBuffer k;
    private final DeviceBuffer partials;
    private final StepCounters counters;

    /** Rows, squared norm and residual of this step so far; the rest of the sums is on the device. */
    private final Sums sums = new Sums(0, 0, 0, 0);
    /** Whether Q and K on the device are of this step. */
    private boolean sumsBegun;
    /** Whether the partial sums are of this step, which they are before Q and K. */
    private boolean partialsBegun;

    /** Whether the step that waits, or was launched last, is taken as a whole; then nothing is left of its sums. */
    private boolean whole;
    /** Of the step last prepared: rows of partial sums, and those that the sums are over; their squared norm. */
    private int partialRows;

    private long stepRows;
    private double stepSquaredNorm;
    private boolean sideIsForked;

    private int step;
    /** What the copy does not hold of a state. */
    private final SavedState saved = new SavedState();

    /**
     * Opens the device and allocates all memory of the training.
     *
     * @param streamed whether V is streamed even where it would fit
     * @param host threads of the CPU that gather rows; closed with the session
     * @param algorithm made from the device, before anything else is allocated
     * @throws io.github.paenmf.backend.BackendUnavailableException if CUDA is unavailable or there is no such device
     * @throws DeviceMemoryException if the work space does not fit
     */
    static <P> CudaSession<P> open(
            Shape shape,
            Execution execution,
            boolean streamed,
            RowBlocks host,
            Function<DeviceWorkspace, ? extends CudaAlgorithm<P>> algorithm) {
        return DeviceWorkspace.open(
                execution.device(),
                host,
                device -> new CudaSession<>(shape, execution, streamed, device, algorithm.apply(device)));
    }

    private CudaSession(
            Shape shape, Execution execution, boolean streamed, DeviceWorkspace device, CudaAlgorithm<P> algorithm) {
        this.device = device;
        this.algorithm = algorithm;
        this.execution = execution;
        this.precision =
                shape.sparse() ? Precision.FP32 : execution.precision(); // the products of sparse data have no other
        this.dataScale = shape.dataScale();
        this.m = shape.features();
        this.r = shape.rank();
        this.parts = algorithm.parts();
        this.stages = new StageQueue(device);
        q = device.allocate(parts.bytes(m), "gradients");
        k = device.allocate(4L * r * r, "K");
        DeviceBuffer g = device.allocate(4L * r * r, "G");
        copy = new StateCopy(device, algorithm.state());
        counters = new StepCounters(device);
        ring = new ObjectiveRing(device, algorithm.objectiveValues());
        long free = device.context().freeMemory();
        Blas blas = device.newBlas(device.stream(), Math.min(WORKSPACE_BYTES, free / 16));
        TensorCoreProducts tensorCores = precision == Precision.TF32X3 ? new TensorCoreProducts(device) : null;
        side = new SideStream(device, Math.min(SIDE_WORKSPACE_BYTES, free / 64));

        long rowBytes = 2 * parts.bytes(1) + algorithm.chunkRowBytes();
        Plan plan = Plan.of(shape, execution, rowBytes, device.usableMemory(), streamed);
        chunkRows = plan.chunkRows();
        algorithm.setChunkRows(chunkRows);
        long workBytes = parts.bytes(chunkRows);
        DeviceBuffer p = device.allocate(workBytes, "P of " + chunkRows + " rows");
        DeviceBuffer s = device.allocate(workBytes, "S of " + chunkRows + " rows");
        long partialBytes = 8L * algorithm.partialRows(chunkRows) * algorithm.rowSums();
        partials = device.allocate(Math.max(8, partialBytes), "partial sums"); // there is no memory of 0 bytes
        chunks = DeviceChunks.open(device, shape, parts.columns(), plan, blas, tensorCores, stages::forget);
        buffers = new StepBuffers(
                p.pointer(),
                s.pointer(),
                DeviceMatrix.of(g.pointer(), r, r),
                DeviceMatrix.of(q.pointer(), m, parts.columns()),
                DeviceMatrix.of(k.pointer(), r, r),
                partials.pointer(),
                counters.pointer(),
                ring.pointer(),
                ObjectiveRing.ENTRIES,
                blas,
                device.stream());
    }

    @Override
    public String description() {
        String steps = execution.graph() ? "recorded steps" : "no graph";
        if (algorithm.wholeStep() != null && chunks.resident()) {
            steps += algorithm.wholeStep().joins() ? ", windows of steps as a whole" : ", steps as a whole";
        }
        return device.description(precision) + ", " + chunks.description() + ", " + steps;
    }

    @Override
    public String kind() {
        String steps = execution.cooperative() ? "" : ", no cooperative blocks";
        return "CUDA, precision " + precision.name().toLowerCase(Locale.ROOT) + steps;
    }

    @Override
    public Map<String, Long> deviceBytes() {
        return device.arena().deviceBytes();
    }

    @Override
    public int chunkRows() {
        return chunkRows;
    }

    @Override
    public int stepsInFlight() {
        return ObjectiveRing.ENTRIES;
    }

    @Override
    public DataProducts products(RowSource data) {
        return new DeviceProducts(device, chunks, this::run, chunkRows, data, dataScale);
    }

    @Override
    public void setParameters(P parameters) {
        device.context().run(() -> {
            run();
            algorithm.set(parameters);
            counters.clear();
            device.synchronise();
        });
    }

    @Override
    public void setRowParameters(RowParameters parameters) {
        device.context().run(() -> {
            run();
            algorithm.set(parameters);
            counters.clear();
            device.synchronise();
        });
    }

    @Override
    public void readParameters(P target) {
        device.context().run(() -> {
            run();
            algorithm.read(target);
        });
    }

    @Override
    public void saveState() {
        device.context().run(() -> {
            ring.requireTaken();
            run();
            copy.save();
            saved.save(this::visitHost);
        });
    }

    @Override
    public void restoreState() {
        device.context().run(() -> {
            ring.requireTaken();
            run();
            saved.restore(this::visitHost);
            copy.restore();
            algorithm.stateReplaced();
        });
    }

    @Override
    public void visitState(StateVisitor visitor) {
        device.context().run(() -> {
            ring.requireTaken();
            run();
            visitHost(visitor);
            copy.visit(visitor);
            algorithm.stateReplaced();
        });
    }

    private void visitHost(StateVisitor visitor) {
        counters.visit(visitor);
        algorithm.visit(visitor);
    }

    @Override
    public void clearSums() {
        device.context().requireOpen();
        if (!stages.isEmpty()) {
            device.context().run(this::run);
        }
        sums.clear();
        sumsBegun = false;
        partialsBegun = false;
    }

    @Override
    public void gram() {
        stages.add(StageQueue.Kind.GRAM);
    }

    @Override
    public void project(Rows chunk) {
        stages.add(StageQueue.Kind.PROJECT, chunk);
    }

    @Override
    public void rowStage(Rows chunk, int newStep) {
        if (newStep != step && stages.contains(StageQueue.Kind.ROW_STAGE)) {
            device.context().run(this::run);
        }
        step = newStep;
        stages.addRowStage(chunk, algorithm.meets(chunk));
    }

    /**
     * Waits for the device, unlike the other stages: few steps are so near to an error of 0 that they need it. They are
     * taken stage by stage.
     */
    @Override
    public void residual(Rows chunk) {
        double squaredError = device.context().call(() -> {
            run();
            return chunks.squaredError(chunk, coefficients(chunk), decoder());
        });
        sums.addResidual(chunk.count(), squaredError);
    }

    @Override
    public void accumulate(Rows chunk, double squaredNorm) {
        stages.add(StageQueue.Kind.ACCUMULATE, chunk);
        sums.addRows(chunk.count(), squaredNorm);
    }

    @Override
    public void update() {
        ring.requireRoom();
        stages.add(StageQueue.Kind.UPDATE);
        boolean likeLast = step == counters.step() && sums.rows() == stepRows && sums.squaredNorm() == stepSquaredNorm;
        if (likeLast && stages.keepAgain()) {
            sumsBegun = !whole;
            partialsBegun = !whole;
        } else {
            device.context().run(this::run);
        }
        ring.add(sums);
        counters.updated();
    }

    /** Launches the steps that wait, then the stages collected so far; a whole step may wait for others like it. */
    private void run() {
        launchWaiting();
        if (stages.isEmpty()) {
            return;
        }
        try {
            prepare();
            Rows first = stages.firstRows();
            boolean isStep = first != null && chunks.resident() && !sumsBegun && stages.endsStep();
            whole = isStep && beginWholeStep();
            if (execution.graph() && isStep) {
                stages.keep();
                if (first.order() != null) {
                    launchWaiting(); // the next step finds another order in its place
                }
                sumsBegun = !whole;
                partialsBegun = !whole;
            } else if (whole) {
                algorithm.wholeStep().launch(buffers, chunks.allRows());
            } else {
                stages.launch(this::launch);
            }
        } finally {
            stages.clear();
        }
    }

    private void launchWaiting() {
        boolean sumsAfter = sumsBegun;
        boolean partialsAfter = partialsBegun;
        WholeStep steps = algorithm.wholeStep();
        Consumer<List<StageQueue.Stage>> launcher = step -> {
            sumsBegun = false;
            partialsBegun = false;
            if (whole) {
                steps.launch(buffers, chunks.allRows());
            } else {
                step.forEach(this::launch);
            }
        };
        IntConsumer joined = whole && steps.joins() ? n -> steps.launch(buffers, chunks.allRows(), n) : null;
        stages.launchWaiting(chunks::position, launcher, joined);
        sumsBegun = sumsAfter;
        partialsBegun = partialsAfter;
    }

    /** What a recorded step finds in place: its index, the data, the order of its rows. */
    private void prepare() {
        counters.setStep(step);
        if (stages.endsStep()) {
            stepRows = sums.rows();
            stepSquaredNorm = sums.squaredNorm();
            algorithm.beforeUpdate(sums);
        }
        Rows first = stages.firstRows();
        if (first == null) {
            return;
        }
        chunks.hold(first);
        if (!sumsBegun) {
            // A step's first chunk is its longest: the others add to the same rows of partial sums.
            partialRows = algorithm.partialRows(first.count());
            chunks.begin(first);
        }
    }

    /** Whether the algorithm takes the step as a whole. */
    private boolean beginWholeStep() {
        WholeStep steps = algorithm.wholeStep();
        DeviceMatrix v = steps == null ? null : chunks.allRows();
        if (v == null || !stages.isStepOver(v.rows())) {
            return false;
        }
        steps.prepare(v, stages.firstRows().data());
        return true;
    }

    private void launch(StageQueue.Stage stage) {
        switch (stage.kind()) {
            case GRAM -> launchGram();
            case PROJECT -> launchProject(stage.rows());
            case ROW_STAGE -> launchRowStage(stage.rows(), stage.fresh());
            case ACCUMULATE -> launchAccumulate(stage.rows());
            case UPDATE -> algorithm.update(buffers, partialRows, stepRows);
        }
    }

    /** The last part of W. */
    private DeviceMatrix decoder() {
        return parts.last(algorithm.weights());
    }

    /** S of a chunk. */
    private DeviceMatrix rowResults(Rows chunk) {
        return DeviceMatrix.of(buffers.s(), chunk.count(), parts.columns());
    }

    /** H of a chunk. */
    private DeviceMatrix coefficients(Rows chunk) {
        return parts.last(rowResults(chunk));
    }

    /** G = WᵀW, beside P. */
    private void launchGram() {
        DeviceMatrix w = decoder();
        side.fork().multiply(1f, w.transpose(), w, 0f, buffers.g(), Precision.FP32);
        sideIsForked = true;
    }

    /** P = V·W. */
    private void launchProject(Rows rows) {
        chunks.load(rows);
        DeviceMatrix p = DeviceMatrix.of(buffers.p(), rows.count(), parts.columns());
        chunks.project(rows, 1f, algorithm.weights(), p, precision);
    }

    private void launchRowStage(Rows rows, boolean fresh) {
        if (sideIsForked) {
            side.join();
            sideIsForked = false;
        }
        algorithm.rowStage(buffers, new RowStageChunk(chunks.order(rows), rows.from(), rows.count(), sumsBegun, fresh));
        partialsBegun = true;
    }

    /** Q += VᵀS, and K += HᵀH beside it; the r × r product stays in full precision. */
    private void launchAccumulate(Rows rows) {
        DeviceMatrix h = coefficients(rows);
        float beta = sumsBegun ? 1f : 0f;
        side.fork().multiply(1f, h.transpose(), h, beta, buffers.k(), Precision.FP32);
        chunks.accumulate(rows, 1f, rowResults(rows), sumsBegun, buffers.q(), precision);
        side.join();
        chunks.release();
        sumsBegun = true;
    }

    @Override
    public Sums readSums() {
        return device.context().call(() -> {
            run();
            Sums read = new Sums(m, parts.ownColumns(), r, algorithm.sumsOfRows());
            if (sumsBegun) {
                parts.download(q, read.q(), device.stream());
                k.download(read.k(), device.stream());
            }
            if (partialsBegun) {
                algorithm.readSums(partials, partialRows, read.ofRows(), device.stream());
            }
            read.addRows(sums.rows(), sums.squaredNorm());
            read.addResidual(sums.residualRows(), sums.residual());
            return read;
        });
    }

    @Override
    public void addSums(Sums other) {
        device.context().run(() -> {
            Sums all = readSums();
            all.add(other);
            parts.upload(all.q(), q, device.stream());
            k.upload(all.k(), device.stream());
            algorithm.writeSums(all.ofRows(), partials, device.stream());
            partialRows = algorithm.partialRows(chunkRows);
            sums.addScalars(other);
            sumsBegun = true;
            partialsBegun = true;
        });
    }

    @Override
    public List<Objective> takeObjectives() {
        return device.context().call(() -> {
            run();
            return ring.take(counters.updates(), algorithm::objective);
        });
    }

    @Override
    public void close() {
        device.close();
    }
}
