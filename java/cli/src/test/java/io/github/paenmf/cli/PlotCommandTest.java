package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What plot draws of which data, and what it refuses. */
class PlotCommandTest {

    private static final List<String> WORDS = List.of("alcohol", "ash", "magnesium", "phenols", "hue", "proline");

    @TempDir
    private Path directory;

    private Path data;
    private Path model;
    private Path png;
    private Path svg;

    @BeforeEach
    void fit() {
        data = Cli.data(directory);
        model = Cli.model(directory);
        png = directory.resolve("figure.png");
        svg = directory.resolve("figure.svg");
    }

    private String svg(Object... arguments) throws IOException {
        Cli.Run run = Cli.run(Cli.concat(Cli.concat(new Object[] {"plot"}, arguments), "-o", svg))
                .expect(ExitCode.DONE);
        assertTrue(run.out().startsWith(svg.toString()), run.out());
        return Files.readString(svg);
    }

    private void refused(int exitCode, String message, Object... arguments) {
        Cli.Run run = Cli.run(Cli.concat(Cli.concat(new Object[] {"plot"}, arguments), "-o", png))
                .expect(exitCode);
        assertTrue(run.err().contains(message), run.err());
        assertTrue(run.err().lines().count() <= 2, run.err());
        assertFalse(Files.exists(png));
    }

    private static int images(String svg) {
        return svg.split("<image ", -1).length - 1;
    }

    @ParameterizedTest
    @CsvSource({
        "basis, false, The 2 parts",
        "reconstruction, true, Samples and their reconstructions",
        "latent, true, Distributions of the coefficients",
        "generation, true, Samples from the distributions",
        "loss, false, Training",
    })
    void everyDrawingHasATitle(String what, boolean ofSamples, String title) throws IOException {
        Object[] arguments = ofSamples ? new Object[] {model, data} : new Object[] {model};

        assertTrue(svg(Cli.concat(arguments, "--what", what)).contains(title));
    }

    @Test
    void aPngIsAPicture() throws IOException {
        Cli.run("plot", model, "--what", "loss", "-o", png, "--quiet").expect(ExitCode.DONE);

        assertTrue(ImageIO.read(png.toFile()).getWidth() > 1000);
    }

    @Test
    void aShapeMakesImages() throws IOException {
        assertEquals(2, images(svg(model, "--what", "basis", "--image-shape", "2x3")));
        assertEquals(0, images(svg(model, "--what", "basis")));
        assertEquals(6, images(svg(model, data, "--what", "reconstruction", "--image-shape", "2x3", "--samples", 3)));
        assertEquals(20, images(svg(model, data, "--what", "generation", "--image-shape", "2x3")));
    }

    @Test
    void featuresThatMakeASquareAreImagesUnlessTheUserSaysNo() throws IOException {
        Path digits = directory.resolve("digits.npz");
        Cli.run("fit", "demo:digits", "-r", 3, "--epochs", 2, "-o", digits).expect(ExitCode.DONE);

        assertEquals(3, images(svg(digits, "--what", "basis")));
        String lines = svg(digits, "--what", "basis", "--image-shape", "none");
        assertEquals(0, images(lines));
        assertTrue(lines.contains(">feature<"), "the axis of lines");
    }

    @Test
    void namedFeaturesAreBarsAndAScatter() throws IOException {
        Path named =
                Cli.write(directory.resolve("wine.csv"), Cli.planted(40, 6).withNames(Cli.names("wine", 40), WORDS));
        Path wine = directory.resolve("wine.npz");
        Cli.run("fit", named, "-r", 2, "--epochs", 5, "-o", wine).expect(ExitCode.DONE);

        assertTrue(svg(wine, "--what", "basis").contains("Columns of the basis"));
        assertTrue(svg(wine, named, "--what", "reconstruction").contains("240 entries chosen at random"));
        assertTrue(svg(wine, named, "--what", "reconstruction", "--samples", "wine7,#2")
                .contains("12 entries chosen at random"));
        assertTrue(svg(wine, named, "--what", "generation").contains("3 drawn"));
    }

