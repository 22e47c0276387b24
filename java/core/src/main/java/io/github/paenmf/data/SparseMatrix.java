package io.github.paenmf.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A sparse float32 matrix, rows × columns, one sample per row, with optional names. Only nonzeros are stored, row by row
 * (CSR): 3 bytes each where there are at most 65 536 columns and most values are counts up to 255, 4 where most are
 * counts up to 65 535, else 6; 2 more with more columns. The number of nonzeros is not limited to 2³¹.
 *
 * <p>A value that is not a number (NaN) is a nonzero. Immutable.
 */
public final class SparseMatrix implements SparseSource {

    /** A run of rows is packed when it has so many nonzeros or more, or so many rows. */
    private static final int SEGMENT_NONZEROS = 1 << 20;

    private final int rows;
    private final int columns;
    private final SparseSegment[] segments;
    /** The first row of each segment, and at last {@link #rows}. */
    private final int[] firstRows;

    private final long nonzeros;
    private final List<String> rowNames;
    private final List<String> columnNames;

    private SparseMatrix(
            int columns,
            SparseSegment[] segments,
            int[] firstRows,
            long nonzeros,
            List<String> rowNames,
            List<String> columnNames) {
        this.rows = firstRows[segments.length];
        this.columns = columns;
        this.segments = segments;
        this.firstRows = firstRows;
        this.nonzeros = nonzeros;
        this.rowNames = rowNames;
        this.columnNames = columnNames;
    }

    static SparseMatrix of(int columns, List<SparseSegment> segments, List<String> rowNames, List<String> columnNames) {
        int[] firstRows = new int[segments.size() + 1];
        long nonzeros = 0;
        for (int i = 0; i < segments.size(); i++) {
            firstRows[i + 1] = firstRows[i] + segments.get(i).rows();
            nonzeros += segments.get(i).nonzeros();
        }
        return new SparseMatrix(
                columns, segments.toArray(SparseSegment[]::new), firstRows, nonzeros, rowNames, columnNames);
    }

    /**
     * Starts a matrix to which rows are appended.
     *
     * @param columns m, at least 1
     * @throws DataException if it is less
     */
    public static Builder builder(int columns) {
        return new Builder(columns);
    }

