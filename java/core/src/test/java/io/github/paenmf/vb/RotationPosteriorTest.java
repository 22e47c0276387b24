package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RotationPosteriorTest {

    private static final int ROWS = 100;
    private static final int RANK = 10;

    /**
     * Digits are no product of ten parts and noise, and zeros of several sets of entries fit them about as well: the
     * maximum next to the fit, −1027.3, is 5 below the one where the search ends.
     */
    @Test
    void theModeIsHigherThanTheMaximumNextToTheFit() throws IOException {
        Matrix digits = MatrixReader.read(MatrixReader.DEMO_DIGITS);
        int m = digits.columns();
        double[] v = new double[ROWS * m];
        for (int i = 0; i < ROWS; i++) {
            for (int f = 0; f < m; f++) {
                v[i * m + f] = digits.get(i, f) / 7; // of a root mean square of about 1
            }
        }
        TwoSidedPosterior fit = ReferenceFit.of(v, ROWS, m, RANK, 60, true);
        RotationPosterior posterior = RotationPosterior.of(fit, new TwoThreads());
        double next = Maximum.climb(posterior.target(), Dense.identity(RANK)).height();

        assertTrue(posterior.converged());
        assertTrue(posterior.height() > next + 2, () -> posterior.height() + " against " + next);
    }
}
