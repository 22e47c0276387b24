package io.github.paenmf.backend.cpu;

import io.github.paenmf.data.Mask;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;

/** ‖v − v̂‖² of rows over their observed entries, entry by entry in double. Of one worker. */
final class ObservedErrors {

    private final RowSource data;
    private final Mask mask;
    private final MatrixView w;
    private final int r;
    private final double scale;
    private final int[] observed;
    private final int[] at;
    private final float[] values;
    private final double[] fitted;

    /**
     * @param data with a mask
     * @param w Wᵀ, one row per component
     * @param scale what the data are divided by
     */
    ObservedErrors(RowSource data, MatrixView w, int rank, double scale) {
        this.data = data;
        this.mask = data.mask();
        this.w = w;
        this.r = rank;
        this.scale = scale;
        int m = data.columns();
        this.observed = new int[m];
        this.at = new int[m];
        this.values = new float[m];
        this.fitted = new double[m];
    }

    /**
     * Of one row.
     *
     * @param h Hᵀ, one row per component; {@code column} is that of the row
     */
    double squaredError(int row, MatrixView h, int column) {
        int count = mask.listsObserved() ? mask.copyListed(row, observed) : mask.copyUnlisted(row, observed);
        Arrays.fill(fitted, 0, count, 0.0);
        for (int j = 0; j < r; j++) {
            double coefficient = h.data()[h.row(j) + column];
            int component = w.row(j);
            for (int l = 0; l < count; l++) {
                fitted[l] += coefficient * w.data()[component + observed[l]];
            }
        }
        int nonzeros = data.copyNonzeros(row, 0, data.columns(), at, values);
        double sum = 0;
        int next = 0;
        for (int l = 0; l < count; l++) {
            double value = 0;
            if (next < nonzeros && at[next] == observed[l]) {
                value = values[next++] / scale;
            }
            sum += (value - fitted[l]) * (value - fitted[l]);
        }
        return sum;
    }
}
