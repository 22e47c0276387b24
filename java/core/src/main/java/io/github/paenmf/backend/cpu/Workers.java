package io.github.paenmf.backend.cpu;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed number of threads, the caller's among them, that share out numbered tasks. Whoever waits
 * spins for some microseconds, since a thread that the system has to wake takes longer than most
 * stages, and then parks. A thread is started by the first call that has work for it. One thread at a time may call
 * {@code run}, which allocates nothing but the threads that it starts.
 *
 * <p>Each thread begins with a run of tasks of its own, the same whenever their number is the same, so
 * that it finds in its cache what it left there; then it helps the others.
 */
final class Workers implements AutoCloseable {

    /** One of a number of independent tasks. */
    interface Task {
        /**
         * @param worker index of the thread, less than {@link Workers#threads()}: selects scratch space
         * @param index which task
         */
        void run(int worker, int index);
    }

    /** Calls of {@link Thread#onSpinWait} before a thread parks: some 20 to 100 µs. */
    private static final int SPINS = 2000;
    /** Counters of different threads lie in different cache lines. */
    private static final int COUNTER_STEP = 32;

    /** Threads that were started in this JVM, for tests. */
    private static final AtomicLong STARTED = new AtomicLong();

    private final int threads;
    private final int spins;
    private final Helper[] helpers;
    /** How many of the helpers there are so far. */
    private int started;

    /** Of each thread, the next task of its run. */
    private final AtomicIntegerArray next;
    /** What {@link #next} may not reach. */
    private final int[] ends;

    private final AtomicInteger running = new AtomicInteger();
    private Task task;
    private int used;
    private volatile Thread caller;
    private volatile Throwable failure;
    private volatile boolean closed;

    /** Which call of {@link #run} this is; helpers that take part wait for a change of their own copy. */
    private int call;

    Workers(int threads) {
        this.threads = threads;
        this.spins = threads <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
        this.next = new AtomicIntegerArray(threads * COUNTER_STEP);
        this.ends = new int[threads];
        this.helpers = new Helper[threads - 1];
    }

    /** The most that a call uses, the caller's among them. */
    int threads() {
        return threads;
    }

    /** Threads that all workers of this JVM have started so far. */
    static long startedInAll() {
        return STARTED.get();
    }

    /**
     * How many threads some work is worth.
     *
     * @param flops floating-point operations of the work
     * @param threadFlops those that are worth a thread
     * @param most how many there may be
     * @return at least 1
     */
    static int worth(double flops, double threadFlops, int most) {
        return (int) Math.max(1, Math.min(most, flops / threadFlops));
    }

    /** As {@link #run(int, int, Task)} on all threads. */
    void run(int count, Task newTask) {
        run(count, threads, newTask);
    }

    /**
     * Runs tasks 0 to {@code count} − 1 and returns when all are done. Tasks must not depend on each
     * other, nor on which thread runs them.
     *
     * <p>What a task throws is thrown here once all threads have stopped, whichever thread ran it.
     *
     * @param most threads that the work is worth
     */
    void run(int count, int most, Task newTask) {
        if (closed) {
            throw new RejectedExecutionException("the workers are closed");
        }
        used = Math.min(Math.min(threads, most), count);
        if (used <= 1) {
            for (int i = 0; i < count; i++) {
                newTask.run(0, i);
            }
            return;
        }
        start(used - 1);
        for (int worker = 0; worker < used; worker++) {
            next.setPlain(worker * COUNTER_STEP, (int) ((long) count * worker / used));
            ends[worker] = (int) ((long) count * (worker + 1) / used);
        }
        task = newTask;
        failure = null;
        running.setPlain(used - 1);
        call++;
        for (int i = 0; i < used - 1; i++) {
            helpers[i].begin(call);
        }
        try {
            share(0);
        } finally {
            join();
        }
        if (failure != null) {
            throw unchecked(failure);
        }
    }

    private void start(int wanted) {
        for (; started < wanted; started++) {
            Helper helper = new Helper(started + 1);
            helper.start();
            STARTED.incrementAndGet();
            helpers[started] = helper;
        }
    }

    /** As it is: a caller goes by the class, which says whether memory is short, data are bad or the code is wrong. */
    private static RuntimeException unchecked(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            exception.addSuppressed(new Exception("the call that a worker thread failed in")); // has the caller's stack
            return exception;
        }
        return new IllegalStateException("a worker thread failed: " + failure, failure);
    }

    private void share(int worker) {
        for (int i = 0; i < used; i++) {
            int owner = (worker + i) % used;
            int counter = owner * COUNTER_STEP;
            int end = ends[owner];
            for (int index = next.getAndIncrement(counter); index < end; index = next.getAndIncrement(counter)) {
                task.run(worker, index);
            }
        }
    }

    /** Waits for the helpers also when the caller is interrupted: the arrays of the step are in use until then. */
    private void join() {
        for (int spin = 0; spin < spins; spin++) {
            if (running.get() == 0) {
                return;
            }
            Thread.onSpinWait();
        }
        boolean interrupted = false;
        caller = Thread.currentThread();
        while (running.get() != 0) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        caller = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (int i = 0; i < started; i++) {
            LockSupport.unpark(helpers[i]);
        }
    }

    /** A thread beside the caller's. */
    private final class Helper extends Thread {

        private final int worker;
        private volatile int begun;
        private volatile boolean parked;

        Helper(int worker) {
            super("paenmf-worker-" + worker);
            this.worker = worker;
            setDaemon(true);
        }

        /** Lets it take part in a call. */
        void begin(int newCall) {
            begun = newCall;
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            for (int done = 0; await(done); ) {
                done = begun;
                try {
                    share(worker);
                } catch (Throwable e) { // whatever it is, the caller has to know
                    failure = e;
                } finally {
                    if (running.decrementAndGet() == 0) {
                        LockSupport.unpark(caller); // null if it is not waiting yet
                    }
                }
            }
        }

        /** Whether there is a call to take part in, rather than an end. */
        private boolean await(int done) {
            for (int spin = 0; spin < spins && begun == done && !closed; spin++) {
                Thread.onSpinWait();
            }
            parked = true;
            while (begun == done && !closed) {
                LockSupport.park(Workers.this);
            }
            parked = false;
            return begun != done;
        }
    }
}
