package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What transform, reconstruct, sample, evaluate and info put out. */
class ResultCommandsTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path model;
    private Path output;

    @BeforeEach
    void fit() {
        data = Cli.data(directory);
        model = Cli.model(directory);
        output = directory.resolve("out.npz");
    }

    private Map<String, NpyArray> result(Object... command) {
        Cli.run(Cli.concat(command, "-o", output)).expect(ExitCode.DONE);
        return Cli.arrays(output);
    }

    private PaeNmfModel loaded() throws IOException {
        return PaeNmfModel.load(model);
    }

    private static void assertSame(Matrix expected, NpyArray actual) {
        assertEquals(List.of(expected.rows(), expected.columns()), List.of(actual.shape()[0], actual.shape()[1]));
        assertEquals(flat(expected), Cli.floats(actual));
    }

    @Test
    void partsOfATableDrawWhatTheWholeDraws() {
        Matrix planted = Cli.planted(40, 6);
        Matrix unnamed = planted.withNames(List.of(), planted.columnNames());
        int[] last = IntStream.range(30, 40).toArray();
        Path whole = Cli.write(directory.resolve("whole.npz"), unnamed);
        Path part = Cli.write(directory.resolve("part.npz"), unnamed.selectRows(last));
        Path named = Cli.write(directory.resolve("named.npz"), planted.selectRows(last));

        List<Float> drawn = drawn("reconstruct", model, whole, "--samples", 1);
        assertEquals(drawn.subList(180, 240), drawn("reconstruct", model, part, "--samples", 1, "--first-id", 30));
        assertEquals(drawn.subList(180, 240), drawn("sample", model, part, "--count", 10, "--first-id", 30));
        assertNotEquals(drawn.subList(180, 240), drawn("reconstruct", model, part, "--samples", 1));
        assertEquals(
                drawn("reconstruct", model, data, "--samples", 1).subList(180, 240),
                drawn("reconstruct", model, named, "--samples", 1));
        assertEquals(
                drawn("sample", model, "--count", 40).subList(180, 240),
                drawn("sample", model, "--count", 10, "--first-id", 30));
        assertNotEquals(
                Cli.run("evaluate", model, part).expect(ExitCode.DONE).out(),
                Cli.run("evaluate", model, part, "--first-id", 30)
                        .expect(ExitCode.DONE)
                        .out());
    }

    private List<Float> drawn(Object... command) {
        return Cli.floats(result(command).entrySet().stream()
                .filter(each -> each.getKey().equals("data") || each.getKey().equals("sample1"))
                .findFirst()
                .orElseThrow()
                .getValue());
    }

    private static List<Float> flat(Matrix matrix) {
        float[] values = new float[(int) matrix.size()];
        for (int i = 0; i < matrix.rows(); i++) {
            matrix.copyRow(i, values, i * matrix.columns());
        }
        return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
    }

    @Test
    void transformWritesTheDistributionsAndNames() throws IOException {
        var latent = loaded().transform(Cli.planted(40, 6));

        Map<String, NpyArray> arrays = result("transform", model, data);

        assertEquals(
                List.of("lambda", "k", "median", "mean", "lower", "upper", "rows", "columns"),
                List.copyOf(arrays.keySet()));
        assertSame(latent.lambda(), arrays.get("lambda"));
        assertSame(latent.k(), arrays.get("k"));
        assertSame(latent.median(), arrays.get("median"));
        assertSame(latent.mean(), arrays.get("mean"));
        assertSame(latent.quantile((1 - 0.9) / 2), arrays.get("lower"));
        assertSame(latent.quantile((1 + 0.9) / 2), arrays.get("upper"));
        assertEquals(Cli.names("sample", 40), arrays.get("rows").strings());
        assertEquals(List.of("component1", "component2"), arrays.get("columns").strings());
    }

    @Test
    void levelIsTheProbabilityOfTheInterval() throws IOException {
        var latent = loaded().transform(Cli.planted(40, 6));

        Map<String, NpyArray> arrays = result("transform", model, data, "--level", 0.5);

        assertSame(latent.quantile(0.25), arrays.get("lower"));
        assertSame(latent.quantile(0.75), arrays.get("upper"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"latent.csv", "latent.tsv.gz"})
    void transformWritesATable(String name) throws IOException {
        Path table = directory.resolve(name);
        var latent = loaded().transform(Cli.planted(40, 6));

        Cli.run("transform", model, data, "-o", table).expect(ExitCode.DONE);

        Matrix read = MatrixReader.read(table.toString());
        assertEquals(Cli.names("sample", 40), read.rowNames());
        assertEquals(
                List.of(
                        "component1.lambda",
                        "component1.k",
                        "component1.median",
                        "component1.mean",
                        "component1.lower",
                        "component1.upper",
                        "component2.lambda"),
                read.columnNames().subList(0, 7));
        assertEquals(12, read.columns());
        assertEquals(latent.lambda().get(39, 1), read.get(39, 6));
        assertEquals(latent.mean().get(5, 0), read.get(5, 3));
    }

    @Test
    void transposeAndThreadsApplyToEveryCommandThatReads() {
        Path transposed =
                Cli.write(directory.resolve("t.npz"), Cli.planted(40, 6).transpose());

        assertEquals(
                Cli.floats(result("transform", model, data).get("k")),
                Cli.floats(result("transform", model, transposed, "--transpose", "--threads", 3)
                        .get("k")));
        assertEquals(
                Cli.floats(result("reconstruct", model, data).get("data")),
                Cli.floats(result("reconstruct", model, transposed, "--transpose", "--threads", 3)
                        .get("data")));
        assertEquals(
                Cli.floats(result("sample", model, data, "--count", 3).get("data")),
                Cli.floats(result("sample", model, transposed, "--count", 3, "--transpose", "--threads", 3)
                        .get("data")));
        assertEquals(
                Cli.run("evaluate", model, data, "--json").json(),
                Cli.run("evaluate", model, transposed, "--json", "--transpose", "--threads", 3)
                        .json());
    }

    @Test
    void reconstructDecodesMediansMeansOrSamples() throws IOException {
        Matrix v = Cli.planted(40, 6);

        Map<String, NpyArray> medians = result("reconstruct", model, data);
        assertSame(loaded().reconstruct(v), medians.get("data"));
        assertEquals(Cli.names("sample", 40), medians.get("rows").strings());
        assertEquals(Cli.names("feature", 6), medians.get("columns").strings());

        assertSame(
                loaded().reconstructMean(v),
                result("reconstruct", model, data, "--mean").get("data"));

        Map<String, NpyArray> samples = result("reconstruct", model, data, "--samples", 2, "--seed", 5);
        List<Matrix> expected = loaded().reconstructSampled(v, 2, 5);
        assertSame(expected.get(0), samples.get("sample1"));
        assertSame(expected.get(1), samples.get("sample2"));
        assertNotEquals(
                Cli.floats(samples.get("sample1")),
                Cli.floats(result("reconstruct", model, data, "--samples", 1).get("sample1")));
    }

    @Test
    void aReconstructionMayBeATable() throws IOException {
        Path table = directory.resolve("smooth.csv");

        Cli.run("reconstruct", model, data, "-o", table).expect(ExitCode.DONE);

        assertEquals(flat(loaded().reconstruct(Cli.planted(40, 6))), flat(MatrixReader.read(table.toString())));
    }

    @Test
    void sampleDrawsFromThePriorOrAroundRows() throws IOException {
        Map<String, NpyArray> prior = result("sample", model, "--count", 3);
        assertSame(loaded().sample(3, 0), prior.get("data"));
        assertEquals(Cli.names("feature", 6), prior.get("columns").strings());
        assertSame(
                loaded().sample(3, 9),
                result("sample", model, "--count", 3, "--seed", 9).get("data"));
        Map<String, NpyArray> around = result("sample", model, data, "--count", 50);
        assertSame(loaded().sample(Cli.planted(40, 6), 50, 0), around.get("data"));
        assertEquals("sample1", around.get("rows").strings().get(40));
    }

    @Test
    void evaluateAsJson() throws IOException {
        var score = loaded().score(Cli.planted(40, 6));

        Map<String, Object> json =
                Cli.run("evaluate", model, data, "--json").expect(ExitCode.DONE).json();

        assertEquals(
                Map.of(
                        "relativeError", score.relativeErrorMedian(),
                        "relativeErrorMedian", score.relativeErrorMedian(),
                        "relativeErrorMean", score.relativeErrorMean(),
                        "relativeErrorSampled", score.relativeErrorSampled(),
                        "reconstructionPerSample", score.reconstructionPerSample(),
                        "klPerSample", score.klPerSample(),
                        "objective", score.objective(),
                        "hoyerSparsity", score.hoyerSparsity(),
                        "deadComponents", 0,
                        "deadComponentNames", List.of()),
                json);
    }

    @Test
    void evaluateAsTable() throws IOException {
        Cli.Run run = Cli.run("evaluate", model, data).expect(ExitCode.DONE);

        assertEquals(8, run.out().lines().count(), run.out());
        String median = String.format(
                Locale.ROOT, "%.4g", loaded().score(Cli.planted(40, 6)).relativeErrorMedian());
        assertTrue(run.out().contains("relative error, median       " + median), run.out());
    }

    @Test
    void quietPrintsNoClosingMessage() {
        Cli.Run loud = Cli.run("transform", model, data, "-o", output).expect(ExitCode.DONE);
        Cli.Run quiet =
                Cli.run("transform", model, data, "-o", output, "--quiet").expect(ExitCode.DONE);

        assertTrue(loud.out().startsWith(output.toString()), loud.out());
        assertEquals("", quiet.out());
    }

    @Test
    void infoSaysWhatThereIs() {
        Map<String, Object> json =
                Cli.run("info", "--json").expect(ExitCode.DONE).json();

        assertTrue(((String) json.get("version")).matches("\\d+\\.\\d+\\.\\d+.*"), json.toString());
        assertTrue(((String) json.get("java")).startsWith(Runtime.version().toString()), json.toString());
        assertEquals(Runtime.getRuntime().availableProcessors(), json.get("threads"));
        Map<?, ?> backends = (Map<?, ?>) json.get("backends");
        assertEquals("available", backends.get("cpu"));
        assertTrue(((String) backends.get("cuda")).startsWith("unavailable: "), json.toString());
        assertFalse(json.containsKey("cudaDevices"), json.toString());
        String text = Cli.run("info").expect(ExitCode.DONE).out();
        for (String key : List.of("version", "java", "os", "architecture", "vectors", "blas")) {
            assertTrue(text.contains((String) json.get(key)), key + " in " + text);
        }
    }

    @Test
    void demoWritesAModelPicturesAndAReport() throws IOException {
        Path folder = directory.resolve("new").resolve("folder");

        Map<String, Object> json = Cli.run("demo", "--out", folder, "--json", "--epochs", 150)
                .expect(ExitCode.DONE)
                .json();

        assertEquals(List.of(1797, 64, 16), Arrays.asList(json.get("rows"), json.get("columns"), json.get("rank")));
        Map<?, ?> score = (Map<?, ?>) json.get("score");
        assertTrue((double) score.get("relativeErrorMedian") < 0.45, score.toString());
        assertEquals(0, score.get("deadComponents"));
        assertEquals(150, json.get("epochs"));
        assertEquals(16, PaeNmfModel.load(Path.of((String) json.get("model"))).rank());
        List<?> pictures = (List<?>) json.get("pictures");
        assertEquals(2, pictures.size());
        for (Object picture : pictures) {
            assertTrue(ImageIO.read(Path.of((String) picture).toFile()).getWidth() > 500);
        }
        String report = Files.readString(Path.of((String) json.get("report")));
        assertTrue(report.contains("demo:digits in 16 parts"));
        try (var files = Files.list(folder)) {
            assertEquals(4, files.count());
        }
    }
}
