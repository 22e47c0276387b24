package io.github.paenmf.data;

/**
 * What the values of a row are divided by before a fit, as samples are measured more or less deeply. With a likelihood of
 * counts they stay as they are, and what is expected of them is multiplied instead.
 */
public enum SizeFactors {
    /** Nothing. */
    NONE,
    /**
     * The total of the row over the mean total of the training rows that are not empty, so that an average row keeps its
     * unit; 1 for an empty row, which has nothing to divide.
     */
    TOTAL,
    /** What came with the data, by {@link #attach}. */
    GIVEN;

    /**
     * The same values (shared, not copied) with a size factor for each row, which a fit or model with size factors
     * {@link #GIVEN} divides them by. They stay with their rows, whichever of them are selected.
     *
     * @param data n × m
     * @param factors n numbers
     * @throws DataException that names the first row whose factor is not finite or not above 0, or if there are not n of
     *     them
     */
    public static RowSource attach(RowSource data, double[] factors) {
        RowSource values = data instanceof SizedRows sized ? sized.source() : data;
        if (factors.length != values.rows()) {
            throw new DataException("there are " + factors.length + " size factors for " + values.rows() + " rows");
        }
        for (int i = 0; i < factors.length; i++) {
            if (!(factors[i] > 0 && factors[i] < Double.POSITIVE_INFINITY)) {
                throw new DataException("the size factor of row " + Checks.label(i, values.rowNames()) + " is "
                        + factors[i] + "; it must be a finite number above 0");
            }
        }
        return SizedRows.of(values, factors.clone());
    }

    /** Data with the size factors that other data of as many rows come with, or without where those have none. */
    public static RowSource attachThoseOf(RowSource sized, RowSource data) {
        return sized instanceof SizedRows with ? attach(data, with.factors()) : data;
    }

    /** Whether data come with size factors. */
    public static boolean areAttached(RowSource data) {
        return data instanceof SizedRows;
    }
}
