package io.github.paenmf.vb;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Two threads that take tasks as they come. */
final class TwoThreads implements Parallel {

    @Override
    public void run(int count, IntConsumer task) {
        AtomicInteger next = new AtomicInteger();
        Runnable all = () -> {
            for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                task.accept(i);
            }
        };
        CompletableFuture<Void> other = CompletableFuture.runAsync(all);
        all.run();
        other.join();
    }
}
