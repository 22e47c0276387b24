package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.MatrixWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScalingOptionsTest {

    private static final int ROWS = 40;

    @TempDir
    private Path folder;

    private Path data;
    private Path sizes;
    private Path model;

    /** Planted data whose rows are 1, 2 or 3 times as large. */
    @BeforeEach
    void write() throws IOException {
        data = folder.resolve("data.csv");
        sizes = folder.resolve("sizes.csv");
        model = folder.resolve("model.npz");
        Matrix planted = Cli.planted(ROWS, 9).copy();
        for (int i = 0; i < ROWS; i++) {
            for (int f = 0; f < planted.columns(); f++) {
                planted.storage(i)[planted.offset(i) + f] *= 1 + i % 3;
            }
        }
        MatrixWriter.write(data, planted);
        Files.writeString(
                sizes,
                IntStream.range(0, ROWS)
                        .mapToObj(i -> planted.rowNames().get(ROWS - 1 - i) + "," + (1 + (ROWS - 1 - i) % 3) + "\n")
                        .collect(Collectors.joining()));
    }

    private Cli.Run fit(Object... more) {
        return fitBy("nmf-hals", more);
    }

    private Cli.Run fitBy(String algorithm, Object... more) {
        int epochs = algorithm.equals("pae") ? 600 : 60;
        Object[] args = {"fit", data, "-r", 2, "--algorithm", algorithm, "--epochs", epochs, "-o", model};
        return Cli.run(Cli.concat(args, more));
    }

    private double[][] basis() throws IOException {
        return Arrays.stream(FactorisationModel.load(model).basis().toRows())
                .map(row ->
                        IntStream.range(0, row.length).mapToDouble(j -> row[j]).toArray())
                .toArray(double[][]::new);
    }

    private Stream<List<Object>> choices() {
        return Stream.of(
                List.of("--size-factors", "total"),
                List.of("--size-factors", sizes),
                List.of("--log1p"),
                List.of("--feature-scale", "sd"));
    }

    @Test
    void eachOptionHasItsEffect() throws IOException {
        List<Scaling> scalings = List.of(
                Scaling.NONE.withSizeFactors(SizeFactors.TOTAL),
                Scaling.NONE.withSizeFactors(SizeFactors.GIVEN),
                Scaling.NONE.withLog1p(true),
                Scaling.NONE.withFeatureScale(FeatureScale.SD));
        fit().expect(ExitCode.DONE);
        double[][] before = basis();
        List<List<Object>> choices = choices().toList();
        for (int c = 0; c < choices.size(); c++) {
            Map<String, Object> json = fit(Cli.concat(choices.get(c).toArray(), "--json"))
                    .expect(ExitCode.DONE)
                    .json();

            assertEquals(
                    scalings.get(c), FactorisationModel.load(model).scaling().scaling());
            assertNotEquals(before[0][0], basis()[0][0], 1e-4, choices.get(c)::toString);
            Map<?, ?> score = (Map<?, ?>) json.get("score");
            assertEquals(scalings.get(c).toString(), score.get("scaling"));
            assertTrue((double) score.get("relativeError") < 0.2, json::toString);
        }
        fit("--size-factors", "none", "--feature-scale", "none").expect(ExitCode.DONE);
        assertArrayEquals(before, basis());
    }

    @Test
    void errorsSayOfWhatTheyAre() {
        String out = fit("--log1p").expect(ExitCode.DONE).out();
        assertTrue(out.contains("of scaled data") && out.contains("ln(1 + x)"), out);
        String evaluated =
                Cli.run("evaluate", model, data).expect(ExitCode.DONE).out();
        assertTrue(evaluated.contains("of scaled data"), evaluated);
        String plain = fit().expect(ExitCode.DONE).out();
        assertTrue(!plain.contains("scaled"), plain);
    }

    /** Size factors that the data were made with leave nothing of them: rows are rebuilt in their own units. */
    @ParameterizedTest
    @ValueSource(strings = {"vb", "pae", "nmf-hals"})
    void everyCommandTakesTheSizeFactorsOfItsRows(String algorithm) throws IOException {
        fitBy(algorithm, "--size-factors", sizes).expect(ExitCode.DONE);
        Path out = folder.resolve("out.csv");
        Object[] given = {"--size-factors", sizes};
        Stream.of(
                        new Object[] {"transform", model, data, "-o", out},
                        new Object[] {"evaluate", model, data},
                        new Object[] {"report", model, data, "-o", folder.resolve("report.html")},
                        new Object[] {"plot", model, data, "--what", "reconstruction", "-o", folder.resolve("r.svg")},
                        new Object[] {"reconstruct", model, data, "-o", out})
                .forEach(command -> {
                    Cli.Run without = Cli.run(command).expect(ExitCode.USAGE);
                    assertTrue(without.err().contains("by --size-factors FILE"), without.err());
                    Cli.run(Cli.concat(command, given)).expect(ExitCode.DONE);
                });
        Matrix before = MatrixReader.read(data.toString());
        Matrix after = MatrixReader.read(out.toString());
        double square = 0;
        double norm = 0;
        for (int i = 0; i < ROWS; i++) {
            for (int f = 0; f < before.columns(); f++) {
                square += Math.pow(before.get(i, f) - after.get(i, f), 2);
                norm += Math.pow(before.get(i, f), 2);
            }
        }
        assertTrue(square < 0.01 * norm, algorithm + ": " + Math.sqrt(square / norm));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "pae"})
    void updateAndSampleTakeThemToo(String algorithm) {
        fitBy(algorithm, "--size-factors", sizes).expect(ExitCode.DONE);
        Path next = folder.resolve("next.npz");
        Object[] update = {"update", model, data, "-o", next, "--epochs", 5};
        Cli.run(update).expect(ExitCode.USAGE);
        Cli.run(Cli.concat(update, "--size-factors", sizes)).expect(ExitCode.DONE);
        Path rows = folder.resolve("rows.csv");
        Object[] around = {"sample", model, data, "--count", 3, "-o", rows};
        Cli.run(around).expect(ExitCode.USAGE);
        Cli.run(Cli.concat(around, "--size-factors", sizes)).expect(ExitCode.DONE);
        Cli.run("sample", model, "--count", 3, "-o", rows).expect(ExitCode.DONE);
        Cli.Run needless = Cli.run("sample", model, "--count", 3, "-o", rows, "--size-factors", sizes);
        assertTrue(needless.expect(ExitCode.USAGE).err().contains("no effect without INPUT"), needless.err());
        Cli.run(
                        "plot",
                        next,
                        data,
                        "--what",
                        "latent",
                        "--compare",
                        model,
                        "-o",
                        folder.resolve("l.svg"),
                        "--size-factors",
                        sizes)
                .expect(ExitCode.DONE);
        Cli.run("plot", next, data, "--what", "generation", "-o", folder.resolve("g.svg"), "--size-factors", sizes)
                .expect(ExitCode.DONE);
    }

    @Test
    void sizeFactorsWithoutEffectAreRefused() {
        fit("--size-factors", "total").expect(ExitCode.DONE);

        Cli.Run run = Cli.run("evaluate", model, data, "--size-factors", sizes).expect(ExitCode.USAGE);
        assertTrue(run.err().contains("not fitted with such a file"), run.err());
    }

    @Test
    void countsKeepTheirUnit() {
        for (Object[] options : List.of(new Object[] {"--log1p"}, new Object[] {"--feature-scale", "sd"})) {
            Cli.Run run = fitBy("nmf-kl", options);
            String expected = options[0] + " has no effect with --algorithm nmf-kl";
            assertTrue(run.expect(ExitCode.USAGE).err().contains(expected), run.err());
        }
        Cli.Run run = fitBy("vb", "--likelihood", "poisson", "--log1p").expect(ExitCode.USAGE);
        assertTrue(run.err().contains("counts keep their unit"), run.err());
    }

    /** Of rows that are multiplied, and their factors with them, nothing else is expected. */
    @ParameterizedTest
    @ValueSource(strings = {"nmf-kl", "vb --likelihood poisson"})
    void sizeFactorsMultiplyWhatIsExpectedOfCounts(String algorithm) throws IOException {
        Path counts = folder.resolve("counts.csv");
        Path factors = folder.resolve("factors.csv");
        StringBuilder table = new StringBuilder();
        StringBuilder numbers = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            for (int f = 0; f < 5; f++) {
                table.append(f == 0 ? "" : ",").append((1 + i % 2) * (3 + (i / 2 * 7 + f * 5) % 11));
            }
            table.append('\n');
            numbers.append(1 + i % 2).append('\n');
        }
        Files.writeString(counts, table);
        Files.writeString(factors, numbers);
        Object[] fit = {"fit", counts, "-r", 2, "--epochs", 30, "-o", model, "--json"};
        Object[] by = ("--algorithm " + algorithm).split(" ");
        Map<String, Object> plain =
                Cli.run(Cli.concat(fit, by)).expect(ExitCode.DONE).json();
        for (Object option : List.of("total", factors)) {
            Object[] sized = Cli.concat(Cli.concat(fit, by), "--size-factors", option);
            Map<String, Object> json = Cli.run(sized).expect(ExitCode.DONE).json();
            assertNotEquals(plain.get("score"), json.get("score"));
            String sizes = option == factors ? "given" : "totals of the rows";
            assertEquals(sizes, ((Map<?, ?>) json.get("score")).get("sizeFactors"));
            Object[] given = option == factors ? new Object[] {"--size-factors", factors} : new Object[0];
            Path out = folder.resolve("v.csv");
            Cli.run(Cli.concat(new Object[] {"reconstruct", model, counts, "-o", out}, given))
                    .expect(ExitCode.DONE);
            Matrix v = MatrixReader.read(out.toString());
            for (int i = 0; i < 40; i += 2) {
                for (int f = 0; f < 5 && algorithm.equals("nmf-kl"); f++) {
                    // rows converge to 1e-6 of the greatest coefficient
                    assertEquals(2 * v.get(i, f), v.get(i + 1, f), 1e-4 * v.get(i, f));
                }
            }
            Path html = folder.resolve("report.html");
            Cli.run(Cli.concat(new Object[] {"report", model, counts, "-o", html}, given))
                    .expect(ExitCode.DONE);
            String page = Files.readString(html);
            assertTrue(page.contains("What is expected of a row is multiplied by its size factor"));
            assertTrue(page.contains("Size factors of rows"));
            for (String share : List.of("--holdout", "--thin")) {
                Cli.run(Cli.concat(sized, share, 0.5)).expect(ExitCode.DONE);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | the size factor of row 3 (sample3) is 0.0; it must be a finite number above 0",
                "-1 | the size factor of row 3 (sample3) is -1.0; it must be a finite number above 0",
                "no | there is no number for row 3 ('sample3')"
            })
    void aFileThatDoesNotFitIsRefusedByNameAndRow(String number, String reason) throws IOException {
        String line = number.equals("no") ? "other,1" : "sample3," + number;
        Files.writeString(sizes, Files.readString(sizes).replaceFirst("sample3,\\d", line));

        Cli.Run run = fit("--size-factors", sizes).expect(ExitCode.BAD_DATA);
        assertTrue(run.err().contains(sizes + ": " + reason), run.err());
        Cli.Run absent = fit("--size-factors", folder.resolve("totals"));
        assertTrue(absent.err().contains("totals: there is no such file"), absent.err());
    }

    @Test
    void ranksAreThoseOfScaledData() {
        Object[] rank = {"rank", data, "--max", 4, "--epochs", 40, "--restarts", 1, "--json"};
        Object plain = Cli.run(rank).expect(ExitCode.DONE).json().get("ranks");
        choices().forEach(options -> {
            Map<String, Object> json = Cli.run(Cli.concat(rank, options.toArray()))
                    .expect(ExitCode.DONE)
                    .json();
            assertNotEquals(plain, json.get("ranks"), options::toString);
        });
    }

    /** The parts of a sample add up to what is drawn of it, in whatever units. */
    @ParameterizedTest
    @MethodSource
    void reportsSayHowDataWereScaled(List<Object> options) throws IOException {
        fit(options.toArray()).expect(ExitCode.DONE);
        Path html = folder.resolve("report.html");
        Cli.run("report", model, data, "-o", html).expect(ExitCode.DONE);
        String page = Files.readString(html);

        assertTrue(page.contains("The data were scaled before the fit"));
        assertTrue(page.contains("Scaling of the data"));
        assertEquals(options.contains("sd"), page.contains(", except for the scales of features"));
    }

    static Stream<List<Object>> reportsSayHowDataWereScaled() {
        return Stream.of(List.of("--size-factors", "total", "--log1p"), List.of("--feature-scale", "sd"));
    }
}
