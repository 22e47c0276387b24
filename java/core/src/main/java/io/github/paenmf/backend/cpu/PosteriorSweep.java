package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbSums;

/**
 * A sweep of variational NMF over coefficients of a factor X of V ≈ X·Yᵀ: component after component, each coefficient
 * gets the posterior that is best given all others.
 */
final class PosteriorSweep {

    private final Gemm gemm;
    private final PosteriorKernels kernels;
    private final int r;
    private final int firstFree;

    PosteriorSweep(CpuRuntime runtime, int rank) {
        this(runtime, rank, 0);
    }

    /**
     * @param firstFree how many components, the first ones, keep what they are, and add nothing to the sums
     */
    PosteriorSweep(CpuRuntime runtime, int rank, int firstFree) {
        this.gemm = runtime.gemm();
        this.kernels = runtime.posteriorKernels();
        this.r = rank;
        this.firstFree = firstFree;
        kernels.warmUp();
    }

    /** The first component that is updated. */
    int firstFree() {
        return firstFree;
    }

    /** Room of one worker. */
    static final class Scratch {
        private final float[] product;
        private final PosteriorScratch posteriors = new PosteriorScratch();
        private final PosteriorSums sums;

        /**
         * @param count most coefficients of a component
         */
        Scratch(int rank, int count) {
            product = BlockedComponents.products(rank, count);
            sums = new PosteriorSums(rank);
        }

        /** Sets how often coefficients count in the sums, from one of some weights on; null for once. */
        void weigh(float[] weights, int first) {
            sums.weigh(weights, first);
        }
    }

    /**
     * Updates some coefficients of every component.
     *
     * @param x means, one row per component
     * @param numerator (V·Y)ᵀ of the raw data, one row per component
     * @param gram E[YᵀY], r × r
     * @param count coefficients of a component
     * @param variance receives variances, one row per component; likewise {@code inclusion}
     * @param target receives the sums, as {@link VbSums} lays them out, from {@code at} on
     */
    void run(
            PosteriorParameters parameters,
            MatrixView x,
            MatrixView numerator,
            MatrixView gram,
            int count,
            MatrixView variance,
            MatrixView inclusion,
            Scratch scratch,
            double[] target,
            int at) {
        PosteriorSums sums = scratch.sums;
        sums.clear();
        PosteriorKernel kernel = kernels.current();
        BlockedComponents.forAll(
                gemm,
                firstFree,
                r,
                x,
                count,
                gram,
                scratch.product,
                (from, to, others) -> kernel.sweep(
                        parameters,
                        from,
                        to - from,
                        count,
                        x.from(from, 0),
                        numerator.from(from, 0),
                        new MatrixView(others, 0, count),
                        gram.from(from, from),
                        variance.from(from, 0),
                        inclusion.from(from, 0),
                        sums,
                        scratch.posteriors));
        System.arraycopy(sums.variance, 0, target, at, r);
        System.arraycopy(sums.inclusion, 0, target, at + r, r);
        System.arraycopy(sums.mean, 0, target, at + 2 * r, r);
        target[at + 3 * r] = sums.divergence;
    }

    /** Updates the means alone, which is quicker; the same bits. */
    void means(
            PosteriorParameters parameters,
            MatrixView x,
            MatrixView numerator,
            MatrixView gram,
            int count,
            Scratch scratch) {
        PosteriorKernel kernel = kernels.current();
        BlockedComponents.forAll(
                gemm,
                firstFree,
                r,
                x,
                count,
                gram,
                scratch.product,
                (from, to, others) -> kernel.means(
                        parameters,
                        from,
                        to - from,
                        count,
                        x.from(from, 0),
                        numerator.from(from, 0),
                        new MatrixView(others, 0, count),
                        gram.from(from, from),
                        scratch.posteriors));
    }

    /**
     * Means for rows that have none: all of a row's are the number that explains most of it.
     *
     * @param h receives Xᵀ, one row per component
     * @param numerator (V·Y)ᵀ of the raw data, one row per component
     * @param gram YᵀY, r × r
     */
    void coldStart(MatrixView h, int count, MatrixView numerator, float scale, float[] gram) {
        double total = 0;
        for (int i = 0; i < r * r; i++) {
            total += gram[i];
        }
        for (int i = 0; i < count; i++) {
            double sum = 0;
            for (int j = 0; j < r; j++) {
                sum += numerator.data()[numerator.row(j) + i];
            }
            float value = total > 0 ? (float) (sum * scale / total) : 0f;
            for (int j = 0; j < r; j++) {
                h.data()[h.row(j) + i] = value;
            }
        }
    }
}
