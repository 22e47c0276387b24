package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RotationPosteriorTest {

    private static final int ROWS = 100;

    private static TwoSidedPosterior fitOfDigits(int rank) throws IOException {
        Matrix digits = MatrixReader.read(MatrixReader.DEMO_DIGITS);
        int m = digits.columns();
        double[] v = new double[ROWS * m];
        for (int i = 0; i < ROWS; i++) {
            for (int f = 0; f < m; f++) {
                v[i * m + f] = digits.get(i, f) / 7; // of a root mean square of about 1
            }
        }
        return ReferenceFit.of(v, ROWS, m, rank, 60, true);
    }

    private static double heightNextTo(RotationPosterior posterior) {
        int live = (int) Math.round(Math.sqrt(posterior.metric().centre().length));
        return Maximum.climb(posterior.target(), Dense.identity(live)).height();
    }

    /**
     * Digits are no product of so few parts and noise, and zeros of several sets of entries fit them about as well: at
     * rank 12 the maximum next to the fit, −965.2, is 13 below the one where trajectories lead.
     */
    @Test
    void theModeIsHigherThanTheMaximumNextToTheFit() throws IOException {
        RotationPosterior posterior = RotationPosterior.of(fitOfDigits(12), new TwoThreads());
        double next = heightNextTo(posterior);

        assertTrue(posterior.converged());
        assertTrue(posterior.height() > next + 5, () -> posterior.height() + " against " + next);
    }

    /** At rank 10 the maximum next to the fit, −1027.3, is 5 below one that only smoother posteriors lead to. */
    @Test
    void drawsBeginAtAMaximumThatIsFurtherAway() throws IOException {
        RotationPosterior posterior = RotationPosterior.of(fitOfDigits(10), new TwoThreads());
        double next = heightNextTo(posterior);
        double mode = posterior.height();
        posterior.sampled(16, 1);

        assertTrue(mode < next + 2, () -> mode + " against " + next);
        assertTrue(posterior.height() > next + 2, () -> posterior.height() + " against " + next);
    }
}
