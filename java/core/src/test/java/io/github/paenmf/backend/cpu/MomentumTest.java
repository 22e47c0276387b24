package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Objective;
import org.junit.jupiter.api.Test;

/** How far steps go beyond where updates lead. */
class MomentumTest {

    @Test
    void theLeadGrowsUntilAStepIsGivenUp() {
        Momentum momentum = new Momentum();
        float[] leads = new float[6];
        for (int k = 0; k < 6; k++) {
            assertTrue(momentum.accepts(new Objective(10 - k, 1)));
            float expected = momentum.nextLead();
            momentum.accept(new Objective(10 - k, 1));
            leads[k] = momentum.lead();
            assertEquals(leads[k], expected, "known before the step is taken");
        }
        assertEquals(0, leads[1]);
        for (int k = 2; k < 6; k++) { // k updates have gone before
            assertEquals((k - 1f) / (k + 2f), leads[k], 1e-7f);
        }
        assertFalse(momentum.accepts(new Objective(5, 1.1)));
        momentum.restart();
        assertEquals(new Objective(5, 1), momentum.last());
        assertTrue(momentum.accepts(new Objective(7, 1)));
        momentum.accept(new Objective(7, 1));
        assertEquals(0, momentum.lead());
    }

    /** In logarithms, to first order: what is left is below β·d² for a change by d. */
    @Test
    void beyondIsAsFarAsTheLeadSays() {
        for (float d : new float[] {-0.01f, -1e-3f, 0, 1e-3f, 0.01f}) {
            float now = 3;
            float before = (float) (now * Math.exp(-d));
            double beyond = Math.log(Momentum.beyond(now, before, 0.5f) / 3.0);
            assertEquals(0.5 * d, beyond, 0.5 * d * d + 3e-7);
        }
    }

    @Test
    void whatIsAboveZeroLosesHalfAtMostAndZeroStaysZero() {
        assertEquals(0.5e-30f, Momentum.beyond(1e-30f, 1, 0.9f));
        assertEquals(0, Momentum.beyond(0, 1, 0.9f));
        assertEquals(2, Momentum.beyond(2, 0, 0.9f));
        assertEquals(3e38f, Momentum.beyond(3e38f, 1, 0.9f)); // rather than infinity
        assertEquals(2, Momentum.beyond(2, 1, 0));
    }
}
