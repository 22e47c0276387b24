package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeInference;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.Diagnosis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A fitted PAE-NMF. Immutable and thread-safe. Data are n × m with the features it was fitted on.
 *
 * <p>A deterministic autoencoder ({@link TrainOn#SCALE}) has coefficients, but no distribution of them: what needs
 * one throws {@link IllegalStateException}.
 */
public final class PaeNmfModel extends FactorisationModel {

    private static final int SCORE_DRAWS = 10;

    private final FittedPae fitted;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    PaeNmfModel(FittedPae fitted, Execution execution, String trainedOn) {
        super(fitted, execution, trainedOn);
        this.fitted = fitted;
    }

    /**
     * Reads a model of PAE-NMF.
     *
     * @throws DataException if the file is not a complete model, or one of another kind
     * @throws IOException if the file cannot be read
     */
    public static PaeNmfModel load(Path file) throws IOException {
        SavedModel saved = ModelFile.read(file);
        if (saved instanceof FittedPae model) {
            return new PaeNmfModel(model, Execution.auto(), null);
        }
        throw notOf(file, saved.algorithm(), "PAE-NMF");
    }

    /** The same model on another number of threads, which does not change its results. */
    public PaeNmfModel withThreads(int threads) {
        return withExecution(execution().withThreads(threads));
    }

    /** The same model on another backend. */
    public PaeNmfModel withBackend(Backends.Choice backend) {
        return withExecution(execution().withBackend(backend));
    }

    /** The same model on another CUDA device, by its index. */
    public PaeNmfModel withDevice(int device) {
        return withExecution(execution().withDevice(device));
    }

    @Override
    public PaeNmfModel withExecution(Execution other) {
        return new PaeNmfModel(fitted, other, trainedOn().orElse(null));
    }

    @Override
    public PaeNmfSession openSession() {
        return new PaeNmfSession(this, inference());
    }

    FittedPae fitted() {
        return fitted;
    }

    public PaeConfiguration configuration() {
        return fitted.configuration();
    }

    @Override
    public int totalEpochs() {
        return fitted.previousEpochs() + fitted.history().epochs();
    }

    @Override
    public boolean hasKl() {
        return configuration().kl();
    }

    @Override
    public Map<String, String> settings() {
        PaeConfiguration c = configuration();
        Map<String, String> settings = new LinkedHashMap<>();
        if (algorithm().isProbabilistic()) {
            settings.put("Objective", c.kl() ? "reconstruction error + KL" : "reconstruction error, without KL");
            settings.put("Error's standard deviation σ", shown(c.sigma()));
            settings.put("Prior", "Weibull, shape " + shown(c.priorShape()) + ", scale " + shown(c.priorScale()));
            settings.put("Trained on", shown(c.trainOn()) + "s of the coefficients");
            settings.put("Floors of λ and k", shown(c.lambdaMin()) + " and " + shown(c.shapeMin()));
        }
        settings.put("Heads", shown(c.heads()));
        settings.put("Basis kept non-negative", shown(c.decoderUpdate()));
        settings.put("Optimiser", shown(c.optimiser()));
        settings.put("Rows of a step", c.batchRows() == 0 ? "all" : String.valueOf(c.batchRows()));
        settings.put("Seed", String.valueOf(c.seed()));
        return settings;
    }

    /** A number, without a fraction where it is whole. */
    private static String shown(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.valueOf((long) value)
                : String.valueOf(value);
    }

    /**
     * The latent distributions of samples.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    public Latent transform(Matrix data) {
        requireDistribution();
        return encode(data);
    }

    Latent transform(Matrix data, PaeInference inference) {
        requireDistribution();
        return encode(check(data), inference);
    }

    private Latent encode(Matrix data) {
        try (PaeInference inference = inference()) {
            return encode(check(data), inference);
        }
    }

    private Latent encode(Matrix data, PaeInference inference) {
        Matrix lambda = Matrix.zeros(data.rows(), rank());
        Matrix k = Matrix.zeros(data.rows(), rank());
        inference.encode(data, lambda, k);
        return new Latent(lambda, k, data.rowNames());
    }

    /** The medians of the latents; of a deterministic autoencoder λ, which is its hidden layer. */
    @Override
    public Matrix coefficients(Matrix data) {
        return numbers(encode(data));
    }

    Matrix coefficients(Matrix data, PaeInference inference) {
        return numbers(encode(check(data), inference));
    }

    private Matrix numbers(Latent latent) {
        return algorithm().isProbabilistic() ? latent.median() : latent.lambda();
    }

    @Override
    public Matrix reconstruct(Matrix data) {
        return decode(coefficients(data));
    }

    /**
     * V̂ from the means of the latents, n × m.
     *
     * @throws DataException as {@link #transform} does
     */
    public Matrix reconstructMean(Matrix data) {
        return decode(transform(data).mean());
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
    public List<Matrix> reconstructSampled(Matrix data, int draws, long seed) {
        return reconstructSampled(data, draws, seed, SampleIds.of(data));
    }

    /**
     * V̂ from samples of the latents: of a part of a table or stream, or where something else than a name tells samples
     * apart.
     *
     * @param ids one a row; a row's draws go by its id, wherever it stands
     * @throws IllegalArgumentException if there are not as many ids as rows
     * @see #reconstructSampled(Matrix, int, long)
     */
    public List<Matrix> reconstructSampled(Matrix data, int draws, long seed, long[] ids) {
        requireDistribution();
        requirePositive("samples", draws);
        SampleIds.require(ids, data);
        Matrix checked = check(data);
        try (PaeInference inference = inference()) {
            Draws samples = new Draws(encode(checked, inference), ids, seed, Purpose.RECONSTRUCTION);
            return IntStream.range(0, draws)
                    .mapToObj(draw -> decode(samples.draw(draw, inference), inference))
                    .toList();
        }
    }

    /**
     * New data from the prior.
     *
     * @param count how many rows, at least 1
     * @param seed selects the noise
     * @return count × m
     */
    public Matrix sample(int count, long seed) {
        return sample(count, seed, 0);
    }

    /**
     * Rows {@code first}, {@code first} + 1, ... of all that a seed gives from the prior, so that a stream can be made
     * part by part.
     *
     * @param count how many rows, at least 1
     * @param seed selects the noise
     * @return count × m
     */
    public Matrix sample(int count, long seed, long first) {
        requireDistribution();
        requirePositive("count", count);
        Matrix lambda = Matrix.zeros(count, rank());
        Matrix k = Matrix.zeros(count, rank());
        for (int i = 0; i < count; i++) {
            int offset = lambda.offset(i);
            Arrays.fill(lambda.storage(i), offset, offset + rank(), (float)
                    configuration().priorScale());
            Arrays.fill(k.storage(i), offset, offset + rank(), (float)
                    configuration().priorShape());
        }
        Latent prior = new Latent(lambda, k, List.of());
        try (PaeInference inference = inference()) {
            Draws samples = new Draws(prior, SampleIds.range(first, count), seed, Purpose.GENERATION);
            return decode(samples.draw(0, inference), inference);
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
    public Matrix sample(Matrix data, int count, long seed) {
        return sample(data, count, seed, SampleIds.of(data));
    }

    /**
     * New data around given rows, whose noise goes by ids.
     *
     * @param ids one a given row
     * @throws IllegalArgumentException if there are not as many ids as given rows
     * @see #sample(Matrix, int, long)
     */
    public Matrix sample(Matrix data, int count, long seed, long[] ids) {
        requireDistribution();
        requirePositive("count", count);
        SampleIds.require(ids, data);
        Matrix checked = check(data);
        try (PaeInference inference = inference()) {
            Draws samples = new Draws(encode(checked, inference), ids, seed, Purpose.RECONSTRUCTION);
            return decode(samples.inTurn(count, inference), inference);
        }
    }

    /** Draws, ten of each sample, are those of {@link #reconstructSampled} with the seed of the configuration. */
    @Override
    public Score score(Matrix data) {
        return algorithm().isProbabilistic() ? score(data, SampleIds.of(data)) : scoreOfNumbers(data);
    }

    private Score scoreOfNumbers(Matrix given) {
        Matrix data = check(given);
        try (PaeInference inference = inference()) {
            Latent latent = encode(data, inference);
            double squaredNorm = squaredNorm(data);
            double squaredError = inference.squaredError(data, numbers(latent));
            return Score.ofNumbers(
                    relativeError(squaredError, squaredNorm),
                    squaredError / perSample(data),
                    hoyerSparsity(),
                    dead(latent));
        }
    }

    /** 2σ²n. */
    private double perSample(Matrix data) {
        return 2 * configuration().sigma() * configuration().sigma() * data.rows();
    }

    private List<Integer> dead(Latent latent) {
        return Diagnosis.of(fitted, latent.lambda(), latent.k()).deadComponents();
    }

    /**
     * How well the model explains data, with draws by ids.
     *
     * @param ids one a row
     * @throws IllegalArgumentException if there are not as many ids as rows
     * @see #score(Matrix)
     */
    public Score score(Matrix given, long[] ids) {
        requireDistribution();
        SampleIds.require(ids, given);
        Matrix data = check(given);
        PaeConfiguration c = configuration();
        try (PaeInference inference = inference()) {
            Latent latent = encode(data, inference);
            double squaredNorm = squaredNorm(data);
            double kl = latent.kl(c.priorShape(), c.priorScale(), inference) / data.rows();
            double median = inference.squaredError(data, latent.median(inference));
            double mean = inference.squaredError(data, latent.mean(inference));
            double sampledError = 0;
            double sampledSquare = 0;
            Draws samples = new Draws(latent, ids, c.seed(), Purpose.RECONSTRUCTION);
            for (int draw = 0; draw < SCORE_DRAWS; draw++) {
                double square = inference.squaredError(data, samples.draw(draw, inference));
                sampledSquare += square / SCORE_DRAWS;
                sampledError += relativeError(square, squaredNorm) / SCORE_DRAWS;
            }
            double reconstruction = sampledSquare / perSample(data);
            return new Score(
                    relativeError(median, squaredNorm),
                    relativeError(mean, squaredNorm),
                    sampledError,
                    reconstruction,
                    kl,
                    c.kl() ? reconstruction + kl : reconstruction,
                    hoyerSparsity(),
                    dead(latent));
        }
    }

    private Matrix decode(Matrix h) {
        try (PaeInference inference = inference()) {
            return decode(h, inference);
        }
    }

    Matrix decode(Matrix h, PaeInference inference) {
        Matrix decoded = Matrix.zeros(h.rows(), features());
        inference.decode(h, decoded);
        requireFinite(decoded, "result");
        return decoded.withNames(h.rowNames(), featureNames());
    }

    private PaeInference inference() {
        return Backends.openInference(execution(), fitted);
    }

    private void requireDistribution() {
        if (!algorithm().isProbabilistic()) {
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
