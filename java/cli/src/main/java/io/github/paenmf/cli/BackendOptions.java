package io.github.paenmf.cli;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.backend.cuda.CudaProbe;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where to compute. */
final class BackendOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "auto",
            completionCandidates = Names.BackendNames.class,
            description = "Where to compute: ${COMPLETION-CANDIDATES}; auto is cuda if it works here, otherwise cpu.")
    private Choice backend;

    @Option(names = "--device", paramLabel = "N", description = "Index of the CUDA device, at least 0; 0 unless given.")
    private Integer device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "CPU threads, 1 to 1024; one for each processor unless given. On cuda they gather data and do"
                    + " what is left to the CPU. Does not change the result.")
    private Integer threads;

    @Option(
            names = "--blas",
            paramLabel = "NAME",
            defaultValue = "java",
            completionCandidates = Names.BlasNames.class,
            description = "What makes the matrix products on the CPU: ${COMPLETION-CANDIDATES}. netlib is another"
                    + " library in Java; native is the system's libblas.so.3, to be kept on one thread with"
                    + " OPENBLAS_NUM_THREADS=1.")
    private Blas blas;

    /**
     * What was given, the rest at its defaults.
     *
     * @throws BackendUnavailableException if the backend or the device cannot be had, before any work is done
     */
    Execution execution() {
        Backends.resolve(backend);
        Execution execution = Execution.auto().withBackend(backend);
        if (device != null) {
            Execution onDevice =
                    Settings.apply(command.commandLine(), () -> Execution.auto().withDevice(device));
            if (heeds(Choice.CUDA, "--device")) {
                CudaProbe.get().device(device);
                execution = execution.withDevice(onDevice.device());
            }
        }
        if (threads != null) {
            Execution before = execution;
            execution = Settings.apply(command.commandLine(), () -> before.withThreads(threads));
        }
        if (blas != Blas.JAVA && heeds(Choice.CPU, "--blas " + Names.of(blas))) {
            CpuRuntime.get(blas);
            execution = execution.withBlas(blas);
        }
        return execution;
    }

    /**
     * Whether an option of one backend has an effect on the one that computes. If not, and auto has
     * chosen that, says so.
     *
     * @throws ParameterException if not, and the user has chosen that
     */
    boolean heeds(Choice owner, String option) {
        Choice used = Backends.resolve(backend);
        if (used == owner) {
            return true;
        }
        if (backend == Choice.AUTO) {
            Failures.say(
                    command.commandLine().getErr(),
                    "warning: " + option + " has no effect: auto has chosen the backend " + Names.of(used)
                            + " (--verbose says why)");
            return false;
        }
        throw new ParameterException(
                command.commandLine(),
                option + " has no effect with --backend " + Names.of(backend) + "; leave it out, or choose --backend "
                        + Names.of(owner));
    }
}
