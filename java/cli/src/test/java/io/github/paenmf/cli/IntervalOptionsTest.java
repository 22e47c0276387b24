package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Options of intervals of variational NMF, and what shows them. */
class IntervalOptionsTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path model;

    @BeforeEach
    void write() throws IOException {
        data = Cli.data(directory);
        model = directory.resolve("model.npz");
    }

    private String fit(Object... options) {
        Object[] command = {"fit", data, "-r", 2, "--algorithm", "vb", "--epochs", 40, "-o", model};
        return Cli.run(Cli.concat(command, options)).expect(ExitCode.DONE).out();
    }

    @ParameterizedTest
    @CsvSource({
        "rotation, the rotation of the factors by a normal distribution at its mode",
        "sampled, the rotation of the factors by Hamiltonian Monte Carlo",
        "joint, linear response of both factors together",
        "conditional, linear response given the other factor",
        "mean-field, each coefficient by itself",
    })
    void theMethodIsKeptAndSaid(String method, String words) throws IOException {
        String said = fit("--intervals", method);
        assertTrue(said.contains(words));
        String json = fit("--intervals", method, "--json");
        assertTrue(json.contains("\"intervals\":{\"method\":\"" + method + "\""));
        boolean measuresNoise = !method.equals("mean-field"); // which takes nothing of the rows
        assertEquals(measuresNoise, said.contains("the noise "), said);
        assertEquals(measuresNoise, json.contains("noiseVariance"), json);
        assertEquals(method, Names.of(VariationalModel.load(model).intervalMethod()));
        Path report = directory.resolve("report.html");
        Cli.run("report", model, data, "-o", report).expect(ExitCode.DONE);
    }

    /** Intervals that take more into account are wider in the mean. */
    @Test
    void theMethodMakesTheIntervals() throws IOException {
        double meanField = width("mean-field");
        double conditional = width("conditional");
        double joint = width("joint");

        assertTrue(conditional > meanField, () -> conditional + " against " + meanField);
        assertTrue(joint > conditional, () -> joint + " against " + conditional);
    }

    private double width(String method) throws IOException {
        fit("--intervals", method);
        Path table = directory.resolve("t.csv");
        Cli.run("transform", model, data, "-o", table).expect(ExitCode.DONE);
        Matrix written = MatrixReader.read(table.toString());
        int lower = written.columnNames().indexOf("component1.lower");
        int upper = written.columnNames().indexOf("component1.upper");
        double sum = 0;
        for (int i = 0; i < written.rows(); i++) {
            sum += written.get(i, upper) - written.get(i, lower);
        }
        return sum;
    }

    @Test
    void noiseIsMeasuredUnlessItIsToBeConstant() throws IOException {
        writeWithNoiseInPercent();
        fit();
        double[] measured = VariationalModel.load(model).noiseVariance();
        String said = fit("--noise", "constant");
        double[] constant = VariationalModel.load(model).noiseVariance();

        assertTrue(said.contains("the noise is the same for small and large values"), said);
        assertTrue(constant[0] > 0);
        assertEquals(0, constant[1] + constant[2]);
        assertTrue(measured[1] + measured[2] > 0);
    }

    private void writeWithNoiseInPercent() {
        Random random = new Random(2);
        Matrix planted = Cli.planted(40, 6);
        float[][] values = new float[planted.rows()][planted.columns()];
        for (int i = 0; i < values.length; i++) {
            for (int f = 0; f < values[i].length; f++) {
                values[i][f] = planted.get(i, f) * (float) Math.max(0, 1 + 0.3 * random.nextGaussian());
            }
        }
        Cli.write(data, Matrix.of(values));
    }

    @ParameterizedTest
    @ValueSource(strings = {"joint", "conditional", "mean-field"})
    void noiseWithoutEffectIsRefused(String method) {
        String err = Cli.run(
                        "fit",
                        data,
                        "-r",
                        2,
                        "--algorithm",
                        "vb",
                        "--intervals",
                        method,
                        "--noise",
                        "measured",
                        "-o",
                        model)
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(err.contains("--noise has no effect on intervals other than by the rotation"), err);
    }

    @Test
    void drawsOfARowGoByItsId() throws IOException {
        fit("--intervals", "rotation");
        Path one = directory.resolve("one.npz");
        Path other = directory.resolve("other.npz");
        Cli.run("transform", model, data, "-o", one).expect(ExitCode.DONE);
        Cli.run("transform", model, data, "--first-id", 7, "-o", other).expect(ExitCode.DONE);

        assertFalse(Arrays.equals(
                Cli.arrays(one).get("upper").floats(),
                Cli.arrays(other).get("upper").floats()));
    }

    @Test
    void otherAlgorithmsHaveNoSuchIntervals() {
        for (String algorithm : new String[] {"pae", "ae", "nmf-hals"}) {
            for (String option : new String[] {"--intervals=joint", "--noise=constant"}) {
                String err = Cli.run("fit", data, "-r", 2, "--algorithm", algorithm, option, "-o", model)
                        .expect(ExitCode.USAGE)
                        .err();
                assertTrue(err.contains("has no effect with --algorithm " + algorithm), err);
            }
        }
        Cli.run("fit", data, "-r", 2, "--algorithm", "pae", "--epochs", 3, "-o", model)
                .expect(ExitCode.DONE);
        String err = Cli.run("transform", model, data, "--first-id", 1, "-o", directory.resolve("t.csv"))
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(err.contains("--first-id has an effect on intervals of models of vb only"), err);
    }
}
