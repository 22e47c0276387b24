package io.github.paenmf.vb;

import java.util.function.IntConsumer;

/**
 * Shares out tasks to threads. What a task computes depends on its index alone, and sums over tasks are made in the
 * order of their indices, so that no result depends on the threads.
 */
@FunctionalInterface
public interface Parallel {

    /** Runs tasks 0 to {@code count} − 1, each once, and returns when all are done. */
    void run(int count, IntConsumer task);

    /** One task after the other on the caller's thread. */
    static Parallel serial() {
        return (count, task) -> {
            for (int i = 0; i < count; i++) {
                task.accept(i);
            }
        };
    }
}
