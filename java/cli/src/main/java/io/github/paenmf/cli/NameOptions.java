package io.github.paenmf.cli;

import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.CannotWriteException;
import io.github.paenmf.io.MatrixWriter;
import io.github.paenmf.io.MatrixWriter.Names;
import io.github.paenmf.io.TableWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How names are written into a table. */
final class NameOptions {

    @Option(
            names = "--raw-names",
            description =
                    "Write names into a table as they are. Without it those that begin with =, +, -, @, a tab or a"
                            + " carriage return get an apostrophe in front, as a spreadsheet would run them as formulas; paenmf"
                            + " takes it off again when it reads the table.")
    private boolean raw;

    /**
     * @throws ParameterException if the option was given and the file is no table
     */
    void requireEffect(CommandLine command, Path output) {
        if (raw && !output.toString().toLowerCase(Locale.ROOT).matches(".*\\.[ct]sv(\\.gz)?")) {
            throw new ParameterException(
                    command, "--raw-names has no effect on '" + output + "', which is no .csv or .tsv; leave it out");
        }
    }

    void write(Path output, Map<String, Matrix> matrices) throws CannotWriteException {
        MatrixWriter.write(output, matrices, names());
    }

    /** Writes a table of names and numbers, as {@link TableWriter} does. */
    void write(Path output, List<String> columns, List<List<Object>> lines) throws CannotWriteException {
        TableWriter.write(output, columns, lines, names());
    }

    private Names names() {
        return raw ? Names.RAW : Names.SAFE;
    }
}
