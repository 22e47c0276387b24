package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.NpyArray;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The basis as a table. */
class BasisCommandTest {

    private static final List<String> GENES = List.of("CD3", "=GNLY", "LYZ", "a,b", "NKG7", "Müller");

    @TempDir
    private Path directory;

    private Path fit(Matrix data, String... options) {
        Path model = directory.resolve("model.npz");
        Path input = Cli.write(directory.resolve("in.npz"), data);
        Object[] command = {"fit", input, "--epochs", 25, "-o", model, "-q"};
        boolean ranked = List.of(options).contains("--rank");
        Object[] rank = ranked ? new Object[0] : new Object[] {"--rank", 2};
        Cli.run(Cli.concat(Cli.concat(command, rank), (Object[]) options)).expect(ExitCode.DONE);
        return model;
    }

    private static Matrix genes() {
        return Cli.planted(40, 6).withNames(Cli.names("cell", 40), GENES);
    }

    private Path basis(Path model, String name, Object... options) {
        Path output = directory.resolve(name);
        Cli.run(Cli.concat(new Object[] {"basis", model, "-o", output, "-q"}, options))
                .expect(ExitCode.DONE);
        return output;
    }

    @ParameterizedTest
    @ValueSource(strings = {"pae", "ae", "nmf-mu", "nmf-hals"})
    void weightsAreAColumnAComponent(String algorithm) throws IOException {
        Path model = fit(genes(), "--algorithm", algorithm);
        Matrix expected = FactorisationModel.load(model).basis();

        for (String name : List.of("w.csv", "w.tsv", "w.csv.gz", "w.tsv.gz")) {
            Matrix table = MatrixReader.read(basis(model, name).toString());
            assertEquals(GENES, table.rowNames());
            assertEquals(List.of("component1", "component2"), table.columnNames());
            for (int i = 0; i < 6; i++) {
                assertEquals(expected.get(i, 0), table.get(i, 0));
                assertEquals(expected.get(i, 1), table.get(i, 1));
            }
        }
        Map<String, NpyArray> arrays = Cli.arrays(basis(model, "w.npz"));
        assertEquals(List.of("value", "rows", "columns"), List.copyOf(arrays.keySet()));
        assertEquals(GENES, arrays.get("rows").strings());
        assertEquals(expected.get(5, 0), arrays.get("value").floats()[10]);
    }

