package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.ComponentMatching;
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
        double least =
                ComponentMatching.of(Matrix.of(planted.basis()), model.basis()).leastCosine();
        assertAll(
                () -> assertTrue(score.relativeErrorMedian() <= error, () -> "error " + score.relativeErrorMedian()),
                () -> assertTrue(least >= cosine, () -> "least cosine " + least),
                () -> assertEquals(List.of(), score.deadComponents()));
    }
}
