package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.paenmf.random.Philox;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;
import jcuda.driver.CUstream;
import jcuda.jcurand.JCurand;
import jcuda.jcurand.curandGenerator;
import jcuda.jcurand.curandRngType;
import jcuda.runtime.cudaStream_t;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link Philox} against NVIDIA's own Philox4x32-10; the kernels are held against {@link Philox} in
 * {@link WeibullKernelsTest}. The emulated cuRAND has no generator of its own to compare with, so this runs on a GPU
 * only, where cuRAND is installed.
 */
@Tag("cuda")
class PhiloxAgainstCurandTest {

    @BeforeAll
    static void load() {
        assumeFalse(CudaProbe.get().device(0).emulated(), "skipped: the emulated cuRAND is no Philox");
        try {
            Natives.loadRandom(() -> JCurand.setExceptionsEnabled(false));
        } catch (UnsatisfiedLinkError e) {
            abort("skipped: " + e.getMessage());
        }
    }

    /** The key is the seed, low word first, and the sequence begins at counter 0. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 0x123456789abcdefL, -1, 0xffffffffL, 1L << 63})
    void theFirstWordsOfASeedAreThoseOfCounterZero(long seed) {
        assertEquals(hex(words(seed, 0, 0)), hex(curand(seed, 0)));
    }

    /**
     * Four words a counter. NVIDIA documents that skipping goes by counters (the first two words), and that threads
     * have counters apart (the last two), but not how many threads share a sequence: so either may have advanced.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 31, 1000, 65_535})
    void skippingFourWordsIsTheNextCounter(long counter) {
        long seed = 0x123456789abcdefL;
        String actual = hex(curand(seed, 4 * counter));
        String inSequence = hex(words(seed, counter, 0));
        String ofAnotherThread = hex(words(seed, 0, counter));
        assertTrue(
                actual.equals(inSequence) || actual.equals(ofAnotherThread),
                "cuRAND has " + actual + ", counter " + counter + " " + inSequence + ", thread " + counter + " "
                        + ofAnotherThread);
    }

    private static int[] words(long seed, long offset, long subsequence) {
        int[] words = new int[Philox.WORDS];
        Philox.block(
                (int) offset,
                (int) (offset >>> 32),
                (int) subsequence,
                (int) (subsequence >>> 32),
                (int) seed,
                (int) (seed >>> 32),
                words,
                0);
        return words;
    }

    private static String hex(int[] words) {
        return Arrays.stream(words).mapToObj(HexFormat.of()::toHexDigits).collect(Collectors.joining(" "));
    }

    private static int[] curand(long seed, long offset) {
        try (CudaContext context = CudaContext.open(0);
                DeviceBuffer words = DeviceBuffer.allocate(context, 4L * Philox.WORDS, "words of cuRAND")) {
            return context.call(() -> curand(context, words, seed, offset));
        }
    }

    private static int[] curand(CudaContext context, DeviceBuffer words, long seed, long offset) {
        CUstream stream = context.newStream();
        curandGenerator generator = new curandGenerator();
        check(JCurand.curandCreateGenerator(generator, curandRngType.CURAND_RNG_PSEUDO_PHILOX4_32_10));
        try {
            check(JCurand.curandSetStream(generator, new cudaStream_t(stream)));
            check(JCurand.curandSetPseudoRandomGeneratorSeed(generator, seed));
            check(JCurand.curandSetGeneratorOffset(generator, offset));
            check(JCurand.curandGenerate(generator, words.pointer(), Philox.WORDS));
            int[] values = new int[Philox.WORDS];
            words.download(values, stream);
            return values;
        } finally {
            JCurand.curandDestroyGenerator(generator);
        }
    }

    private static void check(int status) {
        assertEquals(0, status, "status of cuRAND");
    }
}
