package io.github.paenmf.backend;

import io.github.paenmf.backend.cpu.CpuBackend;
import io.github.paenmf.backend.cpu.CpuInference;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.model.FittedModel;
import java.util.Locale;

/** Chooses a backend by name. */
public final class Backends {

    /** What a user may ask for. */
    public enum Choice {
        /** The fastest that works here. */
        AUTO,
        /** Pure Java. */
        CPU;

        /**
         * @throws IllegalArgumentException that lists the names there are
         */
        public static Choice of(String name) {
            for (Choice choice : values()) {
                if (choice.name().equalsIgnoreCase(name)) {
                    return choice;
                }
            }
            throw new IllegalArgumentException("backend must be auto or cpu, not " + name.toLowerCase(Locale.ROOT));
        }
    }

    private Backends() {}

    /** Opens a backend for training; the caller closes it. Both choices mean the CPU today. */
    public static Backend open(Problem problem, int threads) {
        return new CpuBackend(problem, CpuRuntime.get(), threads);
    }

    /** Opens a backend for inference; the caller closes it. */
    public static Inference openInference(FittedModel model, int threads) {
        return new CpuInference(model, CpuRuntime.get(), threads);
    }
}
