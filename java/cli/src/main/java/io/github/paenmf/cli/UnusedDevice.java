package io.github.paenmf.cli;

import io.github.paenmf.backend.cuda.CudaProbe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** An NVIDIA GPU that is there and cannot be used: its owner will want to know. */
final class UnusedDevice {

    private UnusedDevice() {}

    /** Why it cannot be used, and what to do; empty where there is none, or it can. */
    static Optional<String> reason() {
        return reason(Path.of("/"), CudaProbe.get().reason());
    }

    /**
     * @param root of the file system in which the driver's kernel module shows, that of WSL too
     * @param unavailable why CUDA is unavailable, or null if it is not
     */
    static Optional<String> reason(Path root, String unavailable) {
        boolean there = Stream.of("dev/nvidiactl", "proc/driver/nvidia/version", "dev/dxg")
                .anyMatch(name -> Files.exists(root.resolve(name)));
        return there ? Optional.ofNullable(unavailable) : Optional.empty();
    }
}
