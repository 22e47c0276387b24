package io.github.paenmf.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.Matrix;
import org.junit.jupiter.api.Test;

class ComponentMatchingTest {

    private static final Matrix REFERENCE = Matrix.of(new float[][] {{3, 0, 1}, {4, 0, 0}, {0, 2, 1}});

    @Test
    void componentsAreFoundInAnotherOrderAndLength() {
        Matrix other = Matrix.of(new float[][] {{10, 30, 0}, {0, 40, 0}, {10, 0, 7}});

        ComponentMatching matching = ComponentMatching.of(REFERENCE, other);

        assertArrayEquals(new int[] {1, 2, 0}, matching.components());
        assertArrayEquals(new double[] {1, 1, 1}, matching.cosines(), 4e-16); // roots and quotients of small numbers
    }

    @Test
    void theCosineSaysHowAlikeAPairIs() {
        Matrix other = Matrix.of(new float[][] {{4, 0}, {3, 0}, {0, 0}});
        Matrix reference = Matrix.of(new float[][] {{3, 0}, {4, 0}, {0, 1}});

        ComponentMatching matching = ComponentMatching.of(reference, other);

        assertArrayEquals(new int[] {0, 1}, matching.components());
        assertArrayEquals(
                new double[] {0.96, 0}, matching.cosines(), 4e-16); // 24/25; a component of zeros is like none
        assertEquals(0, matching.leastCosine());
    }

    @Test
    void basesOfOtherFeaturesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> ComponentMatching.of(REFERENCE, Matrix.zeros(4, 3)));
    }
}
