package io.github.paenmf.benchmarks;

import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.VbInit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Time of a step over all rows with the defaults of {@code paenmf fit}, steps back to back as training
 * runs them: the wall clock around blocks of steps, from the first call until their losses are there.
 * Before that, the objectives of the first steps are held against those of the CPU.
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

    /** Of the CUDA backend: "false" has small steps take two launches each. */
    private static final String WINDOWS = "paenmf.cuda.windows";

    private static final String OUT_OF_TIME = "not started: out of time";

    private StepTimes() {}

    /** How steps are launched. */
    private enum Variant {
        /** As training runs them. */
        GRAPH,
        LAUNCHES,
        /** Recorded, two kernels a step where {@link #GRAPH} has windows of small steps in one. */
        KERNELS,
        /** Recorded, and never taken as a whole. */
        STAGES
    }

    /** Opens steps of an algorithm. */
    private interface Steps {
        StepLoop open(Workload workload, Matrix data, Execution execution);
    }

    /** Whose step is an epoch: standard NMF, and variational NMF with a sweep over each factor. */
    private static final Map<String, Steps> FACTORISATIONS = factorisations();

    private static Map<String, Steps> factorisations() {
        Map<String, Steps> steps = new LinkedHashMap<>();
        for (NmfAlgorithm algorithm : new NmfAlgorithm[] {NmfAlgorithm.HALS, NmfAlgorithm.MU}) {
            steps.put(
                    "nmf-" + algorithm.name().toLowerCase(Locale.ROOT),
                    (workload, data, execution) -> StepLoop.nmf(data, algorithm, workload.rank(), execution));
        }
        steps.put("vb", (workload, data, execution) -> StepLoop.vb(data, workload.rank(), execution));
        return steps;
    }

    /**
     * Measures PAE-NMF on each workload in each precision by graph, in FP32 also launch by launch, without windows
     * where there are some, and stage by stage.
     *
     * @param folder of the data, or null
     * @param deadlineNanos of {@link System#nanoTime()}, after which nothing new is started
     * @param sink gets a report as soon as it is there
     */
    static void measure(Path folder, boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        Steps steps = (workload, data, execution) -> StepLoop.pae(data, workload.configuration(), execution);
        for (Workload workload : Workload.all(quick)) {
            Case subject = new Case("pae", steps, workload, workload.data(folder));
            for (Precision precision : Precision.values()) {
                Map<String, Object> recorded = subject.measure(precision, Variant.GRAPH, deadlineNanos);
                sink.accept(recorded);
                if (precision != Precision.FP32) {
                    continue;
                }
                sink.accept(subject.measure(precision, Variant.LAUNCHES, deadlineNanos));
                if (hasWindows(recorded)) { // else it is GRAPH
                    sink.accept(subject.measure(precision, Variant.KERNELS, deadlineNanos));
                }
                sink.accept(subject.measure(precision, Variant.STAGES, deadlineNanos));
            }
        }
    }

    private static boolean hasWindows(Map<String, Object> report) {
        return String.valueOf(report.get("backend")).contains("windows");
    }

    /**
     * Measures epochs of standard and variational NMF on each workload, in FP32, by graph and, where they have windows,
     * stage by stage; of variational NMF also the time that intervals take after a fit.
     *
     * @param folder of the data, or null
     * @param deadlineNanos of {@link System#nanoTime()}, after which nothing new is started
     * @param sink gets a report as soon as it is there
     */
    static void measureFactorisations(
            Path folder, boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        for (Workload workload : Workload.all(quick)) {
            Matrix data = workload.data(folder);
            FACTORISATIONS.forEach((algorithm, steps) -> {
                Case subject = new Case(algorithm, steps, workload, data);
                Map<String, Object> recorded = subject.measure(Precision.FP32, Variant.GRAPH, deadlineNanos);
                sink.accept(recorded);
                if (hasWindows(recorded)) { // else it is GRAPH
                    sink.accept(subject.measure(Precision.FP32, Variant.STAGES, deadlineNanos));
                }
            });
            if (workload.epochs() > 0) { // of the others they take minutes
                sink.accept(intervals(workload, data, deadlineNanos));
            }
        }
    }

    /** By how much longer a fit of one epoch takes with joint intervals than with those of mean field, which it has. */
    private static Map<String, Object> intervals(Workload workload, Matrix data, long deadlineNanos) {
        Map<String, Object> report = report("vb", workload, data);
        report.put("variant", "joint intervals");
        if (System.nanoTime() > deadlineNanos) {
            report.put("error", OUT_OF_TIME);
            return report;
        }
        try {
            fitSeconds(workload, data, IntervalMethod.JOINT); // compiled from here on
            report.put(
                    "seconds",
                    fitSeconds(workload, data, IntervalMethod.JOINT)
                            - fitSeconds(workload, data, IntervalMethod.MEAN_FIELD));
        } catch (RuntimeException | LinkageError e) {
            report.put("error", e.toString());
        }
        return report;
    }

    private static double fitSeconds(Workload workload, Matrix data, IntervalMethod intervals) {
        long start = System.nanoTime();
        VariationalNmf.builder()
                .rank(workload.rank())
                .epochs(1)
                .init(VbInit.RANDOM)
                .intervals(intervals)
                .backend(Backends.Choice.CUDA)
                .build()
                .fit(data);
        return (System.nanoTime() - start) * 1e-9;
    }

    private static Map<String, Object> report(String algorithm, Workload workload, Matrix data) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("peer", "paenmf");
        report.put("algorithm", algorithm);
        report.put("workload", workload.name());
        report.put("rows", data.rows());
        report.put("columns", data.columns());
        report.put("rank", workload.rank());
        return report;
    }

    /** Steps of one algorithm on one workload. */
    private static final class Case {

        private final String algorithm;
        private final Steps steps;
        private final Workload workload;
        private final Matrix data;
        /** Objectives of the first steps on the CPU; null until they are needed. */
        private List<Objective> expected;

        Case(String algorithm, Steps steps, Workload workload, Matrix data) {
            this.algorithm = algorithm;
            this.steps = steps;
            this.workload = workload;
            this.data = data;
        }

        Map<String, Object> measure(Precision precision, Variant variant, long deadlineNanos) {
            Map<String, Object> report = report(algorithm, workload, data);
            report.put("variant", variant.name().toLowerCase(Locale.ROOT));
            report.put("precision", precision.toString().toLowerCase(Locale.ROOT));
            if (System.nanoTime() > deadlineNanos) {
                report.put("error", OUT_OF_TIME);
                return report;
            }
            try {
                if (expected == null) {
                    Execution cpu = Execution.auto().withBackend(Backends.Choice.CPU);
                    try (StepLoop loop = steps.open(workload, data, cpu)) {
                        expected = loop.run(data.size() < LARGE ? STEPS_CHECKED : STEPS_CHECKED_LARGE);
                    }
                }
                Execution execution = Execution.auto()
                        .withBackend(Backends.Choice.CUDA)
                        .withPrecision(precision)
                        .withGraph(variant != Variant.LAUNCHES)
                        .withCooperative(variant != Variant.STAGES);
                System.setProperty(WINDOWS, Boolean.toString(variant != Variant.KERNELS));
                try (StepLoop loop = steps.open(workload, data, execution)) {
                    measure(loop, execution, report);
                }
            } catch (RuntimeException | LinkageError e) {
                report.put("error", e.toString());
            } finally {
                System.clearProperty(WINDOWS);
            }
            return report;
        }

        private void measure(StepLoop loop, Execution execution, Map<String, Object> report) {
            report.put("backend", loop.description());
            double worst = 0;
            List<Objective> first = loop.run(expected.size());
            for (int i = 0; i < first.size(); i++) {
                worst = Math.max(worst, difference(first.get(i), expected.get(i), workload.rank()));
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
                    count -> {
                        long start = System.nanoTime();
                        List<Objective> taken = loop.run(count);
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

    /** Of either part, relative; KL has a floor, as it is a difference of large terms near the prior. */
    private static double difference(Objective a, Objective b, int rank) {
        double difference = Math.max(
                Math.abs((a.reconstruction() - b.reconstruction()) / b.reconstruction()),
                Math.abs(a.kl() - b.kl()) / (b.kl() + 1e-2 * rank));
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
    }
}
