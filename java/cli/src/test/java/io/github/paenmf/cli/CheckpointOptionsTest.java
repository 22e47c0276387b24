package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.RankSelection;
import io.github.paenmf.cli.Cli.Run;
import io.github.paenmf.io.CheckpointFile;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointOptionsTest {

    @TempDir
    Path directory;

    private Path data;
    private Path checkpoint;
    private Path model;

    @BeforeEach
    void setUp() {
        data = Cli.data(directory);
        checkpoint = directory.resolve("of fit.ckpt");
        model = directory.resolve("model.npz");
    }

    private Object[] fit(Object... more) {
        return Cli.concat(
                new Object[] {"fit", data, "-r", 2, "--algorithm", "nmf-mu", "--epochs", 40, "-o", model}, more);
    }

    /** A signal that comes in the first epoch. */
    private static Run stopped(Object... args) {
        Interruption interruption = new Interruption();
        interruption.request();
        return Cli.run(interruption, args).expect(ExitCode.INTERRUPTED);
    }

    @Test
    void aFitThatWasStoppedGoesOnWithTheCommandThatItSays() throws IOException {
        Cli.run(fit()).expect(ExitCode.DONE);
        byte[] whole = Files.readAllBytes(model);

        Run stopped = stopped(fit("--checkpoint", checkpoint));

        String command = "go on with: paenmf fit " + data + " -r 2 --algorithm nmf-mu --epochs 40 -o " + model
                + " --resume '" + checkpoint + "'";
        assertTrue(stopped.err().contains(command), stopped.err());
        assertFalse(Arrays.equals(whole, Files.readAllBytes(model)));
        Cli.run(fit("--resume", checkpoint)).expect(ExitCode.DONE);
        assertArrayEquals(whole, Files.readAllBytes(model));
        assertFalse(Files.exists(checkpoint), "it is of no use any more");
    }

    @Test
    void anUpdateGoesOn() throws IOException {
        Cli.run(fit()).expect(ExitCode.DONE);
        Path updated = directory.resolve("updated.npz");
        Object[] update = {"update", model, data, "--epochs", 30, "-o", updated};
        Cli.run(update).expect(ExitCode.DONE);
        byte[] whole = Files.readAllBytes(updated);

        stopped(Cli.concat(update, "--checkpoint=" + checkpoint));
        Run resumed = Cli.run(Cli.concat(update, "--resume=" + checkpoint)).expect(ExitCode.DONE);

        assertArrayEquals(whole, Files.readAllBytes(updated), resumed.err());
    }

    /** A fit that ends by itself leaves nothing beside its model. */
    @Test
    void aFitThatIsDoneHasNoCheckpoint() throws IOException {
        Cli.run(fit("--checkpoint", checkpoint, "--every", "0s")).expect(ExitCode.DONE);
        try (var files = Files.list(directory)) {
            assertEquals(List.of(data, model), files.sorted().toList());
        }
    }

    /** Of several methods each has a file of its own; one that has none yet starts. */
    @Test
    void aRankGoesOnWithTheFitsThatAreDone() throws IOException {
        Object[] rank = {"rank", data, "--max", 3, "--epochs", 20, "--method", "mdl,bicv", "--json"};
        String whole = Cli.run(rank).expect(ExitCode.DONE).out();
        Path ofFirst = directory.resolve("of fit.ckpt.mdl");
        RankSelection first = RankSelection.builder()
                .ranks(1, 3)
                .epochs(20)
                .listener((done, of) -> done < 4)
                .checkpoints(CheckpointFile.create(ofFirst, Duration.ofDays(1)))
                .build();
        assertThrows(CancellationException.class, () -> first.select(MatrixReader.read(data.toString())));

        Object[] resume = Cli.concat(rank, "--resume", checkpoint);
        Run stopped = stopped(resume);
        assertTrue(
                stopped.err()
                        .contains("go on with: paenmf rank " + data
                                + " --max 3 --epochs 20 --method mdl,bicv --json --resume '" + checkpoint + "'"),
                stopped.err());
        Run other = Cli.run(Cli.concat(resume, "--seed", 7)).expect(ExitCode.BAD_DATA);
        assertTrue(
                other.err().contains(ofFirst + " is the checkpoint of another fit: seed was 0 and is 7"), other.err());

        assertEquals(whole, Cli.run(resume).expect(ExitCode.DONE).out());
        try (var files = Files.list(directory)) {
            assertEquals(List.of(data), files.toList());
        }
        Run none = Cli.run(resume).expect(ExitCode.NO_INPUT);
        assertTrue(none.err().contains(ofFirst + ": there is no such file"), none.err());
    }

    @Test
    void anotherFitIsRefusedAndNothingIsLost() throws IOException {
        stopped(fit("--checkpoint", checkpoint));
        byte[] kept = Files.readAllBytes(checkpoint);
        byte[] before = Files.readAllBytes(model);

        Run other = Cli.run(fit("--resume", checkpoint, "--seed", 7)).expect(ExitCode.BAD_DATA);
        assertTrue(
                other.err().startsWith("paenmf: " + checkpoint + " is the checkpoint of another fit: "), other.err());
        assertTrue(other.err().contains("seed was 0 and is 7"), other.err());
        Run overwriting = Cli.run(fit("--checkpoint", checkpoint)).expect(ExitCode.BAD_DATA);
        assertTrue(overwriting.err().contains("is there already"), overwriting.err());

        assertArrayEquals(kept, Files.readAllBytes(checkpoint));
        assertArrayEquals(before, Files.readAllBytes(model));
    }

    @Test
    void whatIsNoCheckpointIsRefused() throws IOException {
        Path other = Cli.model(directory);
        Run ofModel = Cli.run(fit("--resume", other)).expect(ExitCode.BAD_DATA);
        assertTrue(ofModel.err().contains("is not a checkpoint of paenmf"), ofModel.err());
        Run ofNothing = Cli.run(fit("--resume", checkpoint)).expect(ExitCode.NO_INPUT);
        assertTrue(ofNothing.err().contains(checkpoint + ": there is no such file"), ofNothing.err());
        stopped(fit("--checkpoint", checkpoint));
        byte[] bytes = Files.readAllBytes(checkpoint);
        bytes[bytes.length / 2] ^= 1;
        Files.write(checkpoint, bytes);
        Run damaged = Cli.run(fit("--resume", checkpoint)).expect(ExitCode.BAD_DATA);
        assertTrue(damaged.err().startsWith("paenmf: " + checkpoint + ": array 'state_"), damaged.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --every 30s                            | --every has no effect without --checkpoint or --resume
            --checkpoint a --resume b              | --resume keeps the state in its own file; leave --checkpoint out
            --checkpoint a --every 30              | such as 30s, 5m or 1h, not '30'
            --checkpoint a --every 25h             | must be a time up to 24h
            --checkpoint a --restarts 3            | --checkpoint has no effect with restarts
            """)
    void whatCannotBeIsRefused(String options, String message) {
        Run run = Cli.run(fit((Object[]) options.strip().split(" "))).expect(ExitCode.USAGE);
        assertTrue(run.err().contains(message), run.err());
    }
}
