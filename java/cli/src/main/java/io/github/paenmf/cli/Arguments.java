package io.github.paenmf.cli;

import io.github.paenmf.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/** What holds for the arguments of every command; whatever else names a path is an output. */
final class Arguments {

    /** Options that name a file or directory to read. */
    private static final Set<String> INPUTS = Set.of(
            "--compare",
            "--data",
            "--basis",
            "--init-basis",
            "--init-coefficients",
            "--warm-start",
            "--row-weights",
            "--feature-weights",
            "--size-factors");

    private Arguments() {}

    /**
     * Checks the arguments before anything is read or written.
     *
     * @throws ParameterException if one is empty, or the command would overwrite its own input or output
     */
    static void check(CommandLine command) {
        for (ArgSpec argument : command.getParseResult().matchedArgs()) {
            if (argument.originalStringValues().contains("")) {
                throw new ParameterException(command, label(argument) + " must not be empty");
            }
        }
        Map<String, Path> inputs = new LinkedHashMap<>();
        Map<String, Path> outputs = new LinkedHashMap<>();
        for (ArgSpec argument : command.getCommandSpec().args()) {
            Object value = argument.getValue();
            boolean input = argument instanceof PositionalParamSpec || INPUTS.contains(label(argument));
            if (input && (value instanceof Path || value instanceof String)) {
                put(inputs, label(argument), value.toString());
            } else if (value instanceof Path output) {
                outputs.put(label(argument), output);
            }
        }
        outputs.forEach((option, output) -> requireApart(command, option, output, inputs, outputs));
    }

    private static String label(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }

    /** Adds the file that an input stands for, as {@link io.github.paenmf.io.MatrixReader#read} finds it. */
    private static void put(Map<String, Path> inputs, String label, String input) {
        try {
            int hash = input.lastIndexOf('#');
            Path path = Path.of(input);
            inputs.put(label, hash > 0 && !Files.exists(path) ? Path.of(input.substring(0, hash)) : path);
        } catch (InvalidPathException e) {
            return; // reading it says what is wrong
        }
    }

    private static void requireApart(
            CommandLine command, String option, Path output, Map<String, Path> inputs, Map<String, Path> outputs) {
        if (!Files.exists(output) || Files.isDirectory(output) || AtomicFile.isDevice(output)) {
            requireOnce(command, option, output, outputs);
            return;
        }
        inputs.forEach((label, input) -> {
            if (isSame(output, input)) {
                throw new ParameterException(
                        command,
                        option + " '" + output + "' is the " + label + " of this command, which it would replace; give"
                                + " another file");
            }
            if (Files.isDirectory(input) && isIn(output, input)) {
                throw new ParameterException(
                        command,
                        option + " '" + output + "' is a file of '" + input + "', the " + label
                                + " of this command, which it would replace; give another file");
            }
        });
        requireOnce(command, option, output, outputs);
    }

    private static void requireOnce(CommandLine command, String option, Path output, Map<String, Path> outputs) {
        outputs.forEach((other, path) -> {
            if (!other.equals(option)
                    && !Files.isDirectory(output)
                    && !AtomicFile.isDevice(output)
                    && (path.toAbsolutePath()
                                    .normalize()
                                    .equals(output.toAbsolutePath().normalize())
                            || isSame(path, output))) {
                throw new ParameterException(
                        command, option + " and " + other + " are the same file, '" + output + "'; give two");
            }
        });
    }

    /** Whether both exist and are one file, also by way of a link. */
    private static boolean isSame(Path a, Path b) {
        try {
            return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
        } catch (IOException e) {
            return false; // reading or writing it says what is wrong
        }
    }

    private static boolean isIn(Path file, Path directory) {
        try {
            return Files.isSameFile(file.toRealPath().getParent(), directory);
        } catch (IOException e) {
            return false; // as above
        }
    }
}
