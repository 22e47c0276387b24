package io.github.paenmf.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** What the CUDA backend is meant to reach, held against the figures of {@code gpu-check}. */
final class Goals {

    private static final List<String> PAPER = List.of("faces81", "faces9", "genes", "prices");
    private static final String LARGE = "large";
    private static final double OF_EAGER = 20;
    private static final double OF_COMPILED = 4;
    private static final double OF_COMPILED_LARGE = 1.5;
    /** Where a step is short, the launches and the latency of its stages are most of it. */
    private static final Map<String, Double> MICROSECONDS =
            Map.of("genes", 8.0, "prices", 8.0, "faces9", 15.0, "faces81", 40.0);

    private static final double OF_COPY = 0.75;
    private static final long ELEMENTS = 10_000_000;
    /** Above, products with G take longer than reading and writing. */
    private static final int RANK_OF_COPY = 64;

    private static final double OF_LIMIT = 0.8;
    /** As exact as FP32, and there for its speed alone. */
    private static final String SPLIT = "3xtf32";

    private final Map<String, List<Map<String, Object>>> figures;
    private final List<Map<String, Object>> goals = new ArrayList<>();

    private Goals(Map<String, List<Map<String, Object>>> figures) {
        this.figures = figures;
    }

    /**
     * Compares.
     *
     * @param figures of each part
     * @return one report for each goal and figure; {@code met} is missing where there is no figure to compare
     */
    static List<Map<String, Object>> compare(Map<String, List<Map<String, Object>>> figures) {
        Goals goals = new Goals(figures);
        for (Map<String, Object> step : goals.steps()) {
            if (step.get("precision").equals(SPLIT)) {
                if (LARGE.equals(step.get("workload"))) {
                    goals.split(step);
                }
            } else if (PAPER.contains(String.valueOf(step.get("workload")))) {
                goals.time(step);
                goals.peer(step, List.of("eager"), OF_EAGER);
                goals.peer(step, List.of("compiled", "compiled-graph"), OF_COMPILED);
            } else if (LARGE.equals(step.get("workload"))) {
                goals.peer(step, List.of("compiled", "compiled-graph"), OF_COMPILED_LARGE);
                if (isFp32(step)) {
                    goals.limit(step);
                }
            }
        }
        goals.bandwidth();
        goals.steps().stream().filter(Goals::isFp32).forEach(goals::memory);
        return goals.goals;
    }

    private Stream<Map<String, Object>> figures(String part) {
        return figures.getOrDefault(part, List.of()).stream();
    }

    /** Those that training runs. */
    private List<Map<String, Object>> steps() {
        return figures("steps")
                .filter(step -> "graph".equals(step.get("variant")))
                .toList();
    }

    /** How many times as long the quickest of a peer's variants takes. */
    private void peer(Map<String, Object> step, List<String> variants, double least) {
        OptionalDouble peer = figures("pytorch")
                .filter(figure -> variants.contains(String.valueOf(figure.get("variant"))))
                .filter(figure -> Stream.of("rows", "columns", "rank", "precision")
                        .allMatch(key -> String.valueOf(figure.get(key)).equals(String.valueOf(step.get(key)))))
                .filter(Goals::checked)
                .mapToDouble(figure -> number(figure, "msPerStep"))
                .filter(Double::isFinite)
                .min();
        double ratio = checked(step) ? peer.orElse(Double.NaN) / number(step, "msPerStep") : Double.NaN;
        add("PyTorch " + variants.get(0) + " / step", step, ratio, least, true);
    }

    /** How many times as long a step in FP32 takes. */
    private void split(Map<String, Object> step) {
        double fp32 = steps().stream()
                .filter(Goals::isFp32)
                .filter(other -> step.get("workload").equals(other.get("workload")))
                .filter(Goals::checked)
                .mapToDouble(other -> number(other, "msPerStep"))
                .findFirst()
                .orElse(Double.NaN);
        double ratio = checked(step) ? fp32 / number(step, "msPerStep") : Double.NaN;
        add("FP32 / step", step, ratio, 1, true);
    }

