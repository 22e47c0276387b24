package io.github.paenmf.io;

import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A table of covariates as text, plain or {@code .gz}: a header with their names, and a line for each row of data. A column
 * of numbers is taken for numbers, any other for texts. The first column holds names of rows where it has no name of its
 * own in the header, or where any of them is the name of a row of the data.
 */
public final class CovariateFile {

    private static final int HEAD_BYTES = 1 << 16;

    private CovariateFile() {}

    /**
     * Reads a table.
     *
     * @param rowNames of the data, or an empty list
     * @throws DataException that names line and column of a value that is missing, of a line of another length, or of a
     *     text in a column of numbers; the message starts with the file
     * @throws IOException if the file cannot be read
     */
    public static Covariates read(String file, List<String> rowNames) throws IOException {
        return Sources.reading(file, () -> {
            try (PushbackInputStream in =
                    new PushbackInputStream(Sources.unpacked(Files.newInputStream(Path.of(file))), HEAD_BYTES)) {
                return table(records(in), Set.copyOf(rowNames));
            }
        });
    }

    private static List<TextRecord> records(PushbackInputStream in) throws IOException {
        byte[] head = in.readNBytes(HEAD_BYTES);
        in.unread(head);
        InputStream text = in;
        List<TextRecord> records = new ArrayList<>(CsvFormat.records(text, head));
        records.removeIf(record -> record.size() == 0);
        return records.subList(LayoutDetection.skipComments(records), records.size());
    }

    private static Covariates table(List<TextRecord> records, Set<String> rowsOfData) {
        if (records.size() < 2) {
            throw new DataException("covariates need a header with their names, and a line for each row below it");
        }
        TextRecord header = records.get(0);
        List<TextRecord> rows = records.subList(1, records.size());
        int width = rows.get(0).size();
        boolean shortHeader = header.size() == width - 1;
        for (TextRecord row : rows) {
            if (row.size() != width || !shortHeader && header.size() != width) {
                throw new DataException("line " + row.line + " has " + row.size() + " cells, but line " + header.line
                        + ", the header, has " + header.size());
            }
        }
        boolean named = shortHeader
                || header.text(0).isBlank()
                || rows.stream().anyMatch(row -> rowsOfData.contains(name(row, 0)));
        Covariates.Builder table = Covariates.builder();
        for (int j = named ? 1 : 0; j < width; j++) {
            add(header.text(shortHeader ? j - 1 : j).strip(), rows, j, table);
        }
        return named
                ? table.rowNames(rows.stream().map(row -> name(row, 0)).toList())
                        .build()
                : table.build();
    }

    private static String name(TextRecord row, int cell) {
        return MatrixWriter.read(row.text(cell).strip());
    }

    private static void add(String column, List<TextRecord> rows, int cell, Covariates.Builder table) {
        if (column.isEmpty()) {
            throw new DataException("column " + (cell + 1) + " has no name in the header");
        }
        TextRecord text = null;
        TextRecord number = null;
        for (TextRecord row : rows) {
            if (TextRecord.isNotAvailable(row.text(cell))) {
                throw new DataException("line " + row.line + ": the covariate '" + column
                        + "' is missing; fill it in, or leave the row out of the data, too");
            }
            text = text == null && Double.isNaN(row.number(cell)) ? row : text;
            number = number == null && !Double.isNaN(row.number(cell)) ? row : number;
        }
        if (text != null && number != null) {
            throw new DataException("the covariate '" + column + "' is a number in line " + number.line + " ("
                    + Sources.shown(number.text(cell).strip()) + ") and a text in line " + text.line + " ("
                    + Sources.shown(text.text(cell).strip()) + "); it must be one of both in all lines");
        }
        List<String> texts = rows.stream().map(row -> name(row, cell)).toList();
        if (text != null) {
            table.texts(column, texts);
        } else {
            table.textsOfNumbers(
                    column,
                    texts,
                    rows.stream().mapToDouble(row -> number(row, cell)).toArray());
        }
    }

    /** In double precision, which dates as numbers need. */
    private static double number(TextRecord row, int cell) {
        try {
            return Double.parseDouble(row.text(cell).strip());
        } catch (NumberFormatException e) {
            return row.number(cell);
        }
    }
}
