package io.github.paenmf;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.SavedModel;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The distributions of the coefficients of some samples, n × r, in units in which V ≈ H·basisᵀ: 0 with probability
 * 1 − p, else Weibull. Of PAE-NMF p is 1 throughout. Rows carry the samples' names, columns the components'. It belongs to
 * whoever asked for it: the model keeps nothing of it, and what is written to λ or k changes this object alone.
 */
public final class Latent {

    private interface Statistic {
        double of(double k, double lambda, double p);
    }

    private final Matrix lambda;
    private final Matrix k;
    /** Null where p is 1 throughout. */
    private final Matrix inclusion;

    Latent(Matrix lambda, Matrix k, List<String> sampleNames) {
        this(lambda, k, null, sampleNames);
    }

    /**
     * @param inclusion p, or null where it is 1 throughout
     */
    Latent(Matrix lambda, Matrix k, Matrix inclusion, List<String> sampleNames) {
        List<String> components = componentNames(lambda.columns());
        this.inclusion = inclusion == null ? null : inclusion.withNames(sampleNames, components);
        this.lambda = lambda.withNames(sampleNames, components);
        this.k = k.withNames(sampleNames, components);
    }

    static List<String> componentNames(int rank) {
        return IntStream.range(0, rank).mapToObj(SavedModel::componentName).toList();
    }

    /** λ, scale, n × r; not copied. */
    public Matrix lambda() {
        return lambda;
    }

    /** k, shape, n × r; not copied. */
    public Matrix k() {
        return k;
    }

    /** Whether coefficients may be 0. */
    public boolean hasZeros() {
        return inclusion != null;
    }

    /** p, probability of not being 0, n × r; a copy. */
    public Matrix inclusion() {
        return map((shape, scale, p) -> p);
    }

    /** The value that a coefficient is as likely below as above, n × r: λ(ln 2)^(1/k) where p is 1, 0 up to p = ½. */
    public Matrix median() {
        return map(MixedWeibull::median);
    }

    /** pλΓ(1 + 1/k), n × r. */
    public Matrix mean() {
        return map(MixedWeibull::mean);
    }

    /** pv + p(1 − p)μ² with μ = λΓ(1 + 1/k) and v = λ²Γ(1 + 2/k) − μ², n × r. */
    public Matrix variance() {
        return map(MixedWeibull::variance);
    }

    /**
     * The least value that each coefficient does not exceed with a probability, n × r.
     *
     * @param probability in (0, 1)
     * @throws IllegalArgumentException if it is not
     */
    public Matrix quantile(double probability) {
        if (!(probability > 0 && probability < 1)) {
            throw new IllegalArgumentException("the probability of a quantile must be in (0, 1), not " + probability);
        }
        return map((shape, scale, p) -> MixedWeibull.quantile(shape, scale, p, probability));
    }

    /** How many samples and components there are. */
    @Override
    public String toString() {
        return "latents of " + lambda.rows() + " samples × " + lambda.columns() + " components";
    }

    /**
     * The Wasserstein-2 distance between the latent distributions of two samples, whose components are independent.
     *
     * @param sample row of the one, from 0
     * @param other row of the other, from 0
     * @throws IndexOutOfBoundsException if there is no such sample
     */
    public double wasserstein(int sample, int other) {
        double sum = 0;
        for (int j = 0; j < lambda.columns(); j++) {
            sum += MixedWeibull.squaredWasserstein(
                    k.get(sample, j),
                    lambda.get(sample, j),
                    inclusion(sample, j),
                    k.get(other, j),
                    lambda.get(other, j),
                    inclusion(other, j));
        }
        return Math.sqrt(sum);
    }

    /** {@link #median()} on several threads. */
    Matrix median(RowBlocks blocks) {
        return map(MixedWeibull::median, blocks);
    }

    /** {@link #mean()} on several threads. */
    Matrix mean(RowBlocks blocks) {
        return map(MixedWeibull::mean, blocks);
    }

    /** {@link #variance()} on several threads. */
    Matrix variance(RowBlocks blocks) {
        return map(MixedWeibull::variance, blocks);
    }

    double inclusion(int sample, int component) {
        return inclusion == null ? 1 : inclusion.get(sample, component);
    }

    /**
     * KL(latents ‖ prior), summed over samples and components, in nats, for the prior that is 0 with probability 1 − π
     * and else exponential.
     *
     * @param priorMean of each component, where it is not 0, by row
     * @param priorInclusion π of each component
     */
    double kl(IntFunction<double[]> priorMean, double[] priorInclusion, RowBlocks blocks) {
        return blocks.sum(lambda.rows(), (first, rows) -> {
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                double[] means = priorMean.apply(i);
                for (int j = 0; j < lambda.columns(); j++) {
                    double p = inclusion(i, j);
                    sum += p * Weibull.kl(k.get(i, j), lambda.get(i, j), 1, means[j])
                            + MixedWeibull.inclusionKl(p, priorInclusion[j]);
                }
            }
            return sum;
        });
    }

    /**
     * KL(latents ‖ prior), summed over samples and components, in nats.
     *
     * @param priorScale of each component, by row
     */
    double kl(double priorShape, IntFunction<double[]> priorScale, RowBlocks blocks) {
        return blocks.sum(lambda.rows(), (first, rows) -> {
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                double[] scales = priorScale.apply(i);
                for (int j = 0; j < lambda.columns(); j++) {
                    sum += Weibull.kl(k.get(i, j), lambda.get(i, j), priorShape, scales[j]);
                }
            }
            return sum;
        });
    }

    private Matrix map(Statistic statistic) {
        return map(statistic, RowBlocks.serial());
    }

    private Matrix map(Statistic statistic, RowBlocks blocks) {
        Matrix result = Matrix.zeros(lambda.rows(), lambda.columns());
        blocks.forBlocks(lambda.rows(), (first, rows) -> {
            for (int i = first; i < first + rows; i++) {
                float[] target = result.storage(i);
                int offset = result.offset(i);
                for (int j = 0; j < lambda.columns(); j++) {
                    target[offset + j] = (float) statistic.of(k.get(i, j), lambda.get(i, j), inclusion(i, j));
                }
            }
        });
        return result.withNames(lambda.rowNames(), lambda.columnNames());
    }
}
