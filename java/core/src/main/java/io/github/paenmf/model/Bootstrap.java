package io.github.paenmf.model;

import io.github.paenmf.data.Matrix;
import java.util.Arrays;
import org.apache.commons.numbers.gamma.InverseErf;

/**
 * How a model's parts would differ had other samples been drawn: what fits that go on from it, each on the rows as often as
 * Poisson numbers of mean 1 say, make of them (the bootstrap of Efron 1979, by independent weights).
 *
 * @param matches the components of these fits
 * @param errors standard error of each weight of the basis: the standard deviation over the fits, whose components are
 *     multiplied so that their mean coefficient is the model's; m × r, in units of the model's basis; must not be written
 *     to
 */
public record Bootstrap(MatchedFits matches, Matrix errors) {

    /**
     * How far an interval reaches to either side of a weight, in standard errors: those of a normal distribution.
     *
     * @param level probability of the interval, in (0, 1)
     * @throws IllegalArgumentException if it is not
     */
    public static double reach(double level) {
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("level must be in (0, 1), not " + level);
        }
        return Math.sqrt(2) * InverseErf.value(level);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bootstrap that
                && Arrays.deepEquals(
                        matches.cosines().toRows(), that.matches.cosines().toRows())
                && Arrays.deepEquals(errors.toRows(), that.errors.toRows());
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(matches.cosines().toRows());
    }
}
