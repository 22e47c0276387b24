package io.github.paenmf.backend.cuda;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * That something of the driver's is freed exactly once: when its owner is closed, or, should that be forgotten, once
 * the owner is garbage, and then with an error in the log.
 */
final class Lifetime {

    private static final Logger LOG = System.getLogger(Lifetime.class.getName());
    private static final Cleaner CLEANER = Cleaner.create();
    private static final AtomicInteger LIVE = new AtomicInteger();
    private static final AtomicLong LIVE_BYTES = new AtomicLong();
    private static final AtomicInteger FORGOTTEN = new AtomicInteger();

    private final Release release;
    private final Cleaner.Cleanable cleanable;

    private Lifetime(Object owner, Release release) {
        this.release = release;
        this.cleanable = CLEANER.register(owner, release);
    }

    /**
     * Begins a lifetime.
     *
     * @param owner whose reachability ends it; {@code free} must not refer to it
     * @param what for the log
     * @param bytes of memory, for {@link #liveBytes}
     * @param free runs once, on any thread
     */
    static Lifetime begin(Object owner, String what, long bytes, Runnable free) {
        LIVE.incrementAndGet();
        LIVE_BYTES.addAndGet(bytes);
        return new Lifetime(owner, new Release(what, bytes, free));
    }

    /** Frees; harmless when that has been done. */
    void end() {
        release.closed = true;
        cleanable.clean();
    }

    boolean ended() {
        return release.closed;
    }

    /** How many things are not freed yet. */
    static int live() {
        return LIVE.get();
    }

    /** Bytes of memory that are not freed yet. */
    static long liveBytes() {
        return LIVE_BYTES.get();
    }

    /** How many things nobody closed, since the JVM started. */
    static int forgotten() {
        return FORGOTTEN.get();
    }

    private static final class Release implements Runnable {

        private final String what;
        private final long bytes;
        private final Runnable free;
        private volatile boolean closed;

        Release(String what, long bytes, Runnable free) {
            this.what = what;
            this.bytes = bytes;
            this.free = free;
        }

        @Override
        public void run() {
            if (!closed) {
                LOG.log(Level.ERROR, "leak: {0} was never closed; freeing it now", what);
            }
            try {
                free.run();
            } finally {
                LIVE.decrementAndGet();
                LIVE_BYTES.addAndGet(-bytes);
                if (!closed) {
                    FORGOTTEN.incrementAndGet();
                }
            }
        }
    }
}
