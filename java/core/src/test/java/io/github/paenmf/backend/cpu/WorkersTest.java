package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.DataException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 5", "2, 1", "2, 2", "3, 1000", "8, 3", "8, 1000"})
    void everyTaskRunsOnce(int threads, int count) {
        AtomicIntegerArray runs = new AtomicIntegerArray(count);
        try (Workers workers = new Workers(threads)) {
            assertEquals(threads, workers.threads());
            for (int repetition = 1; repetition <= 50; repetition++) {
                workers.run(count, (worker, index) -> {
                    assertTrue(worker >= 0 && worker < threads, "worker " + worker);
                    runs.incrementAndGet(index);
                });
                for (int i = 0; i < count; i++) {
                    assertEquals(repetition, runs.get(i), "task " + i);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 8})
    void everyThreadTakesPartWithAnIndexOfItsOwn(int threads) {
        Set<Integer> indices = ConcurrentHashMap.newKeySet();
        Set<Thread> used = ConcurrentHashMap.newKeySet();
        CyclicBarrier all = new CyclicBarrier(threads); // none goes on before each has a task
        try (Workers workers = new Workers(threads)) {
            workers.run(threads, (worker, index) -> {
                await(all);
                indices.add(worker);
                used.add(Thread.currentThread());
            });
        }
        assertEquals(threads, indices.size());
        assertEquals(threads, used.size());
        assertTrue(used.contains(Thread.currentThread()), "the caller is one of them");
        used.remove(Thread.currentThread());
        assertTrue(used.stream().allMatch(Thread::isDaemon), "a forgotten pool must not keep the JVM");
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new AssertionError(e);
        }
    }

    /** The task fails on the caller's thread or on a helper's, as the flag says; the others go on. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFailureReachesTheCallerAfterAllOthersAreDone(boolean onCaller) {
        int threads = 3;
        CyclicBarrier all = new CyclicBarrier(threads);
        AtomicIntegerArray runs = new AtomicIntegerArray(100);
        Thread caller = Thread.currentThread();
        RuntimeException failure = new IllegalArgumentException("task");
        try (Workers workers = new Workers(threads)) {
            RuntimeException thrown = assertThrows(
                    RuntimeException.class,
                    () -> workers.run(100, (worker, index) -> {
                        runs.incrementAndGet(index);
                        if (index < threads) {
                            await(all);
                            if (onCaller ? Thread.currentThread() == caller : worker == 1) {
                                throw failure;
                            }
                        }
                    }));
            assertSame(failure, thrown);
            assertEquals(onCaller ? 0 : 1, thrown.getSuppressed().length, "the caller's stack, where it is another");
            for (int i = 0; i < 100; i++) {
                assertEquals(1, runs.get(i), "the other threads finish the work; task " + i);
            }
            workers.run(100, (worker, index) -> runs.incrementAndGet(index));
            for (int i = 0; i < 100; i++) {
                assertEquals(2, runs.get(i), "usable after a failure; task " + i);
            }
        }
    }

    static List<Throwable> failures() {
        return List.of(
                new OutOfMemoryError("Java heap space"),
                new StackOverflowError(),
                new DataException("row 3"),
                new CancellationException("stopped"));
    }

    /** The class says what a user is told to do. */
    @ParameterizedTest
    @MethodSource("failures")
    void whatATaskThrowsIsWhatTheCallerGets(Throwable failure) {
        CyclicBarrier both = new CyclicBarrier(2);
        try (Workers workers = new Workers(2)) {
            Throwable thrown = assertThrows(
                    failure.getClass(),
                    () -> workers.run(2, (worker, index) -> {
                        await(both);
                        if (worker == 1 && failure instanceof Error error) {
                            throw error;
                        } else if (worker == 1) {
                            throw (RuntimeException) failure;
                        }
                    }));
            assertSame(failure, thrown);
        }
    }

    /** One task, or work that is worth one thread only, starts none, however many there may be. */
    @Test
    void threadsStartWhenThereIsWorkForThem() {
        try (Workers workers = new Workers(64)) {
            long before = Workers.startedInAll();
            workers.run(1, (worker, index) -> {});
            workers.run(1000, 1, (worker, index) -> assertEquals(0, worker));
            assertEquals(0, Workers.startedInAll() - before);
            workers.run(1000, 3, (worker, index) -> assertTrue(worker < 3));
            assertEquals(2, Workers.startedInAll() - before);
            workers.run(5, (worker, index) -> assertTrue(worker < 5));
            workers.run(2, (worker, index) -> assertTrue(worker < 2));
            assertEquals(4, Workers.startedInAll() - before);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1e6, 1", "3.9e6, 1", "4e6, 2", "1e7, 5", "1e300, 64"})
    void shortWorkIsWorthFewThreads(double flops, int threads) {
        assertEquals(threads, Workers.worth(flops, 2e6, 64));
    }

    /** The helper's task ends only after the interrupt has ended the caller's first wait for it. */
    @Test
    void anInterruptWaitsForTheTasksAndIsKept() {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicBoolean interrupted = new AtomicBoolean();
        AtomicBoolean done = new AtomicBoolean();
        Thread caller = Thread.currentThread();
        try (Workers workers = new Workers(2)) {
            workers.run(2, (worker, index) -> {
                await(both);
                if (worker == 0) {
                    caller.interrupt();
                    interrupted.set(true);
                    return;
                }
                while (!interrupted.get() || caller.isInterrupted()) {
                    Thread.onSpinWait();
                }
                done.set(true);
            });
        }
        assertTrue(Thread.interrupted(), "the flag is for the caller to see");
        assertTrue(done.get(), "the task was still running");
    }

    @Test
    void closedWorkersTakeNoMoreTasks() {
        Workers workers = new Workers(2);
        workers.close();
        assertThrows(RejectedExecutionException.class, () -> workers.run(2, (worker, index) -> {}));
    }
}
