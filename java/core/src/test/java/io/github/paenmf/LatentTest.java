package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.random.Philox.Purpose;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is computed of latents block by block. */
class LatentTest {

    private static final int ROWS = 3 * Matrix.ROW_ALIGNMENT + 17;
    /** Other ones for each row. */
    private static double[] scales(int row) {
        return new double[] {0.7 + row, 1, 1.3, 2, 0.5};
    }

    private static final Latent LATENT =
            new Latent(positive(TestData.parts(ROWS, 5, 2)), positive(TestData.parts(ROWS, 5, 3)), List.of());

    private static Matrix positive(Matrix matrix) {
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                matrix.storage(i)[matrix.offset(i) + j] += 0.3f;
            }
        }
        return matrix;
    }

    /** Runs blocks last first, and keeps where they began. */
    private static final class Backwards implements RowBlocks {

        private final List<Integer> begun = new ArrayList<>();

        @Override
        public void forBlocks(int rows, Task task) {
            RowBlocks.serial().forBlocks(rows, (first, count) -> begun.add(first));
            Collections.reverse(begun);
            begun.forEach(first -> task.run(first, Math.min(Matrix.ROW_ALIGNMENT, rows - first)));
        }
    }

    @Test
    void theOrderOfBlocksChangesNoBit() {
        Draws draws = new Draws(LATENT, SampleIds.range(3, ROWS), 5, Purpose.RECONSTRUCTION);
        RowBlocks serial = RowBlocks.serial();

        assertEquals(LATENT.kl(1.5, LatentTest::scales, serial), LATENT.kl(1.5, LatentTest::scales, new Backwards()));
        assertArrayEquals(
                LATENT.median().toRows(), LATENT.median(new Backwards()).toRows());
        assertArrayEquals(LATENT.mean().toRows(), LATENT.mean(new Backwards()).toRows());
        assertArrayEquals(
                draws.draw(2, serial).toRows(), draws.draw(2, new Backwards()).toRows());
    }

    @Test
    void allOfThemAreSharedOut() {
        Draws draws = new Draws(LATENT, SampleIds.range(3, ROWS), 5, Purpose.RECONSTRUCTION);
        List<Backwards> used = List.of(new Backwards(), new Backwards(), new Backwards(), new Backwards());
        assertTrue(Double.isFinite(LATENT.kl(1, LatentTest::scales, used.get(0))));
        LATENT.median(used.get(1));
        LATENT.mean(used.get(2));
        draws.draw(0, used.get(3));

        for (Backwards blocks : used) {
            assertEquals(4, blocks.begun.size());
        }
    }
}
