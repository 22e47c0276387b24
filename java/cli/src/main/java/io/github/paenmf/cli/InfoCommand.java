package io.github.paenmf.cli;

import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.backend.cuda.CudaDevice;
import io.github.paenmf.backend.cuda.CudaProbe;
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
        CudaProbe cuda = CudaProbe.get();
        backends.put("cuda", cuda.available() ? "available" : "unavailable: " + cuda.reason());
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
        if (cuda.available()) {
            info.put(
                    "cudaDevices",
                    cuda.devices().stream().map(InfoCommand::properties).toList());
            info.put("cudaDriver", cuda.driverVersion());
            info.put("cublas", cuda.blas());
        }
        if (!cuda.architectures().isEmpty()) {
            info.put("kernelArchitectures", cuda.architectures());
            info.put("kernelSources", cuda.sourceHash());
        }
        if (json) {
            JsonLine.print(out(), info);
        } else {
            print(info, backends, cuda);
        }
        return ExitCode.DONE;
    }

    private static Map<String, Object> properties(CudaDevice device) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("index", device.index());
        properties.put("name", device.name());
        properties.put("emulated", device.emulated());
        properties.put("computeCapability", device.computeCapability());
        properties.put("multiprocessors", device.multiprocessors());
        properties.put("memoryBytes", device.memoryBytes());
        return properties;
    }

    private void print(Map<String, Object> info, Map<String, Object> backends, CudaProbe cuda) {
        row("paenmf", info.get("version"));
        row("Java", info.get("java"));
        row("system", info.get("os") + ", " + info.get("architecture"));
        row("CPU vectors", info.get("vectors"));
        row("BLAS", info.get("blas"));
        row("threads", info.get("threads"));
        row("heap", Runtime.getRuntime().maxMemory() / (1 << 20) + " MiB at most");
        backends.forEach((name, state) -> row("backend " + name, state));
        for (CudaDevice device : cuda.devices()) {
            row(
                    "CUDA device " + device.index(),
                    device.name() + ", compute capability " + device.computeCapability() + ", "
                            + device.memoryBytes() / (1 << 20) + " MiB"
                            + (device.emulated() ? "; emulated on the CPU, for tests: not a GPU" : ""));
        }
        if (cuda.available()) {
            row("CUDA driver", "for CUDA " + cuda.driverVersion());
            row("cuBLAS", cuda.blas());
        }
        if (!cuda.architectures().isEmpty()) {
            row(
                    "CUDA kernels",
                    String.join(", ", cuda.architectures()) + ", PTX; of sources "
                            + cuda.sourceHash().substring(0, 12));
        }
        out().flush();
    }

    private void row(String label, Object value) {
        out().printf("%-13s %s%n", label, value);
    }
}
