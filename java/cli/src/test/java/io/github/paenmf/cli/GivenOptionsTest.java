package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.NmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fits from given factors, and those that keep a basis. */
class GivenOptionsTest {

    private static final int COLUMNS = 6;

    @TempDir
    private Path directory;

    private Path data;
    private Path model;
    private Path basis;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
        model = directory.resolve("model.npz");
        basis = Cli.write(directory.resolve("basis.csv"), catalogue(Cli.names("feature", COLUMNS)));
    }

    private static Matrix catalogue(List<String> features) {
        float[][] values = new float[COLUMNS][2];
        for (int f = 0; f < COLUMNS; f++) {
            values[f][0] = 0.1f + f / 7f;
            values[f][1] = f % 3 / 3f;
        }
        return Matrix.of(values).withNames(features, List.of("first", "second"));
    }

    private Cli.Run fit(String algorithm, Object... options) {
        return fit(5, algorithm, options);
    }

    private Cli.Run fit(int epochs, String algorithm, Object... options) {
        Object[] command = {"fit", data, "--epochs", epochs, "-o", model, "--algorithm", algorithm};
        return Cli.run(Cli.concat(command, options));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "nmf-mu", "nmf-kl"})
    void aFixedBasisIsTheModelsToTheBitAndTellsTheRank(String algorithm) throws IOException {
        fit(algorithm, "--init-basis", basis, "--fix-basis").expect(ExitCode.DONE);
        NmfModel fitted = NmfModel.load(model);

        assertArrayEquals(
                MatrixReader.read(basis.toString()).toRows(), fitted.basis().toRows());
        assertEquals(2, fitted.fixedComponents());

        fit(algorithm, "--init-basis", basis, "--fix-basis", "-r", 3).expect(ExitCode.DONE);
        NmfModel more = NmfModel.load(model);
        assertEquals(3, more.rank());
        assertArrayEquals(
                fitted.basis().toRows(),
                more.basis().selectColumns(new int[] {0, 1}).toRows());
    }

    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "nmf-mu", "nmf-kl", "vb", "pae", "ae"})
    void aFitStartsFromABasis(String algorithm) throws IOException {
        fit(algorithm, "--init-basis", basis).expect(ExitCode.DONE);
        FactorisationModel fitted = FactorisationModel.load(model);
        fit(algorithm, "-r", 2).expect(ExitCode.DONE);
        FactorisationModel usual = FactorisationModel.load(model);

        assertNotEquals(List.of(usual.basis().toRows()), List.of(fitted.basis().toRows()));
        assertNotEquals(usual.history().reconstruction()[0], fitted.history().reconstruction()[0]);
    }

    /** Steps of HALS have no memory but the factors. */
    @Test
    void filesOfAnotherFitAreWhereThisOneGoesOn() throws IOException {
        Path coefficients = directory.resolve("coefficients.csv");
        Path written = directory.resolve("written.csv");
        Path second = directory.resolve("second.csv");
        fit("nmf-hals", "-r", 2, "--coefficients", coefficients).expect(ExitCode.DONE);
        Cli.run("basis", model, "-o", written).expect(ExitCode.DONE);
        fit("nmf-hals", "--init-basis", written, "--init-coefficients", coefficients, "--coefficients", second)
                .expect(ExitCode.DONE);
        Matrix inTwo = MatrixReader.read(second.toString());
        fit(10, "nmf-hals", "-r", 2, "--coefficients", coefficients).expect(ExitCode.DONE);
        Matrix inOne = MatrixReader.read(coefficients.toString());

        for (int i = 0; i < inOne.rows(); i++) {
            // five steps from factors that were rounded to float32
            assertEquals(inOne.get(i, 1), inTwo.get(i, 1), 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"nmf-mu, nmf-hals", "pae, nmf-kl", "nmf-hals, vb", "vb, pae"})
    void aFitStartsFromTheBasisOfAModel(String first, String second) throws IOException {
        Path before = directory.resolve("before.npz");
        Path table = directory.resolve("table.npz");
        fit(first, "-r", 2).expect(ExitCode.DONE);
        Matrix expected = FactorisationModel.load(model).basis();
        Cli.write(table, expected);
        Files.move(model, before);
        fit(second, "--warm-start", before).expect(ExitCode.DONE);
        FactorisationModel fitted = FactorisationModel.load(model);
        fit(second, "--init-basis", table).expect(ExitCode.DONE);

        assertEquals(2, fitted.rank());
        assertArrayEquals(
                FactorisationModel.load(model).basis().toRows(), fitted.basis().toRows());
    }

    @Test
    void aModelThatDoesNotServeIsRefused() throws IOException {
        Path before = directory.resolve("before.npz");
        fit("vb", "-r", 2).expect(ExitCode.DONE);
        Files.move(model, before);
        Cli.Run same = fit("vb", "--warm-start", before).expect(ExitCode.USAGE);
        assertTrue(same.err().contains("is a model of vb already: paenmf update goes on from all of it"), same.err());
        Cli.Run rank = fit("nmf-hals", "--warm-start", before, "-r", 3).expect(ExitCode.USAGE);
        assertTrue(rank.err().contains("--rank must be 2, the model's, with --warm-start, not 3"), rank.err());
        Cli.Run units = fit("nmf-hals", "--warm-start", before, "--log1p").expect(ExitCode.USAGE);
        assertTrue(units.err().contains("was fitted without --log1p"), units.err());
        Cli.Run both =
                fit("nmf-hals", "--warm-start", before, "--init-basis", basis).expect(ExitCode.USAGE);
        assertTrue(both.err().contains("both say where to start"), both.err());
    }

    /** V = H·basisᵀ without noise has these coefficients alone, to the rounding of the products. */
    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "nmf-kl"})
    void transformTakesABasisInPlaceOfAModel(String algorithm) throws IOException {
        Matrix w = catalogue(Cli.names("feature", COLUMNS));
        float[][] h = {{1, 2}, {0.5f, 3}, {2, 0.25f}};
        float[][] v = new float[3][COLUMNS];
        for (int i = 0; i < 3; i++) {
            for (int f = 0; f < COLUMNS; f++) {
                v[i][f] = 100 * (h[i][0] * w.get(f, 0) + h[i][1] * w.get(f, 1));
            }
        }
        int[] backwards = {5, 4, 3, 2, 1, 0};
        Cli.write(data, Matrix.of(v).withNames(List.of(), w.rowNames()).selectColumns(backwards));
        Path latent = directory.resolve("latent.csv");
        Cli.run("transform", "--basis", basis, data, "-o", latent, "--algorithm", algorithm)
                .expect(ExitCode.DONE);
        Matrix read = MatrixReader.read(latent.toString());

        for (int i = 0; i < 3; i++) {
            assertEquals(100 * h[i][0], read.get(i, 0), 0.02); // updates of nmf-kl end at changes of 1e-4
            assertEquals(100 * h[i][1], read.get(i, 1), 0.02);
        }
        assertEquals(List.of("first", "second"), read.columnNames());
    }

    @ParameterizedTest
    @CsvSource({
        "--basis BASIS DATA DATA, 'transform takes no MODEL with --basis: give INPUT alone'",
        "--algorithm nmf-kl DATA DATA, '--algorithm has no effect without --basis FILE; leave it out'",
        "--basis BASIS --algorithm pae DATA, '--algorithm must be nmf-hals, nmf-kl or vb with --basis, not pae'",
        "--basis BASIS --sigma 0.1 DATA, '--sigma needs --basis FILE and --algorithm vb; a MODEL has its own'",
        "--zeros off DATA DATA, '--zeros needs --basis FILE and --algorithm vb; a MODEL has its own'",
        "--basis BASIS --algorithm vb --intervals rotation DATA, '--intervals must be auto,'",
        "--basis BASIS --refine 2 DATA, --refine",
        "--basis BASIS --level 0.5 DATA, --level",
        "DATA, 'Missing required parameter: ''INPUT'''",
    })
    void transformRefusesWhatHasNoEffect(String options, String message) {
        Object[] given = options.replace("BASIS", basis.toString())
                .replace("DATA", data.toString())
                .split(" ");
        Object[] command = {"transform", "-o", directory.resolve("latent.csv")};
        Cli.Run refused = Cli.run(Cli.concat(command, given));
        assertNotEquals(ExitCode.DONE, refused.exitCode());
        assertTrue(refused.err().contains(message), refused.err());
    }

    /** Point estimates lie in intervals of 99 %: beside thousands of counts priors say little. */
    @ParameterizedTest
    @ValueSource(strings = {"gaussian", "poisson"})
    void transformGivesDistributionsByABasis(String likelihood) throws IOException {
        Path latent = directory.resolve("latent.csv");
        Path numbers = directory.resolve("numbers.csv");
        SplittableRandom random = new SplittableRandom(1);
        Matrix w = MatrixReader.read(basis.toString());
        float[][] v = new float[40][COLUMNS];
        for (float[] row : v) {
            double first = random.nextDouble(1000, 2000);
            double second = random.nextDouble(1000, 2000);
            for (int f = 0; f < COLUMNS; f++) {
                double mean = first * w.get(f, 0) + second * w.get(f, 1);
                row[f] = Math.round(mean + Math.sqrt(mean) * random.nextGaussian());
            }
        }
        Cli.write(data, Matrix.of(v));
        String counts = likelihood.equals("poisson") ? "nmf-kl" : "nmf-hals";
        Cli.run("transform", "--basis", basis, data, "-o", numbers, "--algorithm", counts)
                .expect(ExitCode.DONE);
        Object[] command = {
            "transform", "--basis", basis, data, "-o", latent, "--algorithm", "vb", "--likelihood", likelihood
        };
        Cli.Run run = Cli.run(Cli.concat(command, "--level", 0.99)).expect(ExitCode.DONE);
        Matrix read = MatrixReader.read(latent.toString());
        Matrix point = MatrixReader.read(numbers.toString());

        boolean gaussian = likelihood.equals("gaussian");
        assertEquals(gaussian, run.out().contains("sigma"), run.out());
        int lower = read.columnNames().indexOf("second.lower");
        int upper = read.columnNames().indexOf("second.upper");
        int held = 0;
        for (int i = 0; i < read.rows(); i++) {
            assertTrue(read.get(i, upper) > read.get(i, lower));
            held += point.get(i, 1) >= read.get(i, lower) && point.get(i, 1) <= read.get(i, upper) ? 1 : 0;
        }
        assertTrue(held >= 0.9 * read.rows(), held + " of " + read.rows());
        if (gaussian) {
            Cli.Run given = Cli.run(Cli.concat(command, "--sigma", 0.5)).expect(ExitCode.DONE);
            assertTrue(given.out().contains("sigma 0.5000 (given)"), given.out());
        }
    }

    @Test
    void aModelOfVbKeepsAFixedBasisAndSaysSo() throws IOException {
        Path table = directory.resolve("table.csv");
        Path report = directory.resolve("report.html");
        fit("vb", "--init-basis", basis, "--fix-basis", "-r", 3).expect(ExitCode.DONE);
        Cli.run("basis", model, "-o", table).expect(ExitCode.DONE);
        Cli.run("report", model, data, "-o", report).expect(ExitCode.DONE);
        Matrix written = MatrixReader.read(table.toString());
        Matrix catalogue = MatrixReader.read(basis.toString());

        for (int f = 0; f < COLUMNS; f++) {
            for (String statistic : List.of("value", "lower", "upper")) {
                int column = written.columnNames().indexOf("component2." + statistic);
                assertEquals(catalogue.get(f, 1), written.get(f, column));
            }
        }
        String page = Files.readString(report);
        assertTrue(page.contains("The weights of the first 2 components were given"));
        assertTrue(page.contains("Fixed components"));
    }

    /** A basis of vb has lower, upper and inclusion beside each value. */
    @Test
    void aTableOfVbIsReadByItsValues() throws IOException {
        Path table = directory.resolve("table.tsv");
        fit("vb", "-r", 2).expect(ExitCode.DONE);
        Matrix expected = FactorisationModel.load(model).basis();
        Cli.run("basis", model, "-o", table).expect(ExitCode.DONE);
        fit("nmf-hals", "--init-basis", table, "--fix-basis").expect(ExitCode.DONE);

        assertArrayEquals(expected.toRows(), NmfModel.load(model).basis().toRows());
    }

    @Test
    void rowsGoByNameUnlessNamesAreIgnored() throws IOException {
        List<String> others = Cli.names("other", COLUMNS);
        Cli.write(basis, catalogue(others));
        Cli.Run refused = fit("nmf-hals", "--init-basis", basis).expect(ExitCode.BAD_DATA);
        assertTrue(
                refused.err()
                        .contains("row 1 of the given basis, 'other1', has no column of the data, and column 1,"
                                + " 'feature1', no row; --ignore-names goes by position"),
                refused.err());
        fit("nmf-hals", "--init-basis", basis, "--fix-basis", "--ignore-names").expect(ExitCode.DONE);
        assertArrayEquals(
                catalogue(others).toRows(), NmfModel.load(model).basis().toRows());
    }

    @Test
    void zerosThatStayAreWarnedOf() {
        Cli.Run fitted = fit("nmf-mu", "--init-basis", basis).expect(ExitCode.DONE);
        assertTrue(
                fitted.err().contains("of the given factors 2 weights and 0 coefficients are 0: they stay so."),
                fitted.err());
    }

    @Test
    void aBasisOfAnotherShapeOrWithNegativeValuesIsRefused() {
        Path turned =
                Cli.write(directory.resolve("turned.npz"), catalogue(List.of()).transpose());
        Cli.Run refused = fit("nmf-hals", "--init-basis", turned).expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("the given basis is 2 × 6, the data are 40 × 6"), refused.err());
        Path negative = Cli.write(directory.resolve("negative.csv"), Matrix.of(new float[][] {{1, -2}}));
        refused = fit("nmf-hals", "--init-basis", negative).expect(ExitCode.BAD_DATA);
        assertTrue(refused.err().contains("negative.csv: "), refused.err());
    }

    @ParameterizedTest
    @CsvSource({
        "nmf-hals, '', Missing required option: '--rank=RANK'",
        "nmf-hals, -r 2 --fix-basis, --fix-basis has no effect without --init-basis FILE or --warm-start MODEL; leave it out",
        "nmf-hals, -r 2 --ignore-names, --ignore-names has no effect without --init-basis FILE or --warm-start MODEL; leave it out",
        "nmf-hals, --init-basis BASIS -r 1, '--rank must be at least 2, the components of the given basis'",
        "nmf-hals, --init-basis BASIS --init random, --init has no effect with an initial basis",
        "vb, --init-basis BASIS --init random, --init has no effect with an initial basis",
        "pae, --init-basis BASIS --init nmf, --init has no effect with an initial basis",
        "pae, --init-basis BASIS --fix-basis, --fix-basis has no effect with --algorithm pae; leave it out",
        "vb, --init-basis BASIS --fix-basis --intervals joint, --intervals must be",
        "vb, --init-basis BASIS --fix-basis --noise constant, --noise has no effect",
        "vb, --init-basis BASIS --init-coefficients BASIS, --init-coefficients has no effect with --algorithm vb; leave it out",
        "pae, --init-basis BASIS --likelihood poisson, --init-basis has no effect with a Poisson likelihood",
    })
    void whatHasNoEffectIsRefused(String algorithm, String options, String message) {
        Object[] given = options.isEmpty()
                ? new Object[0]
                : options.replace("BASIS", basis.toString()).split(" ");
        Cli.Run refused = fit(algorithm, given).expect(ExitCode.USAGE);
        assertTrue(refused.err().contains(message), refused.err());
    }
}
