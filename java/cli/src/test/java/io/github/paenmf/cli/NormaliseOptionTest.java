package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.NmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bases whose components have length 1. */
class NormaliseOptionTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path model;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
        model = directory.resolve("model.npz");
    }

    private Cli.Run fit(String algorithm, String options) {
        Object[] command = {"fit", data, "-r", 2, "--epochs", 5, "-o", model, "--algorithm", algorithm};
        return Cli.run(Cli.concat(command, (Object[]) options.split(" ")));
    }

    @Test
    void allThatReadTheModelAreOfTheNormalisedBasis() throws IOException {
        Path coefficients = directory.resolve("h.npz");
        Path table = directory.resolve("basis.csv");
        Path updated = directory.resolve("updated.npz");

        Cli.Run run = fit("nmf-hals", "--normalise max --json --coefficients " + coefficients)
                .expect(ExitCode.DONE);
        Cli.run("basis", model, "-o", table).expect(ExitCode.DONE);
        Cli.run("update", model, data, "-o", updated, "--epochs", 2).expect(ExitCode.DONE);
        Cli.run("evaluate", model, data).expect(ExitCode.DONE);

        NmfModel read = NmfModel.load(model);
        assertTrue(run.out().contains("\"scales\":[" + read.scales().get(0)), run.out());
        assertArrayEquals(
                read.basis().toRows(), MatrixReader.read(table.toString()).toRows());
        Matrix h = MatrixReader.read(coefficients.toString());
        for (int j = 0; j < 2; j++) {
            double sum = 0;
            for (int i = 0; i < h.rows(); i++) {
                sum += h.get(i, j);
            }
            assertEquals(
                    read.scales().get(j), sum / h.rows(), 1e-6 * read.scales().get(j));
        }
        assertEquals(2, NmfModel.load(updated).scales().size());
        assertEquals(
                read.configuration().normalisation(),
                NmfModel.load(updated).configuration().normalisation());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nmf-mu | --normalise l1 --l1 0.1 | --normalise must be none with penalties, which depend on",
                "vb | --normalise l1 | --normalise has no effect with --algorithm vb; leave it out",
                "pae | --normalise none | --normalise has no effect with --algorithm pae; leave it out",
                "nmf-kl | --normalise sum | is not one of none, l1, l2, max",
            })
    void whereItIsNotExactItIsRefused(String algorithm, String options, String message) {
        Cli.Run run = fit(algorithm, options).expect(ExitCode.USAGE);

        assertTrue(run.err().contains(message), run.err());
    }
}
