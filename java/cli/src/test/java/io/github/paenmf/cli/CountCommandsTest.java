package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.CountThinning;
import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.VbInit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts on the command line: fits by a Poisson likelihood, and counts that are held out. */
class CountCommandsTest {

    @TempDir
    private Path directory;

    private Path counts;
    private Path model;

    @BeforeEach
    void writeCounts() {
        Matrix planted = Cli.planted(60, 9);
        for (int i = 0; i < 60; i++) {
            for (int f = 0; f < 9; f++) {
                planted.storage(i)[planted.offset(i) + f] = Math.round(4 * planted.get(i, f));
            }
        }
        counts = Cli.write(directory.resolve("counts.npy"), planted);
        model = directory.resolve("model.npz");
    }

    private Cli.Run fit(Path data, String options) {
        Object[] command = {"fit", data, "-r", 2, "-o", model, "--epochs", 20};
        return Cli.run(Cli.concat(command, (Object[]) options.split(" ")));
    }

    @Test
    void everyCommandTakesAFitOfCounts() throws IOException {
        Map<String, Object> json = fit(counts, "--algorithm vb --likelihood poisson --json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals("poisson", json.get("likelihood"));
        assertFalse(json.get("warnings").toString().contains("not counts"));
        VariationalModel loaded = VariationalModel.load(model);
        assertEquals(Likelihood.POISSON, loaded.configuration().likelihood());
        assertEquals(VbInit.RANDOM, loaded.configuration().init());
        Matrix data = MatrixReader.read(counts.toString());
        Map<String, Object> score = Cli.run("evaluate", model, counts, "--json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(loaded.score(data).deviance(), score.get("deviance"));
        assertFalse(score.containsKey("sigma"));
        String lines = Cli.run("evaluate", model, counts).expect(ExitCode.DONE).out();
        assertTrue(lines.contains("deviance per entry"), lines);
        Path table = directory.resolve("h.csv");
        Cli.run("transform", model, counts, "-o", table).expect(ExitCode.DONE);
        List<String> columns = MatrixReader.read(table.toString()).columnNames();
        assertTrue(columns.containsAll(List.of("component1.lower", "component2.upper")), columns.toString());
        Cli.run("reconstruct", model, counts, "-o", directory.resolve("v.npy")).expect(ExitCode.DONE);
        Cli.run("basis", model, "-o", directory.resolve("w.csv")).expect(ExitCode.DONE);
        Path report = directory.resolve("report.html");
        Cli.run("report", model, counts, "-o", report).expect(ExitCode.DONE);
        String html = Files.readString(report);
        assertTrue(html.contains("\"Deviance\"") && html.contains("Poisson, of counts"));
        assertFalse(html.contains("\"Noise σ\""));
        Path updated = directory.resolve("updated.npz");
        Cli.run("update", model, counts, "-o", updated, "--epochs", 5).expect(ExitCode.DONE);
        assertEquals(
                Likelihood.POISSON,
                VariationalModel.load(updated).configuration().likelihood());
        assertEquals(25, VariationalModel.load(updated).totalEpochs());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pae", "ae"})
    void everyCommandTakesAnAutoencoderOfCounts(String algorithm) throws IOException {
        String options = "--algorithm " + algorithm + " --likelihood poisson";
        Map<String, Object> json =
                fit(counts, options + " --json").expect(ExitCode.DONE).json();
        assertEquals("poisson", json.get("likelihood"));
        PaeNmfModel loaded = PaeNmfModel.load(model);
        assertEquals(Likelihood.POISSON, loaded.configuration().likelihood());
        Matrix data = MatrixReader.read(counts.toString());
        Map<String, Object> score = Cli.run("evaluate", model, counts, "--json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(loaded.score(data).deviance(), score.get("deviance"));
        Path table = directory.resolve("h.csv");
        Cli.run("transform", model, counts, "-o", table).expect(ExitCode.DONE);
        Cli.run("reconstruct", model, counts, "-o", directory.resolve("v.npy")).expect(ExitCode.DONE);
        Path report = directory.resolve("report.html");
        Cli.run("report", model, counts, "-o", report).expect(ExitCode.DONE);
        String html = Files.readString(report);
        assertTrue(html.contains("\"Deviance\"") && html.contains("Poisson, of counts"));
        Path updated = directory.resolve("updated.npz");
        Cli.run("update", model, counts, "-o", updated, "--epochs", 5, "--likelihood", "poisson")
                .expect(ExitCode.DONE);
        assertEquals(
                Likelihood.POISSON, PaeNmfModel.load(updated).configuration().likelihood());
        assertEquals(25, PaeNmfModel.load(updated).totalEpochs());
        Cli.Run other = Cli.run("update", model, counts, "-o", updated, "--likelihood", "gaussian");
        String err = other.expect(ExitCode.USAGE).err();
        assertTrue(err.contains("--likelihood must be that of the model, poisson"), err);
    }

    /** Intervals that take more into account are wider, of both factors. */
    @Test
    void intervalsAreThoseThatWereAskedFor() throws IOException {
        double before = 0;
        double basisBefore = 0;
        for (String method : new String[] {"mean-field", "conditional", "joint"}) {
            String said = fit(counts, "--algorithm vb --likelihood poisson --intervals " + method)
                    .expect(ExitCode.DONE)
                    .out();
            assertTrue(
                    said.contains(VariationalModel.load(model).intervalMethod().title()), said);
            assertFalse(said.contains("  noise "), said);
            Path table = directory.resolve("h.csv");
            Cli.run("transform", model, counts, "-o", table).expect(ExitCode.DONE);
            double width = width(MatrixReader.read(table.toString()));
            assertTrue(width > before, method + " of coefficients: " + width + " against " + before);
            VariationalModel.Bounds basis = VariationalModel.load(model).basisIntervals(0.9);
            double basisWidth = sum(basis.upper()) - sum(basis.lower());
            assertTrue(basisWidth > basisBefore, method + " of weights: " + basisWidth + " against " + basisBefore);
            before = width;
            basisBefore = basisWidth;
            Path report = directory.resolve("report.html");
            Cli.run("report", model, counts, "-o", report).expect(ExitCode.DONE);
            String html = Files.readString(report);
            assertEquals(!method.equals("mean-field"), html.contains("counts vary as a Poisson distribution has it"));
        }
    }

    private static double width(Matrix table) {
        int lower = table.columnNames().indexOf("component1.lower");
        int upper = table.columnNames().indexOf("component1.upper");
        double sum = 0;
        for (int i = 0; i < table.rows(); i++) {
            sum += table.get(i, upper) - table.get(i, lower);
        }
        return sum;
    }

    private static double sum(Matrix values) {
        double sum = 0;
        for (int i = 0; i < values.rows(); i++) {
            for (int j = 0; j < values.columns(); j++) {
                sum += values.get(i, j);
            }
        }
        return sum;
    }

    @Test
    void aModelGoesOnByItsOwnLikelihood() {
        fit(counts, "--algorithm vb --likelihood poisson").expect(ExitCode.DONE);
        Path updated = directory.resolve("updated.npz");
        String err = Cli.run("update", model, counts, "-o", updated, "--likelihood", "gaussian")
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(
                err.startsWith("paenmf: --likelihood must be that of the model, poisson, not gaussian; leave it out"),
                err);
        Cli.run("update", model, counts, "-o", updated, "--likelihood", "poisson", "--epochs", 2)
                .expect(ExitCode.DONE);
    }

    @Test
    void theUsualLikelihoodIsGaussian() throws IOException {
        Map<String, Object> json =
                fit(counts, "--algorithm vb --json").expect(ExitCode.DONE).json();
        assertEquals("gaussian", json.get("likelihood"));
        assertEquals(VbInit.NMF, VariationalModel.load(model).configuration().init());
        assertFalse(Cli.run("evaluate", model, counts, "--json").json().containsKey("deviance"));
    }

    @Test
    void fractionsAreWarnedOf() {
        Path data = Cli.data(directory);
        String err = fit(data, "--algorithm vb --likelihood poisson")
                .expect(ExitCode.DONE)
                .err();
        assertTrue(err.contains("warning: not counts: there are values that are not whole numbers"), err);
    }

    @ParameterizedTest
    @CsvSource({
        "--algorithm vb --zeros learn, --zeros must be off with a Poisson likelihood",
        "--algorithm vb --sigma 0.2, --sigma must be left out with a Poisson likelihood",
        "--algorithm vb --batch-rows 16, '--batch-rows must be 0, all rows, with a Poisson likelihood'",
        "--algorithm vb --noise measured, --noise has no effect on intervals other than by the rotation",
        "--optimiser gd, '--likelihood must be gaussian with gd, whose learning rates'",
        "--sigma 0.2, --sigma has no effect with a Poisson likelihood",
        "--init vb, --init must be random with a Poisson likelihood",
        "--log1p, 'must be none for pae and ae with a Poisson likelihood: counts keep their unit'",
        "--holdout 0.1, --holdout hides entries",
        "--missing allow, cannot be left out with a Poisson likelihood",
    })
    void whatCountsDoNotHaveIsRefused(String option, String message) {
        String err = fit(counts, "--likelihood poisson " + option)
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(err.contains(message), err);
    }

    @ParameterizedTest
    @CsvSource({"vb --likelihood poisson", "pae --likelihood poisson", "ae --likelihood poisson", "nmf-kl"})
    void thinningReportsTheDevianceOfWhatWasHeldOut(String algorithm) throws IOException {
        Map<String, Object> json = fit(counts, "--seed 3 --thin 0.8 --json --algorithm " + algorithm)
                .expect(ExitCode.DONE)
                .json();
        Matrix data = MatrixReader.read(counts.toString());
        CountThinning expected = CountThinning.split(data, 0.8, 3);
        FactorisationModel loaded = FactorisationModel.load(model);
        assertEquals(expected.heldOutDeviance(loaded), json.get("heldOutDeviance"));
        assertEquals(0.8, json.get("thin"));
        assertEquals(loaded.score(expected.training()).deviance(), ((Map<?, ?>) json.get("score")).get("deviance"));
        String out = fit(counts, "--seed 3 --thin 0.8 --algorithm " + algorithm)
                .expect(ExitCode.DONE)
                .out();
        assertTrue(out.contains("held-out deviance per entry"), out);
    }

    @ParameterizedTest
    @CsvSource({
        "--algorithm vb --thin 0.8, '--thin holds out counts, which need a likelihood of counts: add --likelihood poisson'",
        "--algorithm nmf-hals --thin 0.8, --thin holds out counts",
        "--algorithm nmf-kl --thin 1, '--thin must be in (0, 1), not 1.0'",
        "--algorithm nmf-kl --likelihood poisson, --likelihood has no effect with --algorithm nmf-kl; leave it out",
    })
    void thinningElsewhereIsRefused(String options, String message) {
        String err = fit(counts, options).expect(ExitCode.USAGE).err();
        assertTrue(err.startsWith("paenmf: " + message), err);
        assertFalse(Files.exists(model));
    }

    @Test
    void fractionsCannotBeThinned() {
        Path data = Cli.data(directory);
        String err = fit(data, "--algorithm nmf-kl --thin 0.5")
                .expect(ExitCode.BAD_DATA)
                .err();
        assertTrue(
                err.contains(data + ": row 1 (sample1), column 1 (feature1) is ") && err.contains("only whole numbers"),
                err);
    }
}
