package io.github.paenmf.model;

import java.util.Locale;

/** A setting is out of range, or has no effect; the message names it, its value and its range. */
public final class SettingException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final Setting setting;
    private final String problem;

    /**
     * @param problem what is wrong, to follow the name of the setting
     */
    public SettingException(Setting setting, String problem) {
        super(setting.title() + " " + problem);
        this.setting = setting;
        this.problem = problem;
    }

    /** Of a value that is not in a range, which is to follow "must be". */
    public static SettingException outOfRange(Setting setting, Object value, String range) {
        return new SettingException(setting, String.format(Locale.ROOT, "must be %s, not %s", range, value));
    }

    /** Of a setting that has no effect, where that is so. */
    public static SettingException withoutEffect(Setting setting, String where) {
        return new SettingException(setting, "has no effect " + where + "; leave it out");
    }

    /**
     * Of missing values, where none are taken.
     *
     * @param where to follow "cannot be left out"
     */
    public static SettingException noneMissing(String where) {
        return new SettingException(
                Setting.MISSING,
                "cannot be left out " + where
                        + "; nmf-hals, nmf-mu, nmf-kl, vb, and pae and ae with a Gaussian likelihood take them");
    }

    /** Which setting. */
    public Setting setting() {
        return setting;
    }

    /** What is wrong with it: the message without the name of the setting. */
    public String problem() {
        return problem;
    }
}
