package io.github.paenmf.vb;

/**
 * Draws of the rotation M from its posterior: what the intervals of any rows, new ones too, need of a fit beside its
 * basis. Arrays are not copied and must not be changed.
 *
 * @param rank number of components of the fit, r
 * @param live the l components that take part, ascending
 * @param mode the posterior's mode, l × l, row-major
 * @param matrices M of each draw, count × l × l
 * @param scales what the rotated H of each draw is multiplied by, count × l, so that the mean of each of its columns is
 *     the posterior's; W is divided by it
 */
public record RotationDraws(int rank, int[] live, double[] mode, double[] matrices, double[] scales) {

    /**
     * @throws IllegalArgumentException if lengths do not match, live components are not ascending and below the rank,
     *     or a scale is not above 0
     */
    public RotationDraws {
        Require.atLeast("the rank", rank, 1);
        for (int j = 0; j < live.length; j++) {
            if (live[j] < 0 || live[j] >= rank || j > 0 && live[j] <= live[j - 1]) {
                throw new IllegalArgumentException("live component " + live[j] + " at place " + j
                        + "; they must be ascending and below the rank, " + rank);
            }
        }
        long square = (long) live.length * live.length;
        Require.length("the mode of the rotation", mode, square);
        if (live.length > 0 && scales.length == 0) {
            throw new IllegalArgumentException("no draws of the rotation");
        }
        long count = live.length == 0 ? 0 : scales.length / live.length;
        Require.length("the scales", scales, count * live.length);
        Require.length("the drawn rotations", matrices, count * square);
        Require.range("scale", scales, Double.MIN_NORMAL, Double.MAX_VALUE);
        Require.range("drawn rotation", matrices, -Double.MAX_VALUE, Double.MAX_VALUE);
    }

    /** How many draws there are; 0 if no component is live. */
    public int count() {
        return live.length == 0 ? 0 : scales.length / live.length;
    }
}
