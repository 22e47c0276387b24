package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class EffectiveSizeTest {

    private static final int COUNT = 4000;

    /** An autoregressive series with this correlation of neighbours. */
    private static double[][] series(double correlation) {
        Random random = new Random(5);
        double[][] series = new double[COUNT][1];
        for (int k = 1; k < COUNT; k++) {
            series[k][0] =
                    correlation * series[k - 1][0] + Math.sqrt(1 - correlation * correlation) * random.nextGaussian();
        }
        return series;
    }

    private static double[][] constant(double value) {
        double[][] series = new double[COUNT][1];
        for (double[] draw : series) {
            draw[0] = value;
        }
        return series;
    }

    private static double of(double[][]... chains) {
        return EffectiveSize.of(chains)[0];
    }

    /** 1 + 2Σρᵏ = (1 + ρ)/(1 − ρ). An estimated ρ is off by 1/√4000 = .016, and about ten are summed: 4·√10·2·.016 = .4 of 3. */
    @Test
    void dependentDrawsAreWorthLess() {
        assertEquals(COUNT / 3.0, of(series(0.5)), 0.17 * COUNT / 3);
    }

    @Test
    void independentDrawsAreWorthThemselves() {
        assertEquals(COUNT, of(series(0)), 0.1 * COUNT);
    }

    /** Four halves, two about 0 and two about 3: as many draws as there are places to be, and not more than a few. */
    @Test
    void chainsThatDifferAreWorthLittle() {
        double[][] far = series(0);
        for (double[] draw : far) {
            draw[0] += 3;
        }

        assertTrue(of(series(0), far) < 10, () -> "" + of(series(0), far));
    }

    /** A chain that has drifted by its middle differs from itself. */
    @Test
    void aChainThatDriftsIsWorthLittle() {
        double[][] drifting = series(0);
        for (int k = COUNT / 2; k < COUNT; k++) {
            drifting[k][0] += 3;
        }

        assertTrue(of(drifting) < 10, () -> "" + of(drifting));
    }

    @Test
    void sizesAreAscending() {
        double[][] slow = series(0.9);
        double[][] quick = series(0);
        double[][] both = new double[COUNT][];
        for (int k = 0; k < COUNT; k++) {
            both[k] = new double[] {quick[k][0], slow[k][0]};
        }
        double[] sizes = EffectiveSize.of(new double[][][] {both});

        assertEquals(of(slow), sizes[0]);
        assertEquals(of(quick), sizes[1]);
    }

    @Test
    void chainsThatDoNotMoveAreOneDraw() {
        assertEquals(1, of(constant(2)));
        assertEquals(1, of(constant(2), constant(2)));
    }
}