    /** A sparse copy of data, names included; all that is not 0 is stored. */
    public static SparseMatrix of(RowSource data) {
        if (data instanceof SparseMatrix sparse) {
            return sparse;
        }
        Builder builder = builder(data.columns());
        int[] at = new int[data.columns()];
        float[] values = new float[data.columns()];
        for (int i = 0; i < data.rows(); i++) {
            builder.addRow(at, values, data.copyNonzeros(i, 0, at.length, at, values));
        }
        return builder.build().withNames(data.rowNames(), data.columnNames());
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    @Override
    public long nonzeros() {
        return nonzeros;
    }

    /** The share of entries that are stored. */
    public double density() {
        return (double) nonzeros / size();
    }

    /** Bytes that the nonzeros and the starts of rows take. */
    public long bytes() {
        return Arrays.stream(segments).mapToLong(SparseSegment::bytes).sum();
    }

    @Override
    public List<String> rowNames() {
        return rowNames;
    }

    @Override
    public List<String> columnNames() {
        return columnNames;
    }

    @Override
    public SparseMatrix withNames(List<String> newRowNames, List<String> newColumnNames) {
        Checks.names("row", newRowNames, rows);
        Checks.names("column", newColumnNames, columns);
        return new SparseMatrix(
                columns, segments, firstRows, nonzeros, List.copyOf(newRowNames), List.copyOf(newColumnNames));
    }

    @Override
    public SparseRows block(int first, int count) {
        Checks.block(first, count, rows);
        return new SparseRows(this, first, count);
    }

    @Override
    public int copyNonzeros(int row, int from, int to, int[] targetColumns, float[] targetValues) {
        int segment = segment(Objects.checkIndex(row, rows));
        return segments[segment].copy(row - firstRows[segment], from, to, columns, targetColumns, targetValues);
    }

    @Override
    public int nonzeros(int row) {
        int segment = segment(Objects.checkIndex(row, rows));
        return segments[segment].nonzeros(row - firstRows[segment]);
    }

    @Override
    public int copyColumns(int row, int[] target) {
        int segment = segment(Objects.checkIndex(row, rows));
        return segments[segment].copyColumns(row - firstRows[segment], target);
    }

    private int segment(int row) {
        int found = Arrays.binarySearch(firstRows, row);
        return found < 0 ? -found - 2 : found;
    }

    @Override
    public void copyRow(int row, int from, int count, float[] target, int targetOffset) {
        Objects.checkFromIndexSize(from, count, columns);
        int segment = segment(Objects.checkIndex(row, rows));
        Arrays.fill(target, targetOffset, targetOffset + count, 0f);
        segments[segment].scatter(row - firstRows[segment], from, from + count, target, targetOffset - from);
    }

    @Override
    public SparseMatrix selectRows(int[] rowIndices) {
        return ofRows(this, rowIndices);
    }

    /** A sparse copy of the rows whose indices are given, in that order, names included. */
    static SparseMatrix ofRows(RowSource data, int[] rowIndices) {
        Builder builder = builder(data.columns());
        int[] at = new int[data.columns()];
        float[] values = new float[data.columns()];
        for (int row : rowIndices) {
            builder.addRow(at, values, data.copyNonzeros(row, 0, at.length, at, values));
        }
        return builder.build().withNames(Checks.select(data.rowNames(), rowIndices), data.columnNames());
    }

    @Override
    public SparseMatrix selectColumns(int[] columnIndices) {
        // of each column the last place that it goes to, and of each place the one before it of the same column
        int[] last = new int[columns];
        Arrays.fill(last, -1);
        int[] before = new int[columnIndices.length];
        for (int place = 0; place < columnIndices.length; place++) {
            before[place] = last[columnIndices[place]];
            last[columnIndices[place]] = place;
        }
        Builder builder = builder(columnIndices.length);
        int[] at = new int[columns];
        float[] values = new float[columns];
        int[] places = new int[columnIndices.length];
        float[] selected = new float[columnIndices.length];
        for (int i = 0; i < rows; i++) {
            int count = copyNonzeros(i, 0, columns, at, values);
            int found = 0;
            for (int l = 0; l < count; l++) {
                for (int place = last[at[l]]; place >= 0; place = before[place]) {
                    places[found] = place;
                    selected[found++] = values[l];
                }
            }
            builder.addRow(places, selected, found);
        }
        return builder.build().withNames(rowNames, Checks.select(columnNames, columnIndices));
    }

    /** A copy with rows and columns exchanged, names included. */
    public SparseMatrix transpose() {
        int[] counts = new int[columns];
        for (SparseSegment segment : segments) {
            segment.countColumns(counts);
        }
        List<Run> runs = new ArrayList<>();
        for (int from = 0; from < columns; ) {
            int to = from;
            long total = 0;
            do {
                total += counts[to++];
            } while (to < columns && total + counts[to] <= SEGMENT_NONZEROS);
            runs.add(new Run(from, to));
            from = to;
        }
        List<SparseSegment> transposed = runs.parallelStream()
                .map(run -> transposed(run.from, run.to, counts))
                .toList();
        return of(rows, transposed, columnNames, rowNames);
    }

    /** Columns that become a segment. */
    private record Run(int from, int to) {}

    /** Some columns as rows. */
    private SparseSegment transposed(int from, int to, int[] counts) {
        int[] starts = new int[to - from + 1];
        for (int j = from; j < to; j++) {
            starts[j - from + 1] = starts[j - from] + counts[j];
        }
        int[] next = Arrays.copyOf(starts, to - from);
        int[] ofRows = new int[starts[to - from]];
        float[] values = new float[ofRows.length];
        int[] columnsOfRow = new int[to - from];
        float[] valuesOfRow = new float[to - from];
        for (int i = 0; i < rows; i++) {
            int count = copyNonzeros(i, from, to, columnsOfRow, valuesOfRow);
            for (int l = 0; l < count; l++) {
                int at = next[columnsOfRow[l] - from]++;
                ofRows[at] = i;
                values[at] = valuesOfRow[l];
            }
        }
        return SparseSegment.of(starts, ofRows, values, rows);
    }

    @Override
    public SparseMatrix requireNonNegative() {
        return require(0, Checks.NON_NEGATIVE);
    }

    @Override
    public SparseMatrix requireFinite() {
        return require(-Float.MAX_VALUE, Checks.FINITE);
    }

    private SparseMatrix require(float least, String need) {
        int[] at = new int[columns];
        float[] values = new float[columns];
        for (int i = 0; i < rows; i++) {
            int count = copyNonzeros(i, 0, columns, at, values);
            for (int l = 0; l < count; l++) {
                if (!Checks.isIn(values[l], least)) {
                    throw Checks.refusal(this, i, at[l], values[l], need);
                }
            }
        }
        return this;
    }

    @Override
    public String toString() {
        return rows + " × " + columns + " sparse matrix of " + nonzeros + " nonzeros";
    }

    /** Appends rows one by one to a matrix whose height need not be known beforehand. */
    public static final class Builder {

        private final int width;
        private final List<SparseSegment> packed = new ArrayList<>();
        private int rowCount;
        /** The rows that are not yet packed. */
        private int[] starts = new int[64];

        private int startCount = 1;
        private int[] at = new int[1024];
        private float[] values = new float[1024];
        private int count;
        /** For rows that are not in order, or have zeros. */
        private long[] order = new long[0];

        private Builder(int columns) {
            if (columns < 1) {
                throw new DataException("a matrix needs at least one column, not " + columns);
            }
            this.width = columns;
        }

        /**
         * Appends one row. Values of the same column are added; those that are 0 are left out.
         *
         * @param columnIndices columns of the values, from 0, in any order
         * @param rowValues the values
         * @param nonzeroCount how many there are
         * @throws DataException that names row and column (from 1) if there is no such column, or if the heap cannot
         *     hold more nonzeros
         */
        public Builder addRow(int[] columnIndices, float[] rowValues, int nonzeroCount) {
            reserve(nonzeroCount);
            boolean ascending = true;
            int nonzero = 0;
            for (int l = 0; l < nonzeroCount; l++) {
                int column = columnIndices[l];
                if (column < 0 || column >= width) {
                    throw new DataException("row " + (rowCount + 1) + " has a value in column " + (column + 1L)
                            + ", but the columns are 1 to " + width);
                }
                ascending &= l == 0 || column > columnIndices[l - 1];
                nonzero += rowValues[l] != 0 ? 1 : 0;
            }
            if (ascending && nonzero == nonzeroCount) {
                System.arraycopy(columnIndices, 0, at, count, nonzeroCount);
                System.arraycopy(rowValues, 0, values, count, nonzeroCount);
                count += nonzeroCount;
            } else {
                addSorted(columnIndices, rowValues, nonzeroCount);
            }
            if (startCount == starts.length) {
                starts = Arrays.copyOf(starts, 2 * startCount);
            }
            starts[startCount++] = count;
            rowCount++;
            if (count >= SEGMENT_NONZEROS || startCount > SEGMENT_NONZEROS) {
                pack();
            }
            return this;
        }

        private void reserve(int more) {
            long needed = (long) count + more;
            if (needed > at.length) {
                int length = (int) Math.min(Integer.MAX_VALUE - 8, Math.max(needed, 2L * at.length));
                Matrix.requireMemory(8L * length, "sparse matrix of more than " + rowCount + " × " + width);
                at = Arrays.copyOf(at, length);
                values = Arrays.copyOf(values, length);
            }
        }

        private void append(int column, float value) {
            if (value != 0) {
                at[count] = column;
                values[count++] = value;
            }
        }

        /** In order of the columns, those of the same added, and without zeros. */
        private void addSorted(int[] columnIndices, float[] rowValues, int nonzeroCount) {
            if (order.length < nonzeroCount) {
                order = new long[nonzeroCount];
            }
            for (int l = 0; l < nonzeroCount; l++) {
                order[l] = (long) columnIndices[l] << 32 | l;
            }
            Arrays.sort(order, 0, nonzeroCount);
            for (int l = 0; l < nonzeroCount; ) {
                int column = (int) (order[l] >> 32);
                double sum = 0;
                for (; l < nonzeroCount && (int) (order[l] >> 32) == column; l++) {
                    sum += rowValues[(int) order[l]];
                }
                append(column, (float) sum);
            }
        }

        private void pack() {
            Matrix.requireMemory(
                    6L * count + 4L * startCount, "sparse matrix of more than " + rowCount + " × " + width);
            packed.add(SparseSegment.of(Arrays.copyOf(starts, startCount), at, values, width));
            startCount = 1;
            count = 0;
        }

        /** How many rows have been added. */
        public int rows() {
            return rowCount;
        }

        /**
         * The rows added so far as a matrix; the builder must not be used any more.
         *
         * @throws DataException if no row was added
         */
        public SparseMatrix build() {
            if (rowCount == 0) {
                throw new DataException("a matrix needs at least one row");
            }
            if (startCount > 1) {
                pack();
            }
            return of(width, packed, List.of(), List.of());
        }
    }
}
