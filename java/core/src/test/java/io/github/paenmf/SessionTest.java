package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A session answers as its model does, call after call. */
class SessionTest {

    /** Two blocks of rows, the second partial. */
    private static final Matrix DATA = TestData.parts(300, 33, 5);

    /** Rows of a call: one, others, the same number again, all. */
    private static final int[][] CALLS = {{0}, {17}, {5, 6, 7}, {299, 0, 255}, {}, {3}};

    private static Matrix call(int[] rows) {
        return rows.length == 0 ? DATA : DATA.selectRows(rows);
    }

    private static void assertSame(Matrix expected, Matrix actual) {
        assertArrayEquals(expected.toRows(), actual.toRows());
        assertEquals(expected.rowNames(), actual.rowNames());
        assertEquals(expected.columnNames(), actual.columnNames());
    }

    static void assertAnswersAsTheModel(FactorisationModel model) {
        try (FactorisationSession session = model.openSession()) {
            for (int[] rows : CALLS) {
                Matrix data = call(rows);
                assertSame(model.coefficients(data), session.coefficients(data));
                assertSame(model.reconstruct(data), session.reconstruct(data));
            }
        }
    }

    static PaeNmfModel fit(Choice backend, TrainOn trainOn) {
        return PaeNmf.builder()
                .rank(4)
                .epochs(3)
                .trainOn(trainOn)
                .kl(trainOn != TrainOn.SCALE)
                .backend(backend)
                .threads(3)
                .build()
                .fit(DATA);
    }

    static NmfModel fit(Choice backend, NmfAlgorithm algorithm) {
        return Nmf.builder()
                .rank(4)
                .epochs(3)
                .algorithm(algorithm)
                .backend(backend)
                .threads(3)
                .build()
                .fit(DATA);
    }

    @ParameterizedTest
    @EnumSource
    void aSessionAnswersAsTheModel(TrainOn trainOn) {
        assertAnswersAsTheModel(fit(Choice.CPU, trainOn));
    }

    @ParameterizedTest
    @EnumSource
    void aSessionOfStandardNmfAnswersAsTheModel(NmfAlgorithm algorithm) {
        assertAnswersAsTheModel(fit(Choice.CPU, algorithm));
    }

    @Test
    void distributionsAreThoseOfTheModel() {
        PaeNmfModel model = fit(Choice.CPU, TrainOn.SAMPLE);
        try (ProbabilisticSession session = model.openSession()) {
            for (int[] rows : CALLS) {
                Matrix data = call(rows);
                assertSame(
                        model.transform(data).lambda(), session.transform(data).lambda());
                assertSame(model.transform(data).k(), session.transform(data).k());
                assertSame(model.reconstructMean(data), session.reconstructMean(data));
            }
        }
        NmfModel nmf = fit(Choice.CPU, NmfAlgorithm.HALS);
        try (NmfSession session = nmf.openSession()) {
            assertSame(nmf.transform(DATA), session.transform(DATA));
        }
    }

    /** A call that is refused leaves the session as it was. */
    @Test
    void badDataAreRefusedAsByTheModel() {
        Matrix negative = Matrix.zeros(1, 33);
        negative.storage(0)[7] = -1;
        for (FactorisationModel model : models()) {
            try (FactorisationSession session = model.openSession()) {
                for (Matrix bad : new Matrix[] {negative, Matrix.zeros(1, 32)}) {
                    String expected = assertThrows(DataException.class, () -> model.coefficients(bad))
                            .getMessage();
                    assertEquals(
                            expected,
                            assertThrows(DataException.class, () -> session.coefficients(bad))
                                    .getMessage());
                    assertEquals(
                            expected,
                            assertThrows(DataException.class, () -> session.reconstruct(bad))
                                    .getMessage());
                }
                assertSame(model.coefficients(DATA), session.coefficients(DATA));
            }
        }
        PaeNmfModel autoencoder = fit(Choice.CPU, TrainOn.SCALE);
        try (ProbabilisticSession session = autoencoder.openSession()) {
            assertThrows(IllegalStateException.class, () -> session.transform(DATA));
        }
    }

    private static FactorisationModel[] models() {
        return new FactorisationModel[] {fit(Choice.CPU, TrainOn.SAMPLE), fit(Choice.CPU, NmfAlgorithm.HALS)};
    }

    @Test
    void aClosedSessionSaysSo() {
        for (FactorisationModel model : models()) {
            FactorisationSession session = model.openSession();
            session.coefficients(DATA);
            session.close();
            session.close();
            String message = assertThrows(IllegalStateException.class, () -> session.coefficients(DATA))
                    .getMessage();
            assertEquals("the session is closed", message);
            assertThrows(IllegalStateException.class, () -> session.reconstruct(DATA));
        }
    }
}
