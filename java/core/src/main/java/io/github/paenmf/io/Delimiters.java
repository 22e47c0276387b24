package io.github.paenmf.io;

import io.github.paenmf.io.ReadOptions.Decimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds out what separates the cells of a text table. */
final class Delimiters {

    private static final char[] CANDIDATES = {'\t', ';', '|', ',', ' '}; // by precedence
    private static final int MAX_LINES = 100;
    /** The line that Excel takes the delimiter from, and writes when asked for it. */
    private static final Pattern EXCEL = Pattern.compile("\"?sep=(.)\"?\\s*");

    private Delimiters() {}

    /** Whether a first line only says what the delimiter is. */
    static boolean isExcelLine(String line) {
        return EXCEL.matcher(line).matches();
    }

    /**
     * Finds the delimiter that divides every line into the same number of cells, at least two, and makes the most columns
     * of numbers of them; by precedence among equals. If none divides evenly, the one that divides the most lines; comma
     * for a single column (semicolon
     * if commas separate decimals).
     */
    static char detect(String head, Decimal decimal) {
        List<String> lines = lines(head);
        if (!lines.isEmpty()) {
            Matcher excel = EXCEL.matcher(lines.get(0));
            if (excel.matches()) {
                return excel.group(1).charAt(0);
            }
        }
        // A comment may hold any delimiter; a header may start as one, but is not needed where there are rows.
        List<String> rows = lines.stream().filter(line -> !line.startsWith("#")).toList();
        if (rows.isEmpty()) {
            rows = lines;
        }
        boolean decimalComma = decimal == Decimal.COMMA;
        char best = decimalComma ? ';' : ',';
        int mostDivided = 0;
        char bestEven = 0;
        int mostNumbers = -1;
        for (char candidate : CANDIDATES) {
            if (decimalComma && candidate == ',') {
                continue;
            }
            List<List<String>> table =
                    rows.stream().map(line -> cells(line, candidate)).toList();
            if (isEven(table)) {
                int numbers = numberColumns(table, decimalComma);
                if (numbers > mostNumbers) {
                    mostNumbers = numbers;
                    bestEven = candidate;
                }
            }
            int divided = (int) table.stream().filter(cells -> cells.size() > 1).count();
            if (divided > mostDivided) {
                mostDivided = divided;
                best = candidate;
            }
        }
        return bestEven != 0 ? bestEven : best;
    }

    /** A delimiter in words. */
    static String name(char delimiter) {
        return switch (delimiter) {
            case ',' -> "comma";
            case ';' -> "semicolon";
            case '\t' -> "tab";
            case '|' -> "bar";
            case ' ' -> "spaces";
            default -> "delimiter " + delimiter;
        };
    }

    /** Lines that are not blank, without those that may have been cut off; a line break within quotes is none. */
    private static List<String> lines(String head) {
        int lastLine = head.lastIndexOf('\n');
        int end = lastLine > 0 ? lastLine : head.length();
        List<String> lines = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i <= end && lines.size() < MAX_LINES; i++) {
            if (i < end && head.charAt(i) == '"') {
                quoted = !quoted;
            }
            if (i == end || !quoted && (head.charAt(i) == '\n' || head.charAt(i) == '\r')) {
                String line = head.substring(start, i);
                start = i + 1;
                if (line.chars().anyMatch(c -> c > ' ' && c != ',' && c != ';' && c != '|')) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }

    /** The cells of a line; a run of blanks is one delimiter if that is a space. */
    private static List<String> cells(String line, char delimiter) {
        List<String> cells = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i <= line.length(); i++) {
            char c = i == line.length() ? delimiter : line.charAt(i);
            if (i < line.length() && c == '"') {
                quoted = !quoted;
            }
            boolean separates = i == line.length() || !quoted && (c == delimiter || delimiter == ' ' && c <= ' ');
            if (separates) {
                if (delimiter != ' ' || i > start) {
                    cells.add(line.substring(start, i));
                }
                start = i + 1;
            }
        }
        return cells;
    }

    /** Whether all rows have as many cells, at least two; a header may be one shorter, as it need not name row names. */
    private static boolean isEven(List<List<String>> table) {
        if (table.isEmpty()) {
            return false;
        }
        int cells = table.get(table.size() - 1).size();
        for (int i = 0; i < table.size(); i++) {
            int size = table.get(i).size();
            if (size != cells && !(i == 0 && table.size() > 1 && size + 1 == cells)) {
                return false;
            }
        }
        return cells > 1;
    }

    /** In how many columns there are only numbers, below what may be a header. */
    private static int numberColumns(List<List<String>> table, boolean decimalComma) {
        List<List<String>> rows = table.size() > 1 ? table.subList(1, table.size()) : table;
        int columns = 0;
        for (int j = 0; j < rows.get(0).size(); j++) {
            int column = j;
            if (rows.stream().allMatch(row -> isNumber(row.get(column), decimalComma))) {
                columns++;
            }
        }
        return columns;
    }

    private static boolean isNumber(String cell, boolean decimalComma) {
        String bare = cell.strip();
        if (bare.length() > 1 && bare.startsWith("\"") && bare.endsWith("\"")) {
            bare = bare.substring(1, bare.length() - 1);
        }
        byte[] bytes = (decimalComma ? bare.replace(',', '.') : bare).getBytes(StandardCharsets.UTF_8);
        return FloatParser.parse(bytes, 0, bytes.length) != FloatParser.NOT_A_NUMBER;
    }
}
