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
    private static final double OF_COPY = 0.9;
    private static final long ELEMENTS = 10_000_000;
    private static final double OF_LIMIT = 0.8;

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
            if (PAPER.contains(String.valueOf(step.get("workload")))) {
                goals.peer(step, List.of("eager"), OF_EAGER);
                goals.peer(step, List.of("compiled", "compiled-graph"), OF_COMPILED);
            } else if (LARGE.equals(step.get("workload"))) {
                goals.peer(step, List.of("compiled", "compiled-graph"), OF_COMPILED_LARGE);
                goals.limit(step);
            }
        }
        goals.bandwidth();
        goals.steps().stream()
                .filter(step -> "fp32".equals(step.get("precision")))
                .forEach(goals::memory);
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
        add("PyTorch " + variants.get(0) + " / step", subject(step), ratio, least, true);
    }

    /** Reading V twice at the speed of a copy, or the products at the best rate of a product. */
    private void limit(Map<String, Object> step) {
        double n = number(step, "rows");
        double m = number(step, "columns");
        double r = number(step, "rank");
        double reading = 2
                * 4
                * n
                * m
                * 1e-6
                / best(figures("ceilings").filter(f -> "copy".equals(f.get("measurement"))), "gigabytesPerSecond");
        double multiplying = 12
                * n
                * m
                * r
                * 1e-9
                / best(
                        figures("ceilings")
                                .filter(f ->
                                        String.valueOf(step.get("precision")).equals(f.get("precision"))),
                        "teraflopsPerSecond");
        double share = checked(step) ? Math.max(reading, multiplying) / number(step, "msPerStep") : Double.NaN;
        Map<String, Object> goal = add("share of the device's limit", subject(step), share, OF_LIMIT, true);
        goal.put("readingMs", finite(reading));
        goal.put("multiplyingMs", finite(multiplying));
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
                .filter(figure -> number(figure, "elements") >= ELEMENTS)
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

    private static boolean checked(Map<String, Object> figure) {
        return Boolean.TRUE.equals(figure.get("checked"));
    }

    private static double number(Map<String, Object> figure, String name) {
        return figure.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
