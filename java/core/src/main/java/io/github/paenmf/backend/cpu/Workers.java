package io.github.paenmf.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** A fixed number of threads, the caller's among them, that share out numbered tasks. */
final class Workers implements AutoCloseable {

    /** One of a number of independent tasks. */
    interface Task {
        /**
         * @param worker index of the thread, less than {@link Workers#threads()}: selects scratch space
         * @param index which task
         */
        void run(int worker, int index);
    }

    private final int threads;
    private final ExecutorService helpers;

    Workers(int threads) {
        this.threads = threads;
        this.helpers = threads == 1
                ? null
                : Executors.newFixedThreadPool(threads - 1, task -> {
                    Thread thread = new Thread(task, "paenmf-worker");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    int threads() {
        return threads;
    }

    /**
     * Runs tasks 0 to {@code count} − 1 and returns when all are done. Tasks must not depend on each
     * other, nor on which thread runs them.
     */
    void run(int count, Task task) {
        int used = Math.min(threads, count);
        if (used <= 1) {
            for (int i = 0; i < count; i++) {
                task.run(0, i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        IntConsumer share = worker -> {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                task.run(worker, i);
            }
        };
        List<Future<?>> futures = new ArrayList<>(used - 1);
        for (int t = 1; t < used; t++) {
            int worker = t;
            futures.add(helpers.submit(() -> share.accept(worker)));
        }
        try {
            share.accept(0);
        } finally {
            join(futures);
        }
    }

    private static void join(List<Future<?>> futures) {
        boolean interrupted = false;
        RuntimeException failure = null;
        for (Future<?> future : futures) {
            while (true) {
                try {
                    future.get();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true; // the arrays of the step are in use until every share is done
                } catch (ExecutionException e) {
                    failure = new IllegalStateException("a worker thread failed: " + e.getCause(), e.getCause());
                    break;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void close() {
        if (helpers != null) {
            helpers.shutdownNow();
        }
    }
}
