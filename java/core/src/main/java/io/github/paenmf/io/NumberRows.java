package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ReadOptions.Decimal;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Makes a row of numbers of each record. */
final class NumberRows extends RecordHandler<NumberRows> {

    private final ReadOptions options;
    private final boolean decimalComma;
    private final TableLayout layout;
    private final Matrix.Builder builder;
    private final List<String> rowNames;
    private final float[] row;
    private final byte[] ascii = new byte[64]; // of one cell
    private int cell;

    /**
     * @param skippedLines lines of the file that the parser does not see
     * @param builder gets the rows
     * @param rowNames gets their names
     */
    NumberRows(
            ReadOptions options,
            char delimiter,
            TableLayout layout,
            long skippedLines,
            Matrix.Builder builder,
            List<String> rowNames) {
        super(skippedLines, delimiter);
        this.options = options;
        this.decimalComma = options.decimal() == Decimal.COMMA;
        this.layout = layout;
        this.builder = builder;
        this.rowNames = rowNames;
        this.row = new float[layout.columns()];
    }

    @Override
    void begin() {
        cell = 0;
    }

    @Override
    void cell(char[] buffer, int offset, int length, boolean quoted) {
        int column = layout.rowNames() ? cell - 1 : cell;
        cell++;
        if (column < 0) {
            rowNames.add(TableLayout.name(new String(buffer, offset, length).strip(), line()));
        } else if (column < row.length) {
            long parsed = parse(buffer, offset, length);
            if (FloatParser.isNumber(parsed)) {
                row[column] = FloatParser.value(parsed);
            } else {
                String text = new String(buffer, offset, Math.min(length, 200));
                if (!options.missing() || !TextRecord.isNotAvailable(text)) {
                    throw unreadable(column, text, parsed);
                }
                row[column] = Float.NaN;
            }
        } else if (column == TextRecord.MAX_CELLS) {
            throw TableLayout.ragged(line(), cell, layout.firstLine(), row.length);
        }
    }

    @Override
    protected NumberRows buildRecord() {
        return this;
    }

    /** Hands over the row whose cells have come. */
    void endRow() {
        if (cell == 0) {
            return; // only blanks
        }
        if (cell != layout.width()) {
            throw TableLayout.ragged(line(), cell, layout.firstLine(), layout.width());
        }
        options.requireWithinLimit(builder.rows() + 1L, row.length);
        builder.addRow(row, 0);
    }

    private long parse(char[] buf, int offset, int len) {
        if (decimalComma) {
            String text = new String(buf, offset, len);
            // A point would have to group thousands, and nothing says whether it does.
            byte[] bytes = text.replace(',', '.').getBytes(StandardCharsets.UTF_8);
            return text.indexOf('.') < 0 ? FloatParser.parse(bytes, 0, bytes.length) : FloatParser.NOT_A_NUMBER;
        }
        byte[] bytes = ascii;
        boolean simple = len <= ascii.length;
        for (int i = 0; i < len && simple; i++) {
            bytes[i] = (byte) buf[offset + i];
            simple = bytes[i] == buf[offset + i];
        }
        if (!simple) {
            bytes = new String(buf, offset, len).getBytes(StandardCharsets.UTF_8);
            return FloatParser.parse(bytes, 0, bytes.length);
        }
        return FloatParser.parse(bytes, 0, len);
    }

    private DataException unreadable(int column, String cellText, long parsed) {
        String where = "line " + line() + ", column " + (column + 1 + (layout.rowNames() ? 1 : 0))
                + (layout.columnNames().isEmpty()
                        ? ""
                        : " (" + Sources.shown(layout.columnNames().get(column)) + ")") + ": ";
        String shown = "'" + Sources.shown(cellText) + "'";
        if (TextRecord.isNotAvailable(cellText)) {
            return new DataException(
                    where + (cellText.isBlank() ? "the cell is empty" : shown + " stands for a missing value")
                            + "; --missing allow reads it as a missing value (in Java withMissing), or fill it");
        }
        if (TextRecord.isMissing(cellText)) {
            return new DataException(where + shown + " may stand for a missing value; write NA, NaN or nothing in its"
                    + " place, and read it with --missing allow (in Java withMissing), or fill it");
        }
        if (parsed == FloatParser.TOO_LARGE) {
            return new DataException(where + shown + " is too large; 32-bit floats end at 3.4e38: scale the data down");
        }
        String bare = cellText.strip();
        boolean grouped = decimalComma
                ? bare.matches("[+-]?[0-9]{1,3}([.][0-9]{3})+(,[0-9]*)?")
                : bare.matches("[+-]?[0-9]{1,3}((,[0-9]{3})+([.][0-9]*)?|([.][0-9]{3})+,[0-9]+)");
        boolean decimal = bare.matches("[+-]?[0-9]+,[0-9]+");
        if (grouped) {
            return new DataException(where + shown + " may have a thousands separator"
                    + (decimal ? ", or a comma for a point" : "") + "; write numbers without separators"
                    + (decimal ? ", or read commas as decimal signs with --decimal comma" : ""));
        }
        if (decimal) {
            return new DataException(where + shown + " is not a number; write decimals with a point, or read commas as"
                    + " decimal signs with --decimal comma");
        }
        return new DataException(where + shown + " is not a number"
                + (line() <= layout.firstLine() + 1
                        ? "; is this a header or row name that was not recognised as one?"
                        : ""));
    }
}
