package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The format of svmlight and libsvm: one sample per line, a label and then {@code index:value} pairs. Labels, {@code qid}
 * and comments behind {@code #} are passed over. Indices count from 1, unless an index 0 occurs: then from 0. The
 * greatest index is the number of columns.
 */
final class SvmlightFormat {

    private static final char COMMENT = '#';
    private static final String QUERY = "qid:";
    private static final int MAX_LINE = 1 << 30;
    private static final int MAX_INDEX = Integer.MAX_VALUE - 16;

    /** Indices up to this are packed in 16 bits. */
    private static final int FIRST_WIDTH = 1 << 16;

    private final ByteLines lines;
    /** Rows already read; column 0 is that of index 0. Each part but the first begins with a greater index. */
    private final List<SparseMatrix> parts = new ArrayList<>();

    private int width = FIRST_WIDTH;
    private SparseMatrix.Builder builder = SparseMatrix.builder(width);
    private int[] indices = new int[1024];
    private float[] values = new float[1024];
    private int greatest;
    private boolean fromZero;

    private SvmlightFormat(InputStream in) {
        this.lines = new ByteLines(in, MAX_LINE);
    }

    static RowSource read(InputStream in, ReadOptions options) throws IOException {
        SvmlightFormat format = new SvmlightFormat(in);
        format.readRows();
        SparseMatrix matrix = format.packed(options);
        return options.transpose() ? matrix.transpose() : matrix;
    }

    private void readRows() throws IOException {
        while (lines.nextData(COMMENT)) {
            lines.word(); // the label
            lines.skipWord(QUERY);
            int count = 0;
            int greatestOfRow = 0;
            while (lines.hasWord(COMMENT)) {
                if (count == indices.length) {
                    Matrix.requireMemory(16L * count, "row with more than " + count + " entries");
                    indices = Arrays.copyOf(indices, 2 * count);
                    values = Arrays.copyOf(values, 2 * count);
                }
                long index = lines.wholeNumber("the index before ':'", ':');
                if (index > MAX_INDEX) {
                    throw lines.error("the index " + index + " is too large; the largest is " + MAX_INDEX);
                }
                fromZero |= index == 0;
                greatestOfRow = Math.max(greatestOfRow, (int) index);
                indices[count] = (int) index;
                values[count++] = lines.value(false);
            }
            greatest = Math.max(greatest, greatestOfRow);
            if (greatestOfRow >= width) {
                widen(greatestOfRow);
            }
            builder.addRow(indices, values, count);
        }
    }

    private void widen(int index) {
        if (builder.rows() > 0) {
            parts.add(builder.build());
        }
        width = (int) Math.min(MAX_INDEX + 1L, Math.max(2L * width, index + 1L));
        builder = SparseMatrix.builder(width);
    }

    /** All rows as one matrix with as many columns as there are. */
    private SparseMatrix packed(ReadOptions options) {
        if (builder.rows() > 0) {
            parts.add(builder.build());
        }
        int first = fromZero ? 0 : 1;
        int columns = greatest + 1 - first;
        if (columns == 0) {
            throw new DataException("no line has an entry, index:value");
        }
        Matrix.requireMemory(
                SparseEntries.bytesOfShape(0, columns), "matrix with " + columns + " columns, the greatest index,");
        SparseMatrix.Builder result = SparseMatrix.builder(columns);
        int[] at = new int[columns];
        float[] ofRow = new float[columns];
        for (SparseMatrix part : parts) {
            int to = Math.min(part.columns(), greatest + 1);
            for (int i = 0; i < part.rows(); i++) {
                int count = part.copyNonzeros(i, first, to, at, ofRow);
                for (int l = 0; l < count; l++) {
                    at[l] -= first;
                }
                result.addRow(at, ofRow, count);
            }
        }
        SparseMatrix matrix = result.build();
        options.requireWithinLimit(matrix);
        return matrix;
    }

    /**
     * Whether a text looks like such a file: each line among the first begins with a number, and pairs follow in one at
     * least.
     *
     * @param head its beginning; the last line may be cut off
     */
    static boolean matches(String head) {
        boolean whole = head.endsWith("\n");
        List<String> all =
                head.lines().map(line -> line.replaceFirst("#.*", "").strip()).toList();
        List<String> first = new ArrayList<>();
        for (int i = 0; i < all.size() && first.size() < 20; i++) {
            String line = all.get(i);
            if (i == all.size() - 1 && !whole && line.lastIndexOf(' ') > 0) {
                line = line.substring(0, line.lastIndexOf(' ')).strip();
            }
            if (!line.isEmpty()) {
                first.add(line);
            }
        }
        return first.stream().allMatch(SvmlightFormat::isRow)
                && first.stream().anyMatch(line -> line.indexOf(':') >= 0);
    }

    private static boolean isRow(String line) {
        String[] words = line.split("[ \t]+", -1);
        if (!words[0].matches("[-+0-9.eE,]+")) {
            return false;
        }
        for (int i = 1; i < words.length; i++) {
            boolean query = i == 1 && words[i].startsWith(QUERY);
            if (!query && !words[i].matches("[0-9]+:[-+0-9.a-zA-Z]+")) {
                return false;
            }
        }
        return true;
    }
}
