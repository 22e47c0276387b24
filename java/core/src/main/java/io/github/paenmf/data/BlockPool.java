package io.github.paenmf.data;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The blocks of a store that are in memory: at most so many bytes of them, of which those go first that were read longest
 * ago. A thread beside those that compute reads ahead: what was said to be {@linkplain #expect expected}, or else what
 * follows the blocks that are read in order.
 *
 * <p>A block that has gone may still be in use, one by each thread; its memory is the collector's once it is not. So reading
 * takes no lock unless the block is not there.
 */
final class BlockPool {

    private static final Logger LOG = System.getLogger(BlockPool.class.getName());
    /** How long the thread that reads ahead waits for more before it ends. */
    private static final long IDLE_MILLIS = 1000;

    private final RowStore store;
    private final int blocks;
    private final long capacity;
    /** Blocks that are read ahead where they are read in order. */
    private final int ahead;

    private final AtomicReferenceArray<Held> slots;
    private final ExecutorService reader;
    /** Of each thread the block that it has read last: were it to go, each row after that would bring it back. */
    @SuppressWarnings("ThreadLocalUsage") // another pool has other blocks
    private final ThreadLocal<Held> inUse = new ThreadLocal<>();

    /** Counts the blocks that were read; what was used since the last one has its number. */
    private volatile int clock;
    /** Whether blocks are expected that were not used yet. */
    private volatile boolean expecting;

    private final List<Held> held = new ArrayList<>();
    private long bytes;
    private final ArrayDeque<Integer> wanted = new ArrayDeque<>();
    private final BitSet isWanted = new BitSet();
    private final BitSet expected = new BitSet();
    private boolean reading;

    /** A block in memory. */
    private static final class Held {
        final int block;
        final RowSource rows;
        final long bytes;
        /** By the clock; threads may be late to see it, which only makes it look older. */
        int lastUse;

        boolean used;

        Held(int block, RowSource rows, long bytes) {
            this.block = block;
            this.rows = rows;
            this.bytes = bytes;
        }
    }

    /**
     * @param capacity bytes, enough for the largest block twice and for {@code ahead} others
     */
    BlockPool(RowStore store, int blocks, long capacity, int ahead) {
        this.store = store;
        this.blocks = blocks;
        this.capacity = capacity;
        this.ahead = ahead;
        this.slots = new AtomicReferenceArray<>(blocks);
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, IDLE_MILLIS, TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "paenmf-reader");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        this.reader = executor;
    }

    /** A block, which is read unless it is there. */
    RowSource get(int block) {
        Held found = inUse.get();
        if (found == null || found.block != block) {
            found = slots.get(block);
            if (found == null) {
                found = load(block, false);
            }
            inUse.set(found);
        }
        if (found.lastUse != clock) {
            found.lastUse = clock;
        }
        if (!found.used) {
            firstUse(found);
        }
        return found.rows;
    }

    /** Bytes of the blocks that are there. */
    synchronized long heldBytes() {
        return bytes;
    }

    private synchronized void firstUse(Held first) {
        first.used = true;
        int block = first.block;
        if (expecting) {
            expected.clear(block);
            expecting = !expected.isEmpty();
            return;
        }
        Held before = slots.get((block + blocks - 1) % blocks);
        if (before != null && before.used) {
            for (int i = 1; i <= ahead; i++) {
                want((block + i) % blocks);
            }
            readWanted();
        }
    }

    /** Reads these blocks before any others, until all of them were used. */
    synchronized void expect(int[] next) {
        wanted.clear();
        isWanted.clear();
        expected.clear();
        for (int block : next) {
            Held there = slots.get(block);
            if (there == null || !there.used) {
                expected.set(block);
            }
            want(block);
        }
        expecting = !expected.isEmpty();
        readWanted();
    }

    private void want(int block) {
        if (slots.get(block) == null && !isWanted.get(block)) {
            isWanted.set(block);
            wanted.add(block);
        }
    }

    private void readWanted() {
        if (!reading && !wanted.isEmpty()) {
            reading = true;
            reader.execute(this::readAhead);
        }
    }

    private void readAhead() {
        try {
            boolean more = true;
            while (more) { // who waits for a block comes in between two of them
                more = readNext();
            }
        } catch (RuntimeException | OutOfMemoryError e) { // who needs the block meets it again
            LOG.log(Level.DEBUG, "reading ahead has ended", e);
            stopReading();
        }
    }

    private synchronized void stopReading() {
        wanted.clear();
        isWanted.clear();
        reading = false;
    }

    private synchronized boolean readNext() {
        Integer next = wanted.poll();
        if (next == null) {
            reading = false;
            return false;
        }
        isWanted.clear(next);
        load(next, true);
        return true;
    }

    /**
     * Reads a block.
     *
     * @param early whether nobody waits for it; then none goes for it that nobody has used yet
     * @return null if there was no room for one that nobody waits for
     */
    private synchronized Held load(int block, boolean early) {
        Held there = slots.get(block);
        if (there != null) {
            return there;
        }
        long needed = store.bytes(block);
        if (!makeRoom(needed, early)) {
            return null;
        }
        Held read = new Held(block, store.read(block), needed);
        read.lastUse = ++clock;
        held.add(read);
        bytes += needed;
        slots.set(block, read);
        return read;
    }

    /** Blocks go that were used longest ago, and if need be those that were read ahead, the last of them first. */
    private boolean makeRoom(long needed, boolean early) {
        while (bytes + needed > capacity && !held.isEmpty()) {
            Held oldest = null;
            Held furthest = null;
            for (Held candidate : held) {
                if (!candidate.used) {
                    furthest = furthest == null || candidate.lastUse > furthest.lastUse ? candidate : furthest;
                } else if (oldest == null || candidate.lastUse < oldest.lastUse) {
                    oldest = candidate;
                }
            }
            boolean isActive = oldest == null || oldest.lastUse >= clock - 1;
            if (early && isActive) {
                return false;
            }
            Held goes = isActive && furthest != null ? furthest : oldest;
            held.remove(goes);
            slots.set(goes.block, null);
            bytes -= goes.bytes;
        }
        return true;
    }
}
