package io.github.paenmf.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import org.junit.jupiter.api.Test;

class MatchedFitsTest {

    private static final MatchedFits FITS = new MatchedFits(
            Matrix.of(new float[][] {{1, 0.5f}, {0.875f, 0.25f}, {0.9375f, 0}, {0.5f, 1}, {0.75f, 0.75f}}));

    @Test
    void aComponentIsFoundWhereItsCosineIsHigh() {
        assertEquals(0.4, FITS.found(0));
        assertEquals(0.2, FITS.found(1));
    }

    @Test
    void quantilesLieBetweenFits() {
        assertEquals(0.8125, FITS.mean(0)); // binary fractions
        assertEquals(0.5, FITS.quantile(0, 0));
        assertEquals(0.875, FITS.quantile(0, 0.5));
        assertEquals(1, FITS.quantile(0, 1));
        assertEquals(0.125, FITS.quantile(1, 0.125)); // half-way from 0 to .25
    }
}
