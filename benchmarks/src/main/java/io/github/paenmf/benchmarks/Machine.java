package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.cuda.CudaDevice;
import io.github.paenmf.backend.cuda.CudaProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/** What figures were made with. */
public final class Machine {

    /** What stands before and after everything that was not measured on a GPU. */
    public static final String EMULATED = "EMULATED DEVICE: a rehearsal; nothing here is a GPU result";

    private Machine() {}

    /** Whether device 0 is the emulated one; false where there is none. */
    public static boolean emulated() {
        CudaProbe probe = CudaProbe.get();
        return probe.available() && probe.devices().get(0).emulated();
    }

    /** Device, driver, libraries, processor, Java and date. */
    public static Map<String, Object> describe() {
        Map<String, Object> machine = new LinkedHashMap<>();
        CudaProbe probe = CudaProbe.get();
        machine.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        machine.put("cuda", probe.available());
        machine.put("emulated", emulated());
        if (probe.available()) {
            CudaDevice device = probe.devices().get(0);
            machine.put("device", device.name());
            machine.put("computeCapability", device.computeCapability());
            machine.put("multiprocessors", device.multiprocessors());
            machine.put("memoryBytes", device.memoryBytes());
            machine.put("driverCuda", probe.driverVersion());
            machine.put("cublas", probe.blas());
            machine.put("curand", Curand.describe());
            machine.put("kernelArchitectures", probe.architectures());
            machine.put("kernelSourceHash", probe.sourceHash());
        } else {
            machine.put("cudaUnavailable", probe.reason());
        }
        // gpu-check says what it was called as and which driver there is.
        machine.put("driver", System.getProperty("paenmf.check.driver", "unknown"));
        machine.put("command", System.getProperty("paenmf.check.command", "unknown"));
        machine.put("cpu", cpu());
        machine.put("processors", Runtime.getRuntime().availableProcessors());
        machine.put("java", Runtime.version().toString());
        return machine;
    }

    private static String cpu() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
