package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.CovariatePrior;

/**
 * Prior means of the coefficients of a run of rows, where covariates make each row's its own: λ₀ of its component times a
 * ratio. One row per component; what lies there is put there for each run.
 *
 * @param logRatio ln of the ratio
 * @param excess of the rate: 1/λ₀ of the coefficient less that of the component
 */
record RowPriors(MatrixView logRatio, MatrixView excess) {

    /** Room for the coefficients of so many rows. */
    static RowPriors of(int rank, int stride) {
        return new RowPriors(
                new MatrixView(new float[rank * stride], 0, stride),
                new MatrixView(new float[rank * stride], 0, stride));
    }

    /**
     * Takes over what covariates make of the priors of rows.
     *
     * @param means λ₀ of the components
     * @param settings that the rows have
     */
    void set(float[] means, CovariatePrior covariates, int[] settings, int count) {
        float[] logs = logRatio.data();
        float[] rates = excess.data();
        for (int j = 0; j < means.length; j++) {
            int at = logRatio.row(j);
            int ofRates = excess.row(j);
            double rate = 1.0 / means[j];
            for (int i = 0; i < count; i++) {
                logs[at + i] = (float) covariates.logRatioOf(settings[i], j);
                rates[ofRates + i] = (float) ((covariates.inverseRatioOf(settings[i], j) - 1) * rate);
            }
        }
    }

    /** Of the rows from one on. */
    RowPriors from(int first) {
        return new RowPriors(logRatio.from(0, first), excess.from(0, first));
    }

    /** Copies a row of others. */
    void copy(RowPriors others, int from, int to, int rank) {
        for (int j = 0; j < rank; j++) {
            logRatio.data()[logRatio.row(j) + to] = others.logRatio.data()[others.logRatio.row(j) + from];
            excess.data()[excess.row(j) + to] = others.excess.data()[others.excess.row(j) + from];
        }
    }
}
