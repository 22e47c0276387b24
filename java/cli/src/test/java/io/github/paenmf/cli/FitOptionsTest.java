package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Optimiser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each option of fit and update does what its help says. */
class FitOptionsTest {

    @TempDir
    private Path directory;

    private Path data;
    private int fits;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
    }

    private Path fit(Path input, Object... options) {
        Path model = directory.resolve("model" + fits++ + ".npz");
        Object[] command = {"fit", input, "--algorithm", "pae", "-o", model, "--quiet"};
        Cli.run(Cli.concat(command, options)).expect(ExitCode.DONE);
        return model;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--epochs 6",
                "--optimiser gd",
                "--encoder-rate 0.2",
                "--bias-rate 0.04",
                "--decoder-rate 0.1",
                "--sigma 0.2",
                "--lambda-min 1",
                "--shape-min 1",
                "--heads softplus",
                "--prior-shape 2",
                "--prior-scale 2",
                "--no-kl",
                "--train-on median",
                "--decoder-update multiplicative",
                "--batch-rows 16",
                "--seed 1",
            })
    void changesWhatIsLearnt(String option) {
        Path plain = fit(data, "-r", 2, "--epochs", 5);
        Path changed = option.startsWith("--epochs")
                ? fit(data, Cli.concat(new Object[] {"-r", 2}, (Object[]) option.split(" ")))
                : fit(data, Cli.concat(new Object[] {"-r", 2, "--epochs", 5}, (Object[]) option.split(" ")));

        assertNotEquals(Cli.parameters(plain), Cli.parameters(changed));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--epochs 5",
                "--optimiser adam",
                "--encoder-rate 0.1",
                "--bias-rate 0.02",
                "--decoder-rate 0.05",
                "--sigma 0.1",
                "--lambda-min 0.001",
                "--shape-min 0.3",
                "--heads relu",
                "--prior-shape 1",
                "--prior-scale 1",
                "--kl",
                "--train-on sample",
                "--decoder-update projected",
                "--batch-rows 0",
                "--tolerance 0",
                "--seed 0",
                "--backend auto",
                "--backend cpu",
                "--blas java",
                "--precision fp32",
            })
    void theDefaultIsWhatTheHelpSays(String option) {
        Object[] plain = {"-r", 2, "--epochs", 5};
        Object[] rank = {"-r", 2};
        Object[] explicit = Cli.concat(option.startsWith("--epochs") ? rank : plain, (Object[]) option.split(" "));

        assertEquals(Cli.parameters(fit(data, plain)), Cli.parameters(fit(data, explicit)));
    }

    @Test
    void stepClipLimitsGd() {
        Path plain = fit(data, "-r", 2, "--epochs", 5, "--optimiser", "gd");
        Path clipped = fit(data, "-r", 2, "--epochs", 5, "--optimiser", "gd", "--step-clip", "1e-6");

        assertNotEquals(Cli.parameters(plain), Cli.parameters(clipped));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--threads 1", "--threads 3", "--chunk-rows 256", "--chunk-rows 512 --threads 3"})
    void changesNoBit(String options) {
        Path many = Cli.write(directory.resolve("many.npy"), Cli.planted(1000, 6));

        Path plain = fit(many, "-r", 2, "--epochs", 5);
        Path changed = fit(many, Cli.concat(new Object[] {"-r", 2, "--epochs", 5}, (Object[]) options.split(" ")));

        assertEquals(Cli.parameters(plain), Cli.parameters(changed));
    }

    @Test
    void rankIsTheNumberOfComponents() {
        assertEquals(
                List.of(6, 3),
                List.of(
                        Cli.arrays(fit(data, "--rank", 3, "--epochs", 1))
                                .get("W_f")
                                .shape()[0],
                        Cli.arrays(fit(data, "--rank", 3, "--epochs", 1))
                                .get("W_f")
                                .shape()[1]));
    }

    @Test
    void toleranceAndPatienceStopEarly() {
        Object[] command = {
            "fit", data, "-r", 2, "--epochs", 50, "-o", directory.resolve("m.npz"), "--json", "--tolerance", 0.99
        };

        Map<String, Object> short1 = Cli.run(Cli.concat(command, "--patience", 3))
                .expect(ExitCode.DONE)
                .json();
        Map<String, Object> long1 = Cli.run(Cli.concat(command, "--patience", 7))
                .expect(ExitCode.DONE)
                .json();

        assertEquals("converged", short1.get("stopReason"));
        assertEquals(4, short1.get("epochs"));
        assertEquals(8, long1.get("epochs"));
    }

    @Test
    void transposeReadsOneSampleAColumn() {
        Matrix matrix = Cli.planted(40, 6);
        Path transposed = Cli.write(directory.resolve("transposed.csv"), matrix.transpose());

        assertEquals(
                Cli.parameters(fit(data, "-r", 2, "--epochs", 5)),
                Cli.parameters(fit(transposed, "-r", 2, "--epochs", 5, "--transpose")));
    }

    @Test
    void delimiterSeparatesCells() throws IOException {
        Path file = Files.writeString(directory.resolve("colons.txt"), "1:2:3\n4:5:6\n");

        assertEquals(List.of(2, 3), shape(file, "--delimiter", ":"));
        Cli.run("fit", file, "-r", 1, "--epochs", 1, "-o", directory.resolve("m.npz"))
                .expect(ExitCode.BAD_DATA);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tab", "\\t", "\t"})
    void aTabHasNames(String tab) throws IOException {
        Path file = Files.writeString(directory.resolve("tabs.txt"), "1\t2\t3\n4\t5\t6\n");

        assertEquals(List.of(2, 3), shape(file, "--delimiter", tab));
    }

    @Test
    void headerTakesTheFirstLineOrLeavesIt() throws IOException {
        Path numbers = Files.writeString(directory.resolve("numbers.csv"), "1,2,3\n4,5,6\n7,8,9\n");

        assertEquals(List.of(3, 3), shape(numbers));
        assertEquals(List.of(2, 3), shape(numbers, "--header", "yes"));
        Path named = Files.writeString(directory.resolve("named.csv"), "a,b,c\n4,5,6\n7,8,9\n");
        assertEquals(List.of(2, 3), shape(named));
        Cli.run("fit", named, "-r", 1, "--epochs", 1, "-o", directory.resolve("m.npz"), "--header", "no")
                .expect(ExitCode.BAD_DATA);
    }

    @Test
    void rowNamesTakeTheFirstColumnOrLeaveIt() throws IOException {
        Path numbers = Files.writeString(directory.resolve("numbers.csv"), "1,2,3\n4,5,6\n7,8,9\n");

        assertEquals(List.of(3, 3), shape(numbers, "--row-names", "no"));
        assertEquals(List.of(3, 2), shape(numbers, "--row-names", "yes"));
    }

    private List<Object> shape(Path file, Object... options) {
        Object[] command = {"fit", file, "-r", 1, "--epochs", 1, "-o", directory.resolve("m.npz"), "--json"};
        Map<String, Object> json =
                Cli.run(Cli.concat(command, options)).expect(ExitCode.DONE).json();
        return List.of(json.get("rows"), json.get("columns"));
    }

    @Test
    void outputIsModelNpzUnlessGiven() {
        Path expected = Path.of("model.npz");
        assertFalse(Files.exists(expected), "a test must not replace a file");
        try {
            Map<String, Object> json = Cli.run("fit", data, "-r", 2, "--epochs", 1, "--json")
                    .expect(ExitCode.DONE)
                    .json();
            assertEquals("model.npz", json.get("model"));
            assertTrue(Files.exists(expected));
        } finally {
            expected.toFile().delete();
        }
    }

    @Test
    void jsonSaysWhatCameOfTheFit() {
        Map<String, Object> json = Cli.run(
                        "fit", data, "-r", 2, "--epochs", 5, "-o", directory.resolve("m.npz"), "--json")
                .expect(ExitCode.DONE)
                .json();

        assertEquals(
                List.of(
                        "model",
                        "rows",
                        "columns",
                        "format",
                        "algorithm",
                        "likelihood",
                        "rank",
                        "epochs",
                        "totalEpochs",
                        "stopReason",
                        "backend",
                        "training",
                        "score",
                        "warnings",
                        "seconds",
                        "peakMemoryBytes"),
                List.copyOf(json.keySet()));
        assertEquals(
                List.of(40, 6, "text, comma, header, row names", "pae", "gaussian", 2, 5, 5, "epochs"),
                json.entrySet().stream()
                        .skip(1)
                        .limit(9)
                        .map(Map.Entry::getValue)
                        .toList());
        Map<?, ?> training = (Map<?, ?>) json.get("training");
        assertEquals(
                (double) training.get("objective"),
                (double) training.get("reconstruction") + (double) training.get("kl"),
                1e-9);
        assertEquals(0, ((Map<?, ?>) json.get("score")).get("deadComponents"));
    }

    @Test
    void withoutKlTheObjectiveIsTheReconstruction() {
        Map<String, Object> json = Cli.run(
                        "fit",
                        data,
                        "-r",
                        2,
                        "--algorithm",
                        "pae",
                        "--epochs",
                        5,
                        "-o",
                        directory.resolve("m.npz"),
                        "--json",
                        "--no-kl")
                .expect(ExitCode.DONE)
                .json();

        Map<?, ?> training = (Map<?, ?>) json.get("training");
        assertEquals(training.get("reconstruction"), training.get("objective"));
    }

    @Test
    void updateGoesOnFromTheModel() {
        Path model = fit(data, "-r", 2, "--epochs", 20, "--sigma", 0.2);
        Path updated = directory.resolve("updated.npz");

        Map<String, Object> json = Cli.run("update", model, data, "-o", updated, "--epochs", 5, "--json")
                .expect(ExitCode.DONE)
                .json();

        assertEquals(5, json.get("epochs"));
        assertEquals(25, json.get("totalEpochs"));
        assertNotEquals(Cli.parameters(model), Cli.parameters(updated));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--epochs 3",
                "--optimiser gd",
                "--encoder-rate 0.2",
                "--bias-rate 0.04",
                "--decoder-rate 0.1",
                "--sigma 0.3",
                "--lambda-min 1",
                "--heads softplus",
                "--prior-shape 2",
                "--prior-scale 2",
                "--no-kl",
                "--train-on median",
                "--decoder-update multiplicative",
                "--batch-rows 16",
                "--seed 1",
            })
    void updateOverridesASettingOfTheModel(String option) {
        Path model = fit(data, "-r", 2, "--epochs", 1);
        Path plain = directory.resolve("plain.npz");
        Path changed = directory.resolve("changed.npz");

        Cli.run("update", model, data, "-o", plain).expect(ExitCode.DONE);
        Object[] update = {"update", model, data, "-o", changed};
        Cli.run(Cli.concat(update, (Object[]) option.split(" "))).expect(ExitCode.DONE);

        assertNotEquals(Cli.parameters(plain), Cli.parameters(changed));
    }

    @Test
    void updateRaisesTheFloorOfTheShape() {
        // So weak a pull of the data that the shape follows its prior, below the new floor.
        Path model = fit(data, "-r", 2, "--epochs", 100, "--prior-shape", 0.5, "--sigma", 100);
        Path plain = directory.resolve("plain.npz");
        Path raised = directory.resolve("raised.npz");

        Cli.run("update", model, data, "-o", plain, "--epochs", 1).expect(ExitCode.DONE);
        Cli.run("update", model, data, "-o", raised, "--epochs", 1, "--shape-min", 1)
                .expect(ExitCode.DONE);

        assertNotEquals(Cli.parameters(plain), Cli.parameters(raised));
    }

    @Test
    void stepClipLimitsGdInAnUpdate() {
        Path model = fit(data, "-r", 2, "--epochs", 3, "--optimiser", "gd");
        Path plain = directory.resolve("plain.npz");
        Path clipped = directory.resolve("clipped.npz");

        Cli.run("update", model, data, "-o", plain).expect(ExitCode.DONE);
        Cli.run("update", model, data, "-o", clipped, "--step-clip", "1e-6").expect(ExitCode.DONE);

        assertNotEquals(Cli.parameters(plain), Cli.parameters(clipped));
    }

    @Test
    void toleranceAndPatienceStopAnUpdateEarly() {
        Path model = fit(data, "-r", 2, "--epochs", 50);

        Map<String, Object> json = Cli.run(
                        "update",
                        model,
                        data,
                        "-o",
                        directory.resolve("x.npz"),
                        "--json",
                        "--tolerance",
                        0.99,
                        "--patience",
                        3)
                .expect(ExitCode.DONE)
                .json();

        assertEquals("converged", json.get("stopReason"));
        assertEquals(4, json.get("epochs"));
    }

    @Test
    void whereAnUpdateRunsChangesNoBit() {
        Path many = Cli.write(directory.resolve("many.npy"), Cli.planted(1000, 6));
        Path model = fit(many, "-r", 2, "--epochs", 3);
        Path plain = directory.resolve("plain.npz");
        Path other = directory.resolve("other.npz");

        Cli.run("update", model, many, "-o", plain).expect(ExitCode.DONE);
        Cli.run("update", model, many, "-o", other, "--threads", 3, "--chunk-rows", 256, "--backend", "cpu")
                .expect(ExitCode.DONE);

        assertEquals(Cli.parameters(plain), Cli.parameters(other));
    }

    @Test
    void updateCanTurnTheKlDivergenceOnAgain() throws IOException {
        Path model = fit(data, "-r", 2, "--epochs", 5, "--no-kl");
        Path updated = directory.resolve("updated.npz");

        Cli.run("update", model, data, "-o", updated, "--kl").expect(ExitCode.DONE);

        assertFalse(PaeNmfModel.load(model).configuration().kl());
        assertTrue(PaeNmfModel.load(updated).configuration().kl());
    }

    @Test
    void updateKeepsTheSettingsOfTheModel() throws IOException {
        Path model = fit(data, "-r", 2, "--epochs", 5, "--sigma", 0.2, "--no-kl", "--prior-scale", 2, "--seed", 7);
        Path updated = directory.resolve("updated.npz");

        Cli.run("update", model, data, "-o", updated, "--prior-shape", 2).expect(ExitCode.DONE);

        var configuration = PaeNmfModel.load(updated).configuration();
        assertEquals(
                PaeNmf.builder()
                        .configuration(PaeNmfModel.load(model).configuration())
                        .prior(2, 2)
                        .build()
                        .configuration(),
                configuration);
    }

    @Test
    void anotherOptimiserBringsItsOwnRates() throws IOException {
        Path model = fit(data, "-r", 2, "--epochs", 5);
        Path updated = directory.resolve("updated.npz");

        Cli.run("update", model, data, "-o", updated, "--optimiser", "gd", "--bias-rate", 0.5)
                .expect(ExitCode.DONE);

        var usual = PaeNmf.builder().optimiser(Optimiser.GD).build().configuration();
        var configuration = PaeNmfModel.load(updated).configuration();
        assertEquals(usual.encoderRate(), configuration.encoderRate());
        assertEquals(usual.decoderRate(), configuration.decoderRate());
        assertEquals(0.5, configuration.biasRate());
    }

    @Test
    void quietPrintsNothing() {
        Path model = directory.resolve("m.npz");

        Cli.Run loud = Cli.run("fit", data, "-r", 2, "--epochs", 5, "-o", model).expect(ExitCode.DONE);
        Cli.Run quiet =
                Cli.run("fit", data, "-r", 2, "--epochs", 5, "-o", model, "-q").expect(ExitCode.DONE);

        assertTrue(loud.out().contains("relative error, median"), loud.out());
        assertTrue(loud.out().lines().anyMatch(line -> line.matches("  on .*CPU, \\d+ threads?, .*")), loud.out());
        assertEquals("", quiet.out());
    }

    @Test
    void verboseLogsOnStderr() {
        Path model = directory.resolve("m.npz");

        Cli.Run verbose = Cli.run("fit", data, "-r", 2, "--epochs", 5, "-o", model, "--verbose")
                .expect(ExitCode.DONE);
        Cli.Run plain =
                Cli.run("fit", data, "-r", 2, "--epochs", 5, "-o", model).expect(ExitCode.DONE);

        assertTrue(verbose.err().contains("paenmf: info: training on "), verbose.err());
        assertFalse(plain.err().contains("info"), plain.err());
    }

    @Test
    void aRankAboveTheDataIsAllowedWithAWarning() {
        Cli.Run run = Cli.run("fit", data, "-r", 9, "--epochs", 2, "-o", directory.resolve("m.npz"), "--json")
                .expect(ExitCode.DONE);

        assertTrue(run.err().contains("paenmf: warning: rank 9 is above min(rows, columns) = 6"), run.err());
        assertTrue(run.json().get("warnings").toString().contains("rank 9 is above"), run.out());
    }

    @Test
    void anInterruptedFitIsSaved() throws IOException {
        Path model = directory.resolve("m.npz");
        Interruption interruption = new Interruption();
        interruption.request();

        Map<String, Object> json = Cli.run(
                        interruption,
                        "fit",
                        data,
                        "-r",
                        2,
                        "--algorithm",
                        "pae",
                        "--epochs",
                        1000,
                        "-o",
                        model,
                        "--json")
                .expect(ExitCode.INTERRUPTED)
                .json();

        assertEquals("interrupted", json.get("stopReason"));
        assertEquals(1, PaeNmfModel.load(model).history().epochs());
    }
}
