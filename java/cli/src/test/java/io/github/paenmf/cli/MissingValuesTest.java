package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Missing values through every command. */
class MissingValuesTest {

    private static final int ROWS = 40;
    private static final int COLUMNS = 7;

    @TempDir
    Path directory;

    private Path complete;
    private Path incomplete;
    private Matrix values;

    @BeforeEach
    void write() throws IOException {
        values = Cli.planted(ROWS, COLUMNS);
        complete = directory.resolve("complete.csv");
        incomplete = directory.resolve("incomplete.csv");
        Files.writeString(complete, table(false));
        Files.writeString(incomplete, table(true));
    }

    private String table(boolean holes) {
        StringBuilder text = new StringBuilder("id");
        for (int j = 0; j < COLUMNS; j++) {
            text.append(",f").append(j);
        }
        for (int i = 0; i < ROWS; i++) {
            text.append("\ns").append(i);
            for (int j = 0; j < COLUMNS; j++) {
                text.append(',').append(holes && isHole(i, j) ? (i % 2 == 0 ? "NA" : "") : values.get(i, j));
            }
        }
        return text.append('\n').toString();
    }

    private static boolean isHole(int i, int j) {
        return (3 * i + 5 * j) % 11 == 0;
    }

    /** An algorithm, and with it its likelihood. */
    private static Object[] by(String algorithm) {
        return ("--algorithm " + algorithm).split(" ");
    }

