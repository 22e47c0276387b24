package io.github.paenmf.cli;

import io.github.paenmf.backend.cpu.CpuRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "info",
        description = "Prints versions, and what this machine offers to compute with.",
        footer = {"", "Examples:", "  paenmf info", "  paenmf info --json"})
final class InfoCommand extends Subcommand {

    @Option(names = "--json", description = "Print the result as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        Map<String, Object> backends = new LinkedHashMap<>();
        backends.put("cpu", "available");
        backends.put("cuda", "not part of this version");
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("version", Version.number());
        info.put(
                "java",
                Runtime.version() + ", " + System.getProperty("java.vm.name") + ", "
                        + System.getProperty("java.vendor"));
        info.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        info.put("architecture", System.getProperty("os.arch"));
        info.put("vectors", CpuRuntime.get().vectors());
        info.put("blas", CpuRuntime.get().blas());
        info.put("threads", Runtime.getRuntime().availableProcessors());
        info.put("heapBytes", Runtime.getRuntime().maxMemory());
        info.put("backends", backends);
        if (json) {
            JsonLine.print(out(), info);
        } else {
            print(info, backends);
        }
        return ExitCode.DONE;
    }

    private void print(Map<String, Object> info, Map<String, Object> backends) {
        row("paenmf", info.get("version"));
        row("Java", info.get("java"));
        row("system", info.get("os") + ", " + info.get("architecture"));
        row("CPU vectors", info.get("vectors"));
        row("BLAS", info.get("blas"));
        row("threads", info.get("threads"));
        row("heap", Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB at most");
        backends.forEach((name, state) -> row("backend " + name, state));
        out().flush();
    }

    private void row(String label, Object value) {
        out().printf("%-13s %s%n", label, value);
    }
}
