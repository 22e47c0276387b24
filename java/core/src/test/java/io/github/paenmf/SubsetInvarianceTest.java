package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row has one answer, to the bit, alone and wherever it stands among others. */
class SubsetInvarianceTest {

    private static final int ROWS = 300;

    private static FactorisationModel fit(String algorithm, int rank, Matrix data) {
        if (algorithm.startsWith("nmf")) {
            return Nmf.builder()
                    .rank(rank)
                    .algorithm(algorithm.equals("nmf-mu") ? NmfAlgorithm.MU : NmfAlgorithm.HALS)
                    .epochs(2)
                    .build()
                    .fit(data);
        }
        PaeNmf.Builder builder = PaeNmf.builder().rank(rank).epochs(2);
        return (algorithm.equals("ae") ? builder.trainOn(TrainOn.SCALE).kl(false) : builder)
                .build()
                .fit(data);
    }

    @ParameterizedTest
    @CsvSource({
        "nmf-hals, 5, 3",
        "nmf-hals, 65, 17",
        "nmf-hals, 700, 81",
        "nmf-hals, 1500, 1",
        "nmf-mu, 65, 3",
        "nmf-mu, 1500, 17",
        "pae, 5, 1",
        "pae, 65, 17",
        "pae, 700, 81",
        "pae, 1500, 3",
        "ae, 65, 81",
        "ae, 1500, 17",
    })
    void rowsHaveTheSameBitsAmongAnyOthers(String algorithm, int features, int rank) {
        Matrix data = TestData.parts(ROWS, features, 3);
        FactorisationModel model = fit(algorithm, rank, data);
        Matrix coefficients = model.coefficients(data);
        Matrix reconstruction = model.reconstruct(data);
        SplittableRandom random = new SplittableRandom(features + rank);
        for (int count : new int[] {1, 2, 7, 31, 130, ROWS}) {
            int[] rows = permuted(random, count);
            Matrix some = data.selectRows(rows);
            assertSameRows("coefficients", coefficients, model.coefficients(some), rows);
            assertSameRows("reconstruction", reconstruction, model.reconstruct(some), rows);
            if (model instanceof PaeNmfModel pae && algorithm.equals("pae")) {
                assertSameRows("k", pae.transform(data).k(), pae.transform(some).k(), rows);
                assertSameRows(
                        "lambda",
                        pae.transform(data).lambda(),
                        pae.transform(some).lambda(),
                        rows);
                assertSameRows("means", pae.reconstructMean(data), pae.reconstructMean(some), rows);
            }
        }
    }

    private static int[] permuted(SplittableRandom random, int count) {
        int[] all = IntStream.range(0, ROWS).toArray();
        for (int i = 0; i < count; i++) {
            int j = i + random.nextInt(ROWS - i);
            int row = all[j];
            all[j] = all[i];
            all[i] = row;
        }
        return IntStream.of(all).limit(count).toArray();
    }

    private static void assertSameRows(String what, Matrix all, Matrix some, int[] rows) {
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < all.columns(); j++) {
                String where = what + " of row " + rows[i] + " among " + rows.length + ", column " + j;
                assertEquals(
                        Float.floatToRawIntBits(all.get(rows[i], j)), Float.floatToRawIntBits(some.get(i, j)), where);
            }
        }
    }
}
