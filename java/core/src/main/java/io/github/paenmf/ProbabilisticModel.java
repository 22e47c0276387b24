package io.github.paenmf;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.backend.LatentInference;
import io.github.paenmf.data.Covariates;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SizeFactors;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.random.Philox.Purpose;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A fitted factorisation whose coefficients have distributions. Immutable and thread-safe. Data are n × m with the
 * features it was fitted on.
 */
public abstract sealed class ProbabilisticModel extends FactorisationModel permits PaeNmfModel, VariationalModel {

    private static final int SCORE_DRAWS = 10;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    ProbabilisticModel(SavedModel saved, Execution execution, String trainedOn) {
        super(saved, execution, trainedOn);
    }

    @Override
    public abstract ProbabilisticModel withExecution(Execution other);

    @Override
    public final ProbabilisticSession openSession() {
        return new ProbabilisticSession(this, inference());
    }

    /**
     * The latent distributions of samples.
     *
     * @param data n × m, one sample per row
     * @return λ, k and inclusion of each coefficient, n × r
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     * @throws IllegalStateException if coefficients have no distribution: for a deterministic autoencoder
     */
    public final Latent transform(RowSource data) {
        requireDistribution();
        return encode(data);
    }

    final Latent transform(RowSource data, LatentInference inference) {
        requireDistribution();
        return encode(check(data), inference);
    }

    private Latent encode(RowSource data) {
        try (LatentInference inference = inference()) {
            return encode(check(data), inference);
        }
    }

    /** The latents of data in feature order. */
    final Latent encode(RowSource data, LatentInference inference) {
        Matrix lambda = Matrix.zeros(data.rows(), rank());
        Matrix k = Matrix.zeros(data.rows(), rank());
        Matrix inclusion = hasZeros() ? Matrix.zeros(data.rows(), rank()) : null;
        inference.encode(data, lambda, k, inclusion);
        return new Latent(lambda, k, inclusion, data.rowNames());
    }

    /** Whether coefficients may be 0. */
    abstract boolean hasZeros();

    /** What the model computes on its device; the caller closes it. */
    abstract LatentInference inference();

    /**
     * The prior of so many samples.
     *
     * @param table covariates, whose rows are used in turn; or null
     */
    abstract Latent prior(Covariates table, int count);

    /** Seed of the draws of a score. */
    abstract long seed();

    /** Whether coefficients have a distribution. */
    boolean hasDistribution() {
        return true;
    }

    /**
     * The medians of the latents, n × r; of a deterministic autoencoder λ, which is its hidden layer.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    @Override
    public final Matrix coefficients(RowSource data) {
        return numbers(encode(data));
    }

    final Matrix coefficients(RowSource data, LatentInference inference) {
        return numbers(encode(check(data), inference));
    }

    final Matrix numbers(Latent latent) {
        return hasDistribution() ? latent.median() : latent.lambda();
    }

    @Override
    public final Matrix reconstruct(RowSource data) {
        return restored(decode(coefficients(data)), data);
    }

    /**
     * V̂ from the means of the latents, n × m.
     *
     * @throws DataException as {@link #transform} does
     */
    public final Matrix reconstructMean(RowSource data) {
        return restored(decode(transform(data).mean()), data);
    }

    /**
     * V̂ from samples of the latents, whose noise goes by the {@linkplain SampleIds#of ids} of the rows: their names,
     * or their positions.
     *
     * @param draws how many, at least 1
     * @param seed selects the noise
     * @return a matrix n × m for each draw; a draw does not depend on how many there are
     * @throws DataException as {@link #transform} does
     */
    public final List<Matrix> reconstructSampled(RowSource data, int draws, long seed) {
        return reconstructSampled(data, draws, seed, SampleIds.of(data));
    }

