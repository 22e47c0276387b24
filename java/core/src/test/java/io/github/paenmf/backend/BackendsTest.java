package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbIntervals;
import io.github.paenmf.model.VbParameters;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class BackendsTest {

    private static final int FEATURES = 5;

    private final PaeConfiguration configuration =
            PaeNmf.builder().rank(2).build().configuration();

    private FittedPae model() {
        PaeParameters parameters = new PaeParameters(FEATURES, 2);
        parameters.weights()[4] = 3; // Wf of the first feature and component
        History history = new History(new double[] {1}, new double[] {1}, StopReason.EPOCHS);
        return new FittedPae(configuration, parameters, 2, List.of(), history, 0, List.of());
    }

    @ParameterizedTest
    @EnumSource(value = Backends.Choice.class, mode = Mode.EXCLUDE, names = "CUDA")
    void everyChoiceTrainsOnTheCpuWithTheThreadsAskedFor(Backends.Choice choice) {
        StepRates rates = new StepRates(0.1f, 0.01f, new float[FEATURES]);
        PaeProblem problem = new PaeProblem(configuration, 3, FEATURES, 1, rates);

        try (Solver<PaeParameters> backend =
                Backends.open(Execution.auto().withBackend(choice).withThreads(3), problem)) {
            assertTrue(backend.description().startsWith("CPU, 3 threads, "), backend.description());
        }
    }

    /** The CPU does nothing in place of it. */
    @Test
    void cudaIsRefusedWhereThereIsNone() {
        assumeTrue(Backends.resolve(Backends.Choice.AUTO) == Backends.Choice.CPU);
        PaeProblem problem = new PaeProblem(configuration, 3, FEATURES, 1, new StepRates(1, 1, new float[FEATURES]));
        Execution cuda = Execution.auto().withBackend(Backends.Choice.CUDA);

        String message = assertThrows(BackendUnavailableException.class, () -> Backends.open(cuda, problem))
                .getMessage();

        assertTrue(message.startsWith("CUDA unavailable: "), message);
        assertThrows(BackendUnavailableException.class, () -> Backends.openInference(cuda, model()));
    }

    private final VbConfiguration variational =
            VariationalNmf.builder().rank(2).build().configuration();

    private final VbProblem variationalProblem = new VbProblem(variational, 3, FEATURES, 1);

    private FittedVb variationalModel() {
        VbParameters parameters = new VbParameters(FEATURES, 2);
        parameters.mean()[0] = 3; // of the first feature and component
        History history = new History(new double[] {1}, new double[] {1}, StopReason.EPOCHS);
        return new FittedVb(variational, parameters, 2, List.of(), history, 0, VbIntervals.none(parameters), List.of());
    }

    /** Nor is it that of variational NMF. */
    @Test
    void cudaIsRefusedToVariationalNmfWhereThereIsNone() {
        assumeTrue(Backends.resolve(Backends.Choice.AUTO) == Backends.Choice.CPU);
        Execution cuda = Execution.auto().withBackend(Backends.Choice.CUDA);

        String message = assertThrows(
                        BackendUnavailableException.class, () -> Backends.openVb(cuda, variationalProblem))
                .getMessage();

        assertTrue(message.startsWith("CUDA unavailable: "), message);
        assertThrows(BackendUnavailableException.class, () -> Backends.openInference(cuda, variationalModel()));
    }

    @ParameterizedTest
    @EnumSource(value = Backends.Choice.class, mode = Mode.EXCLUDE, names = "CUDA")
    void everyChoiceFitsVariationalNmfAndDecodes(Backends.Choice choice) {
        Execution execution = Execution.auto().withBackend(choice).withThreads(3);
        try (Solver<VbParameters> solver = Backends.openVb(execution, variationalProblem)) {
            assertTrue(solver.description().startsWith("CPU, 3 threads, "), solver.description());
        }
        Matrix decoded = Matrix.zeros(1, FEATURES);
        try (VbInference inference = Backends.openInference(execution, variationalModel())) {
            inference.decode(Matrix.of(new float[][] {{5, 7}}), decoded);
        }
        assertEquals(2 * 3 * 5, decoded.get(0, 0));
    }

    /** A setting of CUDA's alone is an error on the CPU. */
    @Test
    void settingsWithoutEffectAreRefused() {
        Execution tf32 = Execution.auto().withBackend(Backends.Choice.CPU).withPrecision(Precision.TF32);
        assertThrows(SettingException.class, () -> Backends.openVb(tf32, variationalProblem));
    }

    @ParameterizedTest
    @EnumSource(value = Backends.Choice.class, mode = Mode.EXCLUDE, names = "CUDA")
    void everyChoiceDecodes(Backends.Choice choice) {
        Matrix decoded = Matrix.zeros(1, FEATURES);

        try (PaeInference inference = Backends.openInference(Execution.auto().withBackend(choice), model())) {
            inference.decode(Matrix.of(new float[][] {{5, 7}}), decoded);
        }

        assertEquals(2 * 3 * 5, decoded.get(0, 0)); // in the units of the data
        assertEquals(0, decoded.get(0, 1));
    }
}
