package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.Score;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.Init;
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

/** What PAE-NMF takes from exact inference, on the command line. */
class ExactPosteriorCommandsTest {

    @TempDir
    private Path directory;

    private Path data;
    private Path model;

    @BeforeEach
    void writeData() {
        data = Cli.data(directory);
        model = directory.resolve("model.npz");
    }

    private Cli.Run fit(String options) {
        Object[] command = {"fit", data, "-r", 2, "-o", model};
        return Cli.run(Cli.concat(command, (Object[]) options.split(" ")));
    }

    @Test
    void fitLearnsSigmaAndSaysIt() throws IOException {
        Map<?, ?> score = (Map<?, ?>) fit("--algorithm pae --epochs 20 --sigma learn --json")
                .expect(ExitCode.DONE)
                .json()
                .get("score");
        PaeNmfModel loaded = PaeNmfModel.load(model);

        assertTrue(loaded.configuration().learnsSigma());
        assertEquals(loaded.sigma(), score.get("sigma"));
        assertFalse(score.containsKey("elbo"));
        String out = Cli.run("evaluate", model, data).expect(ExitCode.DONE).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("  sigma +[\\d.]+")), out);
        Path updated = directory.resolve("updated.npz");
        Cli.run("update", model, data, "-o", updated, "--epochs", 5, "--quiet").expect(ExitCode.DONE);
        assertNotEquals(loaded.sigma(), PaeNmfModel.load(updated).sigma());
    }

    @Test
    void aSigmaThatIsGivenIsNotRepeated() {
        Map<?, ?> score = (Map<?, ?>) fit("--algorithm pae --epochs 2 --json")
                .expect(ExitCode.DONE)
                .json()
                .get("score");
        assertFalse(score.containsKey("sigma"));
    }

    @Test
    void fitStartsFromVariationalNmf() throws IOException {
        fit("--algorithm pae --epochs 2 --init vb --quiet").expect(ExitCode.DONE);
        assertEquals(Init.VB, PaeNmfModel.load(model).configuration().init());
    }

    @ParameterizedTest
    @CsvSource({
        "--algorithm ae --init vb, '--init vb has no effect with --algorithm ae; leave it out'",
        "--algorithm vb --init vb, '--init vb has no effect with --algorithm vb; leave it out'",
        "--algorithm nmf-mu --init vb, '--init vb has no effect with --algorithm nmf-mu; leave it out'",
        "--algorithm pae --init vb --no-kl, '--init must be random or nmf without KL'",
        "--algorithm pae --init vb --prior-shape 2, '--init must be random or nmf with a prior of shape 2.0'",
        "--algorithm pae --sigma learn --no-kl, '--sigma must be a number in [1e-4, 1e4] without KL'",
        "--algorithm pae --sigma learn --optimiser gd, '--sigma must be a number in [1e-4, 1e4] with gd'",
    })
    void whatDoesNotFitIsRefused(String options, String message) {
        Cli.Run run = fit(options).expect(ExitCode.USAGE);
        assertTrue(run.err().startsWith("paenmf: " + message), run.err());
        assertFalse(Files.exists(model));
    }

    private Path transform(Object... options) {
        Path output = directory.resolve("latent" + options.length + ".npz");
        Object[] command = {"transform", model, data, "-o", output, "--quiet"};
        Cli.run(Cli.concat(command, options)).expect(ExitCode.DONE);
        return output;
    }

    @Test
    void transformRefines() throws IOException {
        fit("--algorithm pae --epochs 20 --quiet").expect(ExitCode.DONE);
        Matrix input = MatrixReader.read(data.toString());
        Matrix expected =
                PaeNmfModel.load(model).withRefinement(2).transform(input).k();
        List<Float> refined = Cli.floats(Cli.arrays(transform("--refine", 2)).get("k"));

        assertEquals(expected.get(3, 1), refined.get(2 * 3 + 1));
        assertNotEquals(Cli.floats(Cli.arrays(transform()).get("k")), refined);
    }

    @Test
    void evaluateAndReconstructRefineToo() throws IOException {
        fit("--algorithm pae --epochs 20 --quiet").expect(ExitCode.DONE);
        Matrix input = MatrixReader.read(data.toString());
        PaeNmfModel refined = PaeNmfModel.load(model).withRefinement(3);
        Score score = refined.score(input);
        Map<String, Object> json = Cli.run("evaluate", model, data, "--refine", 3, "--json")
                .expect(ExitCode.DONE)
                .json();
        assertEquals(score.relativeErrorMean(), json.get("relativeErrorMean"));

        Path output = directory.resolve("data.npy");
        Cli.run("reconstruct", model, data, "--refine", 3, "-o", output, "--quiet")
                .expect(ExitCode.DONE);
        assertEquals(
                refined.reconstruct(input).get(4, 2),
                MatrixReader.read(output.toString()).get(4, 2));
    }

    @ParameterizedTest
    @CsvSource({
        "vb, whose posteriors are exact already without --encoder",
        "ae, whose coefficients are numbers",
        "nmf-hals, whose coefficients are numbers"
    })
    void refinementOfOtherModelsIsRefused(String algorithm, String why) {
        fit("--epochs 2 --quiet --algorithm " + algorithm).expect(ExitCode.DONE);
        Path output = directory.resolve("latent.npz");
        String err = Cli.run("transform", model, data, "-o", output, "--refine", 0)
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(
                err.startsWith(
                        "paenmf: --refine has no effect on a model of " + algorithm + ", " + why + "; leave it out"),
                err);
        assertFalse(Files.exists(output));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 501})
    void refinementOutOfRangeIsRefused(int sweeps) {
        fit("--algorithm pae --epochs 2 --quiet").expect(ExitCode.DONE);
        String err = Cli.run("evaluate", model, data, "--refine", sweeps)
                .expect(ExitCode.USAGE)
                .err();
        assertTrue(err.startsWith("paenmf: --refine must be in [0, 500], not " + sweeps), err);
    }

    @Test
    void anEncoderOfVbIsTaughtAndUsed() {
        String fitted = fit("--algorithm vb --epochs 25 --intervals mean-field --encoder --hidden 8,4 --quiet")
                .expect(ExitCode.DONE)
                .err();
        assertEquals("", fitted);
        Object exact = relativeError();
        Object encoder = relativeError("--encoder");
        Object refined = relativeError("--encoder", "--refine", 500);
        assertNotEquals(exact, encoder);
        assertEquals(((Number) exact).doubleValue(), ((Number) refined).doubleValue(), 1e-4);
        Path output = directory.resolve("latent.npz");
        Cli.run("transform", model, data, "-o", output, "--encoder", "--quiet").expect(ExitCode.DONE);
        assertTrue(Files.exists(output));
    }

    private Object relativeError(Object... options) {
        Object[] command = {"evaluate", model, data, "--json"};
        return Cli.run(Cli.concat(command, options))
                .expect(ExitCode.DONE)
                .json()
                .get("relativeErrorMean");
    }

    @Test
    void anEncoderThatIsNotThereIsRefused() {
        fit("--algorithm vb --epochs 2 --intervals mean-field --quiet").expect(ExitCode.DONE);
        assertEquals(
                "paenmf: --encoder needs a model that has one; fit it with --algorithm vb --encoder",
                firstLine(Cli.run("evaluate", model, data, "--encoder")));
        assertEquals(
                "paenmf: --hidden has no effect on vb without --encoder; leave it out",
                firstLine(fit("--algorithm vb --hidden 8")));
        fit("--algorithm pae --epochs 2 --quiet").expect(ExitCode.DONE);
        assertEquals(
                "paenmf: --encoder has no effect on a model of pae, which is for those of vb; leave it out",
                firstLine(Cli.run("evaluate", model, data, "--encoder")));
    }

    private static String firstLine(Cli.Run run) {
        return run.expect(ExitCode.USAGE).err().lines().findFirst().orElseThrow();
    }

    @Test
    void hiddenLayersAreTrainedAndKept() throws IOException {
        fit("--algorithm pae --epochs 5 --hidden 6,4 --quiet").expect(ExitCode.DONE);
        PaeNmfModel loaded = PaeNmfModel.load(model);
        assertEquals(List.of(6, 4), loaded.configuration().hidden());
        Path updated = directory.resolve("updated.npz");
        Cli.run("update", model, data, "-o", updated, "--epochs", 5, "--quiet").expect(ExitCode.DONE);
        assertEquals(List.of(6, 4), PaeNmfModel.load(updated).configuration().hidden());
        assertEquals(
                "paenmf: --hidden must be the model's, [6, 4], not [3]",
                firstLine(Cli.run("update", model, data, "-o", updated, "--hidden", 3)));
        for (String options : List.of("--optimiser gd", "--init nmf", "--hidden 0", "--hidden 1,1,1,1,1,1,1,1,1")) {
            String hidden = options.startsWith("--hidden") ? "" : " --hidden 4";
            String err = firstLine(fit("--algorithm pae --epochs 2 " + options + hidden));
            assertTrue(err.contains("must be"), err);
        }
    }
}
