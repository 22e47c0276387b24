package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.MatrixWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CovariateOptionsTest {

    private static final int ROWS = 40;
    private static final int COLUMNS = 9;

    @TempDir
    private Path folder;

    private Matrix data;
    private Path input;
    private Path covariates;
    private Path model;

    @BeforeEach
    void write() throws IOException {
        data = Cli.planted(ROWS, COLUMNS);
        input = folder.resolve("data.csv");
        covariates = folder.resolve("covariates.csv");
        model = folder.resolve("model.npz");
        MatrixWriter.write(input, data);
        Files.writeString(covariates, table(ROWS, i -> i % 3 == 0 ? "b" : "a"));
    }

    /** In another order than the data. */
    private String table(int rows, IntFunction<String> batch) {
        return "sample,batch,age\n"
                + IntStream.range(0, rows)
                        .map(i -> rows - 1 - i)
                        .mapToObj(i -> data.rowNames().get(i) + "," + batch.apply(i) + "," + i * i % 7 + "\n")
                        .collect(Collectors.joining());
    }

    private Cli.Run fit(Object... more) {
        Object[] args = {"fit", input, "-r", 2, "--epochs", 30, "-o", model};
        return Cli.run(Cli.concat(args, more));
    }

    private void fitWithCovariates() {
        fitWithCovariates("vb");
    }

    private void fitWithCovariates(String algorithm) {
        fit("--algorithm", algorithm, "--covariates", covariates).expect(ExitCode.DONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "pae"})
    void everyCommandThatReadsRowsTakesTheirCovariates(String algorithm) throws IOException {
        fitWithCovariates(algorithm);
        assertEquals(
                List.of("batch: a", "batch: b", "age"),
                FactorisationModel.load(model).covariates().codedNames().stream()
                        .sorted((a, b) -> a.startsWith("age") ? 1 : b.startsWith("age") ? -1 : a.compareTo(b))
                        .toList());
        Path out = folder.resolve("out.csv");
        Path page = folder.resolve("report.html");
        Path next = folder.resolve("next.npz");
        Path picture = folder.resolve("latent.svg");
        for (Object[] command : new Object[][] {
            {"transform", model, input, "-o", out},
            {"evaluate", model, input},
            {"reconstruct", model, input, "-o", out},
            {"sample", model, input, "--count", 3, "-o", out},
            {"update", model, input, "--epochs", 2, "-o", next},
            {"plot", model, input, "--what", "latent", "-o", picture},
            {"report", model, input, "-o", page},
        }) {
            Cli.Run without = Cli.run(command).expect(ExitCode.USAGE);
            assertTrue(without.err().contains("fitted with the covariates batch, age: give"), without.err());
            Cli.run(Cli.concat(command, "--covariates", covariates)).expect(ExitCode.DONE);
        }
        assertEquals(
                List.of("batch", "age"),
                FactorisationModel.load(next).covariates().names());
        String html = Files.readString(page);
        String effects = html.substring(html.indexOf("\"covariates\":{\"names\":["));
        assertTrue(effects.startsWith("\"covariates\""), "the report has their effects");
        String fields = effects.substring(0, effects.indexOf('}'));
        assertEquals(algorithm.equals("vb"), fields.contains("\"lower\":"), fields);
        assertTrue(html.contains("[\"Covariates\",\"batch, age\"]"));
    }

    @Test
    void inspectSaysHowTheyAreTaken() throws IOException {
        String out = Cli.run("inspect", input, "--covariates", covariates)
                .expect(ExitCode.DONE)
                .out();
        assertTrue(out.contains("batch: 2 levels, "), out);
        assertTrue(out.contains("age: numbers, mean "), out);
        Map<String, Object> json = Cli.run("inspect", input, "--covariates", covariates, "--json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(2, ((List<?>) json.get("covariates")).size());
        Files.writeString(covariates, table(ROWS, i -> "a"));
        Cli.Run constant = Cli.run("inspect", input, "--covariates", covariates).expect(ExitCode.BAD_DATA);
        assertTrue(constant.err().contains(covariates + ": the covariate 'batch' is 'a' in all"), constant.err());
    }

    /** Rows that stay on the disk, too. */
    @ParameterizedTest
    @CsvSource({"vb, --intervals, mean-field", "pae, --batch-rows, 16", "pae, --hidden, 4"})
    void rowsOnTheDiskHaveTheirs(String algorithm, String option, String value) throws IOException {
        Path blocks = folder.resolve("data.vblk");
        Cli.run("convert", input, "-o", blocks).expect(ExitCode.DONE);
        Object[] start = {"-r", 2, "--algorithm", algorithm, "--epochs", 3, option, value};
        Cli.run(Cli.concat(
                        new Object[] {"fit", blocks, "--memory", "1m", "-o", model, "--covariates", covariates}, start))
                .expect(ExitCode.DONE);
        byte[] onDisk = Files.readAllBytes(model);
        Cli.run(Cli.concat(new Object[] {"fit", input, "-o", model, "--covariates", covariates}, start))
                .expect(ExitCode.DONE);
        assertArrayEquals(Files.readAllBytes(model), onDisk);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "pae"})
    void samplesAreOfTheSettingsInTurn(String algorithm) throws IOException {
        fitWithCovariates(algorithm);
        Path settings = folder.resolve("settings.csv");
        Files.writeString(settings, "batch,age,site\na,3,x\nb,3,y\n");
        Path out = folder.resolve("new.csv");
        Cli.Run run = Cli.run("sample", model, "--covariates", settings, "--count", 5, "-o", out)
                .expect(ExitCode.DONE);
        assertTrue(run.err().contains("left out what the model was not fitted with: site"), run.err());
        Matrix five = MatrixReader.read(out.toString());
        Files.writeString(settings, "batch,age\na,3\na,3\n");
        Cli.run("sample", model, "--covariates", settings, "--count", 5, "-o", out)
                .expect(ExitCode.DONE);
        Matrix ofA = MatrixReader.read(out.toString());
        for (int i = 0; i < 5; i += 2) {
            assertArrayEquals(ofA.toRows()[i], five.toRows()[i]);
        }
        assertTrue(ofA.get(1, 0) != five.get(1, 0));
        Cli.Run without = Cli.run("sample", model, "--count", 5, "-o", out).expect(ExitCode.USAGE);
        assertTrue(without.err().contains("give those of the rows to be by --covariates FILE"), without.err());
    }

    @Test
    void heldOutEntriesAndRestartsGoWithThem() {
        Cli.Run run = fit(
                "--algorithm", "vb", "--covariates", covariates, "--holdout", 0.1, "--restarts", 2, "--bootstrap", 2);
        assertTrue(run.expect(ExitCode.DONE).out().contains("held-out relative error"), run.out());
        Cli.Run pae = fit("--algorithm", "pae", "--covariates", covariates, "--holdout", 0.1);
        assertTrue(pae.expect(ExitCode.DONE).out().contains("held-out relative error"), pae.out());
    }

    @ParameterizedTest
    @CsvSource({
        "ae, --covariates has no effect with --algorithm ae",
        "nmf-hals, --covariates has no effect with --algorithm nmf-hals",
    })
    void othersRefuseThem(String algorithm, String expected) {
        Cli.Run run = fit("--algorithm", algorithm, "--covariates", covariates).expect(ExitCode.USAGE);
        assertTrue(run.err().contains(expected), run.err());
    }

    @ParameterizedTest
    @CsvSource({
        "--optimiser, gd, '--covariates must be left out with gd, whose learning rates'",
        "--no-kl, '', '--covariates has no effect without KL'",
    })
    void whatDoesNotGoWithThemInPaeIsRefusedByName(String option, String value, String expected) {
        Object[] more = {"--covariates", covariates, option};
        Cli.Run run = fit(value.isEmpty() ? more : Cli.concat(more, value));
        assertTrue(run.exitCode() != ExitCode.DONE && run.err().contains(expected), run.err());
    }

    @ParameterizedTest
    @CsvSource({
        "--batch-rows, 10, '--batch-rows must be 0, all rows in a step, with covariates'",
        "--likelihood, poisson, 'covariates has no effect with a Poisson likelihood'",
        "--intervals, rotation, --intervals must be",
    })
    void whatDoesNotGoWithThemIsRefusedByName(String option, String value, String expected) {
        Cli.Run run = fit("--algorithm", "vb", "--covariates", covariates, option, value)
                .expect(ExitCode.USAGE);
        assertTrue(run.err().contains(expected), run.err());
    }

    @Test
    void whatIsWrongWithTheFileIsReportedUnderItsName() throws IOException {
        fitWithCovariates();
        Path out = folder.resolve("out.csv");
        Object[] transform = {"transform", model, input, "-o", out, "--covariates", covariates};
        Files.writeString(covariates, table(ROWS, i -> i == 4 ? "z" : "a"));
        String label = "row 5 (" + data.rowNames().get(4) + ")";
        Cli.Run level = Cli.run(transform).expect(ExitCode.BAD_DATA);
        assertTrue(
                level.err().contains(covariates + ": the covariate 'batch' in " + label + " is 'z', which is none"),
                level.err());
        Files.writeString(covariates, table(ROWS - 1, i -> "a"));
        Cli.Run row = Cli.run(transform).expect(ExitCode.BAD_DATA);
        assertTrue(row.err().contains(covariates + ": row " + ROWS + " ("), row.err());
        assertTrue(row.err().contains("of the data has no covariates"), row.err());
        fit("--algorithm", "vb").expect(ExitCode.DONE);
        Cli.Run useless = Cli.run(transform).expect(ExitCode.USAGE);
        assertTrue(useless.err().contains("--covariates has no effect on a model that was not"), useless.err());
    }
}
