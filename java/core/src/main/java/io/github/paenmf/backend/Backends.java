package io.github.paenmf.backend;

import io.github.paenmf.backend.cpu.BetaRows;
import io.github.paenmf.backend.cpu.CpuEncoderTraining;
import io.github.paenmf.backend.cpu.CpuInference;
import io.github.paenmf.backend.cpu.CpuPaeInference;
import io.github.paenmf.backend.cpu.CpuRowBlocks;
import io.github.paenmf.backend.cpu.CpuRuntime;
import io.github.paenmf.backend.cpu.CpuSolvers;
import io.github.paenmf.backend.cpu.CpuVbInference;
import io.github.paenmf.backend.cpu.PoissonRows;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.model.FittedNmf;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.PosteriorEncoder;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ServiceLoader;
import java.util.function.Supplier;

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

    private static final Logger LOG = System.getLogger(Backends.class.getName());

    private static final String ABSENT =
            "the library paenmf-cuda is on neither the class path nor the module path; add it";

    private Backends() {}

    /**
     * What a choice comes to on this machine.
     *
     * @return CPU or CUDA
     * @throws BackendUnavailableException if CUDA was asked for and cannot be had
     */
    public static Choice resolve(Choice choice) {
        return switch (choice) {
            case AUTO -> Automatic.CHOICE;
            case CPU -> Choice.CPU;
            case CUDA -> {
                device().requireDevice(0);
                yield Choice.CUDA;
            }
        };
    }

    /**
     * Opens a backend for training; the caller closes it.
     *
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static Solver<PaeParameters> open(Execution execution, PaeProblem problem) {
        return switch (resolve(execution, problem)) {
            case AUTO, CPU -> {
                requireEffectOnCpu(execution);
                yield CpuSolvers.pae(problem, CpuRuntime.get(execution.blas()), execution);
            }
            case CUDA -> device().open(execution, problem, new CpuRowBlocks(execution.threads()));
        };
    }

    /** An error where the CPU was asked for and a setting has no effect there; a warning where auto has chosen it. */
    private static void requireEffectOnCpu(Execution execution) {
        execution.requireEffect();
        execution
                .settingsOfCuda()
                .forEach((setting, value) -> LOG.log(
                        Level.WARNING, "{0} {1} has no effect: auto has chosen the CPU", setting.title(), value));
    }

    private static Choice resolve(Execution execution, PaeProblem problem) {
        if (problem.mask() != null) {
            return cpuOnly(execution, "a fit with missing values");
        }
        if (problem.configuration().isPoisson()) {
            return cpuOnly(execution, "a fit with a Poisson likelihood");
        }
        if (problem.covariates() != null) {
            return cpuOnly(execution, "a fit of pae with covariates");
        }
        return problem.weights().isNone()
                ? resolve(execution.backend())
                : cpuOnly(execution, "a fit of pae or ae with weights");
    }

    private static Choice resolve(Execution execution, VbConfiguration configuration) {
        if (configuration.missing() != Missing.NONE) {
            return cpuOnly(execution, "a fit with missing values");
        }
        return configuration.isPoisson() ? cpuOnly(execution, "a Poisson likelihood") : resolve(execution.backend());
    }

    private static Choice resolve(Execution execution, VbProblem problem) {
        if (problem.mask() != null) {
            return cpuOnly(execution, "a fit with missing values");
        }
        if (problem.fixedComponents() > 0) {
            return cpuOnly(execution, "a fit of vb with a fixed basis");
        }
        if (!problem.configuration().penalties().isNone()) {
            return cpuOnly(execution, "a fit of vb with penalties");
        }
        if (problem.covariates() != null) {
            return cpuOnly(execution, "a fit of vb with covariates");
        }
        return problem.weights().isNone()
                ? resolve(execution, problem.configuration())
                : cpuOnly(execution, "a fit of vb with weights");
    }

    private static Choice resolve(Execution execution, FittedVb model) {
        if (!model.covariates().isNone()) {
            return cpuOnly(execution, "a model of vb with covariates");
        }
        return model.fixedComponents() > 0
                ? cpuOnly(execution, "a model of vb with a fixed basis")
                : resolve(execution, model.configuration());
    }

    private static Choice resolve(Execution execution, FittedPae model) {
        return model.covariates().isNone()
                ? resolve(execution, model.configuration().missing())
                : cpuOnly(execution, "a model of pae with covariates");
    }

    private static Choice resolve(Execution execution, NmfProblem problem) {
        if (problem.mask() != null) {
            return cpuOnly(execution, "a fit with missing values");
        }
        if (problem.hasSums()) {
            return cpuOnly(execution, "standard NMF by mini-batches, or an update of its model,");
        }
        return problem.hasOtherBeta() ? resolveOtherBeta(execution) : resolve(execution, problem.algorithm());
    }

    private static Choice resolveOtherBeta(Execution execution) {
        return cpuOnly(execution, "nmf-mu with another beta than 2");
    }

    private static Choice resolve(Execution execution, NmfAlgorithm algorithm) {
        return algorithm == NmfAlgorithm.KL ? cpuOnly(execution, "nmf-kl") : resolve(execution.backend());
    }

    private static Choice resolve(Execution execution, Missing missing) {
        return missing == Missing.NONE
                ? resolve(execution.backend())
                : cpuOnly(execution, "a model of data with missing values");
    }

    /** What a choice comes to where there are no kernels for CUDA. */
    private static Choice cpuOnly(Execution execution, String what) {
        if (execution.backend() == Choice.CUDA) {
            throw new BackendUnavailableException(
                    what + " runs on the CPU only; choose backend cpu, or auto, which takes it");
        }
        return Choice.CPU;
    }

    /**
     * What an execution comes to for what only the CPU does.
     *
     * @param what for the message
     * @throws BackendUnavailableException if CUDA was asked for
     */
    public static Execution onCpu(Execution execution, String what) {
        return execution.withBackend(cpuOnly(execution, what));
    }

    /** Whether the library for devices is there, {@code paenmf-cuda}, whatever {@link #deviceUnavailable} says of devices. */
    public static boolean hasDeviceLibrary() {
        return Device.BACKEND != null;
    }

    /**
     * Opens a solver of variational NMF; the caller closes it.
     *
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static Solver<VbParameters> openVb(Execution execution, VbProblem problem) {
        return switch (resolve(execution, problem)) {
            case AUTO, CPU -> {
                requireEffectOnCpu(execution);
                yield CpuSolvers.vb(problem, CpuRuntime.get(execution.blas()), execution);
            }
            case CUDA -> device().openVb(execution, problem, new CpuRowBlocks(execution.threads()));
        };
    }

    /**
     * Opens a backend for inference; the caller closes it.
     *
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static PaeInference openInference(Execution execution, FittedPae model) {
        return openInference(execution, model, 0);
    }

    /**
     * Opens a backend for inference whose latents are those of the encoder, refined; the caller closes it.
     *
     * @param refinement sweeps of the exact posterior over each row, at least 0; above 0 the prior must be exponential
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static PaeInference openInference(Execution execution, FittedPae model, int refinement) {
        return switch (resolve(execution, model)) {
            case AUTO, CPU -> new CpuPaeInference(model, refinement, CpuRuntime.get(execution.blas()), execution);
            case CUDA -> device().openInference(execution, model, refinement, new CpuRowBlocks(execution.threads()));
        };
    }

    /**
     * Opens a backend for inference; the caller closes it.
     *
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static VbInference openInference(Execution execution, FittedVb model) {
        return openInference(execution, model, new Prepared<>(() -> new VbRowPosterior(model)));
    }

    /**
     * The same where what only the model says of rows may be there already.
     *
     * @param posterior of the model
     */
    public static VbInference openInference(Execution execution, FittedVb model, Supplier<VbRowPosterior> posterior) {
        return openInference(execution, model, posterior, VbInference.EXACT);
    }

    /**
     * The same where posteriors may be those of the model's encoder.
     *
     * @param sweeps over each row from where its encoder puts it, at least 0; or {@link VbInference#EXACT}
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here, or is CUDA with an encoder
     */
    public static VbInference openInference(
            Execution execution, FittedVb model, Supplier<VbRowPosterior> posterior, int sweeps) {
        if (sweeps != VbInference.EXACT) {
            cpuOnly(execution, "an encoder of posteriors");
            CpuRuntime runtime = CpuRuntime.get(execution.blas());
            return new CpuVbInference(model, posterior.get(), sweeps, runtime, execution);
        }
        return switch (resolve(execution, model)) {
            case AUTO, CPU ->
                new CpuVbInference(
                        model, posterior.get(), VbInference.EXACT, CpuRuntime.get(execution.blas()), execution);
            case CUDA ->
                device().openInference(execution, model, posterior.get(), new CpuRowBlocks(execution.threads()));
        };
    }

    /**
     * Opens a solver of standard NMF; the caller closes it.
     *
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static Solver<NmfParameters> openNmf(Execution execution, NmfProblem problem) {
        return switch (resolve(execution, problem)) {
            case AUTO, CPU -> {
                requireEffectOnCpu(execution);
                yield CpuSolvers.nmf(problem, CpuRuntime.get(execution.blas()), execution);
            }
            case CUDA -> device().openNmf(execution, problem, new CpuRowBlocks(execution.threads()));
        };
    }

    /**
     * Opens a backend for inference; the caller closes it.
     *
     * @throws BackendUnavailableException if the backend that was asked for cannot be had here
     */
    public static NmfInference openInference(Execution execution, FittedNmf model) {
        return openInference(execution, model, new Prepared<>(() -> Coefficients.of(model)));
    }

    /**
     * The same where what only the model says of rows may be there already.
     *
     * @param coefficients of the model
     */
    public static NmfInference openInference(
            Execution execution, FittedNmf model, Supplier<Coefficients> coefficients) {
        NmfAlgorithm algorithm = model.configuration().algorithm();
        if (algorithm == NmfAlgorithm.KL) {
            resolve(execution, algorithm);
            CpuRuntime runtime = CpuRuntime.get(execution.blas());
            return new NmfInference(new CpuInference(model, runtime, execution), PoissonRows.of(model)::encode, null);
        }
        if (model.configuration().hasOtherBeta()) {
            resolveOtherBeta(execution);
            BetaRows rows = BetaRows.of(model, execution);
            CpuInference cpu = new CpuInference(model, CpuRuntime.get(execution.blas()), execution);
            return new NmfInference(cpu, rows::encode, rows::divergence);
        }
        return new NmfInference(
                coefficients,
                switch (resolve(execution, model.configuration().missing())) {
                    case AUTO, CPU -> new CpuInference(model, CpuRuntime.get(execution.blas()), execution);
                    case CUDA -> device().openInference(execution, model, new CpuRowBlocks(execution.threads()));
                });
    }

    /**
     * How many units of each hidden layer of an encoder are 0 for every row of data, which the CPU finds.
     *
     * @return empty without hidden layers
     */
    public static int[] deadUnits(Execution execution, FittedPae model, RowSource data) {
        try (CpuPaeInference inference = new CpuPaeInference(model, 0, CpuRuntime.get(execution.blas()), execution)) {
            return inference.deadUnits(data);
        }
    }

    /**
     * Opens the training of an encoder of posteriors, on the CPU; the caller closes it.
     *
     * @param posterior of the model
     * @param unitMoments WᵀW without variances, r × r
     * @param start what it starts from, with its output in units of {@code outputScale}
     * @param outputScale size of β of each component
     */
    public static EncoderTraining openEncoderTraining(
            Execution execution,
            VbRowPosterior posterior,
            float[] unitMoments,
            PosteriorEncoder start,
            float[] outputScale) {
        CpuRuntime runtime = CpuRuntime.get(execution.blas());
        return new CpuEncoderTraining(posterior, unitMoments, start, outputScale, runtime, execution.threads());
    }

    /** Why there is no device that can be used here, and what to do; null if there is one. */
    public static String deviceUnavailable() {
        return Device.BACKEND == null ? ABSENT : Device.BACKEND.unavailable();
    }

    /**
     * @throws BackendUnavailableException if the library for it is not there
     */
    private static DeviceBackend device() {
        if (Device.BACKEND == null) {
            throw new BackendUnavailableException("CUDA unavailable: " + ABSENT);
        }
        return Device.BACKEND;
    }

    /** Looked for once; null if there is none. */
    private static final class Device {
        static final DeviceBackend BACKEND = ServiceLoader.load(DeviceBackend.class, Backends.class.getClassLoader())
                .findFirst()
                .orElse(null);
    }

    /** What the choice {@code auto} comes to; made, and said, once. */
    private static final class Automatic {
        static final Choice CHOICE = deviceUnavailable() == null ? Choice.CUDA : Choice.CPU;

        static {
            if (CHOICE == Choice.CUDA) {
                LOG.log(Level.DEBUG, "CUDA available: using it");
            } else {
                LOG.log(Level.DEBUG, "CUDA unavailable: {0}; using the CPU", deviceUnavailable());
            }
        }
    }
}
