package io.github.paenmf.backend.cpu;

import io.github.paenmf.backend.VbSums;
import io.github.paenmf.math.FloatMath;
import io.github.paenmf.math.PoissonPosterior;

/**
 * The best posteriors of all coefficients of some rows, or of all weights of some features, with a Poisson likelihood:
 * with the ratios V ⊘ V̂ given, no coefficient depends on another.
 */
final class PoissonSweep {

    private final int rank;

    PoissonSweep(int rank) {
        this.rank = rank;
    }

    /** How many numbers it adds up: those of {@link VbSums}, and Σ a ln(g/g before). */
    static int sums(int rank) {
        return VbSums.count(rank) + 1;
    }

    /**
     * What posteriors depend on beside the data.
     *
     * @param exposure Σ of the other factor's means, of each component
     * @param priorMean of each component
     */
    record Prior(double[] exposure, double[] priorMean) {

        /** What a + 1 is divided by to give the mean. */
        float rate(int j) {
            return (float) (exposure[j] + 1 / priorMean[j]);
        }
    }

    /**
     * What the posteriors go beyond, after the sweep ({@link Momentum}).
     *
     * @param allocated the counts that were allocated by the sweep before, which are replaced by those of this one
     * @param lead how far
     * @param sums receives Σ of means of each component, and the KL divergence, of the posteriors beyond
     */
    record Beyond(MatrixView allocated, float lead, double[] sums, int sumsOffset) {}

    /**
     * Goes over {@code count} columns of each component.
     *
     * @param geometric geometric means g, which are replaced by those of the posteriors
     * @param products the other factor's geometric means times V ⊘ V̂
     * @param means receives means; null where {@code beyond} is
     * @param variances receives variances; null where {@code beyond} is
     * @param beyond what {@code geometric} is to go beyond the posteriors by; null where it is to have theirs
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
            double[] sums,
            int sumsOffset) {
        double kl = 0;
        double gain = 0;
        float[] now = beyond == null ? null : new float[count];
        if (beyond != null) {
            beyond.sums()[beyond.sumsOffset() + rank] = 0;
        }
        for (int j = 0; j < rank; j++) {
            float rate = prior.rate(j);
            float inversePrior = (float) (1 / prior.priorMean()[j]);
            int g = geometric.offset() + j * geometric.stride();
            int p = products.offset() + j * products.stride();
            double total = 0;
            double variance = 0;
            for (int i = 0; i < count; i++) {
                float before = geometric.data()[g + i];
                float allocated = before * products.data()[p + i];
                float t = PoissonPosterior.argument(allocated);
                float mean = (allocated + 1f) / rate;
                float updated = mean * PoissonPosterior.ratio(t);
                geometric.data()[g + i] = updated;
                total += mean;
                kl += PoissonPosterior.divergence(t, mean * inversePrior);
                gain += (double) allocated * FloatMath.log(updated / before);
                if (beyond != null) {
                    float spread = mean * mean * PoissonPosterior.squaredVariation(t);
                    means.data()[means.offset() + j * means.stride() + i] = mean;
                    variances.data()[variances.offset() + j * variances.stride() + i] = spread;
                    variance += spread;
                    now[i] = allocated;
                }
            }
            if (beyond != null) {
                goBeyond(prior, geometric, now, j, count, beyond);
            }
            sums[sumsOffset + j] = variance;
            sums[sumsOffset + rank + j] = count;
            sums[sumsOffset + 2 * rank + j] = total;
        }
        sums[sumsOffset + 3 * rank] = kl;
        sums[sumsOffset + 3 * rank + 1] = gain;
    }

    /** Replaces the geometric means, whose posteriors {@code now} counts are allocated to, by those beyond. */
    private void goBeyond(Prior prior, MatrixView geometric, float[] now, int j, int count, Beyond beyond) {
        float rate = prior.rate(j);
        float inversePrior = (float) (1 / prior.priorMean()[j]);
        MatrixView before = beyond.allocated();
        int g = geometric.offset() + j * geometric.stride();
        int b = before.offset() + j * before.stride();
        double total = 0;
        double kl = 0;
        for (int i = 0; i < count; i++) {
            float allocated = Momentum.beyond(now[i], before.data()[b + i], beyond.lead());
            before.data()[b + i] = now[i];
            float t = PoissonPosterior.argument(allocated);
            float mean = (allocated + 1f) / rate;
            geometric.data()[g + i] = mean * PoissonPosterior.ratio(t);
            total += mean;
            kl += PoissonPosterior.divergence(t, mean * inversePrior);
        }
        beyond.sums()[beyond.sumsOffset() + j] = total;
        beyond.sums()[beyond.sumsOffset() + rank] += kl;
    }
}
