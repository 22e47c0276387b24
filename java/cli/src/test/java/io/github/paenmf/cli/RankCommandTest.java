package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RankCommandTest {

    @TempDir
    private Path folder;

    private Path data;

    @BeforeEach
    void writeData() throws IOException {
        data = folder.resolve("data.csv");
        MatrixWriter.write(data, Cli.planted(60, 20));
    }

    /** Few and short fits, except for the options that are given. */
    private Cli.Run rank(Object... options) {
        Map<String, Object> all = new LinkedHashMap<>(Map.of("--epochs", 60, "--restarts", 2));
        List<Object> arguments = new ArrayList<>(List.of("rank", data));
        for (Object option : options) {
            all.remove(option);
        }
        all.forEach((option, value) -> arguments.addAll(List.of(option, value)));
        arguments.addAll(List.of(options));
        return Cli.run(arguments.toArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mdl", "bicv", "elbo", "ard", "stability"})
    void thePlantedRankIsChosen(String method) {
        Map<String, Object> json =
                rank("--max", 5, "--method", method, "--json").expect(0).json();

        assertEquals(method, json.get("method"));
        assertEquals(2, json.get("chosenRank"));
        assertEquals(method.equals("ard") ? 1 : 5, ((List<?>) json.get("ranks")).size());
    }

    @Test
    void theTableMarksTheChoice() {
        String out = rank("--max", 4).expect(0).out();

        List<String> lines = out.lines().toList();
        assertEquals(5, lines.size(), out);
        assertEquals(
                List.of(lines.get(2)),
                lines.stream().filter(line -> line.contains("chosen")).toList());
        assertTrue(lines.get(2).strip().startsWith("2 "), out);
    }

    @Test
    void severalMethodsAreShownAndDrawnBesideEachOther() throws IOException {
        Path picture = folder.resolve("rank.svg");
        String out = rank("--max", 4, "--method", "mdl,elbo,ard", "-o", picture)
                .expect(0)
                .out();
        assertEquals(
                List.of("mdl:", "elbo:", "ard:"),
                out.lines().filter(line -> line.endsWith(":")).toList());
        String drawn = Files.readString(picture);
        assertTrue(drawn.contains("Chosen: 2 by mdl, 2 by elbo, 2 by ard"), drawn);

        Path json = folder.resolve("rank.json");
        Files.writeString(
                json,
                rank("--max", 4, "--method", "mdl,elbo", "--json").expect(0).out());
        Cli.run("plot", json, "--what", "rank", "-o", picture).expect(0);
        assertTrue(Files.readString(picture).contains("Chosen: 2 by mdl, 2 by elbo"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "vb"})
    void stabilityIsShownWithWhatIsDrawnBesideIt(String algorithm) throws IOException {
        Path picture = folder.resolve("rank.svg");
        String out = rank("--max", 3, "--method", "stability", "--algorithm", algorithm, "-o", picture)
                .expect(0)
                .out();

        assertTrue(out.lines().findFirst().orElseThrow().contains("mean silhouette"), out);
        assertEquals(algorithm.equals("vb"), out.contains("ELBO/nat"));
        String drawn = Files.readString(picture);
        assertTrue(drawn.contains("stability (mean silhouette)"), drawn);
        assertEquals(algorithm.equals("vb"), drawn.contains("evidence lower bound"), drawn);
        assertEquals(algorithm.equals("nmf-hals"), drawn.contains(">relative error<"), drawn);
    }

    @Test
    void thatNoRankIsStableIsReported() {
        String err = rank("--min", 5, "--max", 6, "--method", "stability", "--restarts", 4)
                .expect(0)
                .err();
        assertTrue(err.contains("at none of these ranks; rank "), err);
        assertFalse(rank("--max", 2, "--method", "stability").expect(0).err().contains("none of these ranks"));
    }

    @Test
    void stabilityIsOfTenRestartsUnlessGiven() {
        Object[] plain = {"rank", data, "--max", 3, "--epochs", 9, "--method", "stability", "--json"};
        String ten = Cli.run(Cli.concat(plain, "--restarts", 10)).expect(0).out();
        assertEquals(ten, Cli.run(plain).expect(0).out());
        assertNotEquals(
                ten, Cli.run(Cli.concat(plain, "--restarts", 2)).expect(0).out());
    }

    @Test
    void countsAreFittedByTheirLikelihood() throws IOException {
        float[][] counts = Cli.planted(60, 20).toRows();
        for (float[] row : counts) {
            for (int j = 0; j < row.length; j++) {
                row[j] = Math.round(20 * row[j]);
            }
        }
        MatrixWriter.write(data, Matrix.of(counts));
        String gaussian =
                rank("--max", 3, "--method", "elbo", "--json").expect(0).out();
        String poisson = rank("--max", 3, "--method", "elbo", "--likelihood", "poisson", "--json")
                .expect(0)
                .out();
        assertNotEquals(gaussian, poisson);
    }

    @Test
    void theRanksAreThoseOfTheDataUnlessGiven() {
        Map<String, Object> json =
                rank("--epochs", 2, "--restarts", 1, "--json").expect(0).json();
        List<?> ranks = (List<?>) json.get("ranks");
        assertEquals(20, ranks.size()); // the smaller side, which is below 30
        assertEquals(1, ((Map<?, ?>) ranks.get(0)).get("rank"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rank.png", "rank.svg"})
    void theCurveIsDrawn(String name) throws IOException {
        Path file = folder.resolve(name);
        String out = rank("--max", 3, "-o", file).expect(0).out();
        assertTrue(Files.size(file) > 1000);
        assertTrue(out.contains("curve: " + file), out);
    }

    @Test
    void whatIsPrintedCanBePlotted() throws IOException {
        Path json = folder.resolve("rank.json");
        Files.writeString(
                json, rank("--max", 3, "--method", "bicv", "--json").expect(0).out());
        Path picture = folder.resolve("rank.png");
        Cli.run("plot", json, "--what", "rank", "-o", picture).expect(0);
        assertTrue(Files.size(picture) > 1000);
    }

    @Test
    void aChoiceAtTheEdgeIsReported() {
        assertTrue(rank("--min", 3, "--max", 4).expect(0).err().contains("rank 3 is at the edge"));
        assertFalse(rank("--max", 4).expect(0).err().contains("edge"));
    }

    @ParameterizedTest
    @CsvSource({"--seed, 7", "--restarts, 5", "--epochs, 9", "--resolution, 0.01", "--max, 5", "--min, 2"})
    void everyOptionHasAnEffect(String option, String value) {
        String plain = rank("--json", "--max", 4).expect(0).out();
        String changed = option.equals("--max")
                ? rank("--json", option, value).expect(0).out()
                : rank("--json", "--max", 4, option, value).expect(0).out();
        assertNotEquals(plain, changed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mdl", "bicv", "elbo"})
    void threadsChangeNothing(String method) {
        assertEquals(
                rank("--method", method, "--max", 4, "--json", "--threads", 1)
                        .expect(0)
                        .out(),
                rank("--method", method, "--max", 4, "--json", "--threads", 4)
                        .expect(0)
                        .out());
    }

    /** Whatever stands where a value is missing: a word, nothing, or a 0 that is one. */
    @ParameterizedTest
    @ValueSource(strings = {"mdl", "bicv"})
    void theRankOfWhatIsObservedIsChosen(String method) throws IOException {
        float[][] values = Cli.planted(60, 20).toRows();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < values.length; i++) {
            for (int j = 0; j < values[i].length; j++) {
                boolean missing = (7 * i + 3 * j) % 11 == 0;
                text.append(missing ? i % 2 == 0 ? "NA" : "" : values[i][j]).append(j == 19 ? '\n' : ',');
                values[i][j] = missing ? 0 : values[i][j];
            }
        }
        Files.writeString(data, text);
        Cli.Run refused = rank("--max", 4, "--method", method).expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("--missing allow"), refused.err());
        assertEquals(
                2,
                rank("--max", 4, "--method", method, "--missing", "allow", "--json")
                        .expect(0)
                        .json()
                        .get("chosenRank"));
        MatrixWriter.write(data, Matrix.of(values));
        assertEquals(
                2,
                rank("--max", 4, "--method", method, "--zeros-missing", "--sparse", "--json")
                        .expect(0)
                        .json()
                        .get("chosenRank"));
    }

    @ParameterizedTest
    @CsvSource({"mdl, --log1p", "bicv, --log1p", "mdl, --size-factors total", "bicv, --feature-scale sd"})
    void scaledDataAreFitted(String method, String scaling) {
        Object[] options = {"--max", 3, "--method", method, "--json"};
        String plain = rank(options).expect(0).out();
        String scaled = rank(Cli.concat(options, (Object[]) scaling.split(" ", -1)))
                .expect(0)
                .out();
        assertNotEquals(plain, scaled);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--min 0 | least rank must be at least 1",
                "--min 5 --max 4 | must be at least the least",
                "--restarts 0 | --restarts must be at least 1",
                "--epochs 0 | --epochs must be at least 1",
                "--threads 0 | --threads must be at least 1",
                "--resolution 0 | --resolution must be",
                "--method bicv --resolution 1 | --resolution has no effect with --method bicv",
                "--row-weights w.csv | rank counts every row and feature once",
                "--feature-weights w.csv | rank counts every row and feature once",
                "--method elbo --resolution 1 | --resolution has no effect with --method elbo",
                "--method mdl,bicv --likelihood poisson | --likelihood poisson has no effect with --method mdl,bicv",
                "--method elbo --likelihood poisson --log1p | counts stay as they are with --likelihood poisson",
                "--method aic | 'aic' is not one of mdl, bicv, elbo, ard, stability",
                "--method stability --restarts 1 | --restarts must be at least 2, to compare them, not 1",
                "--method stability --algorithm ae | --algorithm must be vb, nmf-hals, nmf-mu or nmf-kl",
                "--method mdl --algorithm nmf-mu | --algorithm nmf-mu has no effect with --method mdl",
                "--method stability --likelihood poisson | --likelihood poisson has no effect with --method stability",
                "--method stability --algorithm nmf-kl --log1p | counts stay as they are with --algorithm nmf-kl",
                "-o rank.pdf | must end in .png or .svg"
            })
    void wrongUsageIsRefused(String options, String message) {
        Cli.Run run = Cli.run(Cli.concat(new Object[] {"rank", data}, (Object[]) options.split(" ", -1)));
        run.expect(ExitCode.USAGE);
        assertTrue(run.err().contains(message), run.err());
    }

    @Test
    void aRankBeyondTheDataIsRefusedByName() {
        Cli.Run run = rank("--max", 21).expect(ExitCode.BAD_DATA);
        assertTrue(run.err().contains("data.csv: the greatest rank must be at most 20"), run.err());
    }

    @Test
    void aTinyTableIsToldApartInBits() throws IOException {
        Files.writeString(data, "3,1,2\n1,2,4\n2,2,9\n");
        String out = rank().expect(0).out();
        assertTrue(out.contains("total/bit"), out);
        assertFalse(out.contains(" 0.0 "), out);
    }

    @Test
    void tooFewEntriesForCrossValidationAreNamedAsThat() throws IOException {
        Files.writeString(data, "3,1\n1,2\n");
        String err = rank("--method", "bicv", "--restarts", 5)
                .expect(ExitCode.BAD_DATA)
                .err();
        assertTrue(err.contains("none of these 4: the data are too small for it"), err);
    }

    @Test
    void aLeastRankBeyondTheDataIsRefused() {
        assertTrue(rank("--min", 21)
                .expect(ExitCode.BAD_DATA)
                .err()
                .contains("the least rank must be at most 20, the smaller side of the data, not 21"));
    }
}
