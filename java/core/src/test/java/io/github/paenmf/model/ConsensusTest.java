package io.github.paenmf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConsensusTest {

    /** One component, which most fits see in the same direction with one more or less of the second feature. */
    private static final Matrix REFERENCE = column(30, 40, 0);

    private static Matrix column(float... values) {
        return Matrix.wrap(values, values.length, 1);
    }

    private static Consensus of(Matrix... bases) {
        return Consensus.of(
                REFERENCE,
                List.of(bases),
                Arrays.stream(bases)
                        .map(basis -> ComponentMatching.of(REFERENCE, basis))
                        .toList());
    }

    private static float[] values(Matrix basis) {
        float[] values = new float[basis.rows()];
        for (int f = 0; f < values.length; f++) {
            values[f] = basis.get(f, 0);
        }
        return values;
    }

    @Test
    void itIsTheMedianOfDirectionsInTheLengthOfTheReference() {
        // directions (3, 4, 0)/5, (4, 3, 0)/5 and (5, 12, 0)/13: medians .6 and .8 of each weight
        Consensus consensus = of(column(3, 4, 0), column(400, 300, 0), column(0.5f, 1.2f, 0));

        assertArrayEquals(new float[] {30, 40, 0}, values(consensus.basis()), 8e-6f); // two roundings of float
        assertArrayEquals(new double[] {1}, consensus.kept());
    }

    /** Of seven fits two neighbours are looked at: the lonely one has none within ½. */
    @Test
    void aFitFarFromItsNeighboursIsLeftOut() {
        Matrix same = column(3, 4, 0);
        Matrix[] fits = Stream.concat(Stream.generate(() -> same).limit(6), Stream.of(column(0, 4, 30)))
                .toArray(Matrix[]::new);

        Consensus consensus = of(fits);

        assertEquals(6 / 7.0, consensus.kept()[0]);
        assertArrayEquals(new float[] {30, 40, 0}, values(consensus.basis()), 8e-6f);
    }

    /** A distance of √(2 − 2c) is below ½ where the cosine c is above .875. */
    @Test
    void theBorderIsACosineOfSevenEighths() {
        double below = Math.toRadians(28.9); // cosine .8755
        double above = Math.toRadians(29.1); // cosine .8738
        Matrix first = column(1, 0, 0);

        assertEquals(
                1,
                of(first, column((float) Math.cos(below), (float) Math.sin(below), 0))
                        .kept()[0]);
        assertEquals(
                0,
                of(first, column((float) Math.cos(above), (float) Math.sin(above), 0))
                        .kept()[0]);
    }

    @Test
    void whereNoFitsAgreeTheReferenceStands() {
        Consensus consensus = of(column(1, 0, 0), column(0, 1, 0), column(0, 0, 1));

        assertArrayEquals(values(REFERENCE), values(consensus.basis()));
        assertArrayEquals(new double[] {0}, consensus.kept());
    }
}
