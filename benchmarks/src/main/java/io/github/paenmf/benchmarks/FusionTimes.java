package io.github.paenmf.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The fused kernels against the bandwidth of a copy, and against the same work unfused, launch after launch on one
 * stream. Each launch takes the next of several sets of buffers, so that bandwidth is that of device memory.
 */
final class FusionTimes {

    /** Float32 sums of four against sums of one, both added up in double: see {@link StepKernels#klDifference}. */
    private static final double KL_TOLERANCE = 1e-5;

    private final boolean quick;
    private final double copyGigabytesPerSecond;

    /**
     * What to time.
     *
     * @param name for the report
     * @param rows n of weibull_step
     * @param features m of update_project
     * @param rank r
     * @param parts whether the unfused kernels are timed one by one, too
     */
    private record Shape(String name, int rows, int features, int rank, boolean parts) {

        static Shape square(int rows, int rank) {
            return new Shape(rows + " x " + rank, rows, rows, rank, true);
        }
    }

    private FusionTimes(boolean quick, double copyGigabytesPerSecond) {
        this.quick = quick;
        this.copyGigabytesPerSecond = copyGigabytesPerSecond;
    }

    /** Those that fill the device, ranks of either parity of four among them, then those of the workloads. */
    private static List<Shape> shapes(boolean quick) {
        List<Shape> shapes = new ArrayList<>(
                quick
                        ? List.of(Shape.square(2000, 16), Shape.square(500, 21))
                        : List.of(
                                Shape.square(200_000, 64),
                                Shape.square(100_000, 128),
                                Shape.square(160_000, 81),
                                Shape.square(1_200_000, 9)));
        for (Workload workload : Workload.all(quick)) {
            shapes.add(new Shape(workload.name(), workload.rows(), workload.columns(), workload.rank(), false));
        }
        return shapes;
    }

    /**
     * Measures.
     *
     * @param quick small sizes, to rehearse
     * @param deadlineNanos of {@link System#nanoTime()}, after which nothing new is started
     * @param sink gets a report as soon as it is there
     */
    static void measure(boolean quick, long deadlineNanos, Consumer<Map<String, Object>> sink) {
        Map<String, Object> copy = DeviceCeilings.copy(quick);
        copy.put("kernel", copy.remove("measurement"));
        sink.accept(copy);
        FusionTimes times = new FusionTimes(quick, (double) copy.get("gigabytesPerSecond"));
        for (Shape shape : shapes(quick)) {
            times.run(times.report("weibull_step", shape, shape.rows), deadlineNanos, sink, r -> times.step(shape, r));
            times.run(
                    times.report("update_project", shape, shape.features),
                    deadlineNanos,
                    sink,
                    r -> times.update(shape, r));
        }
    }

    private Map<String, Object> report(String kernel, Shape shape, int rows) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("kernel", kernel);
        report.put("shape", shape.name);
        report.put("rows", rows);
        report.put("rank", shape.rank);
        report.put("elements", (long) rows * shape.rank);
        return report;
    }

    private void run(
            Map<String, Object> report,
            long deadlineNanos,
            Consumer<Map<String, Object>> sink,
            Consumer<Map<String, Object>> measurement) {
        try {
            if (System.nanoTime() > deadlineNanos) {
                report.put("error", "not started: out of time");
            } else {
                measurement.accept(report);
            }
        } catch (RuntimeException | LinkageError e) {
            report.put("error", e.toString());
        }
        sink.accept(report);
    }

    private double blockMilliseconds() {
        return quick ? 1 : 5;
    }

    private void step(Shape shape, Map<String, Object> report) {
        try (StepKernels kernels = StepKernels.open(shape.rows, shape.rank);
                DeviceTimer timer = kernels.timer(blockMilliseconds())) {
            kernels.addTo(report);
            double fused = bandwidth(report, StepKernels.BYTES, timer.measure(kernels::fused));
            if (Curand.unavailable().isPresent()) {
                report.put("unfusedSkipped", Curand.unavailable().get());
                return;
            }
            Spread unfused = timer.measure(kernels::unfused);
            unfused.addTo(report, "unfusedMs");
            report.put("speedUp", unfused.median() / fused);
            double difference = kernels.klDifference();
            report.put("relativeDifferenceOfKl", difference);
            report.put("checked", difference <= KL_TOLERANCE);
            if (shape.parts) {
                Map<String, Object> parts = new LinkedHashMap<>();
                kernels.unfusedParts()
                        .forEach((name, part) ->
                                parts.put(name, timer.measure(part).median()));
                report.put("unfusedPartsMs", parts);
            }
        }
    }

    private void update(Shape shape, Map<String, Object> report) {
        try (UpdateKernel kernel = UpdateKernel.open(shape.features, shape.rank);
                DeviceTimer timer = kernel.timer(blockMilliseconds())) {
            kernel.addTo(report);
            bandwidth(report, UpdateKernel.BYTES, timer.measure(kernel::update));
        }
    }

    private double bandwidth(Map<String, Object> report, int bytesPerElement, Spread spread) {
        long bytes = (long) report.get("elements") * bytesPerElement;
        double gigabytesPerSecond = 1e-6 * bytes / spread.median();
        report.put("bytesMoved", bytes);
        spread.addTo(report, "ms");
        report.put("gigabytesPerSecond", gigabytesPerSecond);
        report.put("shareOfCopy", gigabytesPerSecond / copyGigabytesPerSecond);
        return spread.median();
    }
}
