package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.PosteriorEncoder;
import io.github.paenmf.model.SettingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An encoder of the posteriors of vb, on rows that it was not taught on. */
class EncoderOfPosteriorsTest {

    private static final int R = 4;
    private static final RowSource TRAINING;
    private static final RowSource NEW;

    static {
        Matrix all = TestData.planted(400, 25, R, 0.1, 7).data();
        TRAINING = all.selectRows(IntStream.range(0, 250).toArray());
        NEW = all.selectRows(IntStream.range(250, 400).toArray());
    }

    private static VariationalModel model;
    private static Matrix exact;

    private static VariationalNmf.Builder builder() {
        return VariationalNmf.builder()
                .rank(R)
                .epochs(60)
                .seed(5)
                .intervals(IntervalMethod.MEAN_FIELD)
                .threads(2);
    }

    @BeforeAll
    static void fit() {
        model = builder().encoder(24).build().fit(TRAINING);
        exact = model.transform(NEW).mean();
    }

    /** Root mean square of the differences to exact means, in that of the means. */
    private static double distance(VariationalModel other) {
        Matrix means = other.transform(NEW).mean();
        double difference = 0;
        double square = 0;
        for (int i = 0; i < exact.rows(); i++) {
            for (int j = 0; j < R; j++) {
                difference += Math.pow(means.get(i, j) - exact.get(i, j), 2);
                square += Math.pow(exact.get(i, j), 2);
            }
        }
        return Math.sqrt(difference / square);
    }

    /** Least squares cut off at 0 are .1 and more away. */
    @Test
    void theEncoderFindsThePosteriorsOfNewRows() {
        VariationalModel encoder = model.withEncoder(0);
        assertTrue(distance(encoder) < 0.03, () -> "means: " + distance(encoder));
        Latent found = encoder.transform(NEW);
        Latent sought = model.transform(NEW);
        double error = 0;
        double shape = 0;
        for (int i = 0; i < NEW.rows(); i++) {
            for (int j = 0; j < R; j++) {
                error += Math.abs(
                        found.inclusion().get(i, j) - sought.inclusion().get(i, j));
                shape += Math.abs(Math.log(found.k().get(i, j) / sought.k().get(i, j)));
            }
        }
        double count = NEW.rows() * R;
        assertTrue(error / count < 0.03, "inclusion: " + error / count);
        assertTrue(shape / count < 0.05, "shapes: " + shape / count);
        double ratio = encoder.score(NEW).relativeErrorMean() / model.score(NEW).relativeErrorMean();
        assertEquals(1, ratio, 0.01);
    }

    @Test
    void sweepsBringItToTheExactPosterior() {
        double[] distances = IntStream.of(0, 2, 8, 500)
                .mapToDouble(sweeps -> distance(model.withEncoder(sweeps)))
                .toArray();
        assertTrue(distances[1] < distances[0], distances[0] + " to " + distances[1]);
        assertTrue(distances[2] < distances[1], distances[1] + " to " + distances[2]);
        // both have stopped where a sweep changes means by 3e-6 of the greatest at most
        assertEquals(0, distances[3], 1e-4);
    }

    @Test
    void aModelFileHoldsIt(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("model.npz");
        model.save(file);
        VariationalModel loaded = VariationalModel.load(file);
        assertEquals(model.fitted().encoder(), loaded.fitted().encoder());
        Matrix before = model.withEncoder(2).transform(NEW).mean();
        Matrix after = loaded.withEncoder(2).transform(NEW).mean();
        for (int i = 0; i < NEW.rows(); i++) {
            for (int j = 0; j < R; j++) {
                assertEquals(before.get(i, j), after.get(i, j));
            }
        }
    }

    @Test
    void rowsGoByThemselves() {
        VariationalModel encoder = model.withEncoder(2);
        Matrix all = encoder.transform(NEW).mean();
        Matrix some = encoder.transform(NEW.selectRows(new int[] {17, 3})).mean();
        for (int j = 0; j < R; j++) {
            assertEquals(all.get(17, j), some.get(0, j));
            assertEquals(all.get(3, j), some.get(1, j));
        }
        Matrix sparse = encoder.transform(SparseMatrix.of(NEW)).mean();
        for (int i = 0; i < NEW.rows(); i++) {
            for (int j = 0; j < R; j++) {
                assertEquals(all.get(i, j), sparse.get(i, j), 1e-4 * (1 + all.get(i, j)));
            }
        }
    }

    /** A fit with known components has other units of the coefficients. */
    @Test
    void threadsChangeNoBitAndAnUpdateTeachesItAgain() {
        float[][] basis = TestData.planted(400, 25, R, 0.1, 7).basis();
        Matrix known = Matrix.zeros(25, 1);
        for (int f = 0; f < 25; f++) {
            known.storage(f)[known.offset(f)] = basis[f][1];
        }
        VariationalNmf.Builder builder =
                builder().epochs(20).initialBasis(known).fixBasis(true).encoder(8);
        VariationalModel two = builder.build().fit(TRAINING);
        VariationalModel one = builder.threads(1).build().fit(TRAINING);
        assertEquals(two.fitted().encoder(), one.fitted().encoder());
        double ratio = two.withEncoder(2).score(NEW).relativeErrorMean()
                / two.score(NEW).relativeErrorMean();
        assertEquals(1, ratio, 0.01);

        PosteriorEncoder before = two.fitted().encoder();
        VariationalModel updated = VariationalNmf.builder()
                .configuration(two.configuration())
                .epochs(3)
                .build()
                .update(two, NEW);
        assertEquals(before.units(), updated.fitted().encoder().units());
        assertNotEquals(before, updated.fitted().encoder());
    }

    @Test
    void aModelWithoutOneSaysSo() {
        VariationalModel without = builder().epochs(2).build().fit(TRAINING);
        assertFalse(without.hasEncoder());
        String message = assertThrows(IllegalStateException.class, () -> without.withEncoder(0))
                .getMessage();
        assertTrue(message.contains("has no encoder"), message);
        assertThrows(SettingException.class, () -> model.withEncoder(501));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("with a Poisson likelihood", builder().likelihood(Likelihood.POISSON)),
                Arguments.of("where values may be missing", builder().missing(true)),
                Arguments.of("layers of 1 to 65536 units", builder().encoder(0)),
                Arguments.of("at most 8 layers", builder().encoder(1, 1, 1, 1, 1, 1, 1, 1, 1)));
    }

    @ParameterizedTest
    @MethodSource
    void refused(String why, VariationalNmf.Builder builder) {
        VariationalNmf.Builder wanted = why.contains("layers") ? builder : builder.encoder();
        String message = assertThrows(SettingException.class, wanted::build).getMessage();
        assertTrue(message.contains(why), message);
    }

    @Test
    void refusesWeights() {
        VariationalNmf estimator = builder().encoder().build();
        Weights weights = Weights.NONE.withRows(
                DoubleStream.generate(() -> 1).limit(TRAINING.rows()).toArray());
        String message = assertThrows(SettingException.class, () -> estimator.fit(TRAINING, weights))
                .getMessage();
        assertEquals("encoder must be off with weights, not on", message);
    }
}
