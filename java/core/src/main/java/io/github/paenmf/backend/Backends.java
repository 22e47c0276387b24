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
        CPU
    }

    private Backends() {}

    /** Opens a backend for training; the caller closes it. */
    public static Backend open(Choice choice, Problem problem, int threads) {
        return switch (choice) {
            case AUTO, CPU -> new CpuBackend(problem, CpuRuntime.get(), threads);
        };
    }

    /** Opens a backend for inference; the caller closes it. */
    public static Inference openInference(Choice choice, FittedModel model, int threads) {
        return switch (choice) {
            case AUTO, CPU -> new CpuInference(model, CpuRuntime.get(), threads);
        };
    }
}
