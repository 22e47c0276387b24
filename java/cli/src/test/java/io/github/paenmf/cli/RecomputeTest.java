package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.jr.ob.JSON;
import io.github.paenmf.io.NpyArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A program of a page, which knows the equations and the model file alone, comes to the same as paenmf. */
class RecomputeTest {

    /**
     * Relative, of sums over coefficients. Means are found to 1e-6 of a row's greatest, with functions of float32 that are
     * off by up to 1e-5 (WeibullPosterior).
     */
    private static final double TOLERANCE = 1e-4;

    private static final Path PROGRAM = Path.of("../../docs/recompute.py").toAbsolutePath();

    @TempDir
    private Path directory;

    /** Exit code, a colon, and what it wrote. */
    private static String python(Object... arguments) throws InterruptedException {
        List<String> command = Stream.concat(Stream.of("python3"), Stream.of(arguments))
                .map(String::valueOf)
                .toList();
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() + ":" + output;
        } catch (IOException e) {
            return e.toString();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pae --epochs 200",
                "vb --epochs 40 --intervals joint",
                "vb --epochs 40 --intervals conditional --zeros off"
            })
    void distributionsScoresAndIntervalsFollowFromTheFile(String algorithm) throws Exception {
        assumeNumPy();
        Path data = Cli.write(directory.resolve("data.npy"), Cli.planted(24, 7));
        Path model = directory.resolve("model.npz");
        Path latent = directory.resolve("latent.npz");
        Object[] fit = {"fit", data, "-r", 2, "-o", model, "--quiet", "--algorithm"};
        Cli.run(Cli.concat(fit, (Object[]) algorithm.split(" "))).expect(ExitCode.DONE);
        Cli.run("transform", model, data, "-o", latent).expect(ExitCode.DONE);
        Map<String, Object> score =
                Cli.run("evaluate", model, data, "--json").expect(ExitCode.DONE).json();

        String output = python(PROGRAM, model, data, latent);

        assertTrue(output.startsWith("0:"), output);
        Map<String, Object> recomputed = JSON.std.mapFrom(output.substring(2));
        Map<?, ?> differences = (Map<?, ?>) recomputed.remove("differences");
        recomputed.remove("klOfBasis"); // evaluate takes the basis for given
        assertTrue(recomputed.size() >= 3, output);
        recomputed.forEach((name, value) -> assertEquals(number(score.get(name)), number(value), bound(value), name));
        assertTrue(differences.containsKey("lower") && differences.containsKey("upper"), output);
        Map<String, NpyArray> arrays = Cli.arrays(latent);
        for (Map.Entry<?, ?> difference : differences.entrySet()) {
            float greatest =
                    Collections.max(Cli.floats(arrays.get(difference.getKey().toString())));
            assertEquals(0, number(difference.getValue()), TOLERANCE * greatest, output);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "pae --hidden 3, hidden layers",
        "pae --likelihood poisson, of counts",
        "ae, of ae",
        "nmf-hals, of nmf-hals",
        "vb --feature-scale sd, 'scaling, weights or covariates'"
    })
    void modelsOfOtherKindsAreRefused(String algorithm, String what) throws Exception {
        assumeNumPy();
        Path data = Cli.write(directory.resolve("data.npy"), Cli.planted(24, 7));
        Path model = directory.resolve("model.npz");
        Object[] fit = {"fit", data, "-r", 2, "-o", model, "--quiet", "--epochs", 2, "--algorithm"};
        Cli.run(Cli.concat(fit, (Object[]) algorithm.split(" "))).expect(ExitCode.DONE);

        String output = python(PROGRAM, model, data);

        assertTrue(output.startsWith("1:recompute.py: knows no models") && output.contains(what), output);
    }

    private static void assumeNumPy() throws InterruptedException {
        boolean numPy = python("-c", "import numpy").equals("0:");
        assumeTrue(numPy || "true".equals(System.getenv("CI")), "python3 with numpy is present");
    }

    private static double bound(Object value) {
        return TOLERANCE * Math.max(1, Math.abs(number(value)));
    }

    private static double number(Object value) {
        return ((Number) value).doubleValue();
    }
}
