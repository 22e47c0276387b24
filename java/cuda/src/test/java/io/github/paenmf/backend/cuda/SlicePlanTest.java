package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which data are small; no device is needed to say so. */
class SlicePlanTest {

    private static final int[] MULTIPROCESSORS = {84, 108, 132, 148};

    @Test
    void stepsOverSmallDataAreTakenAsAWholeAndOthersAreNot() {
        for (int multiprocessors : MULTIPROCESSORS) {
            SlicePlan genes = SlicePlan.ofSteps(38, 5000, 3, multiprocessors);
            SlicePlan prices = SlicePlan.ofSteps(94, 1305, 9, multiprocessors);
            assertNotNull(genes);
            assertNotNull(prices);
            // a slice for each multiprocessor, but a multiple of four features
            assertTrue(genes.slices() <= multiprocessors && genes.slices() > multiprocessors / 2, genes.toString());
            assertTrue(prices.slices() <= multiprocessors && prices.slices() > multiprocessors / 2, prices.toString());
            assertEquals(32, genes.lanes());
            assertNull(
                    SlicePlan.ofSteps(2429, 361, 9, multiprocessors), "faces, where P of all slices is much to move");
            assertNull(SlicePlan.ofSteps(2429, 361, 81, multiprocessors));
            assertNull(SlicePlan.ofSteps(100_000, 2000, 3, multiprocessors));
            assertNull(SlicePlan.ofSteps(38, 5000, 11, multiprocessors), "rank");
        }
        assertEquals(1, SlicePlan.ofSteps(1, 3, 2, 132).rowsPerBlock());
    }

    /** No more blocks than multiprocessors, which wait for each other. */
    @ParameterizedTest
    @ValueSource(ints = {HalsWindows.COEFFICIENT_CYCLES, VbWindows.COEFFICIENT_CYCLES})
    void epochsOverSmallDataAreTakenAsAWholeAndOthersAreNot(int cycles) {
        for (int multiprocessors : MULTIPROCESSORS) {
            SlicePlan genes = SlicePlan.ofEpochs(38, 5000, 3, cycles, multiprocessors);
            SlicePlan prices = SlicePlan.ofEpochs(94, 1305, 9, cycles, multiprocessors);
            assertNotNull(genes);
            assertNotNull(prices);
            assertTrue(genes.slices() <= multiprocessors && genes.slices() > multiprocessors / 2, genes.toString());
            assertTrue(prices.slices() <= multiprocessors && prices.slices() > multiprocessors / 3, prices.toString());
            assertEquals(32, genes.lanes());
            assertTrue(prices.rowBlocks(94) <= prices.slices(), "a block has one tile of rows at most");
            assertNotNull(SlicePlan.ofEpochs(38, 5000, 16, cycles, multiprocessors));
            assertNull(SlicePlan.ofEpochs(38, 5000, 17, cycles, multiprocessors), "rank");
            assertNull(SlicePlan.ofEpochs(2429, 361, 9, cycles, multiprocessors), "faces");
            assertNull(SlicePlan.ofEpochs(2, 600 * multiprocessors, 3, cycles, multiprocessors), "threads of a slice");
            assertNull(SlicePlan.ofEpochs(1000, 65, 16, cycles, multiprocessors), "few blocks for many rows");
        }
    }

    /** So that blocks have no second tile of rows, fewer threads add up for each. */
    @Test
    void tilesOfRowsAreAsManyAsBlocks() {
        SlicePlan plan = SlicePlan.ofEpochs(200, 130, 4, VbWindows.COEFFICIENT_CYCLES, 132);
        assertEquals(new SlicePlan(4, 33, 32, 8), plan);
        assertEquals(new SlicePlan(4, 9, 8, 32), SlicePlan.ofEpochs(200, 36, 4, VbWindows.COEFFICIENT_CYCLES, 132));
    }
}
