package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.Latent;
import io.github.paenmf.Score;
import io.github.paenmf.VariationalModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.NpyArray;
import io.github.paenmf.model.Zeros;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Variational NMF on the command line: its options, and what the commands make of its models. */
class VariationalCommandsTest {

    /** So many that zeros are learned, which begins after some epochs. */
    private static final int EPOCHS = 30;

    @TempDir
    private Path directory;

    private Path data;
    private int files;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
    }

    private Path npz() {
        return directory.resolve("file" + files++ + ".npz");
    }

    private static Object[] words(String options) {
        return options.isBlank() ? new Object[0] : options.strip().split(" ");
    }

    private Path fit(Path input, String options) {
        Path model = npz();
        Object[] command = {"fit", input, "-r", 2, "--algorithm", "vb", "-o", model, "--quiet"};
        Cli.run(Cli.concat(command, words(options))).expect(ExitCode.DONE);
        return model;
    }

    private Path fit(String options) {
        return fit(data, options);
    }

    private Path update(Path model, String options) {
        Path updated = npz();
        Object[] command = {"update", model, data, "-o", updated, "--quiet"};
        Cli.run(Cli.concat(command, words(options))).expect(ExitCode.DONE);
        return updated;
    }

    /** What training learnt, bit for bit. */
    private static List<Object> learnt(Path model) throws IOException {
        Map<String, NpyArray> arrays = Cli.arrays(model);
        List<Float> basis = Stream.of("W_f", "W_variance", "W_inclusion")
                .flatMap(name -> Cli.floats(arrays.get(name)).stream())
                .toList();
        return List.of(basis, VariationalModel.load(model).sigma());
    }

    @ParameterizedTest
    @CsvSource({
        "--epochs 31, ''",
        "--zeros off, ''",
        "--sigma 0.3, ''",
        "--batch-rows 16, ''",
        "--init random, ''",
        "--tolerance 0.9 --patience 2, ''",
        "--tolerance 0.9 --patience 2, --tolerance 0.9 --patience 3",
        "--seed 1, ''",
        "--init random --seed 1, --init random",
    })
    void anOptionChangesWhatIsLearnt(String option, String beside) throws IOException {
        String changed = option.startsWith("--epochs") ? option : option + " --epochs " + EPOCHS;

        assertNotEquals(learnt(fit("--epochs " + EPOCHS + " " + beside)), learnt(fit(changed)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--epochs 200",
                "--zeros learn",
                "--sigma learn",
                "--sigma 0",
                "--batch-rows 0",
                "--init nmf",
                "--tolerance 0",
                "--seed 0",
                "--backend cpu",
                "--blas java",
                "--precision fp32",
            })
    void theDefaultIsWhatTheHelpSays(String option) throws IOException {
        String epochs = option.startsWith("--epochs") ? "" : " --epochs " + EPOCHS;

        assertEquals(learnt(fit(epochs)), learnt(fit(option + epochs)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--threads 1", "--threads 3", "--chunk-rows 256", "--chunk-rows 512 --threads 3"})
    void whereItRunsChangesNoBit(String options) throws IOException {
        Path many = Cli.write(directory.resolve("many.npy"), Cli.planted(1000, 6));
        String epochs = "--epochs 25 ";

        assertEquals(learnt(fit(many, epochs)), learnt(fit(many, epochs + options)));
    }

    @ParameterizedTest
    @CsvSource({
        "--init nndsvd, --init nndsvd",
        "--optimiser adam, --optimiser",
        "--encoder-rate 0.1, --encoder-rate",
        "--bias-rate 0.1, --bias-rate",
        "--decoder-rate 0.1, --decoder-rate",
        "--step-clip 1, --step-clip",
        "--lambda-min 0.1, --lambda-min",
        "--shape-min 0.3, --shape-min",
        "--heads relu, --heads",
        "--prior-shape 1, --prior-shape",
        "--prior-scale 1, --prior-scale",
        "--kl, --[no-]kl",
        "--no-kl, --[no-]kl",
        "--train-on sample, --train-on",
        "--train-on scale, --train-on",
        "--decoder-update multiplicative, --decoder-update",
    })
    void anOptionWithoutEffectIsRefused(String options, String named) {
        Path output = npz();
        Object[] command = {"fit", data, "-r", 2, "-o", output, "--algorithm", "vb"};

        Cli.Run run =
                Cli.run(Cli.concat(command, (Object[]) options.split(" "))).expect(ExitCode.USAGE);

        assertTrue(
                run.err().startsWith("paenmf: " + named + " has no effect with --algorithm vb; leave it out"),
                run.err());
        assertFalse(Files.exists(output));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pae", "ae", "nmf-mu", "nmf-hals"})
    void zerosAreOfNoOther(String algorithm) {
        String err = Cli.run("fit", data, "-r", 2, "-o", npz(), "--algorithm", algorithm, "--zeros", "off")
                .expect(ExitCode.USAGE)
                .err();

        assertTrue(
                err.startsWith("paenmf: --zeros has no effect with --algorithm " + algorithm + "; leave it out"), err);
    }

    @ParameterizedTest
    @CsvSource({
        "pae, --sigma much, '''much'' is neither a number nor learn'",
        "pae, --sigma 1e-5, '--sigma must be in [1e-4, 1e4], or 0 to learn it, not 1.0E-5'",
        "vb, --sigma 5e-4, '--sigma must be in [1e-3, 1e4], or 0 to learn it, not 5.0E-4'",
        "vb, --sigma NaN, '--sigma must be in [1e-3, 1e4], or 0 to learn it, not NaN'",
        "vb, --epochs 0, '--epochs must be at least 1, not 0'",
        "vb, --batch-rows -1, '--batch-rows must be at least 0, where 0 means all rows, not -1'",
        "vb, --tolerance 1, '--tolerance must be in [0, 1), not 1.0'",
        "vb, --tolerance 0.1 --patience 0, '--patience must be at least 1, not 0'",
        "vb, --patience 3, '--patience has no effect without a tolerance above 0'",
        "vb, --chunk-rows 100, '--chunk-rows must be '",
        "vb, --threads 0, '--threads must be in [1, 1024]'",
        "vb, --zeros maybe, '''maybe'' is not one of learn, off'",
        "vb, --init svd, 'is not one of random, nndsvd, nndsvda, nndsvdar, nmf, vb'",
    })
    void aBadValueIsNamedByItsOption(String algorithm, String options, String message) {
        Path output = npz();
        Object[] command = {"fit", data, "-r", 2, "-o", output, "--algorithm", algorithm};

        Cli.Run run =
                Cli.run(Cli.concat(command, (Object[]) options.split(" "))).expect(ExitCode.USAGE);

        assertTrue(run.err().contains(message), run.err());
        assertFalse(Files.exists(output));
    }

    @Test
    void fitSaysWhatItReached() throws IOException {
        Path model = npz();
        Map<String, Object> json = Cli.run(
                        "fit", data, "-r", 2, "--algorithm", "vb", "--epochs", EPOCHS, "-o", model, "--json")
                .expect(ExitCode.DONE)
                .json();

        Map<?, ?> training = (Map<?, ?>) json.get("training");
        Map<?, ?> score = (Map<?, ?>) json.get("score");
        assertEquals(List.of("vb", EPOCHS), List.of(json.get("algorithm"), json.get("epochs")));
        assertEquals(List.of("objective", "reconstruction", "kl"), List.copyOf(training.keySet()));
        assertTrue((double) score.get("relativeError") < 0.05, score.toString());
        VariationalModel loaded = VariationalModel.load(model);
        assertEquals(loaded.sigma(), score.get("sigma"));
        assertEquals(Zeros.LEARN, loaded.configuration().zeros());
        String out = Cli.run("fit", data, "-r", 2, "--algorithm", "vb", "--epochs", 3, "-o", model)
                .expect(ExitCode.DONE)
                .out();
        assertTrue(out.startsWith(model + ": vb, rank 2, 3 epochs in "), out);
        assertTrue(out.contains("ELBO per entry"), out);
    }

    @Test
    void noiseBelowZeroIsTaken() throws IOException {
        Path negative = Files.writeString(directory.resolve("negative.csv"), "a,b,c\n1,2,-0.1\n2,4,0\n3,5,0.1\n");

        assertEquals(2, VariationalModel.load(fit(negative, "--epochs 5")).rank());
        Cli.run("fit", negative, "-r", 2, "--algorithm", "pae", "-o", npz()).expect(ExitCode.BAD_DATA);
    }

    @Test
    void evaluateTellsTheBoundAndTheNoise() throws IOException {
        Path model = fit("--epochs " + EPOCHS);
        Score score = VariationalModel.load(model).score(MatrixReader.read(data.toString()));

        Map<String, Object> json =
                Cli.run("evaluate", model, data, "--json").expect(ExitCode.DONE).json();

        assertEquals(
                List.of(
                        "relativeError",
                        "relativeErrorMedian",
                        "relativeErrorMean",
                        "relativeErrorSampled",
                        "klPerSample",
                        "reconstructionPerSample",
                        "objective",
                        "elbo",
                        "sigma",
                        "hoyerSparsity",
                        "deadComponents",
                        "deadComponentNames"),
                List.copyOf(json.keySet()));
        assertEquals(score.elbo(), json.get("elbo"));
        assertEquals(score.sigma(), json.get("sigma"));
        String out = Cli.run("evaluate", model, data).expect(ExitCode.DONE).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("  ELBO per entry +-?[\\d.]+")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("  sigma +[\\d.]+")), out);
    }

    @Test
    void transformWritesTheInclusion() throws IOException {
        Path model = fit("--epochs " + EPOCHS);
        VariationalModel loaded = VariationalModel.load(model);
        Matrix v = MatrixReader.read(data.toString());
        Latent latent = loaded.transform(v);
        VariationalModel.Bounds bounds = loaded.intervals(v, 0.9);
        Path npz = npz();
        Path csv = directory.resolve("h.csv");

        Cli.run("transform", model, data, "-o", npz).expect(ExitCode.DONE);
        Cli.run("transform", model, data, "-o", csv).expect(ExitCode.DONE);

        List<String> statistics = List.of("lambda", "k", "inclusion", "median", "mean", "lower", "upper");
        Map<String, NpyArray> arrays = Cli.arrays(npz);
        assertEquals(statistics, List.copyOf(arrays.keySet()).subList(0, 7));
        Matrix table = MatrixReader.read(csv.toString());
        assertEquals(
                Stream.of("component1.", "component2.")
                        .flatMap(component -> statistics.stream().map(component::concat))
                        .toList(),
                table.columnNames());
        for (int i = 0; i < 40; i++) {
            for (int j = 0; j < 2; j++) {
                assertEquals(
                        latent.inclusion().get(i, j), arrays.get("inclusion").floats()[2 * i + j]);
                assertEquals(latent.inclusion().get(i, j), table.get(i, 7 * j + 2));
                assertEquals(bounds.lower().get(i, j), table.get(i, 7 * j + 5), 1e-6f);
                assertEquals(bounds.upper().get(i, j), table.get(i, 7 * j + 6), 1e-6f);
            }
        }
        assertTrue(latent.inclusion().get(0, 0) <= 1);
    }

    @Test
    void withoutZerosThereIsNoInclusion() {
        Path npz = npz();

        Cli.run("transform", fit("--epochs " + EPOCHS + " --zeros off"), data, "-o", npz)
                .expect(ExitCode.DONE);

        assertFalse(Cli.arrays(npz).containsKey("inclusion"));
    }

    @Test
    void updateGoesOnWithTheSettingsOfTheModel() throws IOException {
        Path model = fit("--epochs " + EPOCHS + " --sigma 0.2 --zeros off --seed 3");
        Path updated = npz();

        Map<String, Object> json = Cli.run("update", model, data, "-o", updated, "--epochs", 5, "--json")
                .expect(ExitCode.DONE)
                .json();

        assertEquals(
                List.of("vb", 5, EPOCHS + 5),
                List.of(json.get("algorithm"), json.get("epochs"), json.get("totalEpochs")));
        VariationalModel loaded = VariationalModel.load(updated);
        assertEquals(
                List.of(0.2, Zeros.OFF, 3L),
                List.of(
                        loaded.configuration().sigma(),
                        loaded.configuration().zeros(),
                        loaded.configuration().seed()));
        assertNotEquals(learnt(model), learnt(updated));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--epochs 3", "--sigma 0.3", "--zeros off", "--batch-rows 16"})
    void updateOverridesASettingOfTheModel(String option) throws IOException {
        Path model = fit("--epochs " + EPOCHS);

        assertNotEquals(learnt(update(model, "")), learnt(update(model, option)));
    }

    @Test
    void updateCanTurnZerosOff() throws IOException {
        Path updated = update(fit("--epochs " + EPOCHS), "--epochs 2 --zeros off");
        Path latent = npz();

        Cli.run("transform", updated, data, "-o", latent).expect(ExitCode.DONE);

        assertFalse(Cli.arrays(latent).containsKey("inclusion"));
        Matrix inclusion = VariationalModel.load(updated).basisInclusion();
        for (int i = 0; i < inclusion.rows(); i++) {
            assertEquals(1, inclusion.get(i, 0));
        }
    }

    @Test
    void updateCanLearnSigmaAgain() throws IOException {
        Path model = fit("--epochs 5 --sigma 0.3");

        assertEquals(0.3, VariationalModel.load(update(model, "--epochs 1")).sigma(), 1e-12);
        assertNotEquals(
                0.3, VariationalModel.load(update(model, "--sigma learn")).sigma(), 1e-3);
    }

    @Test
    void updateRefusesWhatHasNoEffect() {
        Path model = fit("--epochs 2");

        String err = Cli.run("update", model, data, "-o", npz(), "--heads", "relu")
                .expect(ExitCode.USAGE)
                .err();

        assertTrue(err.startsWith("paenmf: --heads has no effect with --algorithm vb; leave it out"), err);
    }

    @Test
    void reconstructAndSampleDraw() throws IOException {
        Path model = fit("--epochs " + EPOCHS);
        VariationalModel loaded = VariationalModel.load(model);
        Matrix v = MatrixReader.read(data.toString());

        assertEquals(loaded.reconstruct(v).get(3, 4), written("reconstruct", model, data)[6 * 3 + 4]);
        assertEquals(loaded.reconstructMean(v).get(3, 4), written("reconstruct", model, data, "--mean")[6 * 3 + 4]);
        assertEquals(
                loaded.reconstructSampled(v, 1, 7).get(0).get(3, 4),
                written("reconstruct", model, data, "--samples", 1, "--seed", 7)[6 * 3 + 4]);
        assertEquals(18, written("sample", model, "--count", 3).length);
        assertEquals(300, written("sample", model, data, "--count", 50).length);
    }

    private float[] written(Object... command) {
        Path output = npz();
        Cli.run(Cli.concat(command, "-o", output)).expect(ExitCode.DONE);
        return Cli.arrays(output).values().iterator().next().floats();
    }

    @ParameterizedTest
    @CsvSource({
        "basis, false, The 2 parts",
        "reconstruction, true, Samples and their reconstructions",
        "latent, true, Distributions of the coefficients",
        "generation, true, Samples from the distributions",
        "loss, false, Training",
    })
    void everyDrawing(String what, boolean ofSamples, String title) throws IOException {
        Path model = fit("--epochs " + EPOCHS);
        Path svg = directory.resolve("figure.svg");
        Object[] arguments = ofSamples ? new Object[] {model, data} : new Object[] {model};

        Cli.run(Cli.concat(Cli.concat(new Object[] {"plot"}, arguments), "--what", what, "-o", svg))
                .expect(ExitCode.DONE);

        assertTrue(Files.readString(svg).contains(title));
    }

    @Test
    void theReportIsOfVariationalNmf() throws IOException {
        Path html = directory.resolve("report.html");

        Cli.run("report", fit("--epochs " + EPOCHS), data, "-o", html).expect(ExitCode.DONE);

        assertTrue(Files.readString(html).contains("variational NMF"));
    }

    private static List<Float> floats(Matrix matrix) {
        return Stream.of(matrix.toRows())
                .flatMap(row -> IntStream.range(0, row.length).mapToObj(j -> row[j]))
                .toList();
    }

    @Test
    void reconstructWritesTheMeanAndAnIntervalOfEachValue() throws IOException {
        Path model = fit("--epochs 30");
        Path output = npz();

        Cli.run("reconstruct", model, data, "--interval", "0.9", "-o", output).expect(ExitCode.DONE);

        VariationalModel.Reconstruction expected =
                VariationalModel.load(model).reconstructIntervals(MatrixReader.read(data.toString()), 0.9);
        Map<String, NpyArray> arrays = Cli.arrays(output);
        assertEquals(floats(expected.mean()), Cli.floats(arrays.get("data")));
        assertEquals(floats(expected.lower()), Cli.floats(arrays.get("lower")));
        assertEquals(floats(expected.upper()), Cli.floats(arrays.get("upper")));
    }

    @ParameterizedTest
    @CsvSource({
        "--interval 1, '--interval must be in (0, 1), not 1.0'",
        "--interval 0.9 --mean, 'mutually exclusive'",
    })
    void anIntervalThatCannotBeWrittenIsRefused(String options, String message) {
        Path model = fit("--epochs 2");
        Object[] command = {"reconstruct", model, data, "-o", npz()};

        Cli.Run run = Cli.run(Cli.concat(command, words(options))).expect(ExitCode.USAGE);

        assertTrue(run.err().contains(message), run.err());
    }

    @Test
    void otherModelsHaveNoIntervalOfReconstructions() {
        Path model = npz();
        Cli.run("fit", data, "-r", 2, "--algorithm", "pae", "--epochs", 1, "-o", model, "--quiet")
                .expect(ExitCode.DONE);

        Cli.Run run = Cli.run("reconstruct", model, data, "--interval", "0.9", "-o", npz())
                .expect(ExitCode.USAGE);

        assertTrue(
                run.err().contains("--interval is for models of vb with a Gaussian likelihood; leave it out"),
                run.err());
    }
}
