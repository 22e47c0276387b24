package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Tables that would be read, and wrongly: refused, with what to do. */
final class TableRefusals {

    private static final Set<String> TRIPLE_ROWS =
            Set.of("user", "customer", "reviewer", "member", "doc", "document", "cell", "row", "i");
    private static final Set<String> TRIPLE_COLUMNS = Set.of(
            "item", "movie", "film", "product", "book", "artist", "song", "track", "word", "term", "gene", "column",
            "col", "j");
    private static final Set<String> TRIPLE_VALUES =
            Set.of("rating", "ratings", "score", "stars", "count", "counts", "value", "quantity", "plays", "weight");

    private TableRefusals() {}

    /** Refuses a list of ratings or counts, which is a sparse matrix and no table. */
    static void triples(TextRecord header) {
        if (header.size() < 3 || header.size() > 4) {
            return;
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < header.size(); i++) {
            names.add(header.text(i).strip().toLowerCase(Locale.ROOT).replaceAll("[ _.-]|id$", ""));
        }
        if (TRIPLE_ROWS.contains(names.get(0))
                && TRIPLE_COLUMNS.contains(names.get(1))
                && TRIPLE_VALUES.contains(names.get(2))) {
            throw new DataException("the columns " + Sources.shown(header.text(0)) + ", "
                    + Sources.shown(header.text(1))
                    + " and " + Sources.shown(header.text(2)) + " are triples of row, column and value, not a table;"
                    + " make a row of each " + Sources.shown(header.text(0))
                    + " (in pandas: pivot), or write MatrixMarket;"
                    + " with --header yes they are read as they are");
        }
    }

    /** Refuses a second line of column names, or a second column of row names. */
    static void moreNames(List<TextRecord> sample, boolean hasRowNames) {
        List<TextRecord> rows = sample.subList(1, sample.size());
        TextRecord second = rows.isEmpty() ? null : rows.get(0);
        if (second == null || second.size() < 3) {
            return;
        }
        if (rows.size() > 1 && texts(second) == second.size() - 1 && texts(rows.get(1)) == 0) {
            throw new DataException("lines " + sample.get(0).line + " and " + second.line
                    + " both hold names of columns; one line is read: join them into one, or remove one (in pandas:"
                    + " df.columns = df.columns.map('_'.join))");
        }
        boolean named = hasRowNames && sample.get(0).size() == second.size();
        if (named && rows.stream().allMatch(row -> row.size() > 1 && row.isText(1) && !hasComma(row.text(1)))) {
            String names = Sources.shown(sample.get(0).text(0)) + " and "
                    + Sources.shown(sample.get(0).text(1));
            throw new DataException("columns 1 and 2 (" + names + ") both hold names; one column of row names is read:"
                    + " join them into one, or remove one (in pandas: df.set_index([...]) and"
                    + " df.index = df.index.map('_'.join))");
        }
    }

    /** Whether a cell may be a number with a decimal comma: reading it says so. */
    private static boolean hasComma(String cell) {
        return cell.strip().matches("[+-]?[0-9.]*,[0-9]+");
    }

    /** How many cells after the first are text. */
    private static int texts(TextRecord record) {
        int texts = 0;
        for (int i = 1; i < record.size(); i++) {
            texts += record.isText(i) ? 1 : 0;
        }
        return texts;
    }

    /**
     * Refuses numbers such as 1.234 and 2.500 where semicolons separate cells, as they do where a comma separates decimals
     * and a point thousands: if no point can be anything else, nothing says what they are.
     */
    static void thousands(List<TextRecord> rows, boolean hasRowNames) {
        int grouped = 0;
        TextRecord line = null;
        String shown = "";
        for (TextRecord row : rows) {
            for (int i = hasRowNames ? 1 : 0; i < row.size(); i++) {
                String cell = row.text(i).strip();
                if (cell.indexOf('.') < 0) {
                    continue;
                }
                if (!cell.matches("[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+")) {
                    return;
                }
                if (grouped++ == 0) {
                    line = row;
                    shown = cell;
                }
            }
        }
        if (grouped > 1) {
            throw new DataException("line " + line.line + ": the point in '" + shown
                    + "', as all points here, may be a thousands separator; --decimal point reads it as a decimal point;"
                    + " if it is none, write numbers without it");
        }
    }
}
