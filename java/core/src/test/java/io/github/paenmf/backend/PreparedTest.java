package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PreparedTest {

    /** All of them ask before any has an answer. */
    @Test
    void valuesAreMadeOnceForAllThreads() throws InterruptedException {
        int count = 4;
        AtomicInteger made = new AtomicInteger();
        CountDownLatch asking = new CountDownLatch(count);
        Prepared<Object> prepared = new Prepared<>(() -> {
            made.incrementAndGet();
            return new Object();
        });
        ConcurrentHashMap<Integer, Object> seen = new ConcurrentHashMap<>();
        Thread[] threads = new Thread[count];
        for (int i = 0; i < count; i++) {
            int index = i;
            threads[i] = new Thread(() -> {
                asking.countDown();
                try {
                    asking.await();
                } catch (InterruptedException e) {
                    return; // it is missing below
                }
                seen.put(index, prepared.get());
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(count, seen.size());
        seen.values().forEach(value -> assertSame(prepared.get(), value));
        assertEquals(1, made.get());
    }

    @Test
    void nothingIsMadeUnasked() {
        AtomicInteger made = new AtomicInteger();
        new Prepared<>(made::incrementAndGet);
        assertEquals(0, made.get());
    }
}
