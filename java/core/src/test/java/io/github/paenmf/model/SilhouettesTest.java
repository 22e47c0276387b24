package io.github.paenmf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

class SilhouettesTest {

    /** Of sums of a few products below 1, in double, and a quotient of them. */
    private static final double ROUNDING = 1e-12;

    private static Silhouettes of(Matrix... bases) {
        List<Matrix> all = List.of(bases);
        return Silhouettes.of(
                all,
                all.stream().map(basis -> ComponentMatching.of(bases[0], basis)).toList());
    }

    private static Matrix basis(float[]... rows) {
        return Matrix.of(rows);
    }

    @Test
    void componentsThatComeOutAgainInAnyOrderAndLengthHave1() {
        Silhouettes silhouettes = of(
                basis(new float[] {3, 0}, new float[] {4, 0}, new float[] {0, 1}),
                basis(new float[] {0, 30}, new float[] {0, 40}, new float[] {5, 0}),
                basis(new float[] {0.3f, 0}, new float[] {0.4f, 0}, new float[] {0, 2}));

        assertArrayEquals(new double[] {1, 1}, silhouettes.values(), 1e-6); // 0.3f and 0.4f are rounded
    }

    /**
     * The first components are (1, 0, 0), (.6, .8, 0) and (.6, .8, 0), the second all (0, 0, 1). The first's distances: to its
     * own .4 and .4, to the others 1, so (1 − .4)/1; the second's .4 and 0, so (1 − .2)/1, and the third's likewise.
     */
    @Test
    void theyAreTheMeansOfWhatEachComponentHas() {
        Matrix first = basis(new float[] {1, 0}, new float[] {0, 0}, new float[] {0, 1});
        Matrix other = basis(new float[] {3, 0}, new float[] {4, 0}, new float[] {0, 1});

        Silhouettes silhouettes = of(first, other, other);

        assertArrayEquals(new double[] {(.6 + .8 + .8) / 3, 1}, silhouettes.values(), ROUNDING);
        assertEquals((1 + 2.2 / 3) / 2, silhouettes.mean(), ROUNDING);
        assertEquals(2.2 / 3, silhouettes.least(), ROUNDING);
    }

    /**
     * The second components are (1, 0), which the first of both fits are, and (0, 1): 1 from each other, 0 and 1 from the
     * first.
     */
    @Test
    void aComponentThatIsNearerToOthersIsBelow0() {
        Matrix same = basis(new float[] {1, 1}, new float[] {0, 0});
        Matrix apart = basis(new float[] {1, 0}, new float[] {0, 1});

        assertArrayEquals(new double[] {1, -.5}, of(same, apart).values(), ROUNDING);
    }

    @Test
    void aSingleComponentHas1AndOneThatIsGoneHas0() {
        assertArrayEquals(
                new double[] {1},
                of(basis(new float[] {1}, new float[] {0}), basis(new float[] {0}, new float[] {1}))
                        .values());
        Matrix gone = basis(new float[] {1, 0}, new float[] {1, 0});
        assertArrayEquals(new double[] {1, 0}, of(gone, gone, gone).values(), ROUNDING);
    }
}
