package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class LbfgsTest {

    /** Rosenbrock's function; its Hessian at (1, 1) has a least eigenvalue of .4, so x is within 1e-8/.4·√2. */
    @Test
    void followsACurvedValley() {
        double[] x = Lbfgs.minimise(
                (p, g) -> {
                    double across = p[1] - p[0] * p[0];
                    g[0] = -400 * across * p[0] - 2 * (1 - p[0]);
                    g[1] = 200 * across;
                    return 100 * across * across + (1 - p[0]) * (1 - p[0]);
                },
                new double[] {-1.2, 1},
                200,
                1e-8);

        assertArrayEquals(new double[] {1, 1}, x, 4e-8);
    }

    /** x − ln x, only for x > 0, from 20: the first steps would leave the domain. */
    @Test
    void staysInTheDomain() {
        double[] x = Lbfgs.minimise(
                (p, g) -> {
                    if (p[0] <= 0) {
                        return Double.POSITIVE_INFINITY;
                    }
                    g[0] = 40 - 40 / p[0];
                    return 40 * (p[0] - Math.log(p[0]));
                },
                new double[] {20},
                200,
                1e-9);

        assertArrayEquals(new double[] {1}, x, 1e-10);
    }

    @Test
    void stopsWhereRoundingLeavesNoImprovement() {
        int[] calls = new int[1];
        Lbfgs.minimise(
                (p, g) -> {
                    calls[0]++;
                    g[0] = 1; // a slope that the value does not have
                    return 5;
                },
                new double[] {1},
                1000,
                1e-9);

        assertTrue(calls[0] < 100, () -> calls[0] + " evaluations");
    }
}
