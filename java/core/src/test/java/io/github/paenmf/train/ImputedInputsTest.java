package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products with imputed data are those with a table in which the means stand where entries are missing. */
class ImputedInputsTest {

    private static final int N = 23;
    private static final int M = 17;
    private static final int COLUMNS = 3;

    private static Matrix random(int rows, SplittableRandom random) {
        Matrix matrix = Matrix.zeros(rows, COLUMNS);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                matrix.storage(i)[matrix.offset(i) + j] = (float) random.nextDouble(-1, 1);
            }
        }
        return matrix;
    }

    /** A·B, or Aᵀ·B. */
    private static Matrix product(float[][] a, Matrix b, boolean transposed) {
        Matrix product = Matrix.zeros(transposed ? M : N, COLUMNS);
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                for (int j = 0; j < COLUMNS; j++) {
                    int to = transposed ? f : i;
                    product.storage(to)[product.offset(to) + j] += a[i][f] * b.get(transposed ? i : f, j);
                }
            }
        }
        return product;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.2, 0.8})
    void productsAreThoseWithMeansInPlaceOfWhatIsMissing(double missing) {
        SplittableRandom random = new SplittableRandom(3);
        float[] means = new float[M];
        for (int f = 0; f < M; f++) {
            means[f] = (float) random.nextDouble(1, 2);
        }
        float[][] given = new float[N][M];
        float[][] zeroed = new float[N][M];
        float[][] imputed = new float[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                boolean isMissing = f != i % M && random.nextDouble() < missing;
                float value = (float) random.nextDouble(0, 3);
                given[i][f] = isMissing ? Float.NaN : value;
                zeroed[i][f] = isMissing ? 0 : value;
                imputed[i][f] = isMissing ? means[f] : value;
            }
        }
        RowSource data = IncompleteData.of(Matrix.of(given), Missing.NAN);
        DataProducts plain = new DataProducts() {
            @Override
            public Matrix project(Matrix x) {
                return product(zeroed, x, false);
            }

            @Override
            public Matrix projectTransposed(Matrix y) {
                return product(zeroed, y, true);
            }
        };
        ImputedInputs inputs = new ImputedInputs(plain, data.mask(), means);
        Matrix x = random(M, random);
        Matrix y = random(N, random);

        assertClose(product(imputed, x, false), inputs.project(x));
        assertClose(product(imputed, y, true), inputs.projectTransposed(y));
    }

    private static void assertClose(Matrix expected, Matrix actual) {
        for (int i = 0; i < expected.rows(); i++) {
            for (int j = 0; j < COLUMNS; j++) {
                // up to 23 terms of at most 3 in float32
                assertEquals(expected.get(i, j), actual.get(i, j), 23 * 23 * 3 * 0x1p-24);
            }
        }
    }
}
