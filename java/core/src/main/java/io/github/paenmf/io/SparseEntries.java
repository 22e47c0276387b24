package io.github.paenmf.io;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a sparse matrix of entries in any order, without ever holding a dense one. The order is found from the first
 * entries:
 *
 * <ul>
 *   <li>by rows, as SciPy writes CSR: rows are packed as they come, and nothing else is held
 *   <li>by columns, as R writes: the columns are packed as they come and transposed at the end, so the nonzeros are held
 *       twice for a while
 *   <li>otherwise, or where that order ends: {@value #CHUNK} entries at a time (as many as there are rows if those are
 *       more) are sorted, in 16 bytes each, and packed; the pieces are merged at the end, so the nonzeros are held twice
 * </ul>
 *
 * <p>Entries that are 0 are dropped. Those of the same coordinates are added.
 */
final class SparseEntries implements EntrySink {

    /** So many entries are looked at to find the order. */
    private static final int SAMPLE = 1 << 16;

    private static final int CHUNK = 1 << 22;

    private final int rows;
    private final int columns;
    private final boolean transpose;
    private final ReadOptions options;
    private final int chunk;
    private final Triplets triplets = new Triplets();
    /** Sorted and packed pieces of the whole matrix, to be added. */
    private final List<SparseMatrix> parts = new ArrayList<>();

    /** Packs rows, or columns; null while the order is not known, or once there is none. */
    private LineBuilder lines;

    private boolean byRows;
    private boolean orderKnown;

    /**
     * Starts a matrix.
     *
     * @param rows of the result
     * @param columns of the result
     * @param transpose whether rows of the entries are columns of the result
     */
    SparseEntries(int rows, int columns, boolean transpose, ReadOptions options) {
        this(rows, columns, transpose, options, Math.min(1 << 29, Math.max(CHUNK, rows)));
    }

    SparseEntries(int rows, int columns, boolean transpose, ReadOptions options, int chunk) {
        this.rows = rows;
        this.columns = columns;
        this.transpose = transpose;
        this.options = options;
        this.chunk = chunk;
    }

    /** Bytes that reading needs at least, whatever the entries: starts, counts and a row. */
    static long bytesOfShape(long rows, long columns) {
        return 16 * (rows + columns);
    }

    @Override
    public void add(int row, int column, float value) {
        if (value == 0) {
            return;
        }
        int i = transpose ? column : row;
        int j = transpose ? row : column;
        if (lines != null) {
            int line = byRows ? i : j;
            if (line >= lines.current()) {
                lines.add(line, byRows ? j : i, value);
                return;
            }
            endLines();
        }
        triplets.add(i, j, value);
        if (triplets.count() >= (orderKnown ? chunk : SAMPLE)) {
            if (!orderKnown) {
                findOrder();
            } else {
                packTriplets();
            }
        }
    }

    @Override
    public void addLine(int line, boolean ofRow, int[] at, float[] values, int from, int to) {
        if (lines != null && (ofRow != transpose) == byRows && line >= lines.current()) {
            lines.add(line, at, values, from, to);
        } else {
            EntrySink.super.addLine(line, ofRow, at, values, from, to);
        }
    }

    private void findOrder() {
        orderKnown = true;
        byRows = triplets.rowsAscend();
        if (byRows || triplets.columnsAscend()) {
            lines = byRows ? new LineBuilder(rows, columns) : new LineBuilder(columns, rows);
            triplets.replay(byRows, lines);
            triplets.clear();
        }
    }

    private void endLines() {
        SparseMatrix built = lines.build();
        parts.add(byRows ? built : built.transpose());
        lines = null;
    }

    private void packTriplets() {
        parts.add(triplets.toMatrix(rows, columns));
        triplets.clear();
    }

    @Override
    public RowSource finish() {
        if (lines != null) {
            endLines();
        } else if (triplets.count() > 0 || parts.isEmpty()) {
            packTriplets();
        }
        SparseMatrix result = parts.size() == 1 ? parts.get(0) : merged();
        options.requireWithinLimit(result);
        return result;
    }

    private SparseMatrix merged() {
        LineBuilder sum = new LineBuilder(rows, columns);
        int[] at = new int[columns];
        float[] values = new float[columns];
        for (int i = 0; i < rows; i++) {
            for (SparseMatrix part : parts) {
                int count = part.copyNonzeros(i, 0, columns, at, values);
                for (int l = 0; l < count; l++) {
                    sum.add(i, at[l], values[l]);
                }
            }
        }
        return sum.build();
    }
}
