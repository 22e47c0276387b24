package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sparse file goes through every command as it is. */
class SparseInputTest {

    private static final int ROWS = 120;
    private static final int COLUMNS = 60;

    @TempDir
    Path directory;

    private Path file;

    /** Counts in blocks, a twelfth of which are not 0. */
    @BeforeEach
    void write() throws IOException {
        SplittableRandom random = new SplittableRandom(2);
        StringBuilder entries = new StringBuilder();
        int count = 0;
        for (int i = 1; i <= ROWS; i++) {
            for (int f = 1; f <= COLUMNS; f++) {
                if (i % 3 == f % 3 && random.nextInt(4) == 0) {
                    entries.append(i)
                            .append(' ')
                            .append(f)
                            .append(' ')
                            .append(1 + random.nextInt(5))
                            .append('\n');
                    count++;
                }
            }
        }
        file = directory.resolve("counts.mtx");
        Files.writeString(
                file,
                "%%MatrixMarket matrix coordinate integer general\n" + ROWS + " " + COLUMNS + " " + count + "\n"
                        + entries);
    }

    private Map<String, Object> fit(String algorithm, Path model, Object... more) {
        Object[] args = {"fit", file, "-r", 3, "--algorithm", algorithm, "--epochs", 25, "--json", "-o", model};
        return Cli.run(Cli.concat(args, more)).expect(ExitCode.DONE).json();
    }

    @ParameterizedTest
    @ValueSource(strings = {"vb", "pae", "ae", "nmf-hals", "nmf-mu"})
    void allCommandsTakeIt(String algorithm) {
        Path model = directory.resolve("model.npz");
        Map<String, Object> sparse = fit(algorithm, model, "--sparse");
        Map<String, Object> dense = fit(algorithm, directory.resolve("dense.npz"), "--dense");
        // Products in another order differ by some 1e-7, which these epochs make no larger than some 1e-4.
        assertEquals(error(dense), error(sparse), 1e-3);

        Path coefficients = directory.resolve("h.csv");
        Cli.run("transform", model, file, "-o", coefficients).expect(ExitCode.DONE);
        assertTrue(Files.exists(coefficients));
        Map<String, Object> score =
                Cli.run("evaluate", model, file, "--json").expect(ExitCode.DONE).json();
        assertEquals(error(sparse), error(score), 1e-5);
        Path reconstruction = directory.resolve("v.npy");
        Cli.run("reconstruct", model, file, "-o", reconstruction).expect(ExitCode.DONE);
        Cli.run("report", model, file, "-o", directory.resolve("report.html")).expect(ExitCode.DONE);
        Cli.run("plot", model, file, "--what", "reconstruction", "-o", directory.resolve("v.png"))
                .expect(ExitCode.DONE);
    }

    private static double error(Map<String, Object> json) {
        Object error = json.get("relativeError");
        return ((Number) (error == null ? ((Map<?, ?>) json.get("score")).get("relativeError") : error)).doubleValue();
    }

    @Test
    void howItIsKeptCanBeChosen() {
        assertEquals("sparse", storage());
        assertEquals("sparse", storage("--sparse"));
        assertEquals("dense", storage("--dense"));
        Cli.run("inspect", file, "--dense", "--sparse").expect(ExitCode.USAGE);
        Cli.run("sample", directory.resolve("none.npz"), "--sparse", "-o", directory.resolve("s.csv"))
                .expect(ExitCode.USAGE);
    }

    private Object storage(Object... options) {
        return Cli.run(Cli.concat(new Object[] {"inspect", file, "--json"}, options))
                .expect(ExitCode.DONE)
                .json()
                .get("storage");
    }

    @Test
    void updatesAndRanksTakeIt() {
        Path model = directory.resolve("model.npz");
        fit("vb", model);
        Cli.run("update", model, file, "-o", directory.resolve("more.npz"), "--epochs", 3)
                .expect(ExitCode.DONE);

        Map<String, Object> rank = Cli.run("rank", file, "--max", 4, "--restarts", 1, "--epochs", 30, "--json")
                .expect(ExitCode.DONE)
                .json();
        assertTrue(rank.containsKey("chosenRank"), rank.toString());
        Object[] bicv = {"rank", file, "--method", "bicv", "--max", 3, "--restarts", 1, "--epochs", 20, "--json"};
        double sparse = heldOutError(Cli.concat(bicv, "--sparse"));
        // as above: products in another order
        assertEquals(heldOutError(Cli.concat(bicv, "--dense")), sparse, 1e-3);
        assertTrue(sparse > 0);
    }

    /** Of the last rank. */
    private static double heldOutError(Object... command) {
        List<?> ranks = (List<?>) Cli.run(command).expect(ExitCode.DONE).json().get("ranks");
        return ((Number) ((Map<?, ?>) ranks.get(ranks.size() - 1)).get("heldOutError")).doubleValue();
    }

    @Test
    void aTransposedFileIsTransposed() {
        List<?> shape = shape();
        List<?> transposed = shape("--transpose");

        assertEquals(List.of(ROWS, COLUMNS), shape);
        assertEquals(List.of(COLUMNS, ROWS), transposed);
    }

    private List<?> shape(Object... options) {
        Map<String, Object> json = Cli.run(Cli.concat(new Object[] {"inspect", file, "--json"}, options))
                .expect(ExitCode.DONE)
                .json();
        return List.of(json.get("rows"), json.get("columns"));
    }
}
