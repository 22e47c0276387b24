package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Optimiser;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Factors that were planted in the data are found again. */
class PlantedFactorsTest {

    private static final int RANK = 4;

    @ParameterizedTest
    @CsvSource({
        "ADAM, 1000, 0, .08, .97",
        "ADAM, 1000, 1, .08, .97",
        "ADAM, 1000, 2, .08, .97",
        "ADAM, 1000, 3, .08, .97",
        "GD, 2000, 0, .10, .93",
        "GD, 2000, 1, .10, .93",
        "GD, 2000, 2, .10, .93",
        "GD, 2000, 3, .10, .93",
    })
    void partsAreRecovered(Optimiser optimiser, int epochs, long seed, double error, double cosine) {
        TestData.Planted planted = TestData.planted(200, 40, RANK, 0.05, 100 + seed);

        PaeNmfModel model = PaeNmf.builder()
                .rank(RANK)
                .epochs(epochs)
                .optimiser(optimiser)
                .seed(seed)
                .build()
                .fit(planted.data());

        Score score = model.score(planted.data());
        double least = leastCosine(planted.basis(), model.basis());
        assertAll(
                () -> assertTrue(score.relativeErrorMedian() <= error, () -> "error " + score.relativeErrorMedian()),
                () -> assertTrue(least >= cosine, () -> "least cosine " + least),
                () -> assertEquals(List.of(), score.deadComponents()));
    }

    /** The least cosine between a planted column and its partner, under the matching that makes their sum largest. */
    private static double leastCosine(float[][] planted, Matrix found) {
        double[][] cosines = new double[RANK][RANK];
        for (int a = 0; a < RANK; a++) {
            for (int b = 0; b < RANK; b++) {
                double product = 0;
                double squaresA = 0;
                double squaresB = 0;
                for (int i = 0; i < planted.length; i++) {
                    double x = planted[i][a];
                    double y = found.get(i, b);
                    product += x * y;
                    squaresA += x * x;
                    squaresB += y * y;
                }
                cosines[a][b] = product / Math.sqrt(squaresA * squaresB);
            }
        }
        return match(cosines, 0, new boolean[RANK])[1];
    }

    /** Sum and least value of the best matching of the rows from {@code row} on to unused columns. */
    private static double[] match(double[][] cosines, int row, boolean[] used) {
        if (row == RANK) {
            return new double[] {0, 1};
        }
        double[] best = {-1, -1};
        for (int column = 0; column < RANK; column++) {
            if (!used[column]) {
                used[column] = true;
                double[] rest = match(cosines, row + 1, used);
                used[column] = false;
                double cosine = cosines[row][column];
                if (rest[0] + cosine > best[0]) {
                    best = new double[] {rest[0] + cosine, Math.min(rest[1], cosine)};
                }
            }
        }
        return best;
    }
}
