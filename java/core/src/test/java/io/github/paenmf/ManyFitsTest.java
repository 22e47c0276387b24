package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.NmfAlgorithm;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A service fits again and again, and several at a time. {@code -Dpaenmf.test.fits=N} makes so many. */
@Timeout(3600)
class ManyFitsTest {

    private static final int FITS = Integer.getInteger("paenmf.test.fits", 16);
    private static final int AT_ONCE = 8;

    /**
     * What may stay in use after all of them: code is compiled and classes are loaded meanwhile, which takes some of the heap,
     * once.
     */
    private static final long MOST_GROWTH = 4 << 20;

    private static final Matrix DATA = TestData.parts(300, 40, 3);

    /** One of each kind, whose coefficients are made, too. */
    private static List<Supplier<FactorisationModel>> fits() {
        return List.of(
                () -> PaeNmf.builder().rank(3).epochs(4).build().fit(DATA),
                () -> PaeNmf.builder().rank(3).epochs(2).batchRows(64).build().fit(DATA),
                () -> VariationalNmf.builder().rank(3).epochs(4).build().fit(DATA),
                () -> VariationalNmf.builder()
                        .rank(3)
                        .epochs(4)
                        .likelihood(Likelihood.POISSON)
                        .build()
                        .fit(DATA),
                () -> Nmf.builder().rank(3).epochs(4).restarts(2).build().fit(DATA),
                () -> Nmf.builder()
                        .rank(3)
                        .epochs(4)
                        .algorithm(NmfAlgorithm.MU)
                        .build()
                        .fit(DATA),
                () -> Nmf.builder()
                        .rank(3)
                        .epochs(4)
                        .algorithm(NmfAlgorithm.KL)
                        .build()
                        .fit(DATA),
                () -> Nmf.builder().rank(3).epochs(2).batchRows(64).build().fit(DATA));
    }

    private static Matrix coefficients(Supplier<FactorisationModel> fit) {
        return fit.get().coefficients(DATA);
    }

    private static void runAll(int count) {
        List<Supplier<FactorisationModel>> fits = fits();
        for (int i = 0; i < count; i++) {
            coefficients(fits.get(i % fits.size()));
        }
    }

    /** What is in use once nobody uses anything any more. */
    private record Held(long heap, int threads, long files) {

        static Held now() {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            // the least of several counts, as the JVM opens files of its own for a moment, such as those of its limits
            long files = ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                    ? LongStream.generate(system::getOpenFileDescriptorCount)
                            .limit(20)
                            .min()
                            .orElseThrow()
                    : 0;
            return new Held(
                    runtime.totalMemory() - runtime.freeMemory(),
                    ManagementFactory.getThreadMXBean().getThreadCount(),
                    files);
        }
    }

    @Test
    void nothingIsLeftOfThem() {
        runAll(FITS / 2);
        Held before = Held.now();
        runAll(FITS);
        Held after = Held.now();
        assertTrue(after.heap - before.heap < MOST_GROWTH, "before " + before + ", after " + after);
        assertTrue(after.threads <= before.threads, "before " + before + ", after " + after);
        assertTrue(after.files <= before.files, "before " + before + ", after " + after);
    }

    @Test
    void besideEachOtherTheyAreAsAlone() throws InterruptedException, ExecutionException {
        List<float[][]> alone = new ArrayList<>();
        for (Supplier<FactorisationModel> fit : fits()) {
            alone.add(coefficients(fit).toRows());
        }
        ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Callable<Matrix>> tasks = new ArrayList<>();
            for (Supplier<FactorisationModel> fit : fits()) {
                tasks.add(() -> coefficients(fit));
            }
            List<Future<Matrix>> together = pool.invokeAll(tasks);
            for (int i = 0; i < alone.size(); i++) {
                assertArrayEquals(alone.get(i), together.get(i).get().toRows(), "fit " + i);
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
