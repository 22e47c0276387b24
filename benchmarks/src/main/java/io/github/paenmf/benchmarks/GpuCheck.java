package io.github.paenmf.benchmarks;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The parts of {@code gpu-check} that are Java. Each prints its figures on stdout, one JSON object a
 * line, as they come, so that a part that is ended keeps what it had.
 */
public final class GpuCheck {

    private final PrintStream out = System.out;
    private final boolean quick;
    private boolean failed;

    private GpuCheck(boolean quick) {
        this.quick = quick;
    }

    /**
     * Runs one part: {@code machine}, {@code data FOLDER}, {@code ceilings}, {@code fusion SECONDS},
     * {@code sparse SECONDS}, {@code steps FOLDER SECONDS}, {@code epochs FOLDER SECONDS}, {@code ncu FILE} or {@code report FOLDER}; {@code --quick} first makes everything
     * small.
     */
    public static void main(String[] arguments) throws IOException {
        List<String> words = List.of(arguments);
        boolean quick = words.indexOf("--quick") == 0;
        GpuCheck check = new GpuCheck(quick);
        check.run(quick ? words.subList(1, words.size()) : words);
        if (check.failed) {
            System.err.println("a measurement failed, or losses were not as they should be");
            System.exit(1);
        }
    }

    private void run(List<String> words) throws IOException {
        switch (words.get(0)) {
            case "machine" -> print(Machine.describe());
            case "data" -> SyntheticData.write(Path.of(words.get(1)), quick);
            case "ceilings" -> DeviceCeilings.measure(quick).forEach(this::print);
            case "fusion" -> FusionTimes.measure(quick, deadline(words.get(1)), this::print);
            case "sparse" -> SparseTimes.measure(quick, deadline(words.get(1)), this::print);
            case "steps" -> StepTimes.measure(Path.of(words.get(1)), quick, deadline(words.get(2)), this::print);
            case "epochs" ->
                StepTimes.measureFactorisations(Path.of(words.get(1)), quick, deadline(words.get(2)), this::print);
            case "ncu" -> KernelMetrics.read(Path.of(words.get(1))).forEach(this::print);
            case "report" -> report(Path.of(words.get(1)));
            default -> throw new IllegalArgumentException("no such part: " + words.get(0));
        }
    }

    private static long deadline(String seconds) {
        return System.nanoTime() + (long) (Double.parseDouble(seconds) * 1e9);
    }

    private void report(Path folder) throws IOException {
        CheckReport report = CheckReport.read(folder);
        Files.writeString(
                folder.resolve("results.json"),
                JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(report.json()) + "\n");
        report.print(out);
    }

    private void print(Map<String, Object> object) {
        failed |= object.containsKey("error") || Boolean.FALSE.equals(object.get("checked"));
        try {
            out.println(JSON.std.asString(object));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
