package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A command line that cannot be run is refused with the option's name, before anything is done. */
class BadUsageTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path output;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
        output = directory.resolve("out.npz");
    }

    private void refused(String message, Object... args) {
        Cli.Run run = Cli.run(args).expect(ExitCode.USAGE);
        assertTrue(run.err().startsWith("paenmf: "), run.err());
        assertTrue(run.err().contains(message), run.err());
        assertTrue(run.err().lines().count() <= 2, run.err());
        assertEquals("", run.out());
        assertFalse(Files.exists(output));
    }

    @ParameterizedTest
    @CsvSource({
        "--epochs, 0",
        "--encoder-rate, 0",
        "--bias-rate, -1",
        "--decoder-rate, NaN",
        "--step-clip, 0",
        "--sigma, 0.00001",
        "--lambda-min, 0",
        "--shape-min, 0.05",
        "--prior-shape, 0",
        "--prior-shape, 19.5",
        "--prior-scale, 0",
        "--batch-rows, -1",
        "--tolerance, 1",
        "--patience, 0",
        "--threads, 0",
        "--threads, 1025",
        "--device, -1",
        "--chunk-rows, 100",
        "--chunk-rows, -256",
    })
    void aSettingOutOfRangeIsNamedByItsOption(String option, String value) {
        Object[] command = {"fit", data, "-r", 2, "--algorithm", "pae", "-o", output, option, value};
        refused("paenmf: " + option + " must be ", command);
    }

    @Test
    void rankZeroIsNamedByItsOption() {
        refused("--rank must be at least 1, not 0", "fit", data, "-r", 0, "-o", output);
    }

    @ParameterizedTest
    @CsvSource({
        "--optimiser, sgd, 'adam, gd'",
        "--heads, elu, 'relu, softplus'",
        "--train-on, mean, 'sample, median'",
        "--decoder-update, none, 'projected, multiplicative'",
        "--backend, gpu, 'auto, cpu, cuda'",
        "--precision, fp16, 'fp32, tf32, 3xtf32'",
        "--header, maybe, 'auto, yes, no'",
        "--row-names, maybe, 'auto, yes, no'",
        "--epochs, many, whole number",
        "--delimiter, ab, single character",
        "--delimiter, x, cannot separate cells",
    })
    void anUnknownValueIsAnsweredWithTheKnownOnes(String option, String value, String known) {
        refused(option, "fit", data, "-r", 2, "-o", output, option, value);
        refused(known, "fit", data, "-r", 2, "-o", output, option, value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-r 3",
                "--rank 3",
                "--seed 1 --seed 1",
                "--json --json",
                "--transpose --transpose",
                "--kl --no-kl",
                "--no-graph --no-graph",
            })
    void anOptionGivenTwiceIsRefused(String options) {
        Object[] command = {"fit", data, "-r", 2, "-o", output};
        refused("should be specified only once", Cli.concat(command, (Object[]) options.split(" ")));
    }

    @Test
    void quietExcludesVerbose() {
        refused("mutually exclusive", "fit", data, "-r", 2, "-o", output, "--quiet", "--verbose");
    }

    @Test
    void meanExcludesSamples() {
        refused("mutually exclusive", "reconstruct", "m.npz", data, "-o", output, "--mean", "--samples", 3);
    }

    @Test
    void aSeedNeedsSamples() {
        refused("--samples", "reconstruct", "m.npz", data, "-o", output, "--seed", 3);
    }

    @ParameterizedTest
    @CsvSource({
        "fit, data.csv, 'Missing required option: ''--rank=RANK'''",
        "fit -r 3, '', 'Missing required parameter: ''INPUT'''",
        "transform m.npz, data.csv, 'Missing required option: ''--output=FILE'''",
        "update m.npz, data.csv, 'Missing required option: ''--output=FILE'''",
        "sample m.npz -o x.npz, '', 'Missing required option: ''--count=N'''",
        "evaluate, m.npz, 'Missing required parameter: ''INPUT'''",
        "transfrom, m.npz, Did you mean",
        "fit --rnak 3, data.csv, --rank",
    })
    void whatIsMissingOrUnknownIsNamed(String command, String argument, String message) {
        refused(message, (Object[]) (command + " " + argument).strip().split(" "));
    }

    @Test
    void valuesOfOtherCommandsHaveRanges() {
        refused("--level must be in (0, 1), not 1.0", "transform", "m.npz", data, "-o", output, "--level", 1);
        refused("--level must be in (0, 1), not NaN", "transform", "m.npz", data, "-o", output, "--level", "NaN");
        refused("--samples must be at least 1", "reconstruct", "m.npz", data, "-o", output, "--samples", 0);
        refused("--count must be at least 1", "sample", "m.npz", "-o", output, "--count", 0);
        refused("--epochs must be at least 1", "demo", "--out", directory.resolve("demo"), "--epochs", 0);
        refused("--threads must be in [1, 1024]", "demo", "--out", directory.resolve("demo"), "--threads", 0);
    }

    @Test
    void theExtensionMustNameAFormat() {
        refused("--output must end in .npz", "fit", data, "-r", 2, "-o", directory.resolve("model.csv"));
        refused("--output must end in .npz", "update", "m.npz", data, "-o", directory.resolve("model.csv"));
        refused("--output must end in .npz or .csv", "transform", "m.npz", data, "-o", directory.resolve("x.xlsx"));
        refused("--output must end in .npz or .npy", "sample", "m.npz", "--count", 1, "-o", directory.resolve("x"));
        refused(
                "--output must end in .npz, not",
                "reconstruct",
                "m.npz",
                data,
                "--samples",
                2,
                "-o",
                directory.resolve("x.csv"));
    }

    @ParameterizedTest
    @CsvSource({
        "--rank, x, not a whole number",
        "--rank, 2.5, not a whole number",
        "--rank, 99999999999, out of range",
        "--tolerance, small, not a number",
    })
    void numbersAreNotCalledByTheirTypesInJava(String option, String value, String message) {
        refused("Invalid value for option '" + option + "': '" + value + "' is " + message, "fit", data, option, value);
    }

    @Test
    void withoutACommandTheUsageIsPrintedOnStderr() {
        Cli.Run run = Cli.run().expect(ExitCode.USAGE);

        assertEquals("", run.out());
        assertTrue(run.err().startsWith("Usage: paenmf "), run.err());
    }
}
