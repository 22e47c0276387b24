package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.FactorisationModel;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.io.NpyArray;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.TrainOn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is fitted besides PAE-NMF, and what the commands make of such models. */
class AlgorithmsTest {

    @TempDir
    private Path directory;

    private Path data;
    private int fits;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
    }

    private Path fit(String options) {
        Path model = directory.resolve("model" + fits++ + ".npz");
        Object[] command = {"fit", data, "-r", 2, "-o", model, "--quiet"};
        Cli.run(Cli.concat(command, (Object[]) options.split(" "))).expect(ExitCode.DONE);
        return model;
    }

    private static List<Float> basis(Path model) {
        return Cli.floats(Cli.arrays(model).get("W_f"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ae", "nmf-mu", "nmf-hals"})
    void fitSaysWhatItFitted(String algorithm) {
        Path model = directory.resolve("m.npz");
        Map<String, Object> json = Cli.run(
                        "fit", data, "-r", 2, "--epochs", 300, "-o", model, "--json", "--algorithm", algorithm)
                .expect(ExitCode.DONE)
                .json();

        assertEquals(algorithm, json.get("algorithm"));
        assertEquals(300, json.get("epochs"));
        assertEquals(List.of("objective", "reconstruction"), List.copyOf(((Map<?, ?>) json.get("training")).keySet()));
        Map<?, ?> score = (Map<?, ?>) json.get("score");
        assertEquals(
                List.of(
                        "relativeError",
                        "reconstructionPerSample",
                        "objective",
                        "hoyerSparsity",
                        "deadComponents",
                        "deadComponentNames"),
                List.copyOf(score.keySet()));
        assertTrue((double) score.get("relativeError") < 0.05, score.toString());
        String lines =
                Cli.run("evaluate", model, data).expect(ExitCode.DONE).out().replaceAll("\\d\\S*", "#");
        assertEquals(
                List.of("relative error #", "objective #", "Hoyer sparsity of the basis #", "dead components #"),
                lines.lines().map(line -> line.strip().replaceAll("\\s+", " ")).toList());
    }

    @Test
    void nmfByTheDivergenceReportsItsDeviance() throws IOException {
        Path model = fit("--algorithm nmf-kl --epochs 20");
        Map<String, Object> json =
                Cli.run("evaluate", model, data, "--json").expect(ExitCode.DONE).json();
        double expected = FactorisationModel.load(model)
                .score(MatrixReader.read(data.toString()))
                .deviance();
        assertEquals(expected, ((Map<?, ?>) json.getOrDefault("score", json)).get("deviance"));
        String lines = Cli.run("evaluate", model, data).expect(ExitCode.DONE).out();
        assertTrue(lines.contains("deviance per entry"), lines);
    }

    /** Of standard NMF those of the training, which take another path to the basis than a transform of the model. */
    @ParameterizedTest
    @ValueSource(strings = {"pae", "ae", "nmf-mu", "nmf-hals"})
    void fitWritesTheCoefficientsOfItsRows(String algorithm) throws IOException {
        Path array = directory.resolve("h.npz");
        Path table = directory.resolve("h.csv");
        Path model = fit("--epochs 20 --algorithm " + algorithm + " --coefficients " + array);
        fit("--epochs 20 --algorithm " + algorithm + " --coefficients " + table);

        List<Float> written = Cli.floats(Cli.arrays(array).get("coefficients"));
        Matrix read = MatrixReader.read(table.toString());
        FactorisationModel loaded = FactorisationModel.load(model);
        Matrix v = MatrixReader.read(data.toString());
        Matrix solved = loaded.coefficients(v);
        assertEquals(List.of("component1", "component2"), read.columnNames());
        double squares = 0;
        double norm = 0;
        for (int i = 0; i < v.rows(); i++) {
            for (int j = 0; j < 2; j++) {
                assertEquals(written.get(2 * i + j), read.get(i, j));
                if (!algorithm.startsWith("nmf")) {
                    assertEquals(solved.get(i, j), read.get(i, j));
                }
            }
            for (int f = 0; f < v.columns(); f++) {
                double fitted = written.get(2 * i) * (double) loaded.basis().get(f, 0)
                        + written.get(2 * i + 1) * (double) loaded.basis().get(f, 1);
                squares += Math.pow(v.get(i, f) - fitted, 2);
                norm += Math.pow(v.get(i, f), 2);
            }
        }
        double error = Math.sqrt(squares / norm);
        // the basis is rounded once more in units of the data, and a score's V̂ in two products, their sum and its
        // scale
        assertTrue(loaded.score(v).relativeError() <= error + 5 * 0x1p-24, () -> "training ended at " + error);
        assertEquals(algorithm.startsWith("nmf"), solved.get(0, 0) != read.get(0, 0));
    }

    @Test
    void coefficientsAndTheModelAreTwoFiles() {
        Path model = directory.resolve("m.npz");
        String err = Cli.run("fit", data, "-r", 2, "-o", model, "--coefficients", model)
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(err.contains("--output and --coefficients are the same file"), err);
        err = Cli.run("fit", data, "-r", 2, "-o", model, "--coefficients", directory.resolve("h.txt"))
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(err.contains("--coefficients must end in .npz or .csv"), err);
    }

    /** One feature that is not 0 has one component; which of four equal ones, the warning and both scores agree on. */
    @ParameterizedTest
    @ValueSource(strings = {"nmf-mu", "nmf-hals"})
    void deadComponentsHaveOneCountEverywhere(String algorithm) throws IOException {
        Path column = directory.resolve("column.csv");
        StringBuilder rows = new StringBuilder("a,b,c,d\n");
        for (int i = 0; i < 30; i++) {
            rows.append("0,").append(1 + i % 7).append(",0,0\n");
        }
        Files.writeString(column, rows);
        Path model = directory.resolve("m.npz");

        Map<String, Object> json = Cli.run(
                        "fit", column, "-r", 4, "--algorithm", algorithm, "--init", "random", "-o", model, "--json")
                .expect(ExitCode.DONE)
                .json();

        Map<?, ?> score = (Map<?, ?>) json.get("score");
        List<?> names = (List<?>) score.get("deadComponentNames");
        assertEquals(3, score.get("deadComponents"));
        assertEquals(3, names.size());
        String joined = String.join(", ", names.stream().map(Object::toString).toList());
        assertTrue(
                json.get("warnings")
                        .toString()
                        .contains("dead components, which take no part in any reconstruction: " + joined + "."),
                json.toString());
        assertTrue(
                Cli.run("evaluate", model, column).expect(ExitCode.DONE).out().contains("3: " + joined));
        assertEquals(
                names,
                Cli.run("evaluate", model, column, "--json")
                        .expect(ExitCode.DONE)
                        .json()
                        .get("deadComponentNames"));
        Matrix h = FactorisationModel.load(model).coefficients(MatrixReader.read(column.toString()));
        for (int j = 0; j < 4; j++) {
            boolean used = false;
            for (int i = 0; i < 30; i++) {
                used |= h.get(i, j) != 0;
            }
            assertEquals(!used, names.contains("component" + (j + 1)));
        }
    }

    @Test
    void theHumanReportNamesTheAlgorithm() {
        Path model = directory.resolve("m.npz");

        String out = Cli.run("fit", data, "-r", 2, "--epochs", 3, "-o", model, "--algorithm", "nmf-mu")
                .expect(ExitCode.DONE)
                .out();

        assertTrue(out.startsWith(model + ": nmf-mu, rank 2, 3 epochs in "), out);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--epochs 6",
                "--algorithm nmf-mu",
                "--algorithm pae",
                "--algorithm ae",
                "--init random",
                "--tolerance 0.9 --patience 1",
                "--batch-rows 16",
            })
    void changesWhatStandardNmfLearns(String option) {
        String plain = "--algorithm nmf-hals --epochs 5";
        String changed = option.startsWith("--epochs")
                ? "--algorithm nmf-hals " + option
                : option.startsWith("--algorithm") ? option + " --epochs 5" : plain + " " + option;

        assertNotEquals(basis(fit(plain)), basis(fit(changed)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--algorithm nmf-hals --init nndsvd",
                "--algorithm nmf-hals --threads 3",
                "--algorithm nmf-hals --backend cpu",
                "--algorithm nmf-hals --tolerance 0 --seed 0 --batch-rows 0",
            })
    void theDefaultsOfStandardNmf(String options) {
        assertEquals(basis(fit("--algorithm nmf-hals --epochs 5")), basis(fit(options + " --epochs 5")));
    }

    @Test
    void theSeedOfStandardNmf() {
        String random = "--algorithm nmf-mu --init random --epochs 5";
        assertNotEquals(basis(fit(random)), basis(fit(random + " --seed 1")));
    }

    @Test
    void aeIsTrainedOnTheScaleWithoutKl() throws IOException {
        PaeConfiguration configuration =
                PaeNmfModel.load(fit("--epochs 5 --algorithm ae")).configuration();
        assertEquals(TrainOn.SCALE, configuration.trainOn());
        assertFalse(configuration.kl());
    }

    @ParameterizedTest
    @ValueSource(strings = {"pae", "ae"})
    void anAutoencoderStartsAtRandomOrFromNmf(String algorithm) {
        String plain = "--epochs 2 --algorithm " + algorithm;

        assertEquals(Cli.parameters(fit(plain)), Cli.parameters(fit(plain + " --init random")));
        assertNotEquals(Cli.parameters(fit(plain)), Cli.parameters(fit(plain + " --init nmf")));
    }

    @ParameterizedTest
    @CsvSource({
        "nmf-mu, --init nmf, --init nmf",
        "nmf-hals, --init nmf, --init nmf",
        "pae, --init nndsvd, --init nndsvd",
        "ae, --init nndsvd, --init nndsvd",
        "ae, --init vb, --init vb",
        "ae, --sigma 0.1, --sigma",
        "ae, --shape-min 0.3, --shape-min",
        "ae, --prior-shape 1, --prior-shape",
        "ae, --prior-scale 1, --prior-scale",
        "ae, --kl, --[no-]kl",
        "ae, --no-kl, --[no-]kl",
        "ae, --train-on scale, --train-on",
        "nmf-hals, --optimiser adam, --optimiser",
        "nmf-hals, --encoder-rate 0.1, --encoder-rate",
        "nmf-hals, --bias-rate 0.1, --bias-rate",
        "nmf-hals, --decoder-rate 0.1, --decoder-rate",
        "nmf-hals, --step-clip 1, --step-clip",
        "nmf-hals, --sigma 0.1, --sigma",
        "nmf-hals, --lambda-min 0.1, --lambda-min",
        "nmf-hals, --shape-min 0.3, --shape-min",
        "nmf-hals, --heads relu, --heads",
        "nmf-hals, --prior-shape 1, --prior-shape",
        "nmf-hals, --prior-scale 1, --prior-scale",
        "nmf-hals, --no-kl, --[no-]kl",
        "nmf-hals, --train-on sample, --train-on",
        "nmf-hals, --decoder-update multiplicative, --decoder-update",
        "vb, --forget-factor 1, --forget-factor",
        "pae, --forget-factor 1, --forget-factor",
        "nmf-mu, --sigma 0.1, --sigma",
    })
    void anOptionWithoutEffectIsRefused(String algorithm, String options, String named) {
        Path output = directory.resolve("none.npz");
        Object[] command = {"fit", data, "-r", 2, "-o", output, "--algorithm", algorithm};

        String err = Cli.run(Cli.concat(command, (Object[]) options.split(" ")))
                .expect(ExitCode.USAGE)
                .err();

        assertTrue(
                err.startsWith("paenmf: " + named + " has no effect with --algorithm " + algorithm + "; leave it out"),
                err);
        assertFalse(Files.exists(output));
    }

    /** Where nobody named an algorithm, it is the option that says what was meant. */
    @ParameterizedTest
    @CsvSource({
        "--zeros off, --zeros needs --algorithm vb",
        "--intervals joint, --intervals needs --algorithm vb",
        "--init nndsvd, '--init nndsvd needs --algorithm nmf-mu, nmf-hals or nmf-kl'",
    })
    void anOptionOfAnotherAlgorithmThanTheDefaultSaysWhichItNeeds(String options, String message) {
        Path output = directory.resolve("none.npz");
        Object[] command = {"fit", data, "-r", 2, "-o", output};

        String err = Cli.run(Cli.concat(command, (Object[]) options.split(" ")))
                .expect(ExitCode.USAGE)
                .err();

        assertEquals("paenmf: " + message, err.lines().findFirst().orElseThrow());
        assertFalse(Files.exists(output));
    }

    @Test
    void fitIsOfPaeNmfUnlessToldOtherwise() {
        Path model = directory.resolve("m.npz");

        Map<String, Object> json = Cli.run("fit", data, "-r", 2, "-o", model, "--json", "-q")
                .expect(ExitCode.DONE)
                .json();

        assertEquals(List.of("pae", 1000), List.of(json.get("algorithm"), json.get("epochs")));
        json = Cli.run("fit", data, "-r", 2, "-o", model, "--json", "-q", "--algorithm", "vb")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(List.of("vb", 200), List.of(json.get("algorithm"), json.get("epochs")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--threads 1", "--threads 3", "--chunk-rows 256", "--chunk-rows 512 --threads 3"})
    void threadsAndChunksChangeNoBitOfStandardNmf(String options) {
        Path many = Cli.write(directory.resolve("many.npy"), Cli.planted(1000, 6));
        Object[] command = {"fit", many, "-r", 2, "--epochs", 5, "--algorithm", "nmf-hals", "--backend", "cpu", "-q"};
        Path plain = directory.resolve("plain.npz");
        Path changed = directory.resolve("changed.npz");

        Cli.run(Cli.concat(command, "-o", plain)).expect(ExitCode.DONE);
        Cli.run(Cli.concat(Cli.concat(command, "-o", changed), (Object[]) options.split(" ")))
                .expect(ExitCode.DONE);

        assertEquals(Cli.parameters(plain), Cli.parameters(changed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ae", "nmf-hals"})
    void transformWritesNumbersWhereThereAreNoDistributions(String algorithm) throws IOException {
        Path model = fit("--algorithm " + algorithm + " --epochs 20");
        Matrix expected = FactorisationModel.load(model).coefficients(Cli.planted(40, 6));
        Path npz = directory.resolve("h.npz");
        Path csv = directory.resolve("h.csv");

        Cli.run("transform", model, data, "-o", npz).expect(ExitCode.DONE);
        Cli.run("transform", model, data, "-o", csv).expect(ExitCode.DONE);

        Map<String, NpyArray> arrays = Cli.arrays(npz);
        assertEquals(List.of("coefficients", "rows", "columns"), List.copyOf(arrays.keySet()));
        assertEquals(Cli.names("sample", 40), arrays.get("rows").strings());
        Matrix table = MatrixReader.read(csv.toString());
        assertEquals(List.of("component1", "component2"), table.columnNames());
        for (int i = 0; i < 40; i++) {
            for (int j = 0; j < 2; j++) {
                assertEquals(expected.get(i, j), arrays.get("coefficients").floats()[2 * i + j]);
                assertEquals(expected.get(i, j), table.get(i, j));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ae", "nmf-hals"})
    void reconstructDecodesTheCoefficients(String algorithm) throws IOException {
        Path model = fit("--algorithm " + algorithm + " --epochs 20");
        Matrix expected = FactorisationModel.load(model).reconstruct(Cli.planted(40, 6));
        Path npz = directory.resolve("v.npz");

        String out = Cli.run("reconstruct", model, data, "-o", npz)
                .expect(ExitCode.DONE)
                .out();

        assertTrue(out.contains("40 rows reconstructed from coefficients"), out);
        assertEquals(expected.get(39, 5), Cli.arrays(npz).get("data").floats()[6 * 39 + 5]);
    }

    @ParameterizedTest
    @CsvSource({
        "sample --count 3, ae",
        "sample --count 3, nmf-hals",
        "transform --level 0.5, ae",
        "transform --level 0.5, nmf-hals",
        "reconstruct --mean, ae",
        "reconstruct --samples 3, nmf-hals",
    })
    void whatNeedsDistributionsIsRefused(String command, String algorithm) {
        Path model = fit("--algorithm " + algorithm + " --epochs 2");
        Path output = directory.resolve("none.npz");
        String[] words = command.split(" ", 2);
        Object[] arguments = {words[0], model, data, "-o", output};

        String err = Cli.run(Cli.concat(arguments, (Object[]) words[1].split(" ")))
                .expect(ExitCode.BAD_DATA)
                .err();

        assertTrue(
                err.startsWith("paenmf: " + model + ": '"
                        + command.replaceAll(" --count|( [\\d.]+$)", "")
                        + "' needs a model that was fitted with --algorithm vb or pae, and this one is of "
                        + algorithm),
                err);
        assertFalse(Files.exists(output));
    }

    @Test
    void anAutoencoderIsUpdated() {
        Path model = fit("--algorithm ae --epochs 2");
        Path updated = directory.resolve("updated.npz");

        Map<String, Object> json = Cli.run("update", model, data, "-o", updated, "--json")
                .expect(ExitCode.DONE)
                .json();

        assertEquals(List.of("ae", 2, 4), List.of(json.get("algorithm"), json.get("epochs"), json.get("totalEpochs")));
        assertEquals(
                "paenmf: --[no-]kl has no effect with --algorithm ae; leave it out",
                Cli.run("update", model, data, "-o", updated, "--kl")
                        .expect(ExitCode.USAGE)
                        .err()
                        .lines()
                        .findFirst()
                        .orElseThrow());
    }
}
