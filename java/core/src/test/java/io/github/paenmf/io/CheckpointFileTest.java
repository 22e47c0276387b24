package io.github.paenmf.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.StateVisitor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFileTest {

    private static final Map<String, String> PROBLEM = Map.of("rank", "3");

    @TempDir
    Path directory;

    private static void state(StateVisitor visitor) {
        visitor.visit(1.5);
    }

    @Test
    void itIsDueOnceTheIntervalIsOver() throws IOException {
        AtomicLong now = new AtomicLong(7);
        CheckpointFile checkpoint = CheckpointFile.create(directory.resolve("a"), Duration.ofNanos(10), now::get);
        now.set(16);
        assertFalse(checkpoint.isDue());
        now.set(17);
        assertTrue(checkpoint.isDue());
        checkpoint.store(PROBLEM, CheckpointFileTest::state);
        assertFalse(checkpoint.isDue());
        now.set(27);
        assertTrue(checkpoint.isDue());
    }

    /** A fit is worth more than its checkpoint. */
    @Test
    void whatCannotBeWrittenIsTriedAgainLater() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("folder"));
        CheckpointFile checkpoint = CheckpointFile.create(folder.resolve("a"), Duration.ZERO);
        Files.delete(folder);
        checkpoint.store(PROBLEM, CheckpointFileTest::state);
        Files.createDirectory(folder);
        checkpoint.store(PROBLEM, CheckpointFileTest::state);
        double[] loaded = new double[1];
        CheckpointFile.resume(folder.resolve("a"), Duration.ZERO)
                .load(PROBLEM, visitor -> loaded[0] = visitor.visit(0.0));
        assertEquals(1.5, loaded[0]);
    }

    @Test
    void moreThanThereIsIsRefused() throws IOException {
        Path file = directory.resolve("a");
        CheckpointFile.create(file, Duration.ZERO).store(PROBLEM, CheckpointFileTest::state);
        CheckpointFile checkpoint = CheckpointFile.resume(file, Duration.ZERO);
        assertRefused(
                checkpoint,
                visitor -> {
                    visitor.visit(0.0);
                    visitor.visit(0.0);
                },
                file + " is damaged: it has 1 numbers, and more are needed");
        assertRefused(checkpoint, visitor -> visitor.visit(new float[2]), file + ": there is no array 'state_0' in it");
    }

    private static void assertRefused(CheckpointFile checkpoint, Consumer<StateVisitor> state, String reason) {
        DataException refusal = assertThrows(CheckpointException.class, () -> checkpoint.load(PROBLEM, state));
        assertTrue(refusal.getMessage().startsWith(reason), refusal.getMessage());
    }
}
