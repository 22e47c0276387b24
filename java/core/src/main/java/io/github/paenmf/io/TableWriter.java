package io.github.paenmf.io;

import io.github.paenmf.io.MatrixWriter.Names;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Writes a table whose columns are names or numbers to a {@code .csv} or {@code .tsv} file, also {@code .gz}, in the form
 * of {@link MatrixWriter}: names in quotes, numbers as the shortest text that reads back as the same.
 *
 * <p>The file is replaced as a whole or not at all; see {@link AtomicFile}.
 */
public final class TableWriter {

    private TableWriter() {}

    /**
     * Writes a table.
     *
     * @param columns the names of the columns, for the first line
     * @param lines of each line one value per column: a {@link String}, {@link Integer} or {@link Float}
     * @param names how to write names
     * @throws CannotWriteException if the extension names no text table, or the file cannot be written
     * @throws IllegalArgumentException if a line has not one value per column
     */
    public static void write(Path path, List<String> columns, List<List<Object>> lines, Names names)
            throws CannotWriteException {
        String name = path.toString().toLowerCase(Locale.ROOT);
        if (!name.matches(".*\\.[ct]sv(\\.gz)?")) {
            throw new CannotWriteException(path, "give the file the extension .csv or .tsv, also .gz", null);
        }
        for (List<Object> line : lines) {
            if (line.size() != columns.size()) {
                throw new IllegalArgumentException(
                        "a line has " + line.size() + " values, and the table " + columns.size() + " columns");
            }
        }
        char delimiter = name.matches(".*\\.tsv(\\.gz)?") ? '\t' : ',';
        AtomicFile.write(path, out -> write(out, name.endsWith(".gz"), columns, lines, names, delimiter));
    }

    private static void write(
            OutputStream out,
            boolean compress,
            List<String> columns,
            List<List<Object>> lines,
            Names names,
            char delimiter)
            throws IOException {
        Writer writer = MatrixWriter.text(out, compress);
        write(writer, columns, names, delimiter);
        for (List<Object> line : lines) {
            write(writer, line, names, delimiter);
        }
        writer.close();
    }

    private static void write(Writer writer, List<?> cells, Names names, char delimiter) throws IOException {
        String separator = "";
        for (Object cell : cells) {
            writer.write(separator);
            separator = String.valueOf(delimiter);
            if (cell instanceof Float number) {
                writer.write(MatrixWriter.format(number));
            } else if (cell instanceof Integer number) {
                writer.write(number.toString());
            } else {
                MatrixWriter.writeName(writer, (String) cell, names);
            }
        }
        writer.write('\n');
    }
}
