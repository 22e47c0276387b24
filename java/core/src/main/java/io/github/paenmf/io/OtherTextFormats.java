package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.util.List;
import java.util.regex.Pattern;

/** Formats of text that are no tables of numbers, by their first lines: named, with what to do, rather than misread. */
final class OtherTextFormats {

    private static final Pattern DOUBLE_COLONS = Pattern.compile("[^:]+(::[^:]+){2,}");
    private static final Pattern WHOLE = Pattern.compile("[0-9]+");
    private static final Pattern TRIPLE = Pattern.compile("[0-9]+ [0-9]+ [0-9]+");
    private static final String TO_MATRIX_MARKET =
            "; write it as MatrixMarket (in Python scipy.io.mmwrite) or .npz (scipy.sparse.save_npz)";

    private OtherTextFormats() {}

    /**
     * Refuses a text of another format.
     *
     * @param head its beginning
     */
    static void refuse(String head) {
        List<String> lines = head.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .limit(6)
                .toList();
        if (lines.isEmpty()) {
            return;
        }
        String first = lines.get(0);
        if (first.equals("#1.2") || first.equals("#1.3")) {
            throw new DataException("this is a GCT file, with two lines before the table and a column of descriptions;"
                    + " remove both first: tail -n +3 FILE | cut -f1,3-");
        }
        if (lines.stream().anyMatch(line -> line.startsWith("Geneid\tChr\tStart\tEnd\tStrand\tLength"))) {
            throw new DataException(
                    "this is a table of featureCounts, with columns of text and the genes' lengths before"
                            + " the counts; remove them first: grep -v '^#' FILE | cut -f1,7-");
        }
        if (DOUBLE_COLONS.matcher(first).matches()) {
            throw new DataException(
                    "cells are separated by '::', as in ratings of MovieLens, one (user, item, rating) a line"
                            + TO_MATRIX_MARKET);
        }
        if (lines.size() > 3
                && lines.subList(0, 3).stream()
                        .allMatch(line -> WHOLE.matcher(line).matches())
                && TRIPLE.matcher(lines.get(3)).matches()) {
            throw new DataException(
                    "this is a docword file (bag of words), which is not read; it becomes MatrixMarket by the line"
                            + " '%%MatrixMarket matrix coordinate integer general' before it and its three sizes on one line");
        }
    }
}
