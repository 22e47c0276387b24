package io.github.paenmf.math;

import java.util.Arrays;

/**
 * Which of the columns goes with which row, so that the sum of gains is greatest: the Hungarian method with potentials
 * (Kuhn 1955; Munkres 1957), by shortest augmenting paths as Jonker and Volgenant 1987, in O(rows²·columns).
 */
public final class Assignment {

    private static final int NONE = -1;

    private final double[][] gains;
    private final int columns;
    private final double[] rowPotentials;
    private final double[] columnPotentials;
    /** Of each column; {@link #NONE} while it is free. */
    private final int[] rowOf;

    private Assignment(double[][] gains, int columns) {
        this.gains = gains;
        this.columns = columns;
        this.rowPotentials = new double[gains.length];
        this.columnPotentials = new double[columns];
        this.rowOf = new int[columns];
        Arrays.fill(rowOf, NONE);
    }

    /**
     * The assignment with the greatest sum.
     *
     * @param gains rows × columns, finite, at least as many columns as rows; not written to
     * @return the column of each row, each column at most once
     * @throws IllegalArgumentException if there are fewer columns than rows, or a gain is not finite
     */
    public static int[] best(double[][] gains) {
        int columns = gains.length == 0 ? 0 : gains[0].length;
        if (columns < gains.length) {
            throw new IllegalArgumentException(gains.length + " rows cannot each have one of " + columns + " columns");
        }
        for (double[] row : gains) {
            if (row.length != columns || !Arrays.stream(row).allMatch(Double::isFinite)) {
                throw new IllegalArgumentException("gains must be " + columns + " finite numbers in each row");
            }
        }
        Assignment assignment = new Assignment(gains, columns);
        for (int row = 0; row < gains.length; row++) {
            assignment.add(row);
        }
        int[] columnOf = new int[gains.length];
        for (int column = 0; column < columns; column++) {
            if (assignment.rowOf[column] != NONE) {
                columnOf[assignment.rowOf[column]] = column;
            }
        }
        return columnOf;
    }

    /** Finds the way of least cost from a new row to a free column, over rows that move on to another column. */
    private void add(int newRow) {
        double[] distance = new double[columns];
        int[] before = new int[columns]; // the column whose row comes before on the way; NONE for the new row
        boolean[] reached = new boolean[columns];
        Arrays.fill(distance, Double.POSITIVE_INFINITY);
        int row = newRow;
        int column = NONE;
        do {
            int next = NONE;
            double base = column == NONE ? 0 : distance[column];
            for (int j = 0; j < columns; j++) {
                if (reached[j]) {
                    continue;
                }
                double reduced = base - gains[row][j] - rowPotentials[row] - columnPotentials[j];
                if (reduced < distance[j]) {
                    distance[j] = reduced;
                    before[j] = column;
                }
                if (next == NONE || distance[j] < distance[next]) {
                    next = j;
                }
            }
            column = next;
            reached[column] = true;
            row = rowOf[column];
        } while (row != NONE);
        double length = distance[column];
        rowPotentials[newRow] += length;
        for (int j = 0; j < columns; j++) {
            if (reached[j] && rowOf[j] != NONE) {
                columnPotentials[j] -= length - distance[j];
                rowPotentials[rowOf[j]] += length - distance[j];
            }
        }
        for (int j = column; j != NONE; j = before[j]) {
            rowOf[j] = before[j] == NONE ? newRow : rowOf[before[j]];
        }
    }
}
