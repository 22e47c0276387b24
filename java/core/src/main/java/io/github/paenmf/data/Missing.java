package io.github.paenmf.data;

/** Which entries of data are missing: nobody knows their values, and only the others are fitted and scored. */
public enum Missing {
    /** None: a value that is not a number (NaN) is refused. */
    NONE,
    /** Those that are not a number (NaN). */
    NAN,
    /** Those and all that are 0, stored or not, as in ratings. */
    ZEROS;

    /**
     * The policy of two switches.
     *
     * @param nan whether NaN is missing
     * @param zeros whether zeros are missing, and with them NaN
     */
    public static Missing of(boolean nan, boolean zeros) {
        return zeros ? ZEROS : nan ? NAN : NONE;
    }
}