    /**
     * V̂ from samples of the latents: of a part of a table or stream, or where something else than a name tells samples
     * apart.
     *
     * @param ids one per row; a row's draws go by its id, wherever it stands
     * @throws IllegalArgumentException if there are not as many ids as rows
     * @see #reconstructSampled(RowSource, int, long)
     */
    public final List<Matrix> reconstructSampled(RowSource data, int draws, long seed, long[] ids) {
        requireDistribution();
        requirePositive("samples", draws);
        SampleIds.require(ids, data);
        RowSource checked = check(data);
        try (LatentInference inference = inference()) {
            Draws samples = new Draws(encode(checked, inference), ids, seed, Purpose.RECONSTRUCTION);
            return IntStream.range(0, draws)
                    .mapToObj(draw -> restored(decode(samples.draw(draw, inference), inference), data))
                    .toList();
        }
    }

    /**
     * New data from the prior; where rows are divided by size factors, of a row whose factor is 1.
     *
     * @param count how many rows, at least 1
     * @param seed selects the noise
     * @return count × m
     */
    public final Matrix sample(int count, long seed) {
        return sample(count, seed, 0);
    }

    /**
     * Rows {@code first}, {@code first} + 1, ... of all that a seed gives from the prior, so that a stream can be made
     * part by part.
     *
     * @param count how many rows, at least 1
     * @param seed selects the noise
     * @return count × m
     * @throws DataException if the model was fitted with covariates
     */
    public final Matrix sample(int count, long seed, long first) {
        return sample(null, count, seed, first);
    }

    /**
     * The same of a model that was fitted with covariates: of rows with given ones.
     *
     * @param table whose rows are used in turn
     * @return count × m; row i has the covariates of row i mod n of the table, and the noise of a row of its number
     * @throws DataException if the model was fitted without covariates, or as {@link
     *     io.github.paenmf.data.FittedCovariates#code} does
     */
    public final Matrix sample(Covariates table, int count, long seed, long first) {
        requireDistribution();
        covariates().requireAlike(table);
        requirePositive("count", count);
        try (LatentInference inference = inference()) {
            Draws samples = new Draws(prior(table, count), SampleIds.range(first, count), seed, Purpose.GENERATION);
            return restored(decode(samples.draw(0, inference), inference), 1);
        }
    }

    /**
     * New data around given rows: samples from the latent distributions of each. Noise goes by the
     * {@linkplain SampleIds#of ids} of the rows.
     *
     * @param count how many new rows, at least 1; given rows are used in turn
     * @param seed selects the noise
     * @return count × m; row i is the draw i / n that {@link #reconstructSampled} makes of row i mod n
     * @throws DataException as {@link #transform} does
     */
    public final Matrix sample(RowSource data, int count, long seed) {
        return sample(data, count, seed, SampleIds.of(data));
    }

    /**
     * New data around given rows, whose noise goes by ids.
     *
     * @param ids one per given row
     * @throws IllegalArgumentException if there are not as many ids as given rows
     * @see #sample(RowSource, int, long)
     */
    public final Matrix sample(RowSource data, int count, long seed, long[] ids) {
        requireDistribution();
        requirePositive("count", count);
        SampleIds.require(ids, data);
        RowSource checked = check(data);
        try (LatentInference inference = inference()) {
            Draws samples = new Draws(encode(checked, inference), ids, seed, Purpose.RECONSTRUCTION);
            return restored(decode(samples.inTurn(count, inference), inference), data);
        }
    }

    /** Draws, ten of each sample, are those of {@link #reconstructSampled} with the seed of the configuration. */
    @Override
    public final Score score(RowSource data) {
        return hasDistribution() ? score(data, SampleIds.of(data)) : scoreOfNumbers(data);
    }

    private Score scoreOfNumbers(RowSource given) {
        try (LatentInference inference = inference()) {
            return ScoredRows.of(check(given), (data, first) -> {
                Latent latent = encode(data, inference);
                double squaredNorm = squaredNorm(data);
                double squaredError = inference.squaredError(data, numbers(latent));
                Score score = Score.ofNumbers(
                        relativeError(squaredError, squaredNorm),
                        reconstruction(data, numbers(latent), squaredError, inference),
                        hoyerSparsity(),
                        dead(latent),
                        deviance(data, numbers(latent), inference));
                return ScoredRows.ofNumbers(score, data.rows(), squaredNorm, squaredError);
            });
        }
    }

