package io.github.paenmf.model;

/**
 * What the objective of standard NMF adds for the values x of a factor: l1·Σx + l2/2·Σx². The first makes small values 0,
 * the second keeps large ones down.
 *
 * @param l1 in units of the data's root mean square, in [0, 1e6]
 * @param l2 likewise
 */
public record Penalty(double l1, double l2) {

    /** Adds nothing. */
    public static final Penalty NONE = new Penalty(0, 0);

    /** Sums of larger ones over many rows and features leave the range of float32. */
    private static final double GREATEST = 1e6;

    /**
     * @throws SettingException that names the parameter, its value and its range
     */
    public Penalty {
        Setting.L1.require(l1, l1 >= 0 && l1 <= GREATEST, "in [0, 1e6]");
        Setting.L2.require(l2, l2 >= 0 && l2 <= GREATEST, "in [0, 1e6]");
    }

    /** Whether it adds nothing. */
    public boolean isNone() {
        return l1 == 0 && l2 == 0;
    }
}
