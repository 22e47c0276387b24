package io.github.paenmf.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Blas;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.PaeParameters;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuRowBlocksTest {

    private static final int BLOCK = Matrix.ROW_ALIGNMENT;

    /** Of a rank at which two blocks are worth two threads. */
    private static RowBlocks inference() {
        int rank = 100;
        FittedPae model = new FittedPae(
                PaeNmf.builder().rank(rank).build().configuration(),
                new PaeParameters(1, rank),
                1,
                List.of(),
                new History(new double[0], new double[0], StopReason.EPOCHS),
                0,
                List.of());
        return new CpuPaeInference(
                model, 0, CpuRuntime.get(Blas.JAVA), Execution.auto().withThreads(2));
    }

    static Stream<Named<Supplier<RowBlocks>>> ofTwoThreads() {
        return Stream.of(
                Named.of("for another device", () -> new CpuRowBlocks(2)),
                Named.of("of inference on the CPU", CpuRowBlocksTest::inference));
    }

    /** Each of two blocks waits for the other, so that one thread alone would never come to an end. */
    @ParameterizedTest
    @MethodSource("ofTwoThreads")
    void blocksAreSharedOut(Supplier<RowBlocks> opening) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CyclicBarrier both = new CyclicBarrier(2);
        try (RowBlocks blocks = opening.get()) {
            blocks.forBlocks(2 * BLOCK, (first, rows) -> {
                threads.add(Thread.currentThread());
                try {
                    both.await();
                } catch (BrokenBarrierException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        assertEquals(2, threads.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 31})
    void everyRowIsOfOneBlock(int rows) {
        for (RowBlocks blocks : List.of(RowBlocks.serial(), new CpuRowBlocks(1), new CpuRowBlocks(3))) {
            int[] seen = new int[rows];
            try (blocks) {
                blocks.forBlocks(rows, (first, count) -> {
                    assertEquals(0, first % BLOCK);
                    IntStream.range(first, first + count).forEach(i -> seen[i]++);
                });
            }

            assertEquals(rows, IntStream.of(seen).filter(times -> times == 1).count());
        }
    }

    /** 1 added to 2⁵³ is lost, so that another order gives another sum. */
    @Test
    void sumsGoInTheOrderOfBlocks() {
        RowBlocks backwards = (rows, task) -> {
            for (int first = rows - BLOCK; first >= 0; first -= BLOCK) {
                task.run(first, BLOCK);
            }
        };
        RowBlocks.Sum sum = (first, rows) -> first == 0 ? 0x1p53 : 1;

        assertEquals(0x1p53, backwards.sum(3 * BLOCK, sum));
        assertEquals(0x1p53, RowBlocks.serial().sum(3 * BLOCK, sum));
    }

    @Test
    void aSingleBlockStartsNoThread() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        try (RowBlocks blocks = new CpuRowBlocks(8)) {
            blocks.forBlocks(BLOCK, (first, rows) -> threads.add(Thread.currentThread()));
        }

        assertEquals(Set.of(Thread.currentThread()), threads);
    }
}
