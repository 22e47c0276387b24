package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinishedFitsTest {

    private static final Map<String, String> SETTINGS = Map.of("seed", "3");
    private static final Matrix DATA = Matrix.of(new float[][] {{1, 2}});

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("kept");
    }

    private FinishedFits create() throws IOException {
        return new FinishedFits(CheckpointFile.create(file(), Duration.ofDays(1)), SETTINGS, DATA, 3, 2);
    }

    private FinishedFits resume(Map<String, String> settings, Matrix data, int most) throws IOException {
        return new FinishedFits(CheckpointFile.resume(file(), Duration.ofDays(1)), settings, data, 3, most);
    }

    private static double[] get(FinishedFits fits, int index, double... fitted) {
        return fits.get(index, () -> fitted, Function.identity(), Function.identity());
    }

    private static void assertKept(FinishedFits fits, int index, double expected) {
        double[] kept = fits.get(
                index,
                () -> {
                    throw new AssertionError("fit " + index + " is done again");
                },
                Function.identity(),
                Function.identity());
        assertEquals(expected, kept[0]);
    }

    @Test
    void whatIsKeptIsNotDoneAgain() throws IOException {
        FinishedFits fits = create();
        get(fits, 2, Math.PI);
        get(fits, 0, Double.NaN, 1);
        fits.store();

        FinishedFits resumed = resume(SETTINGS, DATA, 2);
        assertKept(resumed, 0, Double.NaN);
        assertKept(resumed, 2, Math.PI);
        assertEquals(5, get(resumed, 1, 5)[0], "not there yet");
    }

    /** An interrupt closes the file that a thread writes. */
    @Test
    void anInterruptedThreadStores() throws IOException {
        FinishedFits fits = create();
        get(fits, 0, 1);
        Thread.currentThread().interrupt();
        fits.store();
        assertTrue(Thread.interrupted(), "the interrupt is lost");
        assertKept(resume(SETTINGS, DATA, 2), 0, 1);
    }

    @Test
    void nothingIsWrittenWhereNothingHasCome() throws IOException {
        create().store();
        assertTrue(Files.notExists(file()));
    }

    @Test
    void otherFitsAreRefused() throws IOException {
        FinishedFits fits = create();
        get(fits, 0, 1, 2);
        fits.store();
        assertRefused("seed was 3 and is 4", Map.of("seed", "4"), DATA, 2);
        assertRefused("checksum of the data was", SETTINGS, Matrix.of(new float[][] {{1, 3}}), 2);
        assertRefused(file() + ": it is damaged: a fit has at most 1 numbers, not 2", SETTINGS, DATA, 1);
    }

    private void assertRefused(String reason, Map<String, String> settings, Matrix data, int most) {
        DataException refusal = assertThrows(DataException.class, () -> resume(settings, data, most));
        assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
    }
}
