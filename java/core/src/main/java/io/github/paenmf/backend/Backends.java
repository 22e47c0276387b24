package io.github.paenmf.backend;

import io.github.paenmf.backend.cpu.CpuBackend;
import io.github.paenmf.backend.cpu.CpuInference;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.model.FittedModel;

/** Opens what the user chose. */
public final class Backends {

    /** What a user may ask for. */
    public enum Choice {
        /** The fastest that works here. */
        AUTO,
        /** Pure Java. */
        CPU,
        /** An NVIDIA GPU; never falls back. */
        CUDA
    }

    private Backends() {}

    /**
     * Opens a backend for training; the caller closes it.
     *
     * @throws BackendException if the backend that was asked for cannot be had here
     */
    public static Backend open(Execution execution, Problem problem) {
        return switch (execution.backend()) {
            case AUTO, CPU -> new CpuBackend(problem, CpuRuntime.get(), execution);
            case CUDA -> throw unavailable();
        };
    }

    /**
     * Opens a backend for inference; the caller closes it.
     *
     * @throws BackendException if the backend that was asked for cannot be had here
     */
    public static Inference openInference(Execution execution, FittedModel model) {
        return switch (execution.backend()) {
            case AUTO, CPU -> new CpuInference(model, CpuRuntime.get(), execution);
            case CUDA -> throw unavailable();
        };
    }

    private static BackendException unavailable() {
        return new BackendException("the CUDA backend is not part of this build; use the CPU");
    }
}
