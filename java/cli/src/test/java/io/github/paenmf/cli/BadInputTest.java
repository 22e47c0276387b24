package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be used is refused in one or two lines that say what, where and what to do. */
class BadInputTest {

    @TempDir
    private Path directory;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    private Cli.Run fit(Path input, Object... more) {
        Path model = directory.resolve("model.npz");
        Object[] args = {"fit", input, "-r", 1, "--algorithm", "pae", "--epochs", 3, "-o", model, "--json"};
        return Cli.run(Cli.concat(args, more));
    }

    /** The message, which is about this input. */
    private String refused(int exitCode, Cli.Run run, Path input) {
        run.expect(exitCode);
        assertEquals("", run.out());
        assertTrue(run.err().contains(input.toString()), run.err());
        assertTrue(run.err().startsWith("paenmf: "), run.err());
        assertTrue(run.err().lines().count() <= 2, run.err());
        assertFalse(run.err().contains("Exception"), run.err());
        return run.err();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,2;3,-4 | row 2, column 2",
                "1,2;3,nan | row 2, column 2",
                "inf,2;3,4 | row 1, column 1",
                "'' | empty",
                "a,b,c | header",
                "1,2;3,4,5 | line 2",
                "1,2;3,x | line 2",
                "0,0;0,0 | all values are 0",
            })
    void dataThatCannotBeFactorised(String content, String where) throws IOException {
        Path input = file("bad.csv", content.replace(';', '\n'));

        String message = refused(ExitCode.BAD_DATA, fit(input), input);

        assertTrue(message.startsWith("paenmf: " + input + ": "), message);
        assertTrue(message.contains(where), message);
        assertFalse(Files.exists(directory.resolve("model.npz")));
    }

    @Test
    void aNamedCellIsNamed() throws IOException {
        Path input = file("bad.csv", "gene,left,right\nTP53,1,2\nMYC,3,-4\n");

        String message = refused(ExitCode.BAD_DATA, fit(input), input);

        assertTrue(message.contains("row 2 (MYC), column 2 (right)"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1,2,3", // one row
                "1;2;3", // one column
                "1,2;0,0;3,4", // an all-zero row
                "1,0;2,0;3,0", // an all-zero column
                "2,2;2,2;2,2", // constant
                "1e30,2e30;3e30,1e30;2e30,3e30",
                "1e-30,2e-30;3e-30,1e-30;2e-30,3e-30",
            })
    void dataThatAreOddButUsable(String content) throws IOException {
        Path input = file("odd.csv", content.replace(';', '\n'));

        Map<String, Object> json = fit(input).expect(ExitCode.DONE).json();

        assertEquals(content.chars().filter(c -> c == ';').count() + 1, ((Number) json.get("rows")).longValue());
        Map<?, ?> score = (Map<?, ?>) json.get("score");
        assertTrue((double) score.get("relativeErrorMedian") >= 0, score.toString());
    }

    @ParameterizedTest
    @CsvSource({"transform", "reconstruct", "evaluate", "update", "sample"})
    void otherFeaturesThanTheModels(String command) throws IOException {
        Path model = Cli.model(directory);
        Path input = file("narrow.csv", "1,2\n3,4\n5,6\n");
        Path output = directory.resolve("out.npz");
        Object[] args = command.equals("evaluate")
                ? new Object[] {command, model, input}
                : command.equals("sample")
                        ? new Object[] {command, model, input, "--count", 3, "-o", output}
                        : new Object[] {command, model, input, "-o", output};

        String message = refused(ExitCode.BAD_DATA, Cli.run(args), input);

        assertTrue(message.startsWith("paenmf: " + input + ": the data have 2 columns"), message);
        assertFalse(Files.exists(output));
    }

    @Test
    void moreThanMemoryHolds() throws IOException {
        Path input = file("large.mtx", "%%MatrixMarket matrix coordinate real general\n2000000 2000000 1\n1 1 1.5\n");

        String message = refused(ExitCode.BAD_DATA, fit(input, "--dense"), input);

        assertTrue(message.matches("(?s).*needs .* of memory, but only .* free.*"), message);
    }

    @Test
    void aBombAndAPathInAnArchive() throws IOException {
        Path bomb = directory.resolve("bomb.npz");
        writeZip(bomb, "data.npy", 1 << 26);
        Path escape = directory.resolve("escape.npz");
        writeZip(escape, "../../data.npy", 10);

        refused(ExitCode.BAD_DATA, fit(bomb), bomb);
        String message = refused(ExitCode.BAD_DATA, fit(escape), escape);

        assertTrue(message.contains("../../data.npy"), message);
    }

    private static void writeZip(Path file, String entry, int zeros) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(new byte[zeros]);
        }
    }

    @Test
    void aMissingInput() {
        Path missing = directory.resolve("missing.csv");
        Path output = directory.resolve("out.npz");

        refused(ExitCode.NO_INPUT, fit(missing), missing);
        refused(ExitCode.NO_INPUT, Cli.run("transform", missing, missing, "-o", output), missing);
        Path model = Cli.model(directory);
        refused(ExitCode.NO_INPUT, Cli.run("evaluate", model, missing), missing);
        Cli.run("fit", "demo:letters", "-r", 1, "-o", output).expect(ExitCode.NO_INPUT);
    }

    @Test
    void anInputThatIsNoModel() throws IOException {
        Path data = Cli.data(directory);
        Path foreign = Cli.write(directory.resolve("foreign.npz"), Cli.planted(4, 3));
        Path truncated = directory.resolve("truncated.npz");
        byte[] model = Files.readAllBytes(Cli.model(directory));
        Files.write(truncated, Arrays.copyOf(model, model.length / 2));

        for (Path file : new Path[] {data, foreign, truncated}) {
            String message = refused(ExitCode.BAD_DATA, Cli.run("evaluate", file, data), file);
            assertTrue(message.startsWith("paenmf: " + file + ": "), message);
        }
    }

    @Test
    void anOutputThatCannotBeWritten() throws IOException {
        Path data = Cli.data(directory);
        Path nowhere = directory.resolve("missing").resolve("model.npz");
        Path folder = Files.createDirectory(directory.resolve("folder.npz"));
        Path inFile = data.resolve("model.npz");

        for (Path output : new Path[] {nowhere, folder, inFile}) {
            // The input does not exist: the output is looked at first.
            refused(ExitCode.CANNOT_WRITE, Cli.run("fit", "missing.csv", "-r", 1, "-o", output), output);
        }
        Path model = Cli.model(directory);
        refused(ExitCode.CANNOT_WRITE, Cli.run("update", model, data, "-o", nowhere), nowhere);
        refused(ExitCode.CANNOT_WRITE, Cli.run("transform", model, data, "-o", nowhere), nowhere);
        refused(ExitCode.CANNOT_WRITE, Cli.run("reconstruct", model, data, "-o", nowhere), nowhere);
        refused(ExitCode.CANNOT_WRITE, Cli.run("sample", model, "--count", 1, "-o", nowhere), nowhere);
        refused(ExitCode.CANNOT_WRITE, Cli.run("demo", "--out", data), data);
    }

    @Test
    void theCheckLeavesNothingBehind() throws IOException {
        Path data = Cli.data(directory);
        Path model = Cli.model(directory);
        byte[] before = Files.readAllBytes(model);

        Cli.run("fit", directory.resolve("missing.csv"), "-r", 1, "-o", model).expect(ExitCode.NO_INPUT);

        assertArrayEquals(before, Files.readAllBytes(model));
        try (var files = Files.list(directory)) {
            assertEquals(2, files.count(), "more than " + data + " and " + model);
        }
    }

    @Test
    void debugPrintsTheStackTrace() {
        Path missing = directory.resolve("missing.csv");

        Cli.Run plain = fit(missing).expect(ExitCode.NO_INPUT);
        Cli.Run debug = Cli.run("fit", missing, "-r", 1, "-o", directory.resolve("m.npz"), "--debug")
                .expect(ExitCode.NO_INPUT);

        assertFalse(plain.err().contains("\tat "), plain.err());
        assertTrue(debug.err().contains("\tat io.github.paenmf."), debug.err());
    }

    @Test
    void aTextIsNoModel() throws IOException {
        Path text = file("counts.csv", "1,2\n3,4\n");

        String message = refused(ExitCode.BAD_DATA, Cli.run("evaluate", text, text), text);

        assertTrue(message.contains("no .npz (zip) file, but one of another kind"), message);
    }

    @Test
    void standardInputHasAName() {
        Path dash = Path.of("-");

        assertTrue(refused(ExitCode.NO_INPUT, fit(dash), dash).contains("standard input is /dev/stdin"));
    }

    @Test
    void whatDivergesIsSavedAsItLastWasGood() throws IOException {
        Path model = Cli.model(directory);
        // In units of the model's own data, the squares of these leave the range of float32.
        Path input = file("huge.csv", "1e30,2e30,1e30,3e30,1e30,1e30\n3e30,1e30,1e30,1e30,2e30,1e30\n");
        Path updated = directory.resolve("updated.npz");

        Cli.Run run = Cli.run("update", model, input, "-o", updated, "--json").expect(ExitCode.INTERNAL);

        assertTrue(run.err().contains("training diverged"), run.err());
        assertEquals("diverged", run.json().get("stopReason"));
        assertEquals(Cli.parameters(model), Cli.parameters(updated));
    }
}
