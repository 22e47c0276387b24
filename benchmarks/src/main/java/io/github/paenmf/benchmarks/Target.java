package io.github.paenmf.benchmarks;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.cpu.CpuRuntime;
import java.util.Locale;

/** Where a benchmark runs, by the name that it has as a parameter. */
final class Target {

    /** System property that lets benchmarks run on the emulated device, whose times mean nothing. */
    static final String REHEARSE = "paenmf.benchmarks.rehearse";

    private Target() {}

    /**
     * The execution that a name stands for: {@code cpu}, {@code cpu-scalar}, {@code cpu-netlib}, {@code cpu-native},
     * {@code cuda-fp32}, {@code cuda-tf32} or {@code cuda-3xtf32}. {@code cpu-scalar} turns vectors off for this JVM, which must not have
     * used the CPU before.
     *
     * @throws IllegalStateException on the emulated device, unless it is a rehearsal
     */
    static Execution execution(String name) {
        Execution execution = switch (name) {
            case "cpu" -> Execution.auto().withBackend(Backends.Choice.CPU);
            case "cpu-scalar" -> {
                System.setProperty(CpuRuntime.VECTOR_PROPERTY, "off");
                yield Execution.auto().withBackend(Backends.Choice.CPU);
            }
            case "cpu-netlib", "cpu-native" ->
                Execution.auto()
                        .withBackend(Backends.Choice.CPU)
                        .withBlas(Blas.valueOf(name.substring(4).toUpperCase(Locale.ROOT)));
            case "cuda-fp32" -> cuda(Precision.FP32);
            case "cuda-tf32" -> cuda(Precision.TF32);
            case "cuda-3xtf32" -> cuda(Precision.TF32X3);
            default ->
                throw new IllegalArgumentException(
                        "target must be cpu, cpu-scalar, cpu-netlib, cpu-native, cuda-fp32, cuda-tf32 or"
                                + " cuda-3xtf32, not " + name);
        };
        if (execution.backend() == Backends.Choice.CUDA) {
            requireDevice();
        }
        return execution;
    }

    private static Execution cuda(Precision precision) {
        return Execution.auto().withBackend(Backends.Choice.CUDA).withPrecision(precision);
    }

    /** Refuses to measure on the emulated device. */
    static void requireDevice() {
        if (!Machine.emulated()) {
            return;
        }
        if (!Boolean.getBoolean(REHEARSE)) {
            throw new IllegalStateException("this is the emulated CUDA device, whose times mean nothing; to try out"
                    + " a benchmark all the same, pass -jvmArgsAppend -D" + REHEARSE + "=true");
        }
        System.out.println(Machine.EMULATED);
    }

    /** Prints what was chosen, so that it stands in the log beside the figures. */
    static void print(String description) {
        System.out.println("runs on " + description);
    }
}
