package io.github.paenmf.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Checks the names of files to write. */
final class OutputFile {

    private OutputFile() {}

    /**
     * Checks that the name says which format to write.
     *
     * @throws ParameterException that lists the extensions
     */
    static void requireExtension(CommandLine commandLine, Path target, String... extensions) {
        requireExtension(commandLine, "--output", target, extensions);
    }

    /** The same for the file that another option names. */
    static void requireExtension(CommandLine commandLine, String option, Path target, String... extensions) {
        String name = target.toString().toLowerCase(Locale.ROOT);
        if (Arrays.stream(extensions).noneMatch(name::endsWith)) {
            throw new ParameterException(
                    commandLine,
                    option + " must end in " + String.join(" or ", extensions) + ", not be '" + target + "'");
        }
    }
}
