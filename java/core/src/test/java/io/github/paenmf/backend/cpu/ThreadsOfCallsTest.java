package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.FactorisationSession;
import io.github.paenmf.Nmf;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How many threads a call of a fitted model starts: as many as its work is worth, and none for a row. */
class ThreadsOfCallsTest {

    private static final int MANY = 64;

    /** 1100 rows are five blocks; at rank 40 and 777 features, encoding takes 137 Mflop and decoding 68. */
    private static final Matrix DATA = TestData.parts(1100, 777, 40);

    private static final Matrix ROW = DATA.selectRows(new int[] {3});

    static Stream<FactorisationModel> models() {
        return Stream.of(
                PaeNmf.builder()
                        .rank(40)
                        .epochs(2)
                        .backend(Choice.CPU)
                        .threads(1)
                        .build()
                        .fit(DATA),
                Nmf.builder()
                        .rank(40)
                        .epochs(2)
                        .backend(Choice.CPU)
                        .threads(1)
                        .build()
                        .fit(DATA));
    }

    private static FactorisationModel on(int threads, FactorisationModel model) {
        return model.withExecution(Execution.auto().withBackend(Choice.CPU).withThreads(threads));
    }

    @ParameterizedTest
    @MethodSource("models")
    void oneRowStartsNoThread(FactorisationModel model) {
        FactorisationModel many = on(MANY, model);
        long before = Workers.startedInAll();

        many.coefficients(ROW);
        many.reconstruct(ROW);
        many.score(ROW);
        try (FactorisationSession session = many.openSession()) {
            session.coefficients(ROW);
            session.reconstruct(ROW);
        }

        assertEquals(0, Workers.startedInAll() - before);
    }

    /** Many rows of few values are no work to share out either. */
    @Test
    void shortCallsOfManyRowsStartNoThread() {
        Matrix narrow = TestData.parts(2000, 7, 2);
        FactorisationModel model = PaeNmf.builder()
                .rank(2)
                .epochs(2)
                .threads(MANY)
                .backend(Choice.CPU)
                .build()
                .fit(narrow);
        long before = Workers.startedInAll();

        model.score(narrow);
        model.reconstruct(narrow);

        assertEquals(0, Workers.startedInAll() - before);
    }

    /** Long calls are shared out, and the threads change no bit; a session starts its threads once. */
    @ParameterizedTest
    @MethodSource("models")
    void longCallsAreSharedOut(FactorisationModel model) {
        FactorisationModel three = on(3, model);
        long before = Workers.startedInAll();
        Matrix coefficients = three.coefficients(DATA);
        assertEquals(2, Workers.startedInAll() - before);
        Matrix reconstruction = three.reconstruct(DATA);
        assertArrayEquals(model.coefficients(DATA).toRows(), coefficients.toRows());
        assertArrayEquals(model.reconstruct(DATA).toRows(), reconstruction.toRows());

        before = Workers.startedInAll();
        try (FactorisationSession session = three.openSession()) {
            for (int call = 0; call < 3; call++) {
                assertArrayEquals(
                        coefficients.toRows(), session.coefficients(DATA).toRows());
                assertArrayEquals(
                        reconstruction.toRows(), session.reconstruct(DATA).toRows());
            }
        }
        assertEquals(2, Workers.startedInAll() - before);
    }
}
