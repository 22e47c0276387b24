package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Objective;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.Warning;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What counts as an improvement of losses that are known up to their rounding. */
class ProgressTest {

    private static Progress progress(double tolerance, int patience) {
        return new Progress(1000, tolerance, patience, false, report -> true, () -> 0);
    }

    private static void add(Progress progress, double reconstruction, double rounding) {
        progress.add(new Objective(reconstruction, 0), rounding);
    }

    @Test
    void fallsBelowTheRoundingAreNoImprovement() {
        Progress progress = progress(1e-6, 3);
        add(progress, 1, 0.01);
        for (int epoch = 1; epoch <= 3; epoch++) {
            assertTrue(progress.goesOn());
            add(progress, 1 - 0.003 * epoch, 0.01); // less than 0.01 in all
        }
        assertEquals(StopReason.CONVERGED, progress.history().stopReason());
    }

    @Test
    void slowFallsAddUpToAnImprovement() {
        Progress progress = progress(1e-6, 5);
        for (int epoch = 0; epoch < 50; epoch++) {
            assertTrue(progress.goesOn());
            add(progress, 1 - 0.003 * epoch, 0.01); // more than 0.01 within 4 epochs
        }
        assertTrue(progress.goesOn());
    }

    /** The first value may be too low by its rounding: what is known better later counts all the same. */
    @Test
    void aCoarseLossDoesNotHideThoseThatAreKnownBetter() {
        Progress progress = progress(1e-3, 3);
        add(progress, 0, 0.01);
        for (int epoch = 0; epoch < 20; epoch++) {
            add(progress, 0.005 * Math.pow(0.9, epoch), 1e-9);
            assertTrue(progress.goesOn());
        }
    }

    @Test
    void aFallThatMayBeRoundingIsNoWarning() {
        // 100, 99, … 51: by a tenth over the last tenth of the epochs
        double[] falling = IntStream.range(0, 50).mapToDouble(i -> 100 - i).toArray();

        assertEquals(List.of(), warnings(falling, 6));
        List<String> warnings = warnings(falling, 4); // 5 between the means of the last 5 epochs and those before
        assertEquals(1, warnings.size());
        assertTrue(warnings.get(0).startsWith("not converged: the objective still fell by 8.6 % over the last 5"));
    }

    private static List<String> warnings(double[] losses, double rounding) {
        Progress progress = new Progress(losses.length, 0, 1, false, report -> true, () -> 0);
        for (double loss : losses) {
            add(progress, loss, rounding);
        }
        assertFalse(progress.goesOn());
        return progress.warnings().stream().map(Warning::text).toList();
    }
}
