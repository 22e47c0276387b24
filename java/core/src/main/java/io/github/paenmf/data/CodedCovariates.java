package io.github.paenmf.data;

/**
 * Covariates of rows as numbers, of which the mean over the training rows is 0: rows with the same ones share a setting.
 *
 * @param settings distinct rows of numbers, settings × columns, row-major; must not be written to
 * @param columns of numbers
 * @param setting of each row, n; must not be written to
 */
public record CodedCovariates(double[] settings, int columns, int[] setting) {

    /** How many distinct rows of numbers there are. */
    public int count() {
        return settings.length / columns;
    }

    /** A number of a setting. */
    public double value(int which, int column) {
        return settings[which * columns + column];
    }
}
