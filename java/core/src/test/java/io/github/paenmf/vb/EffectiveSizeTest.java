package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

    /**
     * 1 + 2Σρᵏ = (1 + ρ)/(1 − ρ). Left out are correlations below .05, at most .05·2ρ/(1 − ρ); an estimated one is off
     * by 1/√4000 = .016, and about ten are summed: 4·√10·2·.016 = .4 of 3.
     */
    @Test
    void dependentDrawsAreWorthLess() {
        assertEquals(COUNT / 3.0, EffectiveSize.of(series(0.5))[0], 0.17 * COUNT / 3);
    }

    @Test
    void independentDrawsAreWorthThemselves() {
        assertEquals(COUNT, EffectiveSize.of(series(0))[0], 0.1 * COUNT);
    }

    @Test
    void sizesAreAscending() {
        double[][] slow = series(0.9);
        double[][] quick = series(0);
        double[][] both = new double[COUNT][];
        for (int k = 0; k < COUNT; k++) {
            both[k] = new double[] {quick[k][0], slow[k][0]};
        }
        double[] sizes = EffectiveSize.of(both);

        assertEquals(EffectiveSize.of(slow)[0], sizes[0]);
        assertEquals(EffectiveSize.of(quick)[0], sizes[1]);
    }

    @Test
    void aChainThatDoesNotMoveIsOneDraw() {
        assertEquals(1, EffectiveSize.of(new double[][] {{2}, {2}, {2}, {2}})[0]);
    }
}
