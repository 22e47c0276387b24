package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.cli.Cli.Run;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.MatrixReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that brings data to a model goes by the names of the features. */
class FeatureNamesTest {

    private static final int[] ORDER = {4, 0, 5, 2, 1, 3};

    @TempDir
    private Path directory;

    private Path model;
    private Path data;
    private Path shuffled;
    private Path others;

    @BeforeEach
    void fit() {
        model = Cli.model(directory);
        Matrix planted = Cli.planted(40, 6);
        data = Cli.write(directory.resolve("data.csv"), planted);
        shuffled = Cli.write(directory.resolve("shuffled.csv"), planted.selectColumns(ORDER));
        others =
                Cli.write(directory.resolve("others.csv"), planted.withNames(planted.rowNames(), Cli.names("gene", 6)));
    }

    /** A command, with the files that stand for MODEL, INPUT and OUTPUT. */
    private Run run(String command, Path input, Path output, String... more) {
        List<Object> arguments = new ArrayList<>();
        Pattern.compile(" ")
                .splitAsStream(command)
                .map(word -> switch (word) {
                    case "MODEL" -> model;
                    case "INPUT" -> input;
                    case "OUTPUT" -> output;
                    default -> word;
                })
                .forEach(arguments::add);
        arguments.addAll(List.of(more));
        return Cli.run(arguments.toArray());
    }

    private static final String NOTE = ": columns put in the order of the model's features";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "transform MODEL INPUT -o OUTPUT.csv",
                "evaluate MODEL INPUT",
                "reconstruct MODEL INPUT -o OUTPUT.csv",
                "reconstruct MODEL INPUT --samples 1 -o OUTPUT.csv",
                "sample MODEL INPUT --count 50 -o OUTPUT.csv",
                "update MODEL INPUT --epochs 3 -o OUTPUT.npz",
                "plot MODEL INPUT --what reconstruction -o OUTPUT.svg",
                "plot MODEL INPUT --what generation -o OUTPUT.svg",
                "plot MODEL INPUT --what latent -o OUTPUT.svg",
                "report MODEL INPUT -o OUTPUT.html"
            })
    void everyCommandPutsColumnsInOrderAndRefusesOthers(String command) throws IOException {
        String extension = command.contains("OUTPUT") ? command.replaceAll(".*OUTPUT", "") : "";
        String plain = command.replaceAll("OUTPUT\\.\\w+", "OUTPUT");
        Path expected = directory.resolve("expected" + extension);
        Path actual = directory.resolve("actual" + extension);

        Run inOrder = run(plain, data, expected).expect(ExitCode.DONE);
        Run put = run(plain, shuffled, actual).expect(ExitCode.DONE);
        assertEquals(
                "",
                inOrder.err()
                        .lines()
                        .filter(line -> line.contains("order"))
                        .findAny()
                        .orElse(""));
        assertTrue(put.err().contains("paenmf: " + shuffled + NOTE), put.err());
        same(expected, actual, inOrder, put);

        Run refused = run(plain, others, actual).expect(ExitCode.BAD_DATA);
        assertEquals(
                "paenmf: " + others + ": the columns are not those that the model was fitted on: column 1, 'gene1', is"
                        + " not among the model's features, and the model's feature 1, 'feature1', is missing;"
                        + " --ignore-names goes by position",
                refused.err().lines().findFirst().orElseThrow());

        Run byPosition = run(plain, others, actual, "--ignore-names").expect(ExitCode.DONE);
        same(expected, actual, inOrder, byPosition);
    }

    private static void same(Path expected, Path actual, Run one, Run other) throws IOException {
        if (expected.toString().endsWith(".npz")) {
            assertEquals(Cli.parameters(expected), Cli.parameters(actual));
        } else if (Files.exists(expected)) {
            // A report says where its data come from.
            String source = "(data|shuffled|others)\\.csv";
            assertEquals(
                    Files.readString(expected).replaceAll(source, ""),
                    Files.readString(actual).replaceAll(source, ""));
        } else {
            assertEquals(one.out(), other.out());
        }
    }

    @Test
    void theHeaderFitsTheValues() throws IOException {
        Path output = directory.resolve("out.csv");
        Cli.run("reconstruct", model, shuffled, "-o", output).expect(ExitCode.DONE);

        assertEquals(
                Cli.names("feature", 6), MatrixReader.read(output.toString()).columnNames());
    }

    @Test
    void quietSaysNothingOfTheOrder() {
        assertEquals(
                "",
                Cli.run("evaluate", model, shuffled, "--quiet")
                        .expect(ExitCode.DONE)
                        .err());
    }

    @Test
    void ignoredNamesDoNotMakeUpForColumnsThatAreMissing() {
        Path few = Cli.write(directory.resolve("few.csv"), Cli.planted(40, 5));

        assertTrue(Cli.run("evaluate", model, few)
                .expect(ExitCode.BAD_DATA)
                .err()
                .contains("feature 6, 'feature6', is missing"));
        assertEquals(
                "paenmf: " + few + ": the data have 5 columns, but the model was fitted on 6 features",
                Cli.run("evaluate", model, few, "--ignore-names")
                        .expect(ExitCode.BAD_DATA)
                        .err()
                        .strip());
    }

    @Test
    void ignoringNamesWithoutAnInputIsAnError() {
        Path output = directory.resolve("out.csv");

        for (Run run : List.of(
                Cli.run("sample", model, "--count", 2, "--ignore-names", "-o", output),
                Cli.run("plot", model, "--what", "basis", "--ignore-names", "-o", directory.resolve("b.png")))) {
            assertTrue(run.expect(ExitCode.USAGE).err().contains("--ignore-names has no effect"), run.err());
        }
    }
}
