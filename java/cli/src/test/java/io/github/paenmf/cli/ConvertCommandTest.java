package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.cli.Cli.Run;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.BlockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of blocks, and data that stay on the disk. */
class ConvertCommandTest {

    /** A block has at least 256 rows, and about 4 MiB: here these are as many. */
    private static final int COLUMNS = 4100;

    private static final int ROWS = 6 * 256;
    /** What four blocks take, rounded up. */
    private static final String MEMORY = "17m";

    @TempDir
    Path directory;

    private Path file(String name) {
        return directory.resolve(name);
    }

    @Test
    void aConvertedFileIsAsGoodAsTheFirst() throws IOException {
        Path data = Cli.data(directory);
        Path blocks = file("data.vblk");

        Run converted = Cli.run("convert", data, "-o", blocks).expect(ExitCode.DONE);

        assertTrue(converted.out().startsWith(blocks + ": 40 rows × 6 columns, dense, "), converted.out());
        String facts = Cli.run("inspect", data, "--json").out().replaceFirst(".*\"rows\"", "");
        assertEquals(facts, Cli.run("inspect", blocks, "--json").out().replaceFirst(".*\"rows\"", ""));
        for (String algorithm : List.of("pae", "vb", "nmf-hals")) {
            byte[] expected = fitted(data, "--algorithm", algorithm);
            assertArrayEquals(expected, fitted(blocks, "--algorithm", algorithm));
            assertArrayEquals(expected, fitted(blocks, "--algorithm", algorithm, "--memory", "1m"));
        }
    }

    private byte[] fitted(Path data, Object... more) throws IOException {
        Path model = file("model.npz");
        Cli.run(Cli.concat(new Object[] {"fit", data, "-r", 2, "--epochs", 5, "-o", model}, more))
                .expect(ExitCode.DONE);
        return Files.readAllBytes(model);
    }

    @Test
    void severalInputsAreRowsBelowEachOther() {
        Path data = Cli.data(directory);
        Path blocks = file("twice.vblk");
        Path again = file("again.vblk");
        Cli.run("convert", data, data, "-o", blocks).expect(ExitCode.DONE);
        Cli.run("convert", blocks, data, "-o", again).expect(ExitCode.DONE);
        assertEquals(120, Cli.run("inspect", again, "--json").json().get("rows"));
    }

    private Path wide() throws IOException {
        Random random = new Random(2);
        float[] values = new float[ROWS * COLUMNS];
        for (int e = 0; e < values.length; e++) {
            values[e] = (e / COLUMNS % 3 + 1) * (e % COLUMNS % 5) + random.nextFloat();
        }
        BlockFile.write(
                file("wide.vblk"), List.of(Matrix.wrap(values, ROWS, COLUMNS)).iterator());
        return file("wide.vblk");
    }

    /** In blocks of which not all are in memory, from the fit to the end. The library's PagedFitTest is always run. */
    @Test
    @Tag("long")
    void whatIsOnTheDiskIsFittedTransformedAndEvaluated() throws IOException {
        Path data = wide();
        Object[] fit = {
            "fit",
            data,
            "--memory",
            MEMORY,
            "-r",
            2,
            "--algorithm",
            "vb",
            "--init",
            "random",
            "--epochs",
            3,
            "--batch-rows",
            512
        };
        Path whole = file("whole.npz");
        Cli.run(Cli.concat(fit, "-o", whole)).expect(ExitCode.DONE);

        Path resumed = file("resumed.npz");
        Path checkpoint = file("fit.ckpt");
        Interruption interruption = new Interruption();
        interruption.request();
        Cli.run(interruption, Cli.concat(fit, "-o", resumed, "--checkpoint", checkpoint))
                .expect(ExitCode.INTERRUPTED);
        Cli.run(Cli.concat(fit, "-o", resumed, "--resume", checkpoint)).expect(ExitCode.DONE);

        assertArrayEquals(Files.readAllBytes(whole), Files.readAllBytes(resumed));
        String inMemory = Cli.run("evaluate", whole, data, "--json").out();
        assertEquals(
                inMemory,
                Cli.run("evaluate", whole, data, "--json", "--memory", MEMORY).out());
        Cli.run("transform", whole, data, "--memory", MEMORY, "-o", file("latent.npz"))
                .expect(ExitCode.DONE);
        Cli.run("update", whole, data, "--memory", MEMORY, "--epochs", 1, "-o", file("updated.npz"))
                .expect(ExitCode.DONE);
        assertEquals(
                ROWS,
                Cli.run("inspect", data, "--memory", MEMORY, "--json").json().get("rows"));
        Run least = Cli.run("fit", data, "--memory", "16m", "-r", 2).expect(ExitCode.BAD_DATA);
        assertTrue(least.err().contains("give at least 16794624 bytes, not 16777216"), least.err());
        Run holdout = Cli.run("fit", data, "--memory", MEMORY, "-r", 2, "--holdout", 0.1)
                .expect(ExitCode.USAGE);
        assertTrue(holdout.err().contains("--holdout splits a copy"), holdout.err());
        Run restarts = Cli.run(Cli.concat(fit, "--restarts", 2)).expect(ExitCode.USAGE);
        assertTrue(restarts.err().contains("--restarts must be 1 with data on the disk"), restarts.err());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -o data.csv                         | --output must end in .vblk
            -o data.vblk --zeros-missing        | --zeros-missing has no effect
            """)
    void whatCannotBeIsRefused(String options, String message) {
        Run run = Cli.run(Cli.concat(new Object[] {"convert", Cli.data(directory)}, (Object[])
                        options.strip().split(" ")))
                .expect(ExitCode.USAGE);
        assertTrue(run.err().contains(message), run.err());
    }

    @Test
    void anInputThatIsNotThereLeavesNothing() throws IOException {
        Path blocks = file("data.vblk");
        Run run = Cli.run("convert", Cli.data(directory), file("none.csv"), "-o", blocks)
                .expect(ExitCode.NO_INPUT);
        assertTrue(run.err().contains("none.csv: there is no such file"), run.err());
        assertFalse(Files.exists(blocks));
        Run bad = Cli.run("fit", Cli.data(directory), "-r", 2, "--memory", "1g").expect(ExitCode.BAD_DATA);
        assertTrue(bad.err().contains("only .vblk and .npy can stay on the disk"), bad.err());
        Run unit = Cli.run("fit", blocks, "-r", 2, "--memory", "1").expect(ExitCode.USAGE);
        assertTrue(unit.err().contains("such as 512m or 4g, not '1'"), unit.err());
    }
}
