package io.github.paenmf.cli.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.cli.plot.Features;
import io.github.paenmf.cli.plot.ImageShape;
import io.github.paenmf.data.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReductionTest {

    private static float[] row(Matrix matrix) {
        return matrix.toRows()[0];
    }

    @Test
    void whatIsSmallStaysAsItIs() {
        Matrix v = Matrix.of(new float[][] {{1, 2, 3, 4, 5, 6}});

        for (Reduction reduction : List.of(
                Reduction.ofImage(new ImageShape(2, 3)),
                Reduction.along(Features.of(6, List.of())),
                Reduction.ofWords(v.transpose()))) {
            assertArrayEquals(row(v), row(reduction.apply(v)));
            assertEquals("", reduction.note());
        }
    }

    @Test
    void anImageIsAveragedInSquares() {
        // 100 × 3 becomes 50 × 2; the last column of pixels has no neighbour to be averaged with
        Matrix v = Matrix.zeros(1, 300);
        float[] values = v.storage(0);
        values[0] = 4;
        values[4] = 8;
        values[2] = 6;

        Reduction reduction = Reduction.ofImage(new ImageShape(100, 3));
        float[] reduced = row(reduction.apply(v));

        assertEquals(new ImageShape(50, 2), reduction.shape().orElseThrow());
        assertEquals(3, reduced[0]);
        assertEquals(3, reduced[1]);
        assertEquals(0, reduced[2]);
        assertEquals("Here 2 × 2 pixels of the data are averaged into one.", reduction.note());
    }

    @Test
    void aLongSeriesIsAveragedInRuns() {
        Matrix v = Matrix.zeros(1, 4001);
        v.storage(0)[2] = 3;
        v.storage(0)[4000] = 8;

        Reduction reduction = Reduction.along(Features.of(4001, List.of()));
        float[] reduced = row(reduction.apply(v));

        assertEquals(1334, reduced.length);
        assertEquals(1, reduced[0]);
        assertEquals(4, reduced[1333]); // of two
        assertEquals(3999, reduction.first()[1333]);
    }
}