    /**
     * How well the model explains data, with draws by ids.
     *
     * @param ids one per row
     * @throws IllegalArgumentException if there are not as many ids as rows
     * @see #score(RowSource)
     */
    public final Score score(RowSource given, long[] ids) {
        requireDistribution();
        SampleIds.require(ids, given);
        try (LatentInference inference = inference()) {
            return ScoredRows.of(check(given), (data, first) -> {
                long[] some = Arrays.copyOfRange(ids, first, first + data.rows());
                return scored(data, some, inference);
            });
        }
    }

    private ScoredRows scored(RowSource data, long[] ids, LatentInference inference) {
        Latent latent = encode(data, inference);
        Latent sized = sized(latent, data);
        double squaredNorm = squaredNorm(data);
        double median = inference.squaredError(data, sized.median(inference));
        double mean = inference.squaredError(data, sized.mean(inference));
        double[] squares = new double[SCORE_DRAWS];
        double sampledError = 0;
        double reconstruction = 0;
        Draws samples = new Draws(sized, ids, seed(), Purpose.RECONSTRUCTION);
        for (int draw = 0; draw < SCORE_DRAWS; draw++) {
            Matrix h = samples.draw(draw, inference);
            squares[draw] = inference.squaredError(data, h);
            reconstruction += reconstruction(data, h, squares[draw], inference) / SCORE_DRAWS;
            sampledError += relativeError(squares[draw], squaredNorm) / SCORE_DRAWS;
        }
        Errors errors = new Errors(
                relativeError(median, squaredNorm),
                relativeError(mean, squaredNorm),
                sampledError,
                mean,
                reconstruction);
        Score score = score(data, latent, errors, inference);
        return new ScoredRows(score, data.rows(), squaredNorm, median, mean, squares);
    }

    /** Latents of rows of counts times their size factors. */
    static Latent sized(Latent latent, RowSource counts) {
        return SizeFactors.areAttached(counts)
                ? new Latent(sized(latent.lambda(), counts), latent.k(), counts.rowNames())
                : latent;
    }

    /**
     * Of reconstructions.
     *
     * @param median relative error of the latents' medians; likewise {@code mean} and {@code sampled}
     * @param squaredMean squared error of their means, in units of the scaled data
     * @param reconstruction of samples, per sample
     */
    record Errors(double median, double mean, double sampled, double squaredMean, double reconstruction) {}

    /**
     * ‖v − v̂‖²/(2σ²) per sample, or what the likelihood has in its place.
     *
     * @param h coefficients, n × r
     * @param squaredError of what they decode to, in units of the scaled data
     */
    double reconstruction(RowSource data, Matrix h, double squaredError, Inference inference) {
        return squaredError / (2 * squaredSigma() * data.rows());
    }

    /** Mean Poisson deviance of what coefficients decode to; NaN unless the likelihood is of counts. */
    double deviance(RowSource data, Matrix h, Inference inference) {
        return Double.NaN;
    }

    /** σ², in units of the scaled data. */
    abstract double squaredSigma();

    abstract Score score(RowSource data, Latent latent, Errors errors, Inference inference);

    /** Components, from 0, that take no part in any reconstruction of the data. */
    abstract List<Integer> dead(Latent latent);

    private Matrix decode(Matrix h) {
        try (LatentInference inference = inference()) {
            return decode(h, inference);
        }
    }

    final Matrix decode(Matrix h, Inference inference) {
        Matrix decoded = Matrix.zeros(h.rows(), features());
        inference.decode(h, decoded);
        requireFinite(decoded, "result");
        return decoded.withNames(h.rowNames(), featureNames());
    }

    private void requireDistribution() {
        if (!hasDistribution()) {
            throw new IllegalStateException(
                    "a deterministic autoencoder has no distribution of its coefficients; use coefficients(data)");
        }
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }
}
