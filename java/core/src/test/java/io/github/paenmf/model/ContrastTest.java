package io.github.paenmf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContrastTest {

    /** Shares .6, .3, .1 and .6, .1, .3 and .2, .3, .5. */
    private static final Matrix BASIS = Matrix.of(new float[][] {{6, 12, 2}, {3, 2, 3}, {1, 6, 5}})
            .withNames(List.of("both", "tie", "third"), List.of("a", "b", "c"));

    /** A float is rounded to 2⁻²⁴ of itself; shares and logarithms in double add next to nothing. */
    private static final double ROUNDING = 0x1p-24;

    @Test
    void itIsTheDivergenceToTheNearestOtherComponent() {
        Matrix contrast = Contrast.of(BASIS);

        double expected = 0.5 * Math.log(0.5 / 0.3) + 0.3 - 0.5;
        assertEquals(expected, contrast.get(2, 2), 2 * ROUNDING);
        assertArrayEquals(new float[] {0, 0, (float) expected}, contrast.toRows()[2], 0x1p-23f);
        assertArrayEquals(new float[3], contrast.toRows()[0], 0x1p-23f, "as great a share in two");
        assertArrayEquals(new float[3], contrast.toRows()[1], 0x1p-23f, "as great a share in two");
        assertEquals(BASIS.rowNames(), contrast.rowNames());
        assertEquals(BASIS.columnNames(), contrast.columnNames());
    }

    @Test
    void aShareOfZeroIsNotInfinitelyFar() {
        Matrix contrast = Contrast.of(Matrix.of(new float[][] {{1, 0, 0}, {99, 1, 0}}));

        // 1e-6 over two features is what 0 counts as
        assertEquals(0.01 * Math.log(0.01 / 5e-7) + 5e-7 - 0.01, contrast.get(0, 0), 0.1 * ROUNDING);
        assertTrue(contrast.get(1, 1) > 0 && contrast.get(1, 1) < 1e-3, () -> "nearest to .99: " + contrast.get(1, 1));
        assertEquals(0, contrast.get(0, 2), "a component without weights");
    }

    @Test
    void oneComponentHasNoOthers() {
        assertThrows(IllegalArgumentException.class, () -> Contrast.of(Matrix.zeros(3, 1)));
    }
}
