package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rows of which entries are missing, each by itself; inverses of 2 × 2 and 3 × 3 matrices whose condition is below 1e3. */
class ObservedEstimatesTest {

    private static final int N = 20;
    private static final int M = 31;
    private static final int R = 3;
    private static final double NOISE = 0.3;
    private static final Parallel SERIAL = Parallel.serial();

    private final SplittableRandom random = new SplittableRandom(4);
    private final double[] means = random.doubles((long) M * R, 0, 2).toArray();
    private final double[] variances = random.doubles((long) M * R, 0.01, 0.1).toArray();
    private final FactorRows rows = new FactorRows(
            N,
            R,
            random.doubles((long) N * R, 0, 2).toArray(),
            random.doubles((long) N * R, 0.001, 0.01).toArray(),
            random.doubles((long) N * R, 0.1, 1).toArray(),
            random.doubles((long) N * R, 1, 20).toArray());
    private final FactorPrior prior = new FactorPrior(new double[] {1, 2, 0.5}, new double[] {1, 1, 1});

    /** Of some: the first two rows have 3 observed entries. */
    private boolean[][] observed() {
        boolean[][] observed = new boolean[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                observed[i][f] = i < 2 ? f % 13 == i : f == 0 || random.nextInt(10) < (i % 2 == 0 ? 3 : 8);
            }
        }
        return observed;
    }

    private double[] gram(boolean[] observed) {
        double[] gram = new double[R * R];
        for (int f = 0; f < M; f++) {
            for (int j = 0; j < R && observed[f]; j++) {
                Dense.axpy(means[f * R + j], means, f * R, gram, j * R, R);
                gram[j * R + j] += variances[f * R + j];
            }
        }
        return gram;
    }

    private ObservedInformation information(boolean[][] observed) {
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                values[i][f] = observed[i][f] ? 1 : Float.NaN;
            }
        }
        boolean[] all = new boolean[M];
        Arrays.fill(all, true);
        return new ObservedInformation(
                IncompleteData.of(Matrix.of(values), Missing.NAN).mask(), gram(all), means, variances, R, NOISE);
    }

    @Test
    void areLeastSquaresByTheEntriesThatAreObserved() {
        boolean[][] observed = observed();
        int[] live = {0, 2};
        RowEstimates estimates =
                ObservedEstimates.of(rows, information(observed), prior, NOISE, live, new TwoThreads());
        for (int i = 0; i < N; i++) {
            double[] gram = Dense.submatrix(gram(observed[i]), R, live);
            double[] right = {rows.projection()[i * R] / NOISE, rows.projection()[i * R + 2] / NOISE};
            for (int e = 0; e < 4; e++) {
                gram[e] /= NOISE;
            }
            if (i < 2) { // fewer than twice two are observed: held by a tenth of the prior's deviations, 1 and 0.5
                gram[0] += 0.01;
                gram[3] += 0.04;
                right[0] += 0.01 * rows.mean()[i * R];
                right[1] += 0.04 * rows.mean()[i * R + 2];
            }
            double[] inverse = Dense.inverse("gram", gram, 2);
            double[] expected = {inverse[0], inverse[1], inverse[3]};
            for (int e = 0; e < 3; e++) {
                assertEquals(expected[e], estimates.covariances()[i * 3 + e], 1e-8 * expected[e > 1 ? 2 : 0]);
            }
            for (int a = 0; a < 2; a++) {
                double estimate = inverse[a * 2] * right[0] + inverse[a * 2 + 1] * right[1];
                assertEquals(estimate, estimates.estimates()[i * 2 + a], 1e-8 * (1 + Math.abs(estimate)));
            }
        }
        assertArrayEquals(IntStream.range(2, N).toArray(), ObservedEstimates.telling(information(observed), N, 2));
    }

    /** As where the features that are missing everywhere had never been there. */
    @Test
    void rowsThatMissTheSameAreKnownAlike() {
        boolean[][] observed = new boolean[N][M];
        for (boolean[] row : observed) {
            Arrays.fill(row, true);
            row[3] = false;
            row[17] = false;
        }
        int[] all = {0, 1, 2};
        RowEstimates actual = ObservedEstimates.of(rows, information(observed), prior, NOISE, all, SERIAL);
        double[] alike = new double[N];
        Arrays.fill(alike, 1);
        RowEstimates expected = RowRotationFactorTest.estimates(rows, gram(observed[0]), NOISE, alike);
        for (int e = 0; e < N * R; e++) {
            assertEquals(expected.estimates()[e], actual.estimates()[e], 1e-8);
        }
        for (int e = 0; e < expected.covariances().length; e++) {
            assertEquals(expected.covariances()[e], actual.covariances()[e], 1e-10);
        }
    }

    @Test
    void directionsAreHeldByWhatIsObservedOfEachRow() {
        boolean[][] observed = observed();
        int[] live = {0, 2};
        RowProducts actual = RowProducts.of(rows.select(live), information(observed), live, N, new TwoThreads())
                .iterator()
                .next();
        int pairs = RowProducts.pairs(2);
        for (int i = 0; i < N; i++) {
            double[] information = Dense.submatrix(gram(observed[i]), R, live);
            for (int e = 0; e < 4; e++) {
                information[e] /= NOISE;
            }
            RowProducts expected = RowProducts.of(rows.rows(new int[] {i}).select(live), information, 1, SERIAL)
                    .iterator()
                    .next();
            for (int p = 0; p < pairs; p++) {
                assertEquals(expected.squares()[p], actual.squares()[i * pairs + p]);
                // differences of numbers as large as the information
                assertEquals(expected.stiffness()[p], actual.stiffness()[i * pairs + p], 1e-9 * information[3]);
            }
        }
    }
}
