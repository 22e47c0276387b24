package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.NmfModel;
import io.github.paenmf.model.NmfAlgorithm;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which divergence standard NMF makes least. */
class BetaOptionTest {

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

    @ParameterizedTest
    @CsvSource({
        "nmf-mu, --beta 0.5, MU, 0.5",
        "nmf-mu, --beta 2, MU, 2",
        "nmf-mu, --beta 1, KL, 1",
        "nmf-kl, --beta 1, KL, 1",
        "nmf-mu, --beta 1.5 --l1 0.01 --init random, MU, 1.5"
    })
    void theOptionReachesTheModel(String algorithm, String options, NmfAlgorithm expected, double beta)
            throws IOException {
        fit(algorithm, options).expect(ExitCode.DONE);

        assertEquals(expected, NmfModel.load(model).configuration().algorithm());
        assertEquals(beta, NmfModel.load(model).configuration().beta());
        Cli.run("evaluate", model, data).expect(ExitCode.DONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nmf-hals | --beta 0.5 | --beta must be 2 with HALS; multiplicative updates take others, not 0.5",
                "nmf-kl | --beta 2 | --beta must be 1 with the Kullback-Leibler divergence, not 2",
                "nmf-mu | --beta 4 | --beta must be in [-1, 3], not 4",
                "nmf-mu | --beta 1 --l1 0.1 | --l1 has no effect with --algorithm nmf-kl; leave it out",
                "pae | --beta 2 | --beta has no effect with --algorithm pae; leave it out",
                "vb | --beta 2 | --beta has no effect with --algorithm vb; leave it out",
            })
    void whatHasNoMeaningIsRefused(String algorithm, String options, String message) {
        Cli.Run run = fit(algorithm, options).expect(ExitCode.USAGE);

        assertTrue(run.err().contains(message), run.err());
    }
}
