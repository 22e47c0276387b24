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
     * Goes over {@code count} columns of each component.
     *
     * @param geometric geometric means g, which are replaced by those of the posteriors
     * @param products the other factor's geometric means times V ⊘ V̂
     * @param means receives means, or null
     * @param variances receives variances; null where {@code means} is
     * @param sums receives what is summed up, from {@code sumsOffset} on
     */
    void run(
            Prior prior,
            MatrixView geometric,
            MatrixView products,
            int count,
            MatrixView means,
            MatrixView variances,
            double[] sums,
            int sumsOffset) {
        double kl = 0;
        double gain = 0;
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
                float now = mean * PoissonPosterior.ratio(t);
                geometric.data()[g + i] = now;
                total += mean;
                kl += PoissonPosterior.divergence(t, mean * inversePrior);
                gain += (double) allocated * FloatMath.log(now / before);
                if (means != null) {
                    float spread = mean * mean * PoissonPosterior.squaredVariation(t);
                    means.data()[means.offset() + j * means.stride() + i] = mean;
                    variances.data()[variances.offset() + j * variances.stride() + i] = spread;
                    variance += spread;
                }
            }
            sums[sumsOffset + j] = variance;
            sums[sumsOffset + rank + j] = count;
            sums[sumsOffset + 2 * rank + j] = total;
        }
        sums[sumsOffset + 3 * rank] = kl;
        sums[sumsOffset + 3 * rank + 1] = gain;
    }
}