    private void time(Map<String, Object> step) {
        double microseconds = checked(step) ? 1e3 * number(step, "msPerStep") : Double.NaN;
        add("step, µs", step, microseconds, MICROSECONDS.get(step.get("workload")), false);
    }

    private void limit(Map<String, Object> step) {
        double share =
                checked(step) ? Math.max(reading(step), multiplying(step)) / number(step, "msPerStep") : Double.NaN;
        add("share of the device's limit", step, share, OF_LIMIT, true);
    }

    /** What a step reads of V, which enters two products. */
    private static double bytes(Map<String, Object> step) {
        return 2 * 4 * number(step, "rows") * number(step, "columns");
    }

    /** Of the products with V. */
    private static double flops(Map<String, Object> step) {
        return 12 * number(step, "rows") * number(step, "columns") * number(step, "rank");
    }

    /** Milliseconds at the speed of a copy. */
    private double reading(Map<String, Object> step) {
        Stream<Map<String, Object>> copies = figures("ceilings").filter(f -> "copy".equals(f.get("measurement")));
        return bytes(step) * 1e-6 / best(copies, "gigabytesPerSecond");
    }

    /** Milliseconds at the best rate of a product of that precision. */
    private double multiplying(Map<String, Object> step) {
        Stream<Map<String, Object>> products = figures("ceilings")
                .filter(f -> String.valueOf(step.get("precision")).equals(f.get("precision")));
        return flops(step) * 1e-9 / best(products, "teraflopsPerSecond");
    }

    private static double best(Stream<Map<String, Object>> figures, String name) {
        return figures.mapToDouble(figure -> number(figure, name))
                .filter(Double::isFinite)
                .max()
                .orElse(Double.NaN);
    }

    private void bandwidth() {
        figures("fusion")
                .filter(figure -> "weibull_step".equals(figure.get("kernel")))
                .filter(figure -> number(figure, "elements") >= ELEMENTS && number(figure, "rank") <= RANK_OF_COPY)
                .forEach(figure -> add(
                        "weibull_step / copy",
                        String.valueOf(figure.get("shape")),
                        number(figure, "shareOfCopy"),
                        OF_COPY,
                        true));
    }

    private void memory(Map<String, Object> step) {
        double n = number(step, "rows");
        double m = number(step, "columns");
        double r = number(step, "rank");
        double most = (4 * n * m + 40 * n * r + 60 * m * r) / (1 << 20);
        double all = number(step, "deviceBytes") / (1 << 20);
        String workload = String.valueOf(step.get("workload"));
        add("device memory, MiB", workload, all, most, false);
        add("without cuBLAS's, MiB", workload, all - number(step, "deviceBytesOfCublas") / (1 << 20), most, false);
    }

    /** A goal of a step, beside what bounds it. */
    private void add(String goal, Map<String, Object> step, double value, double bound, boolean atLeast) {
        Map<String, Object> report = add(goal, subject(step), value, bound, atLeast);
        report.put("bytes", bytes(step));
        report.put("flops", flops(step));
        report.put("readingMs", finite(reading(step)));
        report.put("multiplyingMs", finite(multiplying(step)));
    }

    private Map<String, Object> add(String goal, String subject, double value, double bound, boolean atLeast) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("goal", goal);
        report.put("subject", subject);
        report.put("value", finite(value));
        report.put(atLeast ? "atLeast" : "atMost", bound);
        report.put("met", Double.isFinite(value) ? atLeast ? value >= bound : value <= bound : null);
        goals.add(report);
        return report;
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static String subject(Map<String, Object> step) {
        return step.get("workload") + " " + step.get("precision");
    }

    private static boolean isFp32(Map<String, Object> step) {
        return "fp32".equals(step.get("precision"));
    }

    private static boolean checked(Map<String, Object> figure) {
        return Boolean.TRUE.equals(figure.get("checked"));
    }

    private static double number(Map<String, Object> figure, String name) {
        return figure.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
