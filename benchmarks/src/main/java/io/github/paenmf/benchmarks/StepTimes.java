package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Time of a training step with the defaults of {@code paenmf fit}, steps back to back as training
 * runs them: the wall clock around blocks of steps, from the first call until their losses are there.
 * Before that, the losses of the first steps are held against those of the CPU.
 */
final class StepTimes {

    private static final double BLOCK_MILLISECONDS = 20;
    private static final int STEPS_CHECKED = 10;
    private static final int STEPS_CHECKED_LARGE = 3;
    private static final long LARGE = 50_000_000;
    /** As for the PyTorch peer, benchmarks/peers/pytorch_peer.py. */
    private static final double TOLERANCE_FP32 = 1e-4;

    /** What its workspaces are called in {@link StepLoop#deviceBytes}. */
    private static final String CUBLAS = "cuBLAS";

    private static final double TOLERANCE_TF32 = 2e-2;

    private StepTimes() {}

    /**
     * Measures each workload in each precision, by graph and, where it is asked for, launch by launch.
     *
     * @param folder of the data, or null
     * @param deadlineNanos of {@link System#nanoTime()}, after which nothing new is started
     * @param sink gets a report as soon as it is there
     */
    static void measure(Path folder, boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        for (Workload workload : Workload.all(quick)) {
            Matrix data = workload.data(folder);
            int steps = data.size() < LARGE ? STEPS_CHECKED : STEPS_CHECKED_LARGE;
            List<Objective> expected = null;
            for (Precision precision : Precision.values()) {
                for (boolean graph : new boolean[] {true, false}) {
                    Map<String, Object> report = new LinkedHashMap<>();
                    report.put("peer", "paenmf");
                    report.put("variant", graph ? "graph" : "launches");
                    report.put("precision", precision.name().toLowerCase(Locale.ROOT));
                    report.put("workload", workload.name());
                    report.put("rows", data.rows());
                    report.put("columns", data.columns());
                    report.put("rank", workload.rank());
                    if (System.nanoTime() > deadlineNanos) {
                        report.put("error", "not started: out of time");
                        sink.accept(report);
                        continue;
                    }
                    try {
                        if (expected == null) {
                            expected = losses(workload, data, Execution.auto().withBackend(Backends.Choice.CPU), steps);
                        }
                        Execution execution = Execution.auto()
                                .withBackend(Backends.Choice.CUDA)
                                .withPrecision(precision)
                                .withGraph(graph);
                        measure(workload, data, execution, expected, report);
                    } catch (RuntimeException | LinkageError e) {
                        report.put("error", e.toString());
                    }
                    sink.accept(report);
                }
            }
        }
    }

    private static List<Objective> losses(Workload workload, Matrix data, Execution execution, int steps) {
        try (StepLoop loop = new StepLoop(data, workload.configuration(), execution)) {
            return loop.run(steps);
        }
    }

    private static void measure(
            Workload workload, Matrix data, Execution execution, List<Objective> expected, Map<String, Object> report) {
        try (StepLoop loop = new StepLoop(data, workload.configuration(), execution)) {
            report.put("backend", loop.description());
            double worst = 0;
            List<Objective> losses = loop.run(expected.size());
            for (int i = 0; i < losses.size(); i++) {
                worst = Math.max(worst, difference(losses.get(i), expected.get(i), workload.rank()));
            }
            double tolerance = execution.precision() == Precision.TF32 ? TOLERANCE_TF32 : TOLERANCE_FP32;
            report.put("stepsChecked", expected.size());
            report.put("largestRelativeError", Map.of("cpu", worst));
            report.put("tolerance", tolerance);
            report.put("checked", worst <= tolerance);
            Map<String, Long> bytes = loop.deviceBytes();
            report.put(
                    "deviceBytes",
                    bytes.values().stream().mapToLong(Long::longValue).sum());
            report.put("deviceBytesOfCublas", bytes.getOrDefault(CUBLAS, 0L));
            report.put("deviceBytesByUse", bytes);
            List<Objective> last = new ArrayList<>();
            Spread spread = Spread.measure(
                    steps -> {
                        long start = System.nanoTime();
                        List<Objective> taken = loop.run(steps);
                        double elapsed = (System.nanoTime() - start) * 1e-6;
                        last.clear();
                        last.add(taken.get(taken.size() - 1));
                        return elapsed;
                    },
                    BLOCK_MILLISECONDS);
            spread.addTo(report, "msPerStep");
            report.put(
                    "objectiveAfter", last.get(0).reconstruction() + last.get(0).kl());
        }
    }

    /** Of either part of a loss, relative; KL has a floor, as it is a difference of large terms near the prior. */
    private static double difference(Objective a, Objective b, int rank) {
        double difference = Math.max(
                Math.abs(a.reconstruction() - b.reconstruction()) / b.reconstruction(),
                Math.abs(a.kl() - b.kl()) / (b.kl() + 1e-2 * rank));
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
    }
}
