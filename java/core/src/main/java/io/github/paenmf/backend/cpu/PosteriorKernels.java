package io.github.paenmf.backend.cpu;

import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The kernel of posteriors that is quickest at present: plain loops until the vector kernel is compiled. Before that, each
 * vector is an object, and a sweep takes several times as long as with plain loops. Both give the same bits, so
 * that only time depends on when one takes the place of the other.
 */
final class PosteriorKernels {

    /** Sweeps of each kernel between two looks at the clock. */
    private static final int ROUND = 50;
    /** Some times as many as the compiler asks for. */
    private static final int MOST_ROUNDS = 400;

    private final PosteriorKernel plain;
    private final PosteriorKernel vectors;
    private volatile PosteriorKernel current;
    /** Null before it is started. */
    private Thread warmUp;

    private PosteriorKernels(PosteriorKernel plain, PosteriorKernel vectors) {
        this.plain = plain;
        this.vectors = vectors;
        this.current = plain;
    }

    /** One kernel, always. */
    static PosteriorKernels of(PosteriorKernel kernel) {
        return new PosteriorKernels(kernel, kernel);
    }

    /** Plain loops first. */
    static PosteriorKernels of(PosteriorKernel plain, PosteriorKernel vectors) {
        return new PosteriorKernels(plain, vectors);
    }

    /** The kernel to use for the next sweep. */
    PosteriorKernel current() {
        return current;
    }

    /** Has the vector kernel compiled in a thread of its own, which ends by itself; once. */
    synchronized void warmUp() {
        if (warmUp == null && current != vectors) {
            warmUp = new Thread(() -> warmUp(System::nanoTime), "paenmf-warm-up");
            warmUp.setDaemon(true);
            warmUp.start();
        }
    }

    /** Which does so, for tests; null before it is started. */
    synchronized Thread warmUpThread() {
        return warmUp;
    }

    /**
     * Runs both kernels in turns until the vectors are quicker, and then uses them; or never, where they never are.
     *
     * @param nanoTime a clock
     */
    void warmUp(LongSupplier nanoTime) {
        Trial trial = new Trial();
        for (int round = 0; round < MOST_ROUNDS && current != vectors; round++) {
            long start = nanoTime.getAsLong();
            trial.run(vectors);
            long between = nanoTime.getAsLong();
            trial.run(plain);
            if (between - start < nanoTime.getAsLong() - between) {
                current = vectors;
            }
        }
    }

    /** Sweeps over a few components of one chunk, of all kinds. */
    private static final class Trial {

        private static final int COMPONENTS = 4;
        private static final int COUNT = PosteriorScratch.CHUNK;

        private final PosteriorScratch scratch = new PosteriorScratch();
        private final PosteriorSums sums = new PosteriorSums(COMPONENTS);
        private final PosteriorParameters slabs = parameters(null);
        private final PosteriorParameters mixtures = parameters(new float[COMPONENTS]);
        private final float[] x = new float[COMPONENTS * COUNT];
        private final MatrixView numerator = view();
        private final MatrixView product = view();
        private final MatrixView variance = view();
        private final MatrixView inclusion = view();
        private final MatrixView gram = new MatrixView(new float[COMPONENTS * COMPONENTS], 0, COMPONENTS);

        Trial() {
            Arrays.fill(gram.data(), 1f);
            for (int i = 0; i < COUNT; i++) {
                numerator.data()[i] = i * (8f / COUNT) - 2; // β in all of its pieces
            }
        }

        private static PosteriorParameters parameters(float[] logit) {
            float[] means = new float[COMPONENTS];
            Arrays.fill(means, 1f);
            return new PosteriorParameters(1, 1, means, logit);
        }

        private static MatrixView view() {
            return new MatrixView(new float[COMPONENTS * COUNT], 0, COUNT);
        }

        void run(PosteriorKernel kernel) {
            MatrixView means = new MatrixView(x, 0, COUNT);
            for (int i = 0; i < ROUND; i++) {
                PosteriorParameters parameters = i % 4 == 0 ? slabs : mixtures;
                if (i % 2 == 0) {
                    kernel.sweep(
                            parameters,
                            0,
                            COMPONENTS,
                            COUNT,
                            means,
                            numerator,
                            product,
                            gram,
                            variance,
                            inclusion,
                            sums,
                            scratch);
                } else {
                    kernel.means(parameters, 0, COMPONENTS, COUNT, means, numerator, product, gram, scratch);
                }
            }
        }
    }
}
