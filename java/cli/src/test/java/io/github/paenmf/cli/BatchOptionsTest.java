package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.NmfModel;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mini-batches and updates of standard NMF by the command line. */
class BatchOptionsTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path model;
    private Path updated;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
        model = directory.resolve("model.npz");
        updated = directory.resolve("updated.npz");
    }

    private Cli.Run fit(String algorithm, String options) {
        Object[] command = {"fit", data, "-r", 2, "--epochs", 5, "-o", model, "--algorithm", algorithm};
        return Cli.run(options.isEmpty() ? command : Cli.concat(command, (Object[]) options.split(" ")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nmf-hals", "nmf-mu", "nmf-kl"})
    void batchesAndWhatTheyForgetReachTheModel(String algorithm) throws IOException {
        fit(algorithm, "--batch-rows 16 --forget-factor 0.9").expect(ExitCode.DONE);

        NmfModel read = NmfModel.load(model);
        assertEquals(16, read.configuration().batchRows());
        assertEquals(0.9, read.configuration().forgetFactor());
    }

    @ParameterizedTest
    @CsvSource({"nmf-hals, ''", "nmf-mu, --batch-rows 16", "nmf-kl, ''", "nmf-mu, --beta 1.5"})
    void aModelIsUpdatedAndSaysSo(String algorithm, String options) throws IOException {
        fit(algorithm, options).expect(ExitCode.DONE);

        Map<String, Object> json = Cli.run("update", model, data, "-o", updated, "--epochs", 3, "--json")
                .expect(ExitCode.DONE)
                .json();
        Path all = directory.resolve("all.npz");
        Cli.run("update", model, data, "-o", all, "--epochs", 3, "--forget-factor", 1, "--batch-rows", 8)
                .expect(ExitCode.DONE);

        assertEquals(3, json.get("epochs"));
        assertEquals(8, json.get("totalEpochs"));
        assertNotEquals(
                Cli.floats(Cli.arrays(model).get("W_f")),
                Cli.floats(Cli.arrays(updated).get("W_f")));
        assertNotEquals(
                Cli.floats(Cli.arrays(updated).get("W_f")),
                Cli.floats(Cli.arrays(all).get("W_f")));
        assertEquals(8, NmfModel.load(updated).totalEpochs());
        assertEquals(1, NmfModel.load(all).configuration().forgetFactor());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nmf-hals | --forget-factor 0.5 | --forget-factor has no effect on steps that take all rows",
                "nmf-hals | --batch-rows 9 --forget-factor 2 | --forget-factor must be in [0, 1], not 2",
                "nmf-mu | --batch-rows 9 --missing allow | --batch-rows must be 0, all rows, with missing values",
                "vb | --batch-rows 9 --forget-factor 1 | --forget-factor has no effect with --algorithm vb",
            })
    void whatHasNoMeaningIsRefused(String algorithm, String options, String message) {
        Cli.Run run = fit(algorithm, options);

        assertNotEquals(ExitCode.DONE, run.exitCode());
        assertTrue(run.err().contains(message), run.err());
        assertFalse(Files.exists(model));
    }

    @Test
    void aModelOfRowsWithHolesIsNotUpdated() {
        Matrix holes = Matrix.of(new float[][] {{1, 2, 0}, {3, 0, 5}, {2, 2, 2}, {4, 1, 3}});
        data = Cli.write(directory.resolve("holes.csv"), holes);
        fit("nmf-hals", "--zeros-missing").expect(ExitCode.DONE);

        Cli.Run run = Cli.run("update", model, data, "-o", updated).expect(ExitCode.BAD_DATA);

        assertTrue(run.err().contains("complete rows only") || run.err().contains("made of"), run.err());
        assertFalse(Files.exists(updated));
    }
}
