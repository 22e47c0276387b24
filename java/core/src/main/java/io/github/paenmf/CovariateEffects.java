package io.github.paenmf;

import io.github.paenmf.data.FittedCovariates;
import io.github.paenmf.data.FittedCovariates.Coding;
import io.github.paenmf.data.FittedCovariates.Levels;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Bootstrap;
import io.github.paenmf.model.FittedEffects;

/**
 * What each covariate does to each component: the factor by which it multiplies the prior mean of a coefficient, with
 * credible intervals. Of a
 * covariate of numbers the factor is that of one standard deviation more; of texts it is that of rows of the level,
 * compared with a row whose covariates are the mean of the training rows. Each matrix has one row for each covariate of
 * numbers and for each level, by name, and one column for each component.
 *
 * @param factor exp of the effect; 1 where there is none
 * @param lower lower bounds of the factors
 * @param upper upper bounds
 */
public record CovariateEffects(Matrix factor, Matrix lower, Matrix upper) {

    /**
     * @param effects B, r × q
     * @param level probability of each interval, in (0, 1)
     */
    static CovariateEffects of(FittedEffects fitted, double[] effects, int rank, double level) {
        double reach = Bootstrap.reach(level);
        int q = fitted.coding().width();
        Matrix factor = Matrix.zeros(q, rank);
        Matrix lower = Matrix.zeros(q, rank);
        Matrix upper = Matrix.zeros(q, rank);
        int row = 0;
        for (Coding coding : fitted.coding().columns()) {
            for (int c = 0; c < coding.width(); c++) {
                double[] contrast = contrast(coding, row - c, c, q);
                for (int j = 0; j < rank; j++) {
                    double effect = 0;
                    double variance = 0;
                    for (int a = 0; a < q; a++) {
                        effect += contrast[a] * effects[j * q + a];
                        for (int b = 0; b < q; b++) {
                            variance += contrast[a] * contrast[b] * fitted.covariances()[(j * q + a) * q + b];
                        }
                    }
                    double width = reach * Math.sqrt(Math.max(0, variance));
                    set(factor, row, j, effect);
                    set(lower, row, j, effect - width);
                    set(upper, row, j, effect + width);
                }
                row++;
            }
        }
        return new CovariateEffects(
                named(factor, fitted.coding()), named(lower, fitted.coding()), named(upper, fitted.coding()));
    }

    /**
     * The factors alone.
     *
     * @param effects B, r × q
     */
    static Matrix factors(FittedCovariates coding, double[] effects, int rank) {
        double[] unknown = new double[effects.length * coding.width()];
        return of(new FittedEffects(coding, unknown), effects, rank, 0.5).factor();
    }

    /** What an effect is of B: one of numbers itself, that of a level less the mean of all levels. */
    private static double[] contrast(Coding coding, int first, int column, int q) {
        double[] contrast = new double[q];
        if (coding instanceof Levels levels) {
            for (int l = 0; l < levels.width(); l++) {
                contrast[first + l] = -levels.shares().get(l);
            }
        }
        contrast[first + column] += 1;
        return contrast;
    }

    private static void set(Matrix target, int row, int column, double log) {
        target.storage(row)[target.offset(row) + column] = (float) Math.exp(log);
    }

    private static Matrix named(Matrix matrix, FittedCovariates coding) {
        return matrix.withNames(coding.codedNames(), Latent.componentNames(matrix.columns()));
    }
}
