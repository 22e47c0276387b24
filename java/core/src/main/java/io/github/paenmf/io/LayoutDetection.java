package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.io.ReadOptions.Decimal;
import io.github.paenmf.io.ReadOptions.Presence;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells by the first records of a table what in it is names.
 *
 * <p>What counts as names, unless the options say:
 *
 * <ul>
 *   <li>The first record is a header if most of its cells are text; or all are quoted and those below are not; or its
 *       first cell is empty or a word as below, and the others are whole numbers that ascend (years, positions).
 *   <li>The first column holds row names if most of its cells are text or quoted unlike the others; or the header is one
 *       cell shorter than the rows, or leaves the first cell empty, or calls it id, index, name, row or sample.
 *   <li>A first record that starts with {@code #} is a header if it is as long as the next one, and a comment otherwise.
 * </ul>
 */
final class LayoutDetection {

    private final ReadOptions options;
    private final char delimiter;
    private final ReadListener listener;

    /**
     * @param listener hears of what may have been taken for the wrong thing
     */
    LayoutDetection(ReadOptions options, char delimiter, ReadListener listener) {
        this.options = options;
        this.delimiter = delimiter;
        this.listener = listener;
    }

    /** Returns the index of the first record that is not a comment; a header that starts with # loses that. */
    static int skipComments(List<TextRecord> sample) {
        int start = !sample.isEmpty() && sample.get(0).startsWith("sep=") ? 1 : 0;
        while (start < sample.size()
                && sample.get(start).text(0).startsWith("#")
                && !sample.get(start).quoted.get(0)) {
            boolean lastComment = start + 1 < sample.size()
                    && !sample.get(start + 1).text(0).startsWith("#")
                    && sample.get(start).size() > 1
                    && sample.get(start + 1).size() == sample.get(start).size();
            if (lastComment) {
                sample.get(start).stripHash();
                return start;
            }
            start++;
        }
        return start;
    }

    /**
     * Decides what is a name and how many columns there are.
     *
     * @param sample the first records that are no comments, one at least
     * @throws DataException if there are no values, the rows differ in length, or they are likely to be misread
     */
    TableLayout detect(List<TextRecord> sample) {
        TextRecord first = sample.get(0);
        TextRecord second = sample.size() > 1 ? sample.get(1) : null;
        boolean namesBelow = namesInFirstColumn(sample);
        boolean header = options.header() == Presence.YES
                || options.header() == Presence.AUTO
                        && (looksLikeHeader(first, second, namesBelow) || isNumericHeader(sample, namesBelow));
        TextRecord row = header && second != null ? second : first;
        boolean shortHeader = header && row.size() == first.size() + 1;
        boolean hasRowNames = options.rowNames() == Presence.YES
                || options.rowNames() == Presence.AUTO
                        && row.size() > 1
                        && (namesBelow || header && (shortHeader || isIdColumn(sample)));
        int columns = row.size() - (hasRowNames ? 1 : 0);
        if (columns == 0) {
            throw new DataException("line " + row.line + " has only a row name, no values");
        }
        if (options.header() == Presence.AUTO && options.rowNames() == Presence.AUTO) {
            TableRefusals.triples(first);
        }
        if (header) {
            TableRefusals.moreNames(sample, hasRowNames);
        }
        if (delimiter == ';' && options.decimal() == Decimal.AUTO) {
            TableRefusals.thousands(sample.subList(header ? 1 : 0, sample.size()), hasRowNames);
        }
        List<String> names = new ArrayList<>();
        if (header) {
            int offset = hasRowNames && !shortHeader ? 1 : 0;
            if (first.size() - offset != columns) {
                throw TableLayout.ragged(row.line, row.size(), first.line, first.size());
            }
            for (int j = 0; j < columns; j++) {
                names.add(TableLayout.name(first.text(offset + j).strip(), first.line));
            }
        }
        return new TableLayout(header, hasRowNames, columns, names, row.line);
    }

    private boolean isNumericHeader(List<TextRecord> sample, boolean namesBelow) {
        NumericNames.Answer answer = NumericNames.inHeader(sample, namesBelow);
        String shown = "line " + sample.get(0).line + " ("
                + Sources.shown(sample.get(0).text(0)) + ", "
                + Sources.shown(sample.get(0).text(sample.get(0).size() > 1 ? 1 : 0)) + ", ...)";
        switch (answer) {
            case PERHAPS_NAMES ->
                listener.note(
                        shown + " is taken for the names of the columns; --header no reads it as a row of values");
            case PERHAPS_VALUES ->
                listener.note(
                        shown + " is taken for a row of values; --header yes reads it as the names of the columns");
            default -> {}
        }
        return answer == NumericNames.Answer.NAMES || answer == NumericNames.Answer.PERHAPS_NAMES;
    }

    /** Whether a header stands above a first column of numbers that are names. */
    private boolean isIdColumn(List<TextRecord> sample) {
        NumericNames.Answer answer = NumericNames.inFirstColumn(sample.get(0), sample.subList(1, sample.size()));
        if (answer == NumericNames.Answer.PERHAPS_VALUES) {
            listener.note("column 1 (" + Sources.shown(sample.get(0).text(0).strip())
                    + ") is taken for values; --row-names yes reads it as the names of the rows");
        }
        return answer == NumericNames.Answer.NAMES;
    }

    /** Whether most cells of the first column, below a possible header, are names. */
    private static boolean namesInFirstColumn(List<TextRecord> sample) {
        int names = 0;
        int rows = 0;
        for (int i = sample.size() > 1 ? 1 : 0; i < sample.size(); i++) {
            TextRecord record = sample.get(i);
            rows++;
            boolean onlyQuoted = record.quoted.get(0)
                    && record.size() > 1
                    && record.quoted.cardinality() == 1
                    && !record.text(0).isBlank();
            if (onlyQuoted || record.isText(0)) {
                names++;
            }
        }
        return 2 * names > rows;
    }

    private static boolean looksLikeHeader(TextRecord first, TextRecord second, boolean rowNames) {
        boolean corner = first.size() > 1
                && (second == null || first.size() == second.size())
                && (rowNames || first.text(0).isBlank());
        int from = corner ? 1 : 0;
        boolean shorter = second != null && first.size() + 1 == second.size();
        int fromBelow = corner || shorter ? 1 : 0;
        int text = 0;
        int quoted = 0;
        for (int i = from; i < first.size(); i++) {
            if (first.isText(i)) {
                text++;
            }
            if (first.quoted.get(i)) {
                quoted++;
            }
        }
        int cells = first.size() - from;
        if (2 * text > cells) {
            return true;
        }
        if (quoted == cells
                && second != null
                && second.quoted
                        .get(fromBelow, Math.max(fromBelow, second.size()))
                        .isEmpty()) {
            return true;
        }
        return false;
    }
}
