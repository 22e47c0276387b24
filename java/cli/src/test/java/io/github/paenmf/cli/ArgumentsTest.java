package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.Matrix;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a command line may not say, whichever the command. */
class ArgumentsTest {

    @TempDir
    private Path directory;

    private Path npz;

    @BeforeEach
    void writeFiles() throws IOException {
        Cli.model(directory);
        npz = Cli.write(directory.resolve("data.npz"), Cli.planted(40, 6));
        Files.createSymbolicLink(directory.resolve("link.npz"), Path.of("data.npz"));
        Files.createLink(directory.resolve("hard.npz"), npz);
        Files.createDirectory(directory.resolve("faces"));
        for (String name : List.of("1.png", "2.png")) {
            BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_BYTE_GRAY);
            image.getRaster().setSample(0, 0, 0, 200);
            ImageIO.write(image, "png", directory.resolve("faces/" + name).toFile());
        }
    }

    private Cli.Run run(String command) {
        return Cli.run((Object[]) command.replace("@", directory + "/").split(" ", -1));
    }

    private void refused(String message, String command) {
        Cli.Run run = run(command).expect(ExitCode.USAGE);
        assertTrue(run.err().contains(message.replace("@", directory + "/")), run.err());
        assertTrue(run.err().lines().count() <= 2, run.err());
        assertEquals("", run.out());
    }

    @ParameterizedTest
    @CsvSource({
        "fit @data.npz -r 2 -o @data.npz, data.npz, INPUT",
        "fit @data.npz#data -r 2 -o @data.npz, data.npz, INPUT",
        "fit @link.npz -r 2 -o @data.npz, data.npz, INPUT",
        "fit @data.npz -r 2 -o @link.npz, data.npz, INPUT",
        "fit @data.npz -r 2 -o @hard.npz, data.npz, INPUT",
        "fit @data.npz -r 2 -o @faces/../data.npz, data.npz, INPUT",
        "update @fitted.npz @data.npz -o @fitted.npz, fitted.npz, MODEL",
        "update @fitted.npz @data.npz -o @data.npz, data.npz, INPUT",
        "transform @fitted.npz @data.csv -o @data.csv, data.csv, INPUT",
        "transform @fitted.npz @data.csv -o @fitted.npz, fitted.npz, MODEL",
        "basis @fitted.npz -o @fitted.npz, fitted.npz, MODEL",
        "reconstruct @fitted.npz @data.csv -o @data.csv, data.csv, INPUT",
        "sample @fitted.npz --count 3 -o @fitted.npz, fitted.npz, MODEL",
        "sample @fitted.npz @data.csv --count 3 -o @data.csv, data.csv, INPUT",
        "plot @fitted.npz @faces --what latent -o @faces/1.png, faces/1.png, INPUT",
        "rank @faces -o @faces/2.png, faces/2.png, INPUT",
        "transform @data.npz --basis @data.csv -o @data.csv, data.csv, --basis",
        "fit @data.csv --warm-start @fitted.npz -o @fitted.npz, fitted.npz, --warm-start",
        "fit @data.csv --init-basis @data.npz -o @data.npz, data.npz, --init-basis",
        "fit @data.csv -r 2 --init-coefficients @data.npz -o @data.npz, data.npz, --init-coefficients",
        "fit @data.csv -r 2 --row-weights @data.npz -o @data.npz, data.npz, --row-weights",
        "fit @data.csv -r 2 --feature-weights @data.npz -o @data.npz, data.npz, --feature-weights",
        "fit @data.csv -r 2 --size-factors @data.npz -o @data.npz, data.npz, --size-factors",
    })
    void anInputIsNeverReplaced(String command, String file, String role) throws IOException {
        Path kept = directory.resolve(file);
        byte[] before = Files.readAllBytes(kept);

        refused("the " + role + " of this command, which it would replace", command);

        assertArrayEquals(before, Files.readAllBytes(kept));
    }

    @Test
    void whatStandsBesideAnInputMayBeReplaced() throws IOException {
        Path other = directory.resolve("other.npz");
        Files.copy(npz, other);
        run("fit @data.npz -r 2 --epochs 2 -o @other.npz").expect(ExitCode.DONE);
        run("fit @faces -r 1 --epochs 2 -o @faces/model.npz").expect(ExitCode.DONE);
        run("plot @fitted.npz --what loss -o @loss.png").expect(ExitCode.DONE);
        run("plot @fitted.npz --what loss -o @loss.png").expect(ExitCode.DONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fit * -r 2 | INPUT must not be empty",
                "fit @data.csv -r 2 -o * | --output must not be empty",
                "transform * @data.csv -o @x.csv | MODEL must not be empty",
                "plot @fitted.npz @data.csv --what latent --samples * -o @x.png | --samples must not be empty",
                "demo --out * | --out must not be empty",
            })
    void anEmptyTextNamesNothing(String command, String message) {
        Object[] words = command.replace("@", directory + "/").split(" ", -1);
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].equals("*") ? "" : words[i];
        }
        Cli.Run run = Cli.run(words).expect(ExitCode.USAGE);
        assertTrue(run.err().startsWith("paenmf: " + message), run.err());
    }

    @ParameterizedTest
    @CsvSource({
        "transform @data.csv @fitted.npz -o @x.csv",
        "transform @data.npz @fitted.npz -o @x.csv",
        "evaluate @data.csv @fitted.npz",
        "update @data.csv @fitted.npz -o @x.npz",
        "report @data.csv @fitted.npz -o @x.html",
        "plot @data.csv @fitted.npz --what latent -o @x.png",
    })
    void argumentsInTheWrongOrderAreNamedAsThat(String command) {
        String name = command.substring(0, command.indexOf(' '));
        refused("@fitted.npz is a model and @data.", command);
        refused("give the model first, 'paenmf " + name + " @fitted.npz @data.", command);
    }

    @Test
    void dataInPlaceOfBothAreNoWrongOrder() {
        assertTrue(run("evaluate @data.csv @data.npz")
                .expect(ExitCode.BAD_DATA)
                .err()
                .startsWith("paenmf: " + directory + "/data.csv: "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "fti @data.csv -r 3 | 'fti' is no command. Did you mean 'fit'?",
                "Fit @data.csv | 'Fit' is no command. Did you mean 'fit'?",
                "evalute @m.npz @d.csv | 'evalute' is no command. Did you mean 'evaluate'?",
                "trans @m.npz @d.csv | 'trans' is no command. Did you mean 'transform'?",
                "fit @data.csv --rnak 3 | '--rnak' is no option. Did you mean '--rank'?",
                "fit @data.csv --rnak=3 | '--rnak' is no option. Did you mean '--rank'?",
                "fit @data.csv -r 2 --epohcs 3 | '--epohcs' is no option. Did you mean '--epochs'?",
                "fit @data.csv -r 2 --optimizer gd | '--optimizer' is no option. Did you mean '--optimiser'?",
            })
    void whatIsMisspeltIsNamedWithWhatWasMeant(String command, String message) {
        refused(message, command);
    }

    @Test
    void nothingIsSuggestedForWhatResemblesNothing() {
        String err = run("xyzzy @data.csv").expect(ExitCode.USAGE).err();
        assertTrue(err.contains("xyzzy"), err);
        assertEquals(Optional.empty(), Suggestions.closest("xyzzy", List.of("fit", "rank")));
    }

    @Test
    void distancesByHand() {
        assertEquals(1, Suggestions.distance("fti", "fit"));
        assertEquals(3, Suggestions.distance("kitten", "sitting"));
        assertEquals(4, Suggestions.distance("", "rank"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fit @data.csv -r 2 --patience 50 | --patience has no effect without a tolerance above 0",
                "fit @data.csv -r 2 --patience 9 --tolerance 0 | --patience has no effect",
                "fit @data.csv -r 2 --patience 9 --algorithm nmf-hals | --patience has no effect",
                "update @fitted.npz @data.csv -o @x.npz --patience 9 | --patience has no effect",
                "fit @data.csv -r 2 --step-clip 0.03 | --step-clip has no effect with the optimiser adam",
                "update @fitted.npz @data.csv -o @x.npz --step-clip 1 | --step-clip has no effect",
                "fit @data.csv -r 2 --decoder-update multiplicative --decoder-rate 1 | --decoder-rate has no effect",
                "fit @data.csv -r 2 --train-on scale --no-kl | choose it with fit --algorithm ae",
                "fit @data.csv -r 2 --train-on scale | choose it with fit --algorithm ae",
                "update @fitted.npz @data.csv -o @x.npz --train-on scale --no-kl | choose it with fit --algorithm ae",
                "sample @fitted.npz --count 2 -o @x.csv --transpose | --transpose has no effect without an INPUT",
                "sample @fitted.npz --count 2 -o @x.csv --header no | --header has no effect without an INPUT",
                "plot @fitted.npz --what basis -o @x.png --blas java | --blas has no effect with --what basis",
                "transform @fitted.npz @data.csv -o @x.npz --raw-names | --raw-names has no effect on",
                "sample @fitted.npz --count 2 -o @x.npy --raw-names | --raw-names has no effect on",
            })
    void anOptionWithoutEffectIsRefused(String command, String message) {
        refused(message, command);
    }

    @Test
    void optionsWithEffectAreTaken() {
        run("fit @data.csv -r 2 --epochs 2 --patience 9 --tolerance 0.1 -o @x.npz")
                .expect(ExitCode.DONE);
        run("fit @data.csv -r 2 --epochs 2 --step-clip 0.1 --optimiser gd -o @x.npz")
                .expect(ExitCode.DONE);
        run("update @fitted.npz @data.csv --epochs 2 --optimiser gd --decoder-update multiplicative -o @x.npz")
                .expect(ExitCode.DONE);
    }

    @Test
    void anUpdateOfAnAutoencoderTakesNothingOfDistributions() {
        run("fit @data.csv -r 2 --epochs 2 --algorithm ae -o @ae.npz").expect(ExitCode.DONE);
        for (String option : List.of("--sigma 1", "--train-on sample", "--kl", "--prior-scale 2")) {
            refused("has no effect with --algorithm ae", "update @ae.npz @data.csv -o @x.npz " + option);
        }
    }

    @Test
    void namesAreTextsInASpreadsheetUnlessTheyAreToBeRaw() throws IOException {
        Path formulas = Cli.write(
                directory.resolve("formulas.csv"),
                Cli.planted(3, 6).withNames(List.of("=cmd()", "+1", "@SUM"), List.of("-a", "b", "c", "d", "e", "f")));
        run("fit @formulas.csv -r 1 --epochs 2 -o @x.npz").expect(ExitCode.DONE);

        run("reconstruct @x.npz @formulas.csv -o @safe.csv").expect(ExitCode.DONE);
        run("reconstruct @x.npz @formulas.csv -o @raw.csv --raw-names").expect(ExitCode.DONE);
        run("transform @x.npz @formulas.csv -o @rawlatent.tsv --raw-names").expect(ExitCode.DONE);
        run("sample @x.npz @formulas.csv --count 2 -o @rawsample.csv --raw-names")
                .expect(ExitCode.DONE);

        String safe = Files.readString(directory.resolve("safe.csv"));
        assertTrue(safe.startsWith("\"\",\"'-a\",\"b\""), safe);
        assertTrue(safe.contains("\n\"'=cmd()\",") && safe.contains("\n\"'+1\","), safe);
        assertEquals(Files.readString(directory.resolve("raw.csv")), safe.replace("\"'", "\""));
        assertTrue(Files.readString(directory.resolve("rawlatent.tsv")).contains("\n\"=cmd()\"\t"));
        assertTrue(Files.readString(directory.resolve("rawsample.csv")).contains("\n\"=cmd()\","));
        assertTrue(Files.readString(formulas).contains("'=cmd()"), "written by the library, read again above");
    }

    @Test
    void anErrorAboveThatOfZerosIsWarnedOf() {
        Matrix small = Matrix.of(new float[][] {{1e-3f, 1e-3f, 1e-3f, 1e-3f, 1e-3f, 1e-3f}});
        Cli.write(directory.resolve("small.npy"), small);
        String warning = "paenmf: warning: the relative error is ";

        assertTrue(run("evaluate @fitted.npz @small.npy").expect(0).err().startsWith(warning));
        assertEquals("", run("evaluate @fitted.npz @data.csv").expect(0).err());
        Map<String, Object> json = run("update @fitted.npz @small.npy --epochs 1 -o @x.npz --json")
                .expect(0)
                .json();
        List<?> warnings = (List<?>) json.get("warnings");
        assertTrue(warnings.toString().contains("explained worse than by zeros"), warnings.toString());
    }

    @ParameterizedTest
    @CsvSource({"pae", "ae", "nmf-hals"})
    void ofZerosWhatIsDefinedIsShown(String algorithm) throws IOException {
        Cli.write(directory.resolve("zeros.csv"), Matrix.zeros(3, 6));
        run("fit @data.csv -r 2 --epochs 2 -o @x.npz --algorithm " + algorithm).expect(ExitCode.DONE);

        String out = run("evaluate @x.npz @zeros.csv").expect(ExitCode.DONE).out();
        assertTrue(out.matches("(?s).*relative error.*not defined: all values are 0.*objective +[0-9].*"), out);
        Map<String, Object> json =
                run("evaluate @x.npz @zeros.csv --json").expect(ExitCode.DONE).json();
        assertTrue(json.containsKey("relativeError") && json.get("relativeError") == null, json.toString());
        assertTrue(json.get("objective") instanceof Number, json.toString());
        run("report @x.npz @zeros.csv -o @zeros.html").expect(ExitCode.DONE);
        assertTrue(Files.size(directory.resolve("zeros.html")) > 0);
    }

    @ParameterizedTest
    @CsvSource({"basis, svg", "basis, png", "generation, svg", "generation, png", "reconstruction, png", "latent, svg"})
    void blankNamesAreDrawnAsNumbers(String what, String type) throws IOException {
        Files.writeString(directory.resolve("blank.csv"), "id,x,,z\ns1,3,4,2\n,1,0,7\ns3,5,2,2\ns4,5,1,2\n");
        run("fit @blank.csv -r 2 --epochs 5 -o @x.npz").expect(ExitCode.DONE);
        String input = what.equals("basis") ? "" : "@blank.csv ";

        run("plot @x.npz " + input + "--what " + what + " -o @x." + type).expect(ExitCode.DONE);

        assertTrue(Files.size(directory.resolve("x." + type)) > 1000);
    }

    @Test
    void lettersThatTheLocaleLosesAreFoundInTheCommandLineOfTheProcess() {
        byte[] line = "java\0-cp\0/home/josé/x.jar\0fit\0données.csv\0-r\0\0".getBytes(StandardCharsets.UTF_8);
        assertEquals(Optional.of("données.csv"), LostLetters.argument(4, line));
        assertEquals(Optional.empty(), LostLetters.argument(2, line), "what belongs to Java does not count");
        assertEquals(Optional.empty(), LostLetters.argument(3, "a\0b\0".getBytes(StandardCharsets.UTF_8)));
    }
}
