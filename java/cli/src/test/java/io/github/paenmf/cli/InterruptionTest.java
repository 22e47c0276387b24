package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.io.AtomicFile;
import io.github.paenmf.io.CannotWriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals by their numbers: SIGINT is 2, SIGTERM 15. */
class InterruptionTest {

    private final List<String> exits = new ArrayList<>();
    private final Interruption interruption =
            new Interruption((code, orderly) -> exits.add(code + (orderly ? "" : " at once")));

    @Test
    void theFirstSignalEndsTrainingInOrderAndTheSecondAtOnce() {
        List<String> notices = new ArrayList<>();
        interruption.defer(() -> notices.add("stopping"));

        interruption.signalled(2);

        assertTrue(interruption.requested());
        assertFalse(interruption.ending());
        assertEquals(List.of("stopping"), notices);
        assertEquals(List.of(), exits);
        assertEquals(130, interruption.exitCode(ExitCode.INTERRUPTED));
        assertEquals(ExitCode.CANNOT_WRITE, interruption.exitCode(ExitCode.CANNOT_WRITE));

        interruption.signalled(15);

        assertEquals(List.of("stopping"), notices);
        assertEquals(List.of("143 at once"), exits);
    }

    @Test
    void outsideOfTrainingTheFirstEndsTheProcess() {
        interruption.defer(() -> exits.add("a notice"));
        interruption.release();

        interruption.signalled(15);

        assertFalse(interruption.requested());
        assertTrue(interruption.ending());
        assertEquals(List.of("143"), exits);
        assertEquals(143, interruption.exitCode(ExitCode.INTERRUPTED));
    }

    @Test
    void nothingHalfWrittenIsLeft(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("model.npz");
        assertThrows(
                CannotWriteException.class,
                () -> AtomicFile.write(file, out -> {
                    out.write(1);
                    interruption.signalled(2);
                }));
        assertEquals(List.of("130"), exits);
        try (var files = Files.list(directory)) {
            assertEquals(List.of(), files.toList());
        }
    }
}
