package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random options on data at the edges of what a float holds: whatever comes out is a number, and whatever fails says why.
 * {@code -Dpaenmf.test.options=N} tries as many, and {@code -Dpaenmf.test.options.first=I} begins with another.
 */
@Timeout(3600)
class RandomOptionsTest {

    private static final int CASES = Integer.getInteger("paenmf.test.options", 20);
    private static final int FIRST = Integer.getInteger("paenmf.test.options.first", 0);
    /** Of the first 4000 those that once gave NaN or an internal error. */
    private static final int[] ONCE_WRONG = {690, 1284, 1311, 1734, 1897, 2469, 2590, 2633, 3287, 3728, 3941};

    private static final Set<Integer> ENDS =
            Set.of(ExitCode.DONE, ExitCode.USAGE, ExitCode.BAD_DATA, ExitCode.INTERNAL);

    @TempDir
    Path directory;

    private Random random;
    private String what;

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    @SafeVarargs
    private <T> T any(T... values) {
        return values[random.nextInt(values.length)];
    }

    @Test
    void numbersAreNumbersAndFailuresSayWhy() throws IOException {
        int fitted = 0;
        List<AssertionError> failures = new ArrayList<>();
        int[] cases = IntStream.concat(IntStream.range(FIRST, FIRST + CASES), IntStream.of(ONCE_WRONG))
                .distinct()
                .toArray();
        for (int i : cases) {
            random = new Random(1000 + i);
            what = "case " + i;
            try {
                fitted += fitAndUse() ? 1 : 0;
            } catch (AssertionError e) {
                failures.add(e);
            }
        }
        assertEquals(List.of(), failures);
        assertTrue(fitted > cases.length / 3, fitted + " of " + cases.length + " combinations could be fitted");
    }

    /** Whether there came a model. */
    private boolean fitAndUse() throws IOException {
        Matrix data = data();
        Path input = Cli.write(directory.resolve("data.csv"), data);
        Path model = directory.resolve("model.npz");
        Files.deleteIfExists(model);
        List<Object> command = new ArrayList<>(List.of("fit", input, "-o", model, "--json"));
        command.addAll(options(data));
        what += ", " + data.rows() + " x " + data.columns() + ": " + command;
        Cli.Run fit = Cli.run(command.toArray());
        assertEnd(fit);
        if (!Files.exists(model)) {
            assertTrue(fit.exitCode() == ExitCode.USAGE || fit.exitCode() == ExitCode.BAD_DATA, what + fit);
            return false;
        }
        assertFinite(fit.out());
        assertFinite(model);
        use(model, input);
        return true;
    }

    /** Every command that takes a model and its data. */
    private void use(Path model, Path input) throws IOException {
        Path table = directory.resolve("table.csv");
        Path arrays = directory.resolve("arrays.npz");
        Object[][] commands = {
            {"transform", model, input, "-o", arrays},
            {"reconstruct", model, input, "-o", table},
            {"basis", model, "-o", table},
            {"evaluate", model, input, "--json"},
            {"inspect", model},
            {"update", model, input, "--epochs", 3, "-o", arrays, "--json"},
            {"report", model, input, "-o", directory.resolve("report.html")},
        };
        String fit = what;
        for (Object[] command : commands) {
            what = fit + "\nthen " + Arrays.toString(command);
            Files.deleteIfExists(table);
            Files.deleteIfExists(arrays);
            Cli.Run run = Cli.run(command);
            assertEnd(run);
            assertFinite(run.out());
            if (Files.exists(table)) {
                assertFinite(Files.readString(table));
            }
            if (Files.exists(arrays)) {
                assertFinite(arrays);
            }
        }
    }

    private void assertEnd(Cli.Run run) {
        assertTrue(ENDS.contains(run.exitCode()), what + "\n" + run.exitCode() + run.err());
        assertFalse(run.err().contains("a fault in paenmf"), what + "\n" + run.err());
        boolean remarksAlone = run.err().lines().allMatch(RandomOptionsTest::isRemark);
        if (run.exitCode() == ExitCode.DONE) {
            assertTrue(remarksAlone, what + run);
        } else {
            assertTrue(!remarksAlone || run.err().contains("diverged"), what + run);
        }
    }

    private static boolean isRemark(String line) {
        return line.startsWith("paenmf: warning: ") || line.startsWith(" ");
    }

    private void assertFinite(String text) {
        assertFalse(text.matches("(?si).*\\b(nan|inf|infinity)\\b.*"), () -> what + "\n" + text);
    }

