package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Rows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/** The stages of a step as they were asked for, until they run, and the graphs of those that were seen before. */
final class StageQueue {

    private static final int MAX_GRAPHS = 8;
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
    private record Key(Kind kind, int from, int count, boolean ordered, boolean fresh) {}

    private final DeviceWorkspace device;
    private final List<Stage> stages = new ArrayList<>();
    private final Map<List<Key>, StepGraph> graphs = new LinkedHashMap<>();

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

    /** Whether they are those of a step over so many rows, in their own order and as one chunk. */
    boolean isStepOver(int rows) {
        for (int i = 0; i < stages.size(); i++) {
            Stage stage = stages.get(i);
            Rows chunk = stage.rows;
            if (i >= STEP.size()
                    || stage.kind != STEP.get(i)
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

    /**
     * Launches the stages as a graph, if they came before: the first time cuBLAS may load its kernels, which cannot be
     * recorded, and the second time the graph is made.
     *
     * @param position where on the device rows begin
     * @return whether that was done
     */
    boolean launchGraph(ToIntFunction<Rows> position, Consumer<Stage> launcher) {
        List<Key> key = new ArrayList<>(stages.size());
        for (Stage stage : stages) {
            Rows rows = stage.rows;
            key.add(
                    rows == null
                            ? new Key(stage.kind, 0, 0, false, false)
                            : new Key(
                                    stage.kind,
                                    position.applyAsInt(rows),
                                    rows.count(),
                                    rows.order() != null,
                                    stage.fresh));
        }
        if (!graphs.containsKey(key)) {
            if (graphs.size() < MAX_GRAPHS) {
                graphs.put(key, null);
            }
            return false;
        }
        StepGraph graph = graphs.get(key);
        if (graph == null) {
            graph = device.arena().own(StepGraph.record(device.stream(), () -> launch(launcher)));
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
