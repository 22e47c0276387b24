package io.github.paenmf.train;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Fits beside each other, on threads of their own. */
public final class ConcurrentFits {

    private static final long MILLISECONDS_BETWEEN_LOOKS = 100;

    private ConcurrentFits() {}

    /** Hears how far they are, on the thread that waits for them. */
    public interface Watch {

        /** One more has ended. */
        void ended(int done, int all);

        /** Between the ends of fits, some ten times a second. */
        default void meanwhile() {}
    }

    /**
     * Runs fits; when this returns or throws, its threads have ended.
     *
     * @param atOnce how many run beside each other, at least 1
     * @param watch may end all by throwing
     * @return all results, in the order of the fits
     * @throws CancellationException if the calling thread was {@linkplain Thread#interrupt interrupted}, and then stays so.
     *     Fits that were running end within an epoch
     * @throws RuntimeException what a fit has thrown
     */
    public static <T> List<T> run(List<Callable<T>> fits, int atOnce, Watch watch) {
        List<Thread> started = new CopyOnWriteArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(Math.min(atOnce, fits.size()), task -> {
            Thread thread = new Thread(task, "paenmf-fit");
            thread.setDaemon(true);
            started.add(thread);
            return thread;
        });
        try {
            ExecutorCompletionService<T> completion = new ExecutorCompletionService<>(pool);
            List<Future<T>> futures = new ArrayList<>();
            fits.forEach(fit -> futures.add(completion.submit(fit)));
            for (int done = 1; done <= fits.size(); done++) {
                Future<T> ended = completion.poll();
                while (ended == null) {
                    watch.meanwhile();
                    ended = completion.poll(MILLISECONDS_BETWEEN_LOOKS, TimeUnit.MILLISECONDS);
                }
                ended.get();
                watch.ended(done, fits.size());
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause; // as it is: memory that is short is no fault in the code
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } finally {
            pool.shutdownNow(); // interrupts the fits that are still running
            join(started);
        }
    }

    /** Waits also if the caller is interrupted: the data must not be read any more once it goes on. */
    private static void join(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