    @Test
    void samplesAreChosenByNameOrRow() throws IOException {
        Object[] images = {model, data, "--what", "reconstruction", "--image-shape", "2x3", "--samples"};

        String chosen = svg(Cli.concat(images, "sample31, #2"));

        assertTrue(chosen.contains(">sample31<"), chosen);
        assertTrue(chosen.contains(">sample2<"), chosen);
        assertEquals(4, images(chosen));
    }

    @Test
    void latentsOfAnotherModelLieOverThose() throws IOException {
        Path other = directory.resolve("no-kl.npz");
        Cli.run("fit", data, "-r", 2, "--algorithm", "pae", "--epochs", 20, "--no-kl", "-o", other)
                .expect(ExitCode.DONE);

        String one = svg(model, data, "--what", "latent", "--compare", other);
        assertTrue(one.contains(">fitted.npz<"), one);
        assertTrue(one.contains(">no-kl.npz<"), one);
        String two = svg(model, data, "--what", "latent", "--compare", other, "--samples", 2);
        assertTrue(two.contains(">no-kl.npz, sample2<"), two);
    }

    @Test
    void ofManyComponentsTheStrongestAreShown() throws IOException {
        Path wide = directory.resolve("wide.npz");
        Cli.run("fit", data, "-r", 30, "--epochs", 2, "-o", wide).expect(ExitCode.DONE);

        assertTrue(svg(wide, data, "--what", "latent").contains("the 24 of 30 components that contribute most"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "basis | --samples 3 | --samples has no effect with --what basis",
                "loss | --image-shape 2x3 | --image-shape has no effect with --what loss",
                "loss | --transpose | --transpose has no effect with --what loss",
                "basis | --threads 2 | --threads has no effect with --what basis",
                "rank | --compare m.npz | --compare has no effect with --what rank",
                "basis | --delimiter , | --delimiter has no effect with --what basis",
            })
    void anOptionWithoutEffectIsRefused(String what, String option, String message) {
        refused(ExitCode.USAGE, message, Cli.concat(new Object[] {model, "--what", what}, (Object[])
                option.split(" ")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "latent | --image-shape 2x3 | --image-shape has no effect with --what latent",
                "generation | --compare m.npz | --compare has no effect with --what generation",
                "latent | --samples 0 | --samples must be at least 1, not 0",
                "latent | --samples nobody | has no sample 'nobody'",
                "latent | --samples #41 | has no sample '#41'",
                "reconstruction | --image-shape 3x3 | --image-shape 3x3 takes 9 features, but the model has 6",
                "reconstruction | --image-shape 6 | --image-shape must be HEIGHTxWIDTH",
                "loss | | INPUT has no effect with --what loss",
            })
    void whatCannotBeDrawnOfSamplesIsRefused(String what, String option, String message) {
        Object[] options = option == null ? new Object[0] : option.split(" ");
        refused(ExitCode.USAGE, message, Cli.concat(new Object[] {model, data, "--what", what}, options));
    }

    @Test
    void samplesNeedAnInput() {
        refused(ExitCode.USAGE, "--what latent needs an INPUT", model, "--what", "latent");
    }

    @Test
    void aModelOfAnotherRankCannotBeCompared() {
        Path other = directory.resolve("other.npz");
        Cli.run("fit", data, "-r", 1, "--epochs", 2, "-o", other).expect(ExitCode.DONE);

        refused(
                ExitCode.USAGE,
                "--compare needs a model of rank 2, but " + other + " is of rank 1",
                model,
                data,
                "--what",
                "latent",
                "--compare",
                other);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ae", "nmf-mu", "nmf-hals"})
    void whatHasNoDistributionsIsDrawnWithoutThem(String algorithm) throws IOException {
        Path numbers = directory.resolve("numbers.npz");
        Cli.run("fit", data, "-r", 2, "--epochs", 5, "--algorithm", algorithm, "-o", numbers)
                .expect(ExitCode.DONE);

        assertTrue(svg(numbers, "--what", "basis").contains("The 2 parts"));
        assertTrue(svg(numbers, data, "--what", "reconstruction").contains(">reconstructed<"));
        String loss = svg(numbers, "--what", "loss");
        assertTrue(loss.contains(">reconstruction error<"), loss);
        assertFalse(loss.contains("KL"), loss);
        String needs = numbers + ": 'plot --what ";
        refused(ExitCode.BAD_DATA, needs + "latent' needs", numbers, data, "--what", "latent");
        refused(ExitCode.BAD_DATA, needs + "generation' needs", numbers, data, "--what", "generation");
        refused(ExitCode.BAD_DATA, needs + "latent' needs", model, data, "--what", "latent", "--compare", numbers);
    }

    @Test
    void dataOfOtherFeaturesAreRefusedByTheirName() {
        Path other = Cli.write(directory.resolve("other.csv"), Matrix.of(new float[][] {{1, 2}}));

        refused(ExitCode.BAD_DATA, other.toString(), model, other, "--what", "generation");
    }

    @Test
    void anotherFormatIsRefused() {
        Cli.Run run = Cli.run("plot", model, "--what", "loss", "-o", directory.resolve("x.pdf"))
                .expect(ExitCode.USAGE);

        assertTrue(run.err().contains("--output must end in .png or .svg"), run.err());
    }

    private Path json(String content) throws IOException {
        return Files.writeString(directory.resolve("rank.json"), content.replace('\'', '"'));
    }

    @Test
    void descriptionLengthsAreDrawnWithTheirParts() throws IOException {
        Path file = json("{'method':'mdl','chosenRank':2,'ranks':[{'rank':2,'total':9,'w':1,'h':2,'e':6},"
                + "{'rank':1,'total':10,'w':1,'h':1,'e':8}]}");

        String drawn = svg(file, "--what", "rank");

        assertTrue(drawn.contains("Chosen: rank 2"), drawn);
        assertTrue(drawn.contains(">coefficients<"), drawn);
    }

    @Test
    void heldOutErrorsAreDrawn() throws IOException {
        Path file = json("{'method':'bicv','chosenRank':1,'ranks':[{'rank':1,'heldOutError':0.3,'standardError':0.1},"
                + "{'rank':3,'heldOutError':0.5,'standardError':0.1}]}");

        assertTrue(svg(file, "--what", "rank").contains("cross-validation"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ | no JSON",
                "{'ranks':[]} | 'method' must be",
                "{'method':'mdl'} | 'ranks' must be a list",
                "{'method':'mdl','ranks':[{'rank':0}]} | entry 1 of 'ranks' must be an object with a 'rank'",
                "{'method':'mdl','ranks':[3]} | entry 1 of 'ranks' must be an object",
                "{'method':'mdl','chosenRank':2,'ranks':[{'rank':1,'total':3}]} | 'chosenRank' must be one of the 'ranks'",
                "{'method':'mdl','chosenRank':1,'ranks':[{'rank':1}]} | rank 1 needs a number 'total'",
                "{'method':'bicv','chosenRank':1,'ranks':[{'rank':1,'heldOutError':'x'}]} | needs a number 'heldOutError'",
                "[1] | no JSON",
            })
    void aFileThatIsNotOfRanksIsRefused(String contentAndMessage) throws IOException {
        String[] parts = contentAndMessage.split(" \\| ", 2);
        Path file = json(parts[0]);

        refused(ExitCode.BAD_DATA, parts[1].replace('\'', '"'), file, "--what", "rank");
        refused(ExitCode.BAD_DATA, file.toString(), file, "--what", "rank");
    }

    @Test
    void aFailureLeavesTheOldFile() throws IOException {
        Files.writeString(svg, "old");

        Cli.run("plot", directory.resolve("none.npz"), "--what", "loss", "-o", svg)
                .expect(ExitCode.NO_INPUT);

        assertEquals("old", Files.readString(svg));
    }

    @Test
    void longAndManyNamesFitIn() throws IOException {
        List<String> long20 = IntStream.range(0, 25)
                .mapToObj(i -> "a gene with a name of some length, number " + i * i)
                .toList();
        Path genes =
                Cli.write(directory.resolve("genes.csv"), Cli.planted(5, 25).withNames(Cli.names("cell", 5), long20));
        Path fitted = directory.resolve("genes.npz");
        Cli.run("fit", genes, "-r", 1, "--epochs", 2, "-o", fitted).expect(ExitCode.DONE);

        Cli.run("plot", fitted, "--what", "basis", "-o", png).expect(ExitCode.DONE);

        assertTrue(ImageIO.read(png.toFile()).getWidth() < 1600, "a panel and its margins");
    }
}
