package io.github.paenmf.data;

import java.util.Arrays;

/**
 * Which entries of n × m data are missing. For each row there is a list of columns, ascending: those that are missing or
 * those that are observed, the same throughout, whichever is shorter over all rows. It takes 3 to 5 bytes per entry
 * that is listed, and 4 a row. Immutable.
 */
public final class Mask {

    /** Its nonzeros are the entries that are listed. */
    private final SparseSource listed;

    private final boolean listsObserved;

    private Mask(SparseSource listed, boolean listsObserved) {
        this.listed = listed;
        this.listsObserved = listsObserved;
    }

    /** Of data of which everything that is not stored is missing; it holds them, and copies nothing. */
    static Mask ofObserved(SparseSource data) {
        return new Mask(data, true);
    }

    /**
     * Starts a mask to which rows are appended.
     *
     * @param columns m
     * @param listsObserved whether what is appended is observed, rather than missing
     */
    public static Builder builder(int columns, boolean listsObserved) {
        return new Builder(columns, listsObserved);
    }

    /** n. */
    public int rows() {
        return listed.rows();
    }

    /** m. */
    public int columns() {
        return listed.columns();
    }

    /** How many entries are missing. */
    public long missing() {
        return listsObserved ? listed.size() - listed.nonzeros() : listed.nonzeros();
    }

    /** How many entries are observed. */
    public long observed() {
        return listed.size() - missing();
    }

    /** How many entries of a row are missing. */
    public int missing(int row) {
        int count = listed(row);
        return listsObserved ? columns() - count : count;
    }

    /** How many entries of a row are listed. */
    public int listed(int row) {
        return listed.nonzeros(row);
    }

    /** Whether the columns that are listed are observed; otherwise they are missing. */
    public boolean listsObserved() {
        return listsObserved;
    }

    /**
     * Copies the columns of a row that are listed, ascending.
     *
     * @param columns takes them from index 0 on; m values or more
     * @return how many there are
     */
    public int copyListed(int row, int[] columns) {
        return listed.copyColumns(row, columns);
    }

    /**
     * The same of columns in a range.
     *
     * @param from the first column
     * @param to the column after the last
     */
    public int copyListed(int row, int from, int to, int[] columns) {
        int count = listed.copyColumns(row, columns);
        int first = Arrays.binarySearch(columns, 0, count, from);
        int end = Arrays.binarySearch(columns, 0, count, to);
        first = first < 0 ? -1 - first : first;
        end = end < 0 ? -1 - end : end;
        System.arraycopy(columns, first, columns, 0, end - first);
        return end - first;
    }

    /**
     * Copies the columns of a row that are not listed, ascending: the missing ones where the observed ones are listed, and
     * the other way round.
     *
     * @param columns takes them from index 0 on; m values or more
     * @return how many there are
     */
    public int copyUnlisted(int row, int[] columns) {
        return complement(columns, copyListed(row, columns), columns());
    }

    /**
     * Replaces an ascending list of some numbers from 0 on by that of all others.
     *
     * @param list as many values as there are numbers; the first {@code count} are given
     * @param size up to which numbers go, exclusive
     * @return how many there are
     */
    static int complement(int[] list, int count, int size) {
        int[] given = Arrays.copyOf(list, count);
        int at = 0;
        int l = 0;
        for (int j = 0; j < size; j++) {
            if (l < count && given[l] == j) {
                l++;
            } else {
                list[at++] = j;
            }
        }
        return at;
    }

    /** The same of data with rows and columns exchanged. */
    public Mask transpose() {
        return new Mask(SparseMatrix.of(listed).transpose(), listsObserved);
    }

    /** The same of some rows, in that order. */
    Mask selectRows(int[] rows) {
        return new Mask(SparseMatrix.of(listed.selectRows(rows)), listsObserved);
    }

    /** The same of some columns, in that order. */
    Mask selectColumns(int[] columns) {
        return new Mask(SparseMatrix.of(listed.selectColumns(columns)), listsObserved);
    }

    /**
     * Checks that every row and every feature has something that is observed.
     *
     * @param data has the names, for the message
     * @throws DataException that names the first row or column (from 1, and by name) that has nothing
     */
    public void requireUsable(RowSource data) {
        requireUsableRows(data);
        boolean[] any = new boolean[columns()];
        int[] missing = new int[columns()];
        int[] at = new int[columns()];
        for (int i = 0; i < rows(); i++) {
            int count = copyListed(i, at);
            for (int l = 0; l < count; l++) {
                if (listsObserved) {
                    any[at[l]] = true;
                } else {
                    missing[at[l]]++;
                }
            }
        }
        for (int j = 0; j < columns(); j++) {
            if (listsObserved ? !any[j] : missing[j] == rows()) {
                throw new DataException("all values in column " + Checks.label(j, data.columnNames())
                        + " are missing: nothing is known of this feature; leave it out");
            }
        }
    }

    /**
     * Checks that every row has something that is observed.
     *
     * @param data has the names, for the message
     * @throws DataException that names the first row (from 1, and by name) that has nothing
     */
    public void requireUsableRows(RowSource data) {
        for (int i = 0; i < rows(); i++) {
            if (missing(i) == columns()) {
                throw new DataException("all values in row " + Checks.label(i, data.rowNames())
                        + " are missing: nothing is known of this sample; leave it out");
            }
        }
    }

    /** Appends rows one by one. */
    public static final class Builder {

        private final SparseMatrix.Builder rows;
        private final boolean listsObserved;
        private float[] ones = new float[0];

        private Builder(int columns, boolean listsObserved) {
            this.rows = SparseMatrix.builder(columns);
            this.listsObserved = listsObserved;
        }

        /**
         * Appends a row.
         *
         * @param columns those that are listed, ascending
         * @param count how many they are
         */
        public Builder addRow(int[] columns, int count) {
            if (ones.length < count) {
                ones = new float[columns.length];
                Arrays.fill(ones, 1f);
            }
            rows.addRow(columns, ones, count);
            return this;
        }

        /**
         * What was appended as a mask; the builder must not be used any more.
         *
         * @throws DataException if no row was added
         */
        public Mask build() {
            return new Mask(rows.build(), listsObserved);
        }
    }
}