    private Path fit(String algorithm, Path input, Object... more) {
        Path model = directory.resolve("model.npz");
        Object[] args = {"fit", input, "-r", 2, "--epochs", 60, "-q", "-o", model};
        Cli.run(Cli.concat(Cli.concat(args, more), by(algorithm))).expect(ExitCode.DONE);
        return model;
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "vb --likelihood poisson", "pae", "ae", "nmf-hals", "nmf-mu", "nmf-kl"})
    void aModelRemembersThatValuesMayBeMissing(String algorithm) throws IOException {
        Path model = fit(algorithm, incomplete, "--missing", "allow");
        Map<String, Object> score = Cli.run("evaluate", model, incomplete, "--json")
                .expect(ExitCode.DONE)
                .json();
        Path out = directory.resolve("out.csv");
        Cli.run("transform", model, incomplete, "-o", out).expect(ExitCode.DONE);
        Cli.run("reconstruct", model, incomplete, "-o", out).expect(ExitCode.DONE);
        Matrix filled = MatrixReader.read(out.toString());
        double error = 0;
        double norm = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int j = 0; j < COLUMNS; j++) {
                assertTrue(Float.isFinite(filled.get(i, j)));
                double residual = values.get(i, j) - filled.get(i, j);
                error += isHole(i, j) ? 0 : residual * residual;
                norm += isHole(i, j) ? 0 : (double) values.get(i, j) * values.get(i, j);
            }
        }
        String name = algorithm.startsWith("nmf") || algorithm.equals("ae") ? "relativeError" : "relativeErrorMedian";
        assertEquals(Math.sqrt(error / norm), ((Number) score.get(name)).doubleValue(), 1e-5);
        if (algorithm.startsWith("vb") || algorithm.endsWith("ae")) {
            Path more = directory.resolve("more.npz");
            Cli.run("update", model, incomplete, "--epochs", 3, "-o", more).expect(ExitCode.DONE);
            Cli.run("evaluate", more, incomplete).expect(ExitCode.DONE);
        }

        Path page = directory.resolve("report.html");
        Cli.run("report", model, incomplete, "-o", page).expect(ExitCode.DONE);
        assertTrue(Files.readString(page).contains("Missing values are shown as the parts fill them in."));
        Path figure = directory.resolve("figure.svg");
        Cli.run("plot", model, incomplete, "--what", "reconstruction", "-o", figure)
                .expect(ExitCode.DONE);
        assertFalse(Files.readString(figure).contains("NaN"));

        Cli.Run refused = Cli.run("transform", model, incomplete, "--missing", "refuse", "-o", out);
        refused.expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("--missing allow"), refused.err());
    }

    @Test
    void aModelOfCompleteDataTakesOthersWhenItIsTold() {
        Path model = fit("nmf-hals", complete);
        Path out = directory.resolve("out.csv");
        Cli.Run refused = Cli.run("transform", model, incomplete, "-o", out).expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("line 2, column 2 (f0): 'NA'"), refused.err());
        Cli.run("transform", model, incomplete, "--missing", "allow", "-o", out).expect(ExitCode.DONE);
    }

    @Test
    void zerosMayBeMissing() throws IOException {
        Path ratings = directory.resolve("ratings.csv");
        Files.writeString(
                ratings, table(true).replace("NA", "0").replace(",,", ",0,").replace(",\n", ",0\n"));
        Path zeros = fit("nmf-hals", ratings);
        Map<String, Object> asZeros = Cli.run("evaluate", zeros, ratings, "--json")
                .expect(ExitCode.DONE)
                .json();
        Path missing = fit("nmf-hals", ratings, "--zeros-missing");
        Map<String, Object> asMissing = Cli.run("evaluate", missing, ratings, "--json")
                .expect(ExitCode.DONE)
                .json();
        double left = ((Number) asZeros.get("relativeError")).doubleValue();
        double explained = ((Number) asMissing.get("relativeError")).doubleValue();
        // planted at rank 2 with 3 % noise; a tenth of zeros is no part of that
        assertTrue(explained < 0.1 && left > 0.2, explained + ", " + left);
        Cli.Run contradiction = Cli.run("evaluate", missing, ratings, "--zeros-missing", "--missing", "refuse");
        contradiction.expect(ExitCode.USAGE);
    }

    @Test
    void withoutTheOptionTheCellIsNamedAndTheOption() throws IOException {
        Path model = directory.resolve("model.npz");
        Cli.Run refused = Cli.run("fit", incomplete, "-r", 2, "-o", model).expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains(incomplete + ": line 2, column 2 (f0): 'NA'"), refused.err());
        assertTrue(refused.err().contains("--missing allow"), refused.err());
        Path nan = directory.resolve("nan.csv");
        Files.writeString(
                nan, table(true).replace("NA", "nan").replace(",,", ",nan,").replace(",\n", ",nan\n"));
        Cli.Run not = Cli.run("fit", nan, "-r", 2, "-o", model).expect(ExitCode.BAD_DATA);
        assertTrue(not.err().contains("row 1 (s0), column 1 (f0) is missing"), not.err());
        assertTrue(not.err().contains("--missing allow leaves it out"), not.err());
    }

    @Test
    void aFeatureOfWhichNothingIsKnownIsNamed() throws IOException {
        Path empty = directory.resolve("empty.csv");
        Files.writeString(empty, "id,a,b,c\nx,1,,3\ny,4,,6\nz,7,NA,9\n");
        Path model = directory.resolve("model.npz");
        Cli.Run refused = Cli.run("fit", empty, "-r", 1, "--missing", "allow", "-o", model);
        refused.expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("all values in column 2 (b) are missing"), refused.err());
        Map<String, Object> facts = Cli.run("inspect", empty, "--missing", "allow", "--json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(3, facts.get("missing"));
        assertTrue(String.valueOf(facts.get("refused")).contains("column 2 (b)"));
        Map<String, Object> others = Cli.run("inspect", incomplete, "--missing", "allow", "--json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(26, others.get("missing"));
        assertEquals(null, others.get("refused"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "vb --likelihood poisson", "pae", "ae", "nmf-hals", "nmf-mu", "nmf-kl"})
    void holdingOutReportsTheErrorOfWhatWasHidden(String algorithm) {
        Path model = directory.resolve("model.npz");
        Object[] options = {"fit", complete, "-r", 2, "--epochs", 400, "--json", "-o", model};
        Object[] args = Cli.concat(options, by(algorithm));
        Map<String, Object> result = Cli.run(Cli.concat(args, "--holdout", 0.1))
                .expect(ExitCode.DONE)
                .json();
        double error = ((Number) result.get("heldOutError")).doubleValue();
        assertTrue(error > 0 && error < 0.5, algorithm + ": " + error);
        int entries = ((Number) result.get("heldOutEntries")).intValue();
        assertTrue(entries > 5 && entries < 70, "hidden: " + entries); // 28 of 280, 8 standard deviations of 5
        Map<String, Object> again = Cli.run(Cli.concat(args, "--holdout", 0.1))
                .expect(ExitCode.DONE)
                .json();
        assertEquals(error, again.get("heldOutError"));
        assertFalse(Cli.run(args).expect(ExitCode.DONE).json().containsKey("heldOutError"));
    }

    @Test
    void whatHasNoEffectIsRefused() {
        Path model = directory.resolve("model.npz");
        Object[] kl = {"fit", complete, "-r", 2, "--algorithm", "nmf-kl", "--zeros-missing", "-o", model};
        Cli.Run thinned = Cli.run(Cli.concat(kl, "--thin", 0.8)).expect(ExitCode.USAGE);
        assertTrue(thinned.err().contains("--thin cannot be combined with --zeros-missing"), thinned.err());
        Cli.run("fit", complete, "-r", 2, "--holdout", 1, "-o", model).expect(ExitCode.USAGE);
        Cli.run("rank", complete, "--missing", "allow").expect(ExitCode.USAGE);
    }
}