    @Test
    void ofVariationalNmfIntervalsAndInclusionStandBesideTheWeights() throws IOException {
        Path model = fit(genes(), "--algorithm", "vb");
        VariationalModel loaded = VariationalModel.load(model);
        VariationalModel.Bounds bounds = loaded.basisIntervals(0.9);
        List<Matrix> expected = List.of(loaded.basis(), bounds.lower(), bounds.upper(), loaded.basisInclusion());
        List<String> names = List.of("value", "lower", "upper", "inclusion");

        Matrix table = MatrixReader.read(basis(model, "w.csv").toString());
        Map<String, NpyArray> arrays = Cli.arrays(basis(model, "w.npz"));

        assertEquals(GENES, table.rowNames());
        assertEquals(8, table.columns());
        assertEquals(
                List.of("component2.value", "component2.lower", "component2.upper", "component2.inclusion"),
                table.columnNames().subList(4, 8));
        assertEquals(List.of("value", "lower", "upper", "inclusion", "rows", "columns"), List.copyOf(arrays.keySet()));
        assertEquals(List.of("component1", "component2"), arrays.get("columns").strings());
        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 2; j++) {
                for (int s = 0; s < 4; s++) {
                    float value = expected.get(s).get(i, j);
                    assertEquals(value, table.get(i, 4 * j + s));
                    assertEquals(value, arrays.get(names.get(s)).floats()[2 * i + j]);
                }
            }
        }
    }

    @Test
    void aLevelMakesIntervalsWider() throws IOException {
        Path model = fit(genes(), "--algorithm", "vb");
        Map<String, NpyArray> narrow = Cli.arrays(basis(model, "n.npz", "--level", 0.5));
        Map<String, NpyArray> wide = Cli.arrays(basis(model, "w.npz", "--level", 0.99));

        for (int e = 0; e < 12; e++) {
            assertTrue(wide.get("lower").floats()[e] <= narrow.get("lower").floats()[e]);
            assertTrue(wide.get("upper").floats()[e] > narrow.get("upper").floats()[e]);
        }
    }

    @Test
    void withoutZerosThereIsNoInclusion() throws IOException {
        Path model = fit(genes(), "--algorithm", "vb", "--zeros", "off");

        assertEquals(
                List.of("component1.value", "component1.lower", "component1.upper"),
                MatrixReader.read(basis(model, "w.csv").toString())
                        .columnNames()
                        .subList(0, 3));
    }

    @Test
    void featuresWithoutNamesGoByPosition() throws IOException {
        Path model = fit(Cli.planted(40, 6).withNames(List.of(), List.of()), "--algorithm", "nmf-hals");

        Matrix table = MatrixReader.read(basis(model, "w.csv").toString());
        assertEquals(List.of(), table.rowNames());
        assertEquals(FactorisationModel.load(model).basis().get(4, 1), table.get(4, 1));
        String first = Files.readAllLines(basis(model, "top.csv", "--top", 1)).get(1);
        assertTrue(first.matches("\"component1\",1,[1-6],[\\d.E-]+"), first);
    }

    /** Features 2 and 4 are equal throughout, and so are their weights. */
    @Test
    void topListsTheGreatestFirstAndTiesInTheOrderOfTheFeatures() throws IOException {
        float[][] rows = new float[20][];
        for (int i = 0; i < 20; i++) {
            rows[i] = new float[] {1 + i % 3, 2, 0.5f, 2, 1 + i % 4, 0};
        }
        Path model = fit(Matrix.of(rows).withNames(List.of(), GENES), "--algorithm", "nmf-hals");
        Matrix basis = FactorisationModel.load(model).basis();
        assertEquals(basis.get(1, 0), basis.get(3, 0));

        List<String> lines = Files.readAllLines(basis(model, "top.csv", "--top", 100));

        assertEquals("\"component\",\"rank\",\"feature\",\"value\"", lines.get(0));
        assertEquals(1 + 2 * 6, lines.size());
        for (int j = 0; j < 2; j++) {
            float before = Float.MAX_VALUE;
            int featureBefore = -1;
            for (int rank = 1; rank <= 6; rank++) {
                String[] cells = lines.get(6 * j + rank).replace("a,b", "a;b").split(",", -1);
                assertEquals(List.of("\"component" + (j + 1) + "\"", "" + rank), List.of(cells[0], cells[1]));
                int feature = GENES.indexOf(cells[2].replaceAll("[\"']", "").replace(';', ','));
                float value = Float.parseFloat(cells[3]);
                assertEquals(basis.get(feature, j), value);
                assertTrue(value < before || value == before && feature > featureBefore, lines.toString());
                before = value;
                featureBefore = feature;
            }
        }
        assertEquals(
                1 + 2 * 3,
                Files.readAllLines(basis(model, "top.csv", "--top", 3)).size());
    }

    /** Of two parts, of which the first feature is the greatest of both, and each other in one alone. */
    @Test
    void topByContrastListsWhatSetsAComponentApart() throws IOException {
        Matrix data = Matrix.zeros(40, 4);
        for (int i = 0; i < 40; i++) {
            float one = 1 + i % 5;
            float other = 1 + i % 7;
            float[] row = {9 * one + 9 * other, 4 * one, 2 * other, 5 * other};
            System.arraycopy(row, 0, data.storage(i), data.offset(i), 4);
        }
        Path model =
                fit(data.withNames(List.of(), List.of("both", "one", "weak", "strong")), "--algorithm", "nmf-hals");

        List<String> lines = Files.readAllLines(basis(model, "top.csv", "--top", 3, "--by", "contrast"));

        assertEquals("\"component\",\"rank\",\"feature\",\"value\",\"contrast\"", lines.get(0));
        List<String> features = lines.stream()
                .skip(1)
                .map(line -> line.replaceAll("^.*,\\d+,\"(\\w+)\",.*", "$1"))
                .toList();
        int strong = features.indexOf("strong");
        assertEquals("weak", features.get(strong + 1), features::toString);
        assertTrue(features.indexOf("one") >= 0, features::toString);
        assertTrue(lines.size() <= 5, "each feature at most once: " + lines);
        String plain = Files.readAllLines(basis(model, "plain.csv", "--top", 3)).get(1);
        assertTrue(plain.contains("\"both\""), plain);
    }

    @Test
    void oneComponentIsNotSetApart() {
        Path model = fit(genes(), "--algorithm", "nmf-hals", "--rank", "1");

        refused(
                "--by must be weight for one component",
                model,
                "--top",
                3,
                "--by",
                "contrast",
                "-o",
                directory.resolve("w.csv"));
    }

    @Test
    void topOfVariationalNmfHasTheInclusion() throws IOException {
        Path model = fit(genes(), "--algorithm", "vb");
        VariationalModel loaded = VariationalModel.load(model);

        byte[] zipped = Files.readAllBytes(basis(model, "top.tsv.gz", "--top", 2));
        List<String> lines = new String(
                        new GZIPInputStream(new ByteArrayInputStream(zipped)).readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();

        assertEquals(1 + 2 * 2, lines.size());
        assertEquals(
                "\"component\"\t\"rank\"\t\"feature\"\t\"value\"\t\"lower\"\t\"upper\"\t\"inclusion\"", lines.get(0));
        String[] last = lines.get(4).split("\t", -1);
        assertEquals(List.of("\"component2\"", "2"), List.of(last[0], last[1]));
        int feature = GENES.indexOf(last[2].replaceAll("^\"'?|\"$", ""));
        assertEquals(loaded.basis().get(feature, 1), Float.parseFloat(last[3]));
        assertEquals(loaded.basisInclusion().get(feature, 1), Float.parseFloat(last[6]));
    }

    @Test
    void rawNamesHaveNoApostrophe() throws IOException {
        Path model = fit(genes(), "--algorithm", "nmf-hals");

        assertTrue(Files.readString(basis(model, "t.csv", "--top", 6)).contains("\"'=GNLY\""));
        assertTrue(Files.readString(basis(model, "t.csv", "--top", 6, "--raw-names"))
                .contains("\"=GNLY\""));
        assertTrue(Files.readString(basis(model, "w.csv")).contains("\"'=GNLY\""));
        assertTrue(Files.readString(basis(model, "w.csv", "--raw-names")).contains("\"=GNLY\""));
    }

    @Test
    void itSaysWhatItWrote() {
        Path model = fit(genes(), "--algorithm", "nmf-hals");
        Path output = directory.resolve("w.csv");

        assertEquals(
                output + ": the basis, 6 features, rank 2" + System.lineSeparator(),
                Cli.run("basis", model, "-o", output).expect(ExitCode.DONE).out());
        assertEquals(
                output + ": the greatest weights of each component, 1 feature, rank 2" + System.lineSeparator(),
                Cli.run("basis", model, "--top", 1, "-o", output)
                        .expect(ExitCode.DONE)
                        .out());
    }

    @Test
    void whatCannotBeWrittenIsRefused() throws IOException {
        Path model = fit(genes(), "--algorithm", "nmf-hals");
        byte[] before = Files.readAllBytes(model);
        Path csv = directory.resolve("w.csv");

        refused("--top must be at least 1, not 0", model, "--top", 0, "-o", csv);
        refused("--level has no effect on a model of nmf-hals", model, "--level", 0.5, "-o", csv);
        refused("--by has no effect without --top", model, "--by", "contrast", "-o", csv);
        refused("--level must be in (0, 1), not 1.0", model, "--level", 1, "-o", csv);
        refused("--output must end in .csv or .csv.gz or .tsv", model, "--top", 3, "-o", directory.resolve("w.npz"));
        refused("--output must end in .npz or .csv", model, "-o", directory.resolve("w.npy"));
        refused("--raw-names has no effect on", model, "--raw-names", "-o", directory.resolve("w.npz"));
        refused("is the MODEL of this command, which it would replace", model, "-o", model);
        refused("Missing required option: '--output=FILE'", model);
        assertArrayEquals(before, Files.readAllBytes(model));
        assertFalse(Files.exists(csv));
        String err = Cli.run("basis", Cli.data(directory), "-o", csv)
                .expect(ExitCode.BAD_DATA)
                .err();
        assertTrue(err.startsWith("paenmf: " + directory.resolve("data.csv") + ": "), err);
        err = Cli.run("basis", directory.resolve("none.npz"), "-o", csv)
                .expect(ExitCode.NO_INPUT)
                .err();
        assertTrue(err.contains("none.npz"), err);
    }

    private static void refused(String message, Object... arguments) {
        Cli.Run run = Cli.run(Cli.concat(new Object[] {"basis"}, arguments)).expect(ExitCode.USAGE);
        assertTrue(run.err().contains(message), run.err());
    }
}
