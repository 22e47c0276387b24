package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.NmfModel;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Penalties of the factors. */
class PenaltyOptionsTest {

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
        "nmf-hals, --l1 0.25, 0.25, 0, 0.25, 0",
        "nmf-mu, --l2 0.5, 0, 0.5, 0, 0.5",
        "nmf-hals, --l1 0.1 --l2 0.2 --l1-basis 0.3 --l2-coefficients 0.4, 0.1, 0.4, 0.3, 0.2",
        "nmf-mu, --l1 0.1 --l1-coefficients 0 --l2-basis 0.3, 0, 0, 0.1, 0.3",
    })
    void optionsReachTheModel(String algorithm, String options, double l1OfH, double l2OfH, double l1OfW, double l2OfW)
            throws IOException {
        fit(algorithm, options).expect(ExitCode.DONE);

        Penalties expected = new Penalties(new Penalty(l1OfH, l2OfH), new Penalty(l1OfW, l2OfW));
        assertEquals(expected, NmfModel.load(model).configuration().penalties());
    }

    @Test
    void vbTakesL1OfBothFactors() throws IOException {
        fit("vb", "--l1 0.25 --l1-basis 0.5").expect(ExitCode.DONE);
        Penalties expected = new Penalties(new Penalty(0.25, 0), new Penalty(0.5, 0));
        assertEquals(expected, VariationalModel.load(model).configuration().penalties());
        Cli.Run one = fit("vb", "--l1-basis 0.5").expect(ExitCode.USAGE);
        assertTrue(one.err().contains("--l1 must be above 0 of both factors for vb"), one.err());
        Cli.Run counts = fit("vb", "--l1 0.5 --likelihood poisson").expect(ExitCode.USAGE);
        assertTrue(counts.err().contains("--l1 has no effect with a Poisson likelihood"), counts.err());
    }

    @Test
    void aPenaltyOfTheBasisAloneIsWarnedOf() {
        Cli.Run fitted = fit("nmf-hals", "--l1-basis 0.25").expect(ExitCode.DONE);
        assertTrue(fitted.err().contains("only the basis has a penalty"), fitted.err());
    }

    @ParameterizedTest
    @CsvSource({"nmf-kl, --l1", "pae, --l2", "ae, --l1-basis", "vb, --l2", "vb, --l2-basis"})
    void otherAlgorithmsRefuseThemByName(String algorithm, String option) {
        Cli.Run run = fit(algorithm, option + " 0.1").expect(ExitCode.USAGE);

        assertTrue(
                run.err().contains(option + " has no effect with --algorithm " + algorithm + "; leave it out"),
                run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--l1 -1", "--l1-basis -1", "--l1-coefficients NaN"})
    void valuesOutOfRangeAreRefused(String option) {
        Cli.Run run = fit("nmf-hals", option).expect(ExitCode.USAGE);

        assertTrue(run.err().contains("--l1 must be in [0, 1e6], not "), run.err());
    }
}
