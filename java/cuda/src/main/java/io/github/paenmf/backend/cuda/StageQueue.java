package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Rows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;

/**
 * The stages of a step as they were asked for, until they run; whole steps that wait, as long as one is like the other; and
 * the graphs of what was seen before.
 */
final class StageQueue {

    private static final int MAX_GRAPHS = 32;
    private static final List<Kind> STEP = List.of(Kind.values());

    /** What a stage does, in the order of a step. */
    enum Kind {
        GRAM,
        PROJECT,
        ROW_STAGE,
        ACCUMULATE,
        UPDATE
    }

    /**
     * One stage.
     *
     * @param rows null where it has none
     * @param fresh what {@link CudaAlgorithm#meets} has said of the rows of a row stage
     */
    record Stage(Kind kind, Rows rows, boolean fresh) {}

    /** What a recorded stage depends on: rows in an order come from a fixed place of the device. */
    private record StageKey(Kind kind, int from, int count, boolean ordered, boolean fresh) {}

    /** What a graph does: the stages of a step, so many times. */
    private record Key(List<StageKey> step, int times) {}

    private final DeviceWorkspace device;
    private final List<Stage> stages = new ArrayList<>();
    private final Map<Key, StepGraph> graphs = new LinkedHashMap<>();
    /** The step that waits, and how often it was asked for. */
    private List<Stage> waiting = List.of();

    private int times;

    StageQueue(DeviceWorkspace device) {
        this.device = device;
    }

    /** Adds a stage without rows. */
    void add(Kind kind) {
        stages.add(new Stage(kind, null, false));
    }

    /** Adds a stage of a chunk. */
    void add(Kind kind, Rows rows) {
        stages.add(new Stage(kind, rows, false));
    }

    /** Adds the row stage of a chunk. */
    void addRowStage(Rows rows, boolean fresh) {
        stages.add(new Stage(Kind.ROW_STAGE, rows, fresh));
    }

    boolean isEmpty() {
        return stages.isEmpty();
    }

    boolean contains(Kind kind) {
        return stages.stream().anyMatch(stage -> stage.kind == kind);
    }

    /** Whether the last stage is an update. */
    boolean endsStep() {
        return stages.get(stages.size() - 1).kind == Kind.UPDATE;
    }

    /** Whether they are those of a step over so many rows, in their own order and as one chunk, that were met before. */
    boolean isStepOver(int rows) {
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            Rows chunk = stage.rows;
            if (i >= STEP.size()
                    || stage.kind != STEP.get(i)
                    || stage.fresh
                    || chunk != null && (chunk.order() != null || chunk.count() != rows)) {
                return false;
            }
        }
        return stages.size() == STEP.size();
    }

    /** The first chunk; null if no stage has one. */
    Rows firstRows() {
        for (Stage stage : stages) {
            if (stage.rows != null) {
                return stage.rows;
            }
        }
        return null;
    }

    /** Launches each stage. */
    void launch(Consumer<Stage> launcher) {
        stages.forEach(launcher);
    }

    /** Has the stages, which are a whole step, wait: nothing else does. */
    void keep() {
        waiting = List.copyOf(stages);
        times = 1;
    }

    /** Has the stages wait, too, if they are those of the step that does, and says whether they are. */
    boolean keepAgain() {
        if (times == 0 || stages.size() != waiting.size()) {
            return false;
        }
        for (int i = 0; i < stages.size(); i++) {
            if (!same(stages.get(i), waiting.get(i))) {
                return false;
            }
        }
        times++;
        stages.clear();
        return true;
    }

    private static boolean same(Stage a, Stage b) {
        return a.kind == b.kind && a.fresh == b.fresh && same(a.rows, b.rows);
    }

    /** Whether they are the same rows of the same data, which are not compared value by value. */
    private static boolean same(Rows a, Rows b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        return a.data() == b.data() && a.order() == b.order() && a.from() == b.from() && a.count() == b.count();
    }

    /**
     * Launches the steps that wait: all at once where they can be joined, or by one graph if so many came before, else
     * each by one.
     *
     * @param position where on the device rows begin
     * @param step launches the stages of one step
     * @param joined launches so many steps at once; null where the step that waits is not of that kind
     */
    void launchWaiting(ToIntFunction<Rows> position, Consumer<List<Stage>> step, IntConsumer joined) {
        int left = times;
        List<Stage> stagesOfStep = waiting;
        times = 0;
        waiting = List.of();
        if (left == 0) {
            return;
        }
        if (joined != null) {
            joined.accept(left);
            return;
        }
        List<StageKey> key = key(stagesOfStep, position);
        Runnable launcher = () -> step.accept(stagesOfStep);
        if (left > 1 && launchGraph(new Key(key, left), launcher)) {
            return;
        }
        for (; left > 0; left--) {
            if (!launchGraph(new Key(key, 1), launcher)) {
                launcher.run();
            }
        }
    }

    private static List<StageKey> key(List<Stage> step, ToIntFunction<Rows> position) {
        List<StageKey> key = new ArrayList<>(step.size());
        for (Stage stage : step) {
            Rows rows = stage.rows;
            key.add(
                    rows == null
                            ? new StageKey(stage.kind, 0, 0, false, false)
                            : new StageKey(
                                    stage.kind,
                                    position.applyAsInt(rows),
                                    rows.count(),
                                    rows.order() != null,
                                    stage.fresh));
        }
        return key;
    }

    /**
     * Launches steps as a graph, if they came before: the first time cuBLAS may load its kernels, which cannot be
     * recorded, or so many may never come again; the second time the graph is made.
     *
     * @param step launches one
     * @return whether that was done
     */
    private boolean launchGraph(Key key, Runnable step) {
        if (!graphs.containsKey(key)) {
            if (graphs.size() < MAX_GRAPHS) {
                graphs.put(key, null);
            }
            return false;
        }
        StepGraph graph = graphs.get(key);
        if (graph == null) {
            graph = device.arena().own(StepGraph.record(device.stream(), () -> {
                for (int i = 0; i < key.times; i++) {
                    step.run();
                }
            }));
            graphs.put(key, graph);
        }
        graph.launch(device.stream());
        return true;
    }

    /** Forgets what was recorded: it would not find what has moved. The arena still owns it. */
    void forget() {
        for (StepGraph graph : graphs.values()) {
            if (graph != null) {
                graph.close();
            }
        }
        graphs.clear();
    }

    void clear() {
        stages.clear();
    }
}
