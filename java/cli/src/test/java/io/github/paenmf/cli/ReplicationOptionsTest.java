package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Restarts and a bootstrap on the command line, and what basis and report make of them. */
class ReplicationOptionsTest {

    @TempDir
    private Path directory;

    private Cli.Run fit(Path model, Object... options) {
        Path input = Cli.write(directory.resolve("in.npz"), Cli.planted(40, 6));
        Object[] command = {"fit", input, "-r", 2, "--epochs", 25, "-o", model};
        return Cli.run(Cli.concat(command, options));
    }

    private Path fitted(Object... options) {
        Path model = directory.resolve("model.npz");
        fit(model, options).expect(ExitCode.DONE);
        return model;
    }

    private Path basis(Path model, String name, Object... options) {
        Path output = directory.resolve(name);
        Cli.run(Cli.concat(new Object[] {"basis", model, "-o", output}, options))
                .expect(ExitCode.DONE);
        return output;
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "nmf-hals", "nmf-mu", "nmf-kl"})
    void fitSaysHowOftenComponentsComeOut(String algorithm) {
        Object[] options = {"--algorithm", algorithm, "--restarts", 4, "--bootstrap", 3};
        Cli.Run text = fit(directory.resolve("m.npz"), options).expect(ExitCode.DONE);
        Map<String, Object> json = fit(directory.resolve("m.npz"), Cli.concat(options, "--json"))
                .expect(ExitCode.DONE)
                .json();

        String objective = algorithm.equals("vb") ? "objective with the KL of the basis " : "objective ";
        assertTrue(text.out().matches("(?s).*  restarts +4, " + objective + "-?\\d.*"), text.out());
        assertTrue(text.out().contains("of 3 other fits, found (cosine at least 0.9) in: component1 "), text.out());
        assertTrue(text.out().contains("of 3 fits of rows drawn anew, found in: component1 "), text.out());
        Map<?, ?> restarts = (Map<?, ?>) json.get("restarts");
        assertEquals(4, restarts.get("fits"));
        assertEquals("none", restarts.get("resample"));
        assertEquals(4, ((List<?>) restarts.get("objectives")).size());
        assertEquals(2, ((List<?>) restarts.get("found")).size());
        assertEquals(3, ((Map<?, ?>) json.get("bootstrap")).get("fits"));
    }

    @Test
    void basisWritesIntervalsOfTheBootstrap() throws IOException {
        Path model = fitted("--algorithm", "nmf-hals", "--bootstrap", 4);
        VariationalModel.Bounds bounds =
                FactorisationModel.load(model).bootstrapIntervals(0.8).orElseThrow();

        Matrix table = MatrixReader.read(basis(model, "w.csv", "--intervals", "bootstrap", "--level", 0.8)
                .toString());

        assertEquals(
                List.of("component1.value", "component1.lower", "component1.upper"),
                table.columnNames().subList(0, 3));
        for (int f = 0; f < 6; f++) {
            assertEquals(bounds.lower().get(f, 1), table.get(f, 4));
            assertEquals(bounds.upper().get(f, 1), table.get(f, 5));
        }
    }

    @Test
    void basisWritesWhatIsKnownOfEachComponent() throws IOException {
        Path model = fitted("--algorithm", "vb", "--restarts", 4, "--bootstrap", 3);

        List<String> lines = Files.readAllLines(basis(model, "c.csv", "--components")).stream()
                .map(line -> line.replace("\"", ""))
                .toList();

        assertEquals(
                "component,found,cosine,cosine_lower,cosine_upper,kept,included,width,bootstrap_found,bootstrap_cosine,"
                        + "bootstrap_cosine_lower,bootstrap_cosine_upper,bootstrap_width",
                lines.get(0));
        assertEquals(3, lines.size());
        assertTrue(lines.get(2).startsWith("component2,"), lines.get(2));
        double found = FactorisationModel.load(model)
                .stability()
                .orElseThrow()
                .matches()
                .found(0);
        assertEquals(found, Double.parseDouble(lines.get(1).split(",", -1)[1]), 1e-7); // written as a float
    }

    @Test
    void basisWritesTheConsensus() throws IOException {
        Path model = fitted("--algorithm", "nmf-hals", "--restarts", 4, "--consensus");
        Matrix expected = FactorisationModel.load(model).consensusBasis().orElseThrow();

        Matrix table = MatrixReader.read(basis(model, "w.csv", "--consensus").toString());

        for (int f = 0; f < 6; f++) {
            assertEquals(expected.get(f, 0), table.get(f, 0));
            assertEquals(expected.get(f, 1), table.get(f, 1));
        }
    }

    @Test
    void theReportShowsBothIntervalsInWords() throws IOException {
        Path model = fitted("--algorithm", "vb", "--restarts", 3, "--bootstrap", 3);
        Path report = directory.resolve("r.html");
        Cli.run("report", model, directory.resolve("in.npz"), "-o", report).expect(ExitCode.DONE);

        String page = Files.readString(report);

        assertTrue(page.contains("If the model holds"));
        assertTrue(page.contains("had other samples been drawn"));
        assertTrue(page.contains("\"bootstrapLower\""));
        assertTrue(page.contains("\"titles\":[\"found\",\"cosine\""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--restarts 0|--restarts must be at least 1, not 0",
                "--bootstrap 1|--bootstrap must be at least 2, or 0, not 1",
                "--resample rows|--resample has no effect without restarts",
                "--consensus|--consensus has no effect without restarts",
                "--restarts 2 --init nndsvd|--init must be random with restarts",
                "--restarts 2 --resample halves|is not one of none, rows, poisson"
            })
    void whatHasNoEffectIsRefused(String options, String message) {
        Cli.Run run = fit(directory.resolve("m.npz"), Cli.concat(new Object[] {"--algorithm", "nmf-hals"}, (Object[])
                options.split(" ")));

        assertTrue(run.expect(ExitCode.USAGE).err().contains(message), run.err());
    }

    @Test
    void anAutoencoderHasNone() {
        Cli.Run run = fit(directory.resolve("m.npz"), "--restarts", 2).expect(ExitCode.USAGE);

        assertTrue(run.err().contains("--restarts needs --algorithm vb, nmf-mu, nmf-hals or nmf-kl"), run.err());
    }

    @ParameterizedTest
    @CsvSource({
        "--intervals bootstrap, has no bootstrap",
        "--components, nothing is known of the components",
        "--consensus, has no consensus",
        "--level 0.8, --level has no effect on a model of nmf-hals"
    })
    void basisSaysWhatAModelLacks(String options, String message) {
        Path model = fitted("--algorithm", "nmf-hals");
        Cli.Run run = Cli.run(Cli.concat(
                new Object[] {"basis", model, "-o", directory.resolve("w.csv")}, (Object[]) options.split(" ")));

        assertTrue(run.expect(ExitCode.USAGE).err().contains(message), run.err());
    }
}
