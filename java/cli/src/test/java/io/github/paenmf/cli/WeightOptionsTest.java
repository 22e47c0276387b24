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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeightOptionsTest {

    private static final int ROWS = 40;
    private static final int COLUMNS = 9;

    @TempDir
    private Path folder;

    private Matrix data;
    private Path input;
    private Path rows;
    private Path features;
    private Path model;

    @BeforeEach
    void write() throws IOException {
        data = Cli.planted(ROWS, COLUMNS);
        input = folder.resolve("data.csv");
        rows = folder.resolve("rows.csv");
        features = folder.resolve("features.csv");
        model = folder.resolve("model.npz");
        MatrixWriter.write(input, data);
        Files.writeString(rows, weights(data.rowNames()));
        Files.writeString(features, weights(data.columnNames()));
    }

    /** 0, 1 and 2 in turn, and in another order than the data. */
    private static String weights(List<String> names) {
        int n = names.size();
        return IntStream.range(0, n)
                .map(i -> n - 1 - i)
                .mapToObj(i -> names.get(i) + "," + i % 3 + "\n")
                .collect(Collectors.joining());
    }

    private static int[] repeated(int count) {
        return IntStream.range(0, count)
                .flatMap(i -> IntStream.range(0, i % 3).map(copy -> i))
                .toArray();
    }

    private Cli.Run fit(Path of, String algorithm, Object... more) {
        Object[] args = {"fit", of, "-r", 2, "--algorithm", algorithm, "--epochs", 60, "-o", model};
        return Cli.run(Cli.concat(args, more));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "vb", "ae"})
    void rowsCountAsOftenAsTheirWeightsSay(String algorithm) throws IOException {
        Path repeated = folder.resolve("repeated.csv");
        MatrixWriter.write(repeated, data.selectRows(repeated(ROWS)).withNames(List.of(), data.columnNames()));
        Object[] start = algorithm.equals("vb") ? new Object[] {"--init", "random"} : new Object[0];
        fit(repeated, algorithm, start).expect(ExitCode.DONE);
        float[][] expected = FactorisationModel.load(model).basis().toRows();

        fit(input, algorithm, Cli.concat(start, "--row-weights", rows)).expect(ExitCode.DONE);

        float[][] basis = FactorisationModel.load(model).basis().toRows();
        for (int f = 0; f < COLUMNS; f++) {
            assertArrayEquals(expected[f], basis[f], 2e-3f); // other sums, over 60 epochs that contract
        }
        Path out = folder.resolve("out.csv");
        Cli.run("transform", model, input, "-o", out).expect(ExitCode.DONE);
        assertEquals(ROWS, MatrixReader.read(out.toString()).rows());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "nmf-mu", "vb", "pae", "ae"})
    void aModelKeepsTheWeightsOfFeatures(String algorithm) throws IOException {
        fit(input, algorithm, "--feature-weights", features).expect(ExitCode.DONE);

        double[] kept =
                FactorisationModel.load(model).scaling().featureWeights().features();
        assertArrayEquals(IntStream.range(0, COLUMNS).mapToDouble(f -> f % 3).toArray(), kept);
        String out = Cli.run("evaluate", model, input).expect(ExitCode.DONE).out();
        assertTrue(out.contains("features counted by their weights"), out);
        if (!algorithm.startsWith("nmf")) {
            Cli.Run update = Cli.run("update", model, input, "-o", folder.resolve("next.npz"));
            assertTrue(update.expect(ExitCode.BAD_DATA).err().contains("does not go on training"), update.err());
        }
    }

    @Test
    void nmfByTheKullbackLeiblerDivergenceRefusesThem() {
        for (String option : new String[] {"--row-weights", "--feature-weights"}) {
            Cli.Run run = fit(input, "nmf-kl", option, rows).expect(ExitCode.USAGE);
            assertTrue(run.err().contains(option + " has no effect with --algorithm nmf-kl"), run.err());
        }
    }

    @Test
    void whatWeightsDoNotGoWithIsRefused() {
        Object[] weights = {"--row-weights", rows};
        Cli.Run method =
                fit(input, "vb", Cli.concat(weights, "--intervals", "rotation")).expect(ExitCode.USAGE);
        assertTrue(method.err().contains("--intervals must be mean-field with weights"), method.err());
        Cli.Run batches =
                fit(input, "vb", Cli.concat(weights, "--batch-rows", 10)).expect(ExitCode.USAGE);
        assertTrue(batches.err().contains("--batch-rows must be 0"), batches.err());
        Cli.Run start = fit(input, "pae", Cli.concat(weights, "--init", "nmf")).expect(ExitCode.USAGE);
        assertTrue(start.err().contains("--init must be random with weights"), start.err());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "row | sample3,-1 | the weight of row 3 is -1.0; it must be a finite number of at least 0",
                "row | other,1 | there is no number for row 3 ('sample3')",
                "feature | feature3,-1 | the weight of feature 3 is -1.0; it must be a finite number of at least 0",
                "feature | other,1 | there is no number for column 3 ('feature3')",
            })
    void aFileThatDoesNotFitIsRefusedByName(String of, String line, String reason) throws IOException {
        Path file = of.equals("row") ? rows : features;
        String name = of.equals("row") ? "sample3" : "feature3";
        Files.writeString(file, Files.readString(file).replaceFirst(name + ",\\d", line));

        Cli.Run run = fit(input, "vb", "--" + of + "-weights", file).expect(ExitCode.BAD_DATA);
        assertTrue(run.err().contains(file + ": " + reason), run.err());
    }

    @Test
    void weightsThatAreAllZeroAreRefused() throws IOException {
        Files.writeString(rows, Files.readString(rows).replaceAll(",\\d", ",0"));

        Cli.Run run = fit(input, "nmf-hals", "--row-weights", rows).expect(ExitCode.BAD_DATA);
        assertTrue(run.err().contains(rows + ": all weights of rows are 0"), run.err());
        Cli.Run shorter = fit(input, "nmf-hals", "--row-weights", features).expect(ExitCode.BAD_DATA);
        assertTrue(shorter.err().contains("there is no number for row 1"), shorter.err());
    }
}
