package io.github.paenmf.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.model.Algorithm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {

    /** What a terminal of 80 columns holds, without the last. */
    private static final int WIDTH = 79;

    private static String help(String... command) {
        Cli.Run run = Cli.run(Cli.concat(command, "--help")).expect(ExitCode.DONE);
        assertEquals("", run.err());
        return run.out().replaceAll("\\s+", " ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "fit",
                "transform",
                "basis",
                "reconstruct",
                "sample",
                "evaluate",
                "convert",
                "update",
                "plot",
                "report",
                "rank",
                "experiment",
                "info"
            })
    void everyCommandHasADescriptionAndExamples(String command) {
        String help = help(command);

        assertTrue(help.startsWith("Usage: paenmf " + command), help);
        assertTrue(help.contains("Examples: paenmf " + command), help);
        assertTrue(help.contains("--debug"), help);
        assertTrue(help().contains(" " + command + " "), help());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--algorithm | pae",
                "--optimiser | adam",
                "--step-clip | 0.03",
                "--lambda-min | 0.001",
                "--shape-min | 0.3",
                "--heads | relu",
                "--prior-shape | 1.0",
                "--prior-scale | 1.0",
                "--train-on | sample",
                "--decoder-update | projected",
                "--batch-rows | 0",
                "--tolerance | 0.0",
                "--seed | 0",
                "--backend | auto",
                "--blas | java",
                "--precision | fp32",
                "--chunk-rows | 0",
                "--output | model.npz",
                "--header | auto",
            })
    void fitShowsDefaults(String option, String value) {
        String help = Cli.run("fit", "--help").expect(ExitCode.DONE).out();

        // The lines from where this option begins to where the next one does.
        String block = Arrays.stream(help.split("\\R(?= {2,6}-)"))
                .map(text -> text.replaceAll("\\s+", " ").strip())
                .filter(text -> text.matches("(-\\w, )?" + Pattern.quote(option) + "=.*"))
                .findFirst()
                .orElseThrow();
        assertTrue((block + " ").contains(" Default: " + value + " "), block);
    }

    @Test
    void fitShowsWhereDefaultsDifferBetweenAlgorithms() {
        String help = help("fit");

        assertTrue(help.contains("A new fit of vb makes 200 unless this is given, any other 1000."), help);
        assertTrue(help.contains("A new fit of vb waits 20 unless this is given, any other 50."), help);
        assertTrue(help.contains("vb learns it unless a number is given; pae takes 0.1"), help);
    }

    @Test
    void fitSaysWhatEachAlgorithmIs() {
        String help = Cli.run("fit", "--help").expect(ExitCode.DONE).out();

        for (Algorithm algorithm : Algorithm.values()) {
            assertTrue(help.matches("(?s).*\\R +" + Names.of(algorithm) + ": .*"), help);
        }
    }

    @Test
    void whatMustBeGivenHasNoDefault() {
        assertFalse(help("fit").contains("Number of components, at least 1. Default"));
        assertFalse(help("sample").contains("How many rows to write, at least 1. Default"));
    }

    @Test
    void updateShowsNoDefaultsOfSettingsThatTheModelHas() {
        assertFalse(help("update").contains("Default: 1000"));
        assertTrue(help("update").contains("stay as they were in MODEL"));
    }

    @Test
    void helpIsACommandToo() {
        assertEquals(
                Cli.run("sample", "--help").out(),
                Cli.run("help", "sample").expect(ExitCode.DONE).out());
        assertEquals(
                Cli.run("--help").out(), Cli.run("help").expect(ExitCode.DONE).out());
    }

    /** Lines that were broken in the code would be broken again where a terminal is narrower. */
    @ParameterizedTest
    @ValueSource(strings = {"", "basis", "transform", "update", "reconstruct", "report"})
    void paragraphsFillTheirLines(String command) {
        List<String> lines = Cli.run(
                        (Object[]) (command.isEmpty() ? new String[] {"--help"} : new String[] {command, "--help"}))
                .out()
                .lines()
                .toList();

        for (int i = 0; i + 1 < lines.size(); i++) {
            String next = lines.get(i + 1);
            boolean goesOn = next.matches("(?!paenmf )[a-z].*"); // in the middle of a sentence
            String line = lines.get(i) + " " + next.replaceFirst(" .*", "");
            assertTrue(!goesOn || line.length() > WIDTH, lines.get(i));
        }
    }

    @Test
    void versionIsThatOfTheBuild() {
        Cli.Run run = Cli.run("--version").expect(ExitCode.DONE);

        assertTrue(run.out().matches("paenmf \\d+\\.\\d+\\.\\d+\\S*\\R"), run.out());
    }

    /** Options of one command whose values have the same label on the screen: each completes with its own. */
    @Test
    void completionKnowsTheValuesOfEachOption(@TempDir Path directory) throws IOException, InterruptedException {
        String completion = Cli.run("generate-completion").expect(ExitCode.DONE).out();
        Path script = Files.writeString(directory.resolve("completion.sh"), completion + """

                        compopt() { :; } # bash has it while it completes alone
                        values() {
                          COMP_WORDS=(paenmf "$@" ''); COMP_CWORD=$(($# + 1)); COMPREPLY=()
                          _complete_paenmf
                          echo "$*: ${COMPREPLY[*]}"
                        }
                        values fit --algorithm
                        values fit --backend
                        values update --optimiser
                        values basis --by
                        """);

        Process bash = new ProcessBuilder("bash", script.toString())
                .redirectErrorStream(true)
                .start();

        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, bash.waitFor(), said);
        assertEquals("""
                fit --algorithm: vb pae ae nmf-mu nmf-hals nmf-kl
                fit --backend: auto cpu cuda
                update --optimiser: adam gd
                basis --by: weight contrast
                """, said);
    }
}