    private void assertFinite(Path npz) {
        Cli.arrays(npz).forEach((name, array) -> assertFinite(name, array));
    }

    private void assertFinite(String name, NpyArray array) {
        if (!array.isText()) {
            for (double value : array.doubles()) {
                assertTrue(Double.isFinite(value), () -> what + "\n" + name + " has " + value);
            }
        }
    }

    private Matrix data() {
        int n = any(1, 2, 5, 20, 60);
        int m = any(1, 2, 4, 12);
        double scale = any(1e-30, 1e-12, 1.0, 1.0, 1.0, 1e12, 1e30);
        int kind = random.nextInt(8);
        float[][] rows = new float[n][m];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                double value = switch (kind) {
                    case 0 -> random.nextInt(10) / scale; // counts whatever the scale
                    case 1 -> chance(0.8) ? 0 : random.nextInt(5) / scale;
                    case 2 -> 1;
                    case 3 -> Math.pow(10, 60 * random.nextDouble() - 30) / scale;
                    case 4 -> i == 0 || j == 0 ? 0 : random.nextDouble();
                    default -> random.nextDouble();
                };
                rows[i][j] = (float) (value * scale);
            }
        }
        if (kind == 5) {
            rows[random.nextInt(n)][random.nextInt(m)] *= 1e7f;
        }
        if (kind == 6) {
            Arrays.fill(rows, rows[0]);
        }
        if (chance(0.3)) {
            rows[0][0] = 0;
        }
        return Matrix.of(rows).withNames(Cli.names("s", n), Cli.names("f", m));
    }

    private List<Object> options(Matrix data) {
        List<Object> options = new ArrayList<>();
        String algorithm = any("vb", "vb", "pae", "ae", "nmf-hals", "nmf-mu", "nmf-kl");
        int least = Math.min(data.rows(), data.columns());
        options.addAll(List.of("--algorithm", algorithm, "-r", 1 + random.nextInt(least + 3)));
        options.addAll(List.of("--epochs", any(1, 5, 40), "--seed", random.nextInt(9)));
        boolean isVb = algorithm.equals("vb");
        boolean isEncoder = algorithm.equals("pae") || algorithm.equals("ae");
        boolean isNmf = algorithm.startsWith("nmf");
        if (chance(0.25) && (isVb || isEncoder)) {
            options.addAll(List.of("--likelihood", "poisson"));
        }
        if (chance(0.2)) {
            options.addAll(List.of("--batch-rows", any(1, 8, 30)));
        }
        if (chance(0.2)) {
            options.addAll(List.of("--tolerance", any("1e-3", "1e-9")));
        }
        if (chance(0.1)) {
            options.add(any("--log1p", "--zeros-missing", "--dense", "--transpose"));
        }
        if (chance(0.1)) {
            options.addAll(List.of("--size-factors", "total"));
        }
        if (chance(0.1)) {
            options.addAll(List.of("--feature-scale", "sd"));
        }
        if (chance(0.1)) {
            options.addAll(List.of("--holdout", any("0.1", "0.9")));
        }
        if (chance(0.15) && (isVb || isNmf)) {
            options.addAll(any(List.of("--restarts", 3), List.of("--bootstrap", 3)));
        }
        if (chance(0.15) && (isVb || isNmf)) {
            options.addAll(List.of("--l1", any("1e-3", "10")));
        }
        if (chance(0.4) && isVb) {
            options.addAll(any(
                    List.of("--intervals", any("mean-field", "joint", "conditional", "rotation", "sampled")),
                    List.of("--zeros", "off"),
                    List.of("--encoder", "--hidden", 3),
                    List.of("--init", "random")));
        }
        if (chance(0.4) && isEncoder) {
            options.addAll(any(
                    List.of("--optimiser", "gd"),
                    List.of("--heads", "softplus"),
                    List.of("--hidden", any("1", "4,3")),
                    List.of("--decoder-update", "multiplicative"),
                    List.of("--sigma", any("learn", "1e-3", "100")),
                    List.of("--train-on", "median"),
                    List.of("--no-kl"),
                    List.of("--init", any("nmf", "vb"))));
        }
        if (chance(0.4) && isNmf) {
            options.addAll(any(
                    List.of("--beta", any("0", "1.5", "3")),
                    List.of("--init", any("random", "nndsvd", "nndsvda")),
                    List.of("--normalise", any("l1", "l2", "max"))));
        }
        return options;
    }
}
