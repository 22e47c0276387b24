package io.github.paenmf.data;

/** Data without zeros, as a divergence asks for whose value at 0 is infinite. */
public final class PositiveData {

    private PositiveData() {}

    /**
     * Checks that every value that is observed is above 0.
     *
     * @param data finite and at least 0
     * @param what asks for it, for the message
     * @throws DataException that names the row and column (from 1, and by name) of the first 0
     */
    public static void require(RowSource data, String what) {
        int m = data.columns();
        float[] values = new float[m];
        int[] listed = new int[m];
        for (int i = 0; i < data.rows(); i++) {
            data.copyRow(i, values, 0);
            Mask mask = data.mask();
            int count = mask == null ? 0 : mask.copyListed(i, listed);
            int l = 0;
            for (int j = 0; j < m; j++) {
                boolean isListed = l < count && listed[l] == j;
                l += isListed ? 1 : 0;
                boolean observed = mask == null || isListed == mask.listsObserved();
                if (values[j] == 0 && observed) {
                    throw new DataException(
                            "the value in row " + Checks.label(i, data.rowNames()) + ", column "
                                    + Checks.label(j, data.columnNames()) + " is 0: " + what
                                    + " needs values above 0, at 0 it is infinite. Take a beta above 0, or make zeros missing.");
                }
            }
        }
    }
}
