package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.RankSelection.Method;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.Init;
import io.github.paenmf.train.FitListener;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link Thread#interrupt} does: fits end, and say so. */
class InterruptTest {

    /** Far more than a fit makes after the interrupt; the listener ends one that does not heed it earlier. */
    private static final int MANY = 50_000;

    private static final Matrix DATA = TestData.parts(300, 20, 3);

    private final AtomicInteger epochs = new AtomicInteger();

    /** Interrupts its own thread in the third epoch. */
    private final FitListener interrupting = report -> {
        if (epochs.incrementAndGet() == 3) {
            Thread.currentThread().interrupt();
        }
        return epochs.get() < 1000;
    };

    @AfterEach
    void clearTheFlag() {
        assertTrue(Thread.interrupted(), "the thread has to stay interrupted");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32})
    void aFitEndsAndKeepsTheFlag(int batchRows) {
        PaeNmf fit = PaeNmf.builder()
                .rank(3)
                .epochs(MANY)
                .batchRows(batchRows)
                .listener(interrupting)
                .build();
        assertThrows(CancellationException.class, () -> fit.fit(DATA));
    }

    @Test
    void anUpdateEnds() {
        PaeNmfModel model = PaeNmf.builder().rank(3).epochs(1).build().fit(DATA);
        PaeNmf more =
                PaeNmf.builder().rank(3).epochs(MANY).listener(interrupting).build();
        assertThrows(CancellationException.class, () -> more.update(model, DATA));
    }

    @Test
    void standardNmfEndsInTheSameEpoch() {
        Nmf fit = Nmf.builder().rank(3).epochs(MANY).listener(interrupting).build();
        assertThrows(CancellationException.class, () -> fit.fit(DATA));
        assertEquals(3, epochs.get());
    }

    @Test
    void aStartFromStandardNmfEndsBeforeTheFirstEpoch() {
        PaeNmf fit = PaeNmf.builder()
                .rank(3)
                .init(Init.NMF)
                .epochs(MANY)
                .listener(interrupting)
                .build();
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> fit.fit(DATA));
        assertEquals(0, epochs.get());
    }

    @Test
    void scoringOfHiddenEntriesEnds() {
        HoldOut split = HoldOut.split(DATA, Missing.NONE, 0.1, 1);
        NmfModel model = Nmf.builder().rank(2).epochs(1).missing(true).build().fit(split.training());
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> split.relativeError(model));
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void aSelectionEndsAndLeavesNoThread(Method method) {
        RankSelection selection = RankSelection.builder()
                .method(method)
                .ranks(2, 3)
                .epochs(MANY)
                .threads(2)
                .build();
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> selection.select(DATA));
        RankSelectionTest.assertNoThreadIsLeft();
    }
}
