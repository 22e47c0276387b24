package io.github.paenmf;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.SavedModel;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The Weibull distributions of the coefficients of some samples, n × r, in units in which
 * V ≈ H·basisᵀ. Rows carry the samples' names, columns the components'. It belongs to whoever asked for it: the model
 * keeps nothing of it, and what is written to λ or k changes this object alone.
 */
public final class Latent {

    private interface Statistic {
        double of(double k, double lambda);
    }

    private final Matrix lambda;
    private final Matrix k;

    Latent(Matrix lambda, Matrix k, List<String> sampleNames) {
        List<String> components = componentNames(lambda.columns());
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

    /** λ(ln 2)^(1/k), n × r. */
    public Matrix median() {
        return map(Weibull::median);
    }

    /** λΓ(1 + 1/k), n × r. */
    public Matrix mean() {
        return map(Weibull::mean);
    }

    /** λ²(Γ(1 + 2/k) − Γ(1 + 1/k)²), n × r. */
    public Matrix variance() {
        return map(Weibull::variance);
    }

    /**
     * The value below which each coefficient lies with probability p, n × r.
     *
     * @param p in (0, 1)
     */
    public Matrix quantile(double p) {
        if (!(p > 0 && p < 1)) {
            throw new IllegalArgumentException("the probability of a quantile must be in (0, 1), not " + p);
        }
        return map((shape, scale) -> Weibull.quantile(shape, scale, p));
    }

    /**
     * The Wasserstein-2 distance between the latent distributions of two samples, whose components are independent.
     *
     * @param sample row of the one, from 0
     * @param other row of the other, from 0
     */
    public double wasserstein(int sample, int other) {
        double sum = 0;
        for (int j = 0; j < lambda.columns(); j++) {
            sum += Weibull.squaredWasserstein(
                    k.get(sample, j), lambda.get(sample, j), k.get(other, j), lambda.get(other, j));
        }
        return Math.sqrt(sum);
    }

    /** {@link #median()} on several threads. */
    Matrix median(RowBlocks blocks) {
        return map(Weibull::median, blocks);
    }

    /** {@link #mean()} on several threads. */
    Matrix mean(RowBlocks blocks) {
        return map(Weibull::mean, blocks);
    }

    /** KL(latents ‖ prior), summed over samples and components, in nats. */
    double kl(double priorShape, double priorScale, RowBlocks blocks) {
        return blocks.sum(lambda.rows(), (first, rows) -> {
            double sum = 0;
            for (int i = first; i < first + rows; i++) {
                for (int j = 0; j < lambda.columns(); j++) {
                    sum += Weibull.kl(k.get(i, j), lambda.get(i, j), priorShape, priorScale);
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
                    target[offset + j] = (float) statistic.of(k.get(i, j), lambda.get(i, j));
                }
            }
        });
        return result.withNames(lambda.rowNames(), lambda.columnNames());
    }
}
