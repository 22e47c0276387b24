package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.train.steps.Epochs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Fits whose epochs may be taken many in one launch.
 *
 * @param values of parameters, that can be compared
 */
record WindowFits<P extends Parameters<P>>(
        Function<Execution, Solver<P>> opener, Shape shape, Matrix data, P start, Function<P, List<?>> values) {

    Solver<P> open(Execution execution) {
        Solver<P> solver = opener.apply(execution);
        solver.setParameters(start);
        return solver;
    }

    Epochs epochs(Solver<P> solver) {
        double[] norms = new double[data.rows()];
        for (int i = 0; i < norms.length; i++) {
            for (int f = 0; f < data.columns(); f++) {
                double value = data.get(i, f) / shape.dataScale();
                norms[i] += value * value;
            }
        }
        return new Epochs(solver, shape, 1, data, norms, 0);
    }

    /** The objectives of epochs in windows of so many, and the parameters after them. */
    List<Object> history(Execution execution, int epochs, int window) {
        List<Object> history = new ArrayList<>();
        try (Solver<P> solver = open(execution)) {
            assertWindows(execution.cooperative(), solver);
            Epochs steps = epochs(solver);
            for (int first = 0; first < epochs; first += window) {
                steps.run(first, Math.min(window, epochs - first));
                history.addAll(steps.takeObjectives());
            }
            P read = start.copy();
            solver.readParameters(read);
            history.add(values.apply(read));
        }
        return history;
    }

    /** The same bits in windows of other lengths, in another order of blocks and threads, and without graph. */
    void assertLengthOfWindowsChangesNoBit(Execution execution, int epochs, int longest, Path directory) {
        List<Object> expected = history(execution, epochs, longest);
        EmulatorTrace.of(
                directory,
                "schedule=5",
                () -> assertTrue(expected.equals(history(execution, epochs, 7)), "windows of 7 epochs"));
        assertTrue(expected.equals(history(execution.withGraph(false), epochs, epochs)), "windows of an epoch");
    }

    /** What is launched for so many epochs after the first. */
    List<String> launches(Execution execution, int epochs, Path directory) {
        try (Solver<P> solver = open(execution)) {
            Epochs steps = epochs(solver);
            steps.run(0, 1);
            steps.takeObjectives();
            return EmulatorTrace.launches(EmulatorTrace.of(directory, () -> {
                steps.run(1, epochs);
                steps.takeObjectives();
            }));
        }
    }

    void assertWindows(boolean expected, Execution execution) {
        try (Solver<P> solver = open(execution)) {
            assertWindows(expected, solver);
        }
    }

    private static void assertWindows(boolean expected, Solver<?> solver) {
        assertEquals(expected, solver.description().contains("windows of steps as a whole"), solver.description());
    }
}
