package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code gpu-check} found, from the files that its parts left: {@code parts.jsonl}, one object a
 * part with its name, exit code and seconds, and {@code <part>.jsonl} with its figures.
 */
final class CheckReport {

    private final Map<String, Object> machine;
    private final List<Map<String, Object>> parts;
    private final Map<String, List<Map<String, Object>>> figures = new LinkedHashMap<>();

    private CheckReport(Map<String, Object> machine, List<Map<String, Object>> parts) {
        this.machine = machine;
        this.parts = parts;
    }

    static CheckReport read(Path folder) throws IOException {
        List<Map<String, Object>> machine = lines(folder.resolve("machine.jsonl"));
        CheckReport report =
                new CheckReport(machine.isEmpty() ? Map.of() : machine.get(0), lines(folder.resolve("parts.jsonl")));
        for (Map<String, Object> part : report.parts) {
            String name = (String) part.get("part");
            report.figures.put(name, lines(folder.resolve(name + ".jsonl")));
        }
        return report;
    }

    /** The JSON objects of a file; what a part that was ended left half-written is passed over. */
    private static List<Map<String, Object>> lines(Path file) throws IOException {
        List<Map<String, Object>> objects = new ArrayList<>();
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                object(line).ifPresent(objects::add);
            }
        }
        return objects;
    }

    private static Optional<Map<String, Object>> object(String line) {
        try {
            return Optional.of(JSON.std.mapFrom(line));
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        if (emulated()) {
            json.put("notice", Machine.EMULATED);
        }
        json.put("machine", machine);
        json.put("parts", parts);
        json.put("figures", figures);
        json.put("goals", Goals.compare(figures));
        return json;
    }

    private boolean emulated() {
        return Boolean.TRUE.equals(machine.get("emulated"));
    }

    void print(PrintStream out) {
        if (emulated()) {
            out.println(Machine.EMULATED);
        }
        out.println(machine.getOrDefault("device", "no CUDA device") + ", CUDA " + machine.get("driverCuda")
                + " driver " + machine.get("driver") + ", " + machine.get("cpu") + ", " + machine.get("date"));
        out.println("command: " + machine.get("command"));
        out.printf("%n%-12s %-8s %8s  %s%n", "part", "result", "seconds", "what");
        for (Map<String, Object> part : parts) {
            out.printf(
                    Locale.ROOT,
                    "%-12s %-8s %8s  %s%n",
                    part.get("part"),
                    part.get("result"),
                    part.get("seconds"),
                    part.get("what"));
        }
        table(out, "tests", "finished", "successful", "failed", "skipped", "whySkipped");
        table(out, "sanitizer", "tool", "exitCode", "result");
        table(out, "ceilings", "measurement", "precision", "ms", "gigabytesPerSecond", "teraflopsPerSecond");
        table(
                out,
                "fusion",
                "kernel",
                "shape",
                "rank",
                "ms",
                "gigabytesPerSecond",
                "shareOfCopy",
                "readsFrom",
                "unfusedMs",
                "speedUp");
        table(
                out,
                "sparse",
                "kernel",
                "shape",
                "nonzeros",
                "components",
                "ms",
                "gigabytesPerSecond",
                "gatheredGigabytesPerSecond",
                "checked");
        steps(out);
        table(
                out,
                "epochs",
                "algorithm",
                "workload",
                "rank",
                "variant",
                "msPerStep",
                "msPerStepQuartiles",
                "seconds",
                "checked");
        table(out, "quality", "workload", "realData", "error", "cpuLeast", "cpuGreatest", "seconds", "result");
        table(
                out,
                "ncu",
                "kernel",
                "microseconds",
                "dramBytesRead",
                "dramBytesWritten",
                "dramPercentOfPeak",
                "smPercentOfPeak",
                "activeWarpsPercent",
                "registers");
        goals(out);
        if (emulated()) {
            out.println(Machine.EMULATED);
        }
    }

    private void table(PrintStream out, String part, String... columns) {
        table(out, part, figures.getOrDefault(part, List.of()), columns);
    }

    private static void table(PrintStream out, String title, List<Map<String, Object>> rows, String... columns) {
        if (rows.isEmpty()) {
            return;
        }
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of(columns));
        for (Map<String, Object> figure : rows) {
            lines.add(Stream.of(columns).map(column -> cell(figure.get(column))).collect(Collectors.toList()));
        }
        int[] widths = new int[columns.length];
        for (List<String> line : lines) {
            for (int column = 0; column < columns.length; column++) {
                widths[column] = Math.max(widths[column], line.get(column).length());
            }
        }
        out.printf("%n%s%n", title);
        for (int row = 0; row < lines.size(); row++) {
            StringBuilder text = new StringBuilder();
            for (int column = 0; column < columns.length; column++) {
                String value = lines.get(row).get(column);
                text.append(value).append(" ".repeat(widths[column] - value.length() + 2));
            }
            out.println(text.append(row == 0 ? "" : note(rows.get(row - 1)))
                    .toString()
                    .stripTrailing());
        }
    }

    /** Why a figure, or half of one, is not there. */
    private static String note(Map<String, Object> figure) {
        for (String name : List.of("error", "unfusedSkipped")) {
            if (figure.get(name) instanceof String reason) {
                return reason;
            }
        }
        return "";
    }

    private void goals(PrintStream out) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Map<String, Object> goal : Goals.compare(figures)) {
            Map<String, Object> row = new LinkedHashMap<>(goal);
            row.put(
                    "met",
                    goal.get("met") == null ? "no figure" : goal.get("met").equals(true) ? "met" : "NOT MET");
            rows.add(row);
        }
        table(
                out,
                "goals",
                rows,
                "goal",
                "subject",
                "value",
                "atLeast",
                "atMost",
                "met",
                "bytes",
                "flops",
                "readingMs",
                "multiplyingMs");
    }

    /** Milliseconds a step of each variant, a line for each workload and precision. */
    private void steps(PrintStream out) {
        List<Map<String, Object>> all = new ArrayList<>(figures.getOrDefault("steps", List.of()));
        figures.getOrDefault("pytorch", List.of()).stream()
                .filter(figure -> figure.containsKey("variant"))
                .forEach(all::add);
        if (all.isEmpty()) {
            return;
        }
        out.printf("%nms per step (median; quartiles): least first; ! marks losses that were not as they should be%n");
        Map<String, List<Map<String, Object>>> groups = all.stream()
                .collect(Collectors.groupingBy(CheckReport::group, LinkedHashMap::new, Collectors.toList()));
        groups.forEach((group, figures) -> {
            out.println(group);
            figures.sort((a, b) -> Double.compare(milliseconds(a), milliseconds(b)));
            for (Map<String, Object> figure : figures) {
                out.printf("  %-24s %s%n", figure.get("peer") + " " + figure.get("variant"), step(figure));
            }
        });
    }

    private static String group(Map<String, Object> figure) {
        return figure.get("rows") + " x " + figure.get("columns") + " rank " + figure.get("rank") + " "
                + figure.get("precision");
    }

    private static double milliseconds(Map<String, Object> figure) {
        return figure.get("msPerStep") instanceof Number number ? number.doubleValue() : Double.POSITIVE_INFINITY;
    }

    private static String step(Map<String, Object> figure) {
        if (figure.containsKey("error")) {
            return String.valueOf(figure.get("error"));
        }
        String mark = Boolean.TRUE.equals(figure.get("checked")) ? "" : " !";
        return cell(figure.get("msPerStep")) + " " + cell(figure.get("msPerStepQuartiles")) + mark;
    }

    private static String cell(Object value) {
        if (value instanceof Double number) {
            return String.format(Locale.ROOT, "%.4g", number);
        }
        if (value instanceof List<?> list) {
            return list.stream().map(CheckReport::cell).collect(Collectors.joining("-"));
        }
        return value == null ? "-" : value.toString();
    }
}
