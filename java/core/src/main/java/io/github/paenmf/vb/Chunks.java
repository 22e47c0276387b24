package io.github.paenmf.vb;

/**
 * Cuts a range into at most {@link #MOST} runs of equal length, by its length alone: so that sums over them do not
 * depend on threads.
 */
final class Chunks {

    private static final int MOST = 64;

    /** Least length of a run, so that sharing it out costs little. */
    private static final int LEAST = 256;

    private final int total;
    private final int length;

    Chunks(int total) {
        this(total, LEAST);
    }

    Chunks(int total, int least) {
        this.total = total;
        this.length = Math.max(least, (total + MOST - 1) / MOST);
    }

    int count() {
        return (total + length - 1) / length;
    }

    int first(int chunk) {
        return chunk * length;
    }

    int end(int chunk) {
        return Math.min(total, first(chunk) + length);
    }
}
