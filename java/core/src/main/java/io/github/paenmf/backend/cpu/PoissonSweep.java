package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbSums;
import java.util.Arrays;

/**
 * The best posteriors of all coefficients of some rows, or of all weights of some features, with a Poisson likelihood:
 * with the ratios V ⊘ V̂ given, no coefficient depends on another.
 */
final class PoissonSweep {

    private final PoissonKernel kernel;
    private final int rank;
    private final int firstFree;

    PoissonSweep(PoissonKernel kernel, int rank) {
        this(kernel, rank, 0);
    }

    /**
     * @param firstFree how many components, the first ones, keep what they are, and add nothing to the sums
     */
    PoissonSweep(PoissonKernel kernel, int rank, int firstFree) {
        this.kernel = kernel;
        this.rank = rank;
        this.firstFree = firstFree;
    }

    /** How many numbers it adds up: those of {@link VbSums}, and Σ a ln(g/g before). */
    static int sums(int rank) {
        return VbSums.count(rank) + 1;
    }

    /**
     * What posteriors depend on beside the data.
     *
     * @param exposures as {@link Exposures#of} has them
     * @param priorMean of each component
     */
    record Prior(double[] exposures, double[] priorMean) {}

    /**
     * What the posteriors go beyond, after the sweep ({@link Momentum}).
     *
     * @param allocated the counts that were allocated by the sweep before, which are replaced by those of this one
     * @param lead how far
     * @param means receives means of the posteriors beyond; null where nobody asks
     * @param sums receives Σ of means of each component, and the KL divergence, of the posteriors beyond
     */
    record Beyond(MatrixView allocated, float lead, MatrixView means, double[] sums, int sumsOffset) {}

    /**
     * Goes over {@code count} columns of each component.
     *
     * @param geometric geometric means g, which are replaced by those of the posteriors
     * @param products the other factor's geometric means times V ⊘ V̂
     * @param means receives means
     * @param variances receives variances; null where {@code beyond} is
     * @param beyond what {@code geometric} is to go beyond the posteriors by; null where it is to have theirs
     * @param scratch of the caller's thread
     * @param sums receives what is summed up, from {@code sumsOffset} on
     */
    void run(
            Prior prior,
            MatrixView geometric,
            MatrixView products,
            int count,
            MatrixView means,
            MatrixView variances,
            Beyond beyond,
            PoissonScratch scratch,
            double[] sums,
            int sumsOffset) {
        double kl = 0;
        double gain = 0;
        if (beyond != null) {
            Arrays.fill(beyond.sums(), beyond.sumsOffset(), beyond.sumsOffset() + rank + 1, 0.0);
        }
        Arrays.fill(sums, sumsOffset, sumsOffset + sums(rank), 0.0);
        for (int j = firstFree; j < rank; j++) {
            float inversePrior = (float) (1 / prior.priorMean()[j]);
            int g = geometric.offset() + j * geometric.stride();
            int p = products.offset() + j * products.stride();
            double total = 0;
            double variance = 0;
            for (int from = 0; from < count; from += PoissonScratch.CHUNK) {
                int size = Math.min(PoissonScratch.CHUNK, count - from);
                scratch.load(geometric.data(), g + from, products.data(), p + from, size);
                int exposures = j * CpuLayout.BLOCK_ROWS + from;
                scratch.loadRates(prior.exposures(), exposures, size, 1 / prior.priorMean()[j]);
                kernel.posteriors(scratch, size, inversePrior, beyond != null);
                System.arraycopy(scratch.now, 0, geometric.data(), g + from, size);
                for (int i = 0; i < size; i++) {
                    total += scratch.mean[i];
                    kl += scratch.divergence[i];
                    gain += (double) scratch.allocated[i] * scratch.logGrowth[i];
                }
                System.arraycopy(scratch.mean, 0, means.data(), means.row(j) + from, size);
                if (beyond != null) {
                    System.arraycopy(scratch.variance, 0, variances.data(), variances.row(j) + from, size);
                    for (int i = 0; i < size; i++) {
                        variance += scratch.variance[i];
                    }
                    goBeyond(inversePrior, geometric, j, from, size, beyond, scratch);
                }
            }
            sums[sumsOffset + j] = variance;
            sums[sumsOffset + rank + j] = count;
            sums[sumsOffset + 2 * rank + j] = total;
        }
        sums[sumsOffset + 3 * rank] = kl;
        sums[sumsOffset + 3 * rank + 1] = gain;
    }

    /** Replaces the geometric means of a run of component j, to which counts were just allocated, by those beyond. */
    private void goBeyond(
            float inversePrior,
            MatrixView geometric,
            int j,
            int from,
            int size,
            Beyond beyond,
            PoissonScratch scratch) {
        MatrixView before = beyond.allocated();
        int at = before.offset() + j * before.stride() + from;
        System.arraycopy(scratch.allocated, 0, scratch.product, 0, size);
        kernel.goBeyond(scratch.product, 0, before.data(), at, beyond.lead(), size);
        System.arraycopy(scratch.allocated, 0, before.data(), at, size);
        Arrays.fill(scratch.before, 0, size, 1f);
        kernel.posteriors(scratch, size, inversePrior, false);
        int g = geometric.offset() + j * geometric.stride() + from;
        System.arraycopy(scratch.now, 0, geometric.data(), g, size);
        if (beyond.means() != null) {
            System.arraycopy(
                    scratch.mean, 0, beyond.means().data(), beyond.means().row(j) + from, size);
        }
        double total = 0;
        double kl = 0;
        for (int i = 0; i < size; i++) {
            total += scratch.mean[i];
            kl += scratch.divergence[i];
        }
        beyond.sums()[beyond.sumsOffset() + j] += total;
        beyond.sums()[beyond.sumsOffset() + rank] += kl;
    }
}
