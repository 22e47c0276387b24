package io.github.paenmf.random;

/**
 * Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011).
 *
 * <p>A number is indexed by what it is for, never by thread or order of calls: the key is the seed,
 * the counter is (row, component block, step, purpose). So every backend, chunk size and thread
 * count draws the same numbers, and each can be drawn on its own. All 64 bits of a row count: those
 * above the first 32 lie in the upper 24 of the purpose's word and the upper 8 of the block's.
 */
public final class Philox {

    /** What a stream of numbers is for; keeps the streams of one seed apart. */
    public enum Purpose {
        /** Noise of a training step; row = sample, column = component. */
        TRAINING(0),
        /** Initial parameters; row = feature, column = parameter of that feature. */
        INITIALISATION(1),
        /** Order of the samples in mini-batches; row = sample. */
        SHUFFLING(2),
        /** Samples of the latent distributions of given rows; row = id of the sample. */
        RECONSTRUCTION(3),
        /** Samples from the prior. */
        GENERATION(4),
        /** Entries that cross-validation hides; row = sample, column = feature. */
        HOLD_OUT(5),
        /** Rotations of the factors, from their posterior; row = draw. */
        ROTATION(6),
        /** Coefficients from their posterior given a rotation; row = id of the sample, step = draw. */
        COEFFICIENT_POSTERIOR(7),
        /** Basis from its posterior given a rotation; row = feature, step = draw. */
        BASIS_POSTERIOR(8),
        /** Which single counts are held out; row = sample, block = feature, step = four of its counts. */
        THINNING(9),
        /** How often a row is drawn, or which row is; row = row, or place, step = fit. */
        ROWS(10),
        /** What an encoder of posteriors learns from; row = place in a step. */
        ENCODER(11);

        private final int code;

        Purpose(int code) {
            this.code = code;
        }

        /** The counter's last word, for rows below 2³². */
        public int code() {
            return code;
        }
    }

    /** How many 32-bit words one counter yields. */
    public static final int WORDS = 4;

    /** Rounds, their multipliers, and what the key's halves grow by from round to round. */
    public static final int ROUNDS = 10;

    public static final int MULTIPLIER_0 = 0xD2511F53;
    public static final int MULTIPLIER_1 = 0xCD9E8D57;
    public static final int WEYL_0 = 0x9E3779B9;
    public static final int WEYL_1 = 0xBB67AE85;
    private static final int PURPOSE_BITS = 8;
    private static final int BLOCK_BITS = 24; // a matrix has fewer than 2²³ columns
    private static final long WORD = 0xFFFFFFFFL;

    private Philox() {}

    /**
     * The bijection itself: four output words for a 128-bit counter and a 64-bit key.
     *
     * @param output receives four words from {@code offset} on
     */
    public static void block(int c0, int c1, int c2, int c3, int key0, int key1, int[] output, int offset) {
        int x0 = c0;
        int x1 = c1;
        int x2 = c2;
        int x3 = c3;
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = (MULTIPLIER_0 & WORD) * (x0 & WORD);
            long product1 = (MULTIPLIER_1 & WORD) * (x2 & WORD);
            x0 = (int) (product1 >>> 32) ^ x1 ^ k0;
            x1 = (int) product1;
            x2 = (int) (product0 >>> 32) ^ x3 ^ k1;
            x3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        output[offset] = x0;
        output[offset + 1] = x1;
        output[offset + 2] = x2;
        output[offset + 3] = x3;
    }

    /**
     * Maps a word to the open interval (0, 1): (j + ½) · 2⁻²³ with the word's upper 23 bits. With 24
     * bits the largest value would round to 1, whose logarithm the sampler divides by.
     */
    public static float toUniform(int word) {
        return ((word >>> 9) + 0.5f) * 0x1p-23f;
    }

    /**
     * The four words of one counter.
     *
     * @param row global index or id of the row
     * @param componentBlock column / {@link #WORDS}, less than 2²⁴
     * @param step step, or index of the draw
     * @param words receives {@link #WORDS} words
     */
    public static void words(long seed, long row, int componentBlock, int step, Purpose purpose, int[] words) {
        int upper = (int) (row >>> Integer.SIZE);
        int purposeWord = purpose.code | purposeBits(upper);
        int blockWord = componentBlock | blockBits(upper);
        block((int) row, blockWord, step, purposeWord, (int) seed, (int) (seed >>> 32), words, 0);
    }

    /** What the upper half of a row adds to the purpose's word: its lower 24 bits. */
    public static int purposeBits(int upperHalf) {
        return upperHalf << PURPOSE_BITS;
    }

    /** What the upper half of a row adds to the block's word: its upper 8 bits. */
    public static int blockBits(int upperHalf) {
        return upperHalf >>> BLOCK_BITS << BLOCK_BITS;
    }

    /**
     * Fills one row of uniform numbers in (0, 1).
     *
     * @param row global index or id of the row
     * @param step step, or index of the draw
     * @param words scratch of at least {@link #WORDS} ints
     * @param target receives {@code count} numbers from {@code offset} on
     */
    public static void uniforms(
            long seed, long row, int step, Purpose purpose, int[] words, float[] target, int offset, int count) {
        for (int j = 0; j < count; j += WORDS) {
            words(seed, row, j / WORDS, step, purpose, words);
            int end = Math.min(WORDS, count - j);
            for (int w = 0; w < end; w++) {
                target[offset + j + w] = toUniform(words[w]);
            }
        }
    }
}
