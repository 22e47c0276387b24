package io.github.paenmf.train;

/**
 * How far the fits are that are made beside the one of a model.
 *
 * @param kind what they are for
 * @param done how many have ended
 * @param all how many there will be
 * @param best the least objective of those that have ended; NaN while there is none, and where they are of other data
 * @param seconds since the first of them began
 */
public record ReplicateReport(Kind kind, int done, int all, double best, double seconds) {

    /** What fits are for. */
    public enum Kind {
        /** Fits from other seeds. */
        RESTART,
        /** Fits of rows that were drawn anew, from the model. */
        BOOTSTRAP
    }
}
