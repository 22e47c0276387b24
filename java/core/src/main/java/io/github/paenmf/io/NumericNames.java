package io.github.paenmf.io;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Whether numbers in the first line or the first column of a table are names: wavelengths, times, years, ids. They look
 * like values, and a table that takes them for values is wrong without a word.
 */
final class NumericNames {

    /** What is known about numbers that may be names. */
    enum Answer {
        /** They are names. */
        NAMES,
        /** They are taken for names, but may be values. */
        PERHAPS_NAMES,
        /** They are taken for values, but may be names. */
        PERHAPS_VALUES,
        /** They are values. */
        VALUES
    }

    /** So many numbers of a row hardly ascend by chance: 2 in 720. */
    private static final int MANY_CELLS = 6;
    /** So many values of a column that count up by one are hardly values. */
    private static final int MANY_ROWS = 5;

    /** What stands above the names of rows, or beside those of columns. */
    private static final Set<String> CORNERS = Set.of(
            ("id index name names row rowname rownames sample samples sampleid gene genes geneid gene_symbol symbol probe"
                            + " probes cell cells barcode feature features spectrum spectra analyte compound peptide"
                            + " protein nm m/z mz wavelength wavenumber wavelengths wavenumbers cm-1 cm^-1 hz khz mhz"
                            + " frequency ppm channel time times date day month year years hour minute second"
                            + " country city region state station site species otu taxon patient subject donor ticker"
                            + " stock user customer item product document term word label class type category key"
                            + " entrez ensembl temperature energy position")
                    .split(" "));

    /** What stands above a column of ids. */
    private static final Pattern ID = Pattern.compile(
            "unnamed: ?0|index|row|rowname|rownames|sample|samples|name|names|barcode|barcodes|entrez|ensembl|year|years"
                    + "|(.*[ _.-])?(id|ids|barcode|entrez|key|nr|no|number)",
            Pattern.CASE_INSENSITIVE);

    /** As in CustomerID and userId. */
    private static final Pattern CAMEL_ID = Pattern.compile(".*[a-z](ID|Id)s?");

    private NumericNames() {}

    /**
     * About the first line of a table, whose cells except for the first are not text.
     *
     * @param sample the first records, the line in question before all
     * @param namesBelow whether the first column holds names below it
     */
    static Answer inHeader(List<TextRecord> sample, boolean namesBelow) {
        TextRecord first = sample.get(0);
        List<TextRecord> rows = sample.subList(1, sample.size());
        int cells = first.size() - 1;
        if (rows.isEmpty() || cells < 1 || rows.get(0).size() != first.size()) {
            return Answer.VALUES;
        }
        String corner = first.text(0).strip().toLowerCase(Locale.ROOT);
        boolean knownCorner = corner.isEmpty() || CORNERS.contains(corner) || isIdName(first.text(0));
        if (namesBelow && knownCorner && first.isText(0)) {
            return Answer.NAMES; // whatever is beside the word
        }
        if (!corner.isEmpty() && !first.isText(0) || !areDistinctNumbers(first)) {
            return Answer.VALUES;
        }
        boolean monotone = cells > 1 && isMonotone(first);
        if (!namesBelow) {
            if (!corner.isEmpty()) {
                return knownCorner ? Answer.NAMES : Answer.VALUES; // a word that should not be there is named as such
            }
            // A blank first cell may be a missing value as well: the numbers must be positions, or both sides ids.
            boolean positions =
                    cells > 1 && first.wholeNumber(1) >= 0 && first.wholeNumber(1) <= 1 && isCounting(first);
            return positions || monotone && rows.size() > 1 && areAscending(rows) ? Answer.NAMES : Answer.VALUES;
        }
        if (knownCorner) {
            return Answer.NAMES;
        }
        if (!monotone || cells < 3) {
            return Answer.VALUES;
        }
        if (cells >= MANY_CELLS) {
            return Answer.NAMES;
        }
        return rows.stream().allMatch(NumericNames::isMonotone) ? Answer.PERHAPS_VALUES : Answer.PERHAPS_NAMES;
    }

    /**
     * About the first column of a table with a header, whose cells are not text.
     *
     * @param header names the columns
     * @param rows the first records below it
     */
    static Answer inFirstColumn(TextRecord header, List<TextRecord> rows) {
        if (header.size() < 2 || rows.isEmpty() || rows.get(0).size() != header.size()) {
            return Answer.VALUES;
        }
        boolean distinct = areDistinct(rows);
        String name = header.text(0).strip();
        if (name.isEmpty()) {
            return Answer.NAMES;
        }
        if (isIdName(name)) {
            return distinct ? Answer.NAMES : Answer.PERHAPS_VALUES;
        }
        boolean counts = rows.size() >= MANY_ROWS && rows.get(0).wholeNumber(0) <= 1 && areCounting(rows);
        return counts ? Answer.PERHAPS_VALUES : Answer.VALUES;
    }

    private static boolean isIdName(String name) {
        String bare = name.strip();
        return ID.matcher(bare).matches() || CAMEL_ID.matcher(bare).matches();
    }

    private static boolean areDistinctNumbers(TextRecord record) {
        Set<Double> seen = new HashSet<>();
        for (int i = 1; i < record.size(); i++) {
            double value = record.number(i);
            if (Double.isNaN(value) || !seen.add(value)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isMonotone(TextRecord record) {
        boolean ascending = true;
        boolean descending = true;
        for (int i = 2; i < record.size(); i++) {
            ascending &= record.number(i) > record.number(i - 1);
            descending &= record.number(i) < record.number(i - 1);
        }
        return ascending || descending;
    }

    private static boolean isCounting(TextRecord record) {
        for (int i = 2; i < record.size(); i++) {
            if (record.wholeNumber(i) != record.wholeNumber(i - 1) + 1) {
                return false;
            }
        }
        return true;
    }

    private static boolean areDistinct(List<TextRecord> rows) {
        Set<Long> seen = new HashSet<>();
        return rows.stream().allMatch(row -> row.wholeNumber(0) >= 0 && seen.add(row.wholeNumber(0)));
    }

    private static boolean areAscending(List<TextRecord> rows) {
        for (int i = 0; i < rows.size(); i++) {
            long value = rows.get(i).wholeNumber(0);
            if (value < 0 || i > 0 && value <= rows.get(i - 1).wholeNumber(0)) {
                return false;
            }
        }
        return true;
    }

    private static boolean areCounting(List<TextRecord> rows) {
        for (int i = 1; i < rows.size(); i++) {
            if (rows.get(i).wholeNumber(0) != rows.get(i - 1).wholeNumber(0) + 1) {
                return false;
            }
        }
        return rows.get(0).wholeNumber(0) >= 0;
    }
}
