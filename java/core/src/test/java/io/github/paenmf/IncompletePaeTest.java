package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PAE-NMF of data with missing entries, as users see it. */
class IncompletePaeTest {

    private static final int N = 60;
    private static final int M = 30;
    private static final int R = 3;

    private static Matrix incomplete(double missing) {
        SplittableRandom random = new SplittableRandom(5);
        Matrix data = Matrix.zeros(N, M);
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                float value = (float) (random.nextDouble(1, 3) * (1 + f % R) + (i % R == f % R ? 4 : 0));
                boolean kept = f == i % M || i == f;
                data.storage(i)[data.offset(i) + f] = !kept && random.nextDouble() < missing ? Float.NaN : value;
            }
        }
        return data;
    }

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(R).epochs(20).missing(true);
    }

    /** What is observed of each feature, on average. */
    private static double[] means(Matrix data) {
        double[] means = new double[M];
        for (int f = 0; f < M; f++) {
            int count = 0;
            for (int i = 0; i < N; i++) {
                if (!Float.isNaN(data.get(i, f))) {
                    means[f] += data.get(i, f);
                    count++;
                }
            }
            means[f] /= count;
        }
        return means;
    }

    @ParameterizedTest
    @CsvSource({"0.2, false", "0.2, true", "0.8, false", "0.8, true"})
    void theEncoderReadsTheMeanOfAFeatureWhereAValueIsMissing(double missing, boolean sparse) {
        Matrix data = incomplete(missing);
        RowSource fitted = sparse ? SparseMatrix.of(data) : data;

        assertReadsMeans(builder().build().fit(fitted), fitted, data, means(data));
    }

    @Test
    void theMeansAreThoseOfTraining() {
        Matrix complete = incomplete(0);
        Matrix holes = incomplete(0.2);

        assertReadsMeans(builder().build().fit(complete), holes, holes, means(complete));
    }

    private static void assertReadsMeans(PaeNmfModel model, RowSource data, Matrix values, double[] means) {
        Matrix imputed = values.copy();
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                if (Float.isNaN(values.get(i, f))) {
                    imputed.storage(i)[imputed.offset(i) + f] = (float) means[f];
                }
            }
        }

        Latent latent = model.transform(data);
        Latent expected = model.transform(imputed);

        for (int i = 0; i < N; i++) {
            for (int j = 0; j < R; j++) {
                // sums of 30 terms of about 1 in float32, in another order
                assertEquals(expected.lambda().get(i, j), latent.lambda().get(i, j), 1e-5);
                assertEquals(expected.k().get(i, j), latent.k().get(i, j), 1e-5);
            }
        }
    }
}
