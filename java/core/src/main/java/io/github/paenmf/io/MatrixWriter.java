package io.github.paenmf.io;

import io.github.paenmf.data.Matrix;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * Writes matrices with their names to a file, whose extension chooses the format; {@link MatrixReader} reads them back
 * exactly.
 *
 * <ul>
 *   <li>{@code .npz}: arrays in NumPy's format; names of rows and columns in {@code rows} and {@code columns}
 *   <li>{@code .npy}: one array, without names
 *   <li>{@code .csv}, {@code .tsv}, also {@code .gz}: one matrix; column names in the first line and row names in the
 *       first column, in quotes. A name that a spreadsheet would run as a formula gets an apostrophe in front, unless
 *       {@link Names#RAW} is asked for; {@link MatrixReader} takes that off again
 * </ul>
 *
 * <p>The file is replaced as a whole or not at all; see {@link AtomicFile}.
 */
public final class MatrixWriter {

    private static final String FORMATS = "give the file the extension .npz, .npy, .csv or .tsv";

    /** What begins a formula in a spreadsheet. */
    private static final String FORMULA_STARTS = "=+-@\t\r";

    private static final char APOSTROPHE = '\'';

    /** How names are written into a text table. */
    public enum Names {
        /**
         * With an apostrophe in front of a name that begins with {@code = + - @}, a tab or a carriage return, which
         * makes it a text in a spreadsheet, and of one that would look like that.
         */
        SAFE,
        /** As they are. */
        RAW
    }

    private MatrixWriter() {}

    /**
     * Writes one matrix.
     *
     * @throws CannotWriteException if the extension names no format, or the file cannot be written
     */
    public static void write(Path path, Matrix matrix) throws CannotWriteException {
        write(path, Map.of(NpzMatrix.DATA, matrix));
    }

    /**
     * Writes several matrices, into an {@code .npz} file. They share the names of the rows and columns: those of the
     * first matrix that has some. A matrix with other dimensions is read back without them.
     *
     * @param matrices by name, in the order in which to write them
     * @throws CannotWriteException if the extension names no format, or one that holds a single matrix, or the file
     *     cannot be written
     * @throws IllegalArgumentException if there is no matrix, or one is called {@code rows} or {@code columns}
     */
    public static void write(Path path, Map<String, Matrix> matrices) throws CannotWriteException {
        write(path, matrices, Names.SAFE);
    }

    /**
     * As {@link #write(Path, Map)}.
     *
     * @param names how to write names into a text table; the other formats hold them as they are
     * @throws CannotWriteException as there
     */
    public static void write(Path path, Map<String, Matrix> matrices, Names names) throws CannotWriteException {
        if (matrices.isEmpty()) {
            throw new IllegalArgumentException("there is no matrix to write");
        }
        String name = path.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".npz")) {
            AtomicFile.write(path, out -> writeNpz(out, matrices));
            return;
        }
        if (matrices.size() > 1) {
            throw new CannotWriteException(
                    path, "there are " + matrices.size() + " matrices, which only an .npz file can hold", null);
        }
        Matrix matrix = matrices.values().iterator().next();
        if (name.endsWith(".npy")) {
            AtomicFile.write(path, out -> NpzWriter.writeNpy(out, matrix));
        } else if (name.endsWith(".csv") || name.endsWith(".csv.gz")) {
            AtomicFile.write(path, out -> writeText(out, matrix, names, ',', name.endsWith(".gz")));
        } else if (name.endsWith(".tsv") || name.endsWith(".tsv.gz")) {
            AtomicFile.write(path, out -> writeText(out, matrix, names, '\t', name.endsWith(".gz")));
        } else {
            throw new CannotWriteException(path, FORMATS, null);
        }
    }

    private static void writeNpz(OutputStream out, Map<String, Matrix> matrices) throws IOException {
        try (NpzWriter npz = new NpzWriter(out, false)) {
            for (Map.Entry<String, Matrix> entry : matrices.entrySet()) {
                if (entry.getKey().equals(NpzMatrix.ROWS) || entry.getKey().equals(NpzMatrix.COLUMNS)) {
                    throw new IllegalArgumentException("a matrix cannot be called " + entry.getKey());
                }
                npz.write(entry.getKey(), entry.getValue());
            }
            writeNames(
                    npz,
                    NpzMatrix.ROWS,
                    matrices.values().stream().map(Matrix::rowNames).toList());
            writeNames(
                    npz,
                    NpzMatrix.COLUMNS,
                    matrices.values().stream().map(Matrix::columnNames).toList());
        }
    }

    private static void writeNames(NpzWriter npz, String array, List<List<String>> names) throws IOException {
        for (List<String> candidate : names) {
            if (!candidate.isEmpty()) {
                npz.write(array, candidate);
                return;
            }
        }
    }

    private static void writeText(OutputStream out, Matrix matrix, Names names, char delimiter, boolean compress)
            throws IOException {
        Writer writer = text(out, compress);
        List<String> rowNames = matrix.rowNames();
        List<String> columnNames = matrix.columnNames();
        if (!columnNames.isEmpty()) {
            String separator = "";
            if (!rowNames.isEmpty()) {
                writeName(writer, "", names);
                separator = String.valueOf(delimiter);
            }
            for (String name : columnNames) {
                writer.write(separator);
                writeName(writer, name, names);
                separator = String.valueOf(delimiter);
            }
            writer.write('\n');
        }
        for (int i = 0; i < matrix.rows(); i++) {
            if (!rowNames.isEmpty()) {
                writeName(writer, rowNames.get(i), names);
                writer.write(delimiter);
            }
            for (int j = 0; j < matrix.columns(); j++) {
                if (j > 0) {
                    writer.write(delimiter);
                }
                writer.write(format(matrix.get(i, j)));
            }
            writer.write('\n');
        }
        writer.close();
    }

    /** UTF-8, compressed where the file's name says so; closing it ends the compression. */
    static Writer text(OutputStream out, boolean compress) throws IOException {
        OutputStream bytes = compress ? new GZIPOutputStream(out, 1 << 16) : out;
        return new BufferedWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8), 1 << 16);
    }

    /** Quoted in any case: a name that looks like a number stays a name when it is read. */
    static void writeName(Writer writer, String name, Names names) throws IOException {
        writer.write('"');
        if (names == Names.SAFE && isFormula(withoutApostrophes(name))) {
            writer.write(APOSTROPHE);
        }
        writer.write(name.replace("\"", "\"\""));
        writer.write('"');
    }

    private static boolean isFormula(String name) {
        return !name.isEmpty() && FORMULA_STARTS.indexOf(name.charAt(0)) >= 0;
    }

    private static String withoutApostrophes(String name) {
        int start = 0;
        while (start < name.length() && name.charAt(start) == APOSTROPHE) {
            start++;
        }
        return name.substring(start);
    }

    /** A name as it was before {@link Names#SAFE} put an apostrophe in front. */
    static String read(String cell) {
        return !cell.isEmpty() && cell.charAt(0) == APOSTROPHE && isFormula(withoutApostrophes(cell))
                ? cell.substring(1)
                : cell;
    }

    /** The shortest usual form that reads back as the same float. */
    static String format(float value) {
        int integer = (int) value;
        if (integer == value && Math.abs(integer) < 10_000_000 && (integer != 0 || 1 / value > 0)) {
            return Integer.toString(integer);
        }
        if (Float.isNaN(value)) {
            return "nan";
        }
        if (Float.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        return Float.toString(value);
    }
}
