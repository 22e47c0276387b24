package io.github.paenmf.model;

import java.util.Objects;

/**
 * How many fits beside its own tell of a model's parts.
 *
 * @param restarts fits from seeds of their own, at least 1, of which the best is the model
 * @param resample which rows each of them sees
 * @param consensus whether the model is that of the consensus of the restarts rather than the best of them
 * @param bootstrap fits of rows drawn anew that go on from the model, at least 2, or 0
 */
public record Replication(int restarts, Resample resample, boolean consensus, int bootstrap) {

    /** One fit and no more. */
    public static final Replication NONE = new Replication(1, Resample.NONE, false, 0);

    /**
     * @throws SettingException that names a setting out of range, or one that has no effect
     */
    public Replication {
        Objects.requireNonNull(resample, "resample");
        Setting.RESTARTS.require(restarts, restarts >= 1, "at least 1");
        Setting.BOOTSTRAP.require(bootstrap, bootstrap == 0 || bootstrap >= 2, "at least 2, or 0");
        Setting.RESAMPLE.requireEffect(restarts > 1 || resample == Resample.NONE, "without restarts");
        Setting.CONSENSUS.requireEffect(restarts > 1 || !consensus, "without restarts");
    }

    /** Whether rows are drawn anew. */
    public boolean drawsRows() {
        return bootstrap > 0 || resample != Resample.NONE;
    }
}
