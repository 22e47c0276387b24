package io.github.paenmf;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Inference;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.io.ModelFile;
import io.github.paenmf.math.Weibull;
import io.github.paenmf.model.Configuration;
import io.github.paenmf.model.FittedModel;
import io.github.paenmf.model.SavedModel;
import io.github.paenmf.model.TrainOn;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.Diagnosis;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A fitted PAE-NMF. Immutable and thread-safe. Data are n × m with the features it was fitted on.
 *
 * <p>A deterministic autoencoder ({@link TrainOn#SCALE}) has coefficients, but no distribution of them: what needs
 * one throws {@link IllegalStateException}.
 */
public final class PaeNmfModel extends FactorisationModel {

    private static final int SCORE_DRAWS = 10;

    private final FittedModel fitted;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    PaeNmfModel(FittedModel fitted, Execution execution, String trainedOn) {
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
        if (saved instanceof FittedModel model) {
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

    FittedModel fitted() {
        return fitted;
    }

    public Configuration configuration() {
        return fitted.configuration();
    }

    @Override
    public int totalEpochs() {
        return fitted.previousEpochs() + fitted.history().epochs();
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

    private Latent encode(Matrix data) {
        check(data);
        Matrix lambda = Matrix.zeros(data.rows(), rank());
        Matrix k = Matrix.zeros(data.rows(), rank());
        try (Inference inference = inference()) {
            inference.encode(data, lambda, k);
        }
        return new Latent(lambda, k, data.rowNames());
    }

    /** The medians of the latents; of a deterministic autoencoder λ, which is its hidden layer. */
    @Override
    public Matrix coefficients(Matrix data) {
        return numbers(encode(data));
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
     * V̂ from samples of the latents.
     *
     * @param draws how many, at least 1
     * @param seed selects the noise
     * @return a matrix n × m for each draw; a draw does not depend on how many there are
     * @throws DataException as {@link #transform} does
     */
    public List<Matrix> reconstructSampled(Matrix data, int draws, long seed) {
        requirePositive("samples", draws);
        Latent latent = transform(data);
        return IntStream.range(0, draws)
                .mapToObj(draw -> decode(draw(latent, seed, draw, Purpose.RECONSTRUCTION)))
                .toList();
    }

    /**
     * New data from the prior.
     *
     * @param count how many rows, at least 1
     * @param seed selects the noise
     * @return count × m
     */
    public Matrix sample(int count, long seed) {
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
        return decode(draw(new Latent(lambda, k, List.of()), seed, 0, Purpose.GENERATION));
    }

    /**
     * New data around given rows: samples from the latent distributions of each.
     *
     * @param count how many new rows, at least 1; given rows are used in turn
     * @param seed selects the noise
     * @return count × m
     * @throws DataException as {@link #transform} does
     */
    public Matrix sample(Matrix data, int count, long seed) {
        requirePositive("count", count);
        int[] source = IntStream.range(0, count).map(i -> i % data.rows()).toArray();
        Latent latent = transform(data);
        Matrix lambda = latent.lambda().selectRows(source);
        Matrix k = latent.k().selectRows(source);
        Latent repeated = new Latent(lambda, k, lambda.rowNames());
        return decode(draw(repeated, seed, 0, Purpose.GENERATION));
    }

    @Override
    public Score score(Matrix data) {
        Latent latent = encode(data);
        double squaredNorm = squaredNorm(data);
        List<Integer> dead = Diagnosis.of(fitted, latent.lambda(), latent.k()).deadComponents();
        Configuration c = configuration();
        double perSample = 2 * c.sigma() * c.sigma() * data.rows();
        if (!algorithm().isProbabilistic()) {
            try (Inference inference = inference()) {
                double squaredError = inference.squaredError(data, numbers(latent));
                return Score.ofNumbers(
                        Math.sqrt(squaredError / squaredNorm), squaredError / perSample, hoyerSparsity(), dead);
            }
        }
        double kl = 0;
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < rank(); j++) {
                kl += Weibull.kl(latent.k().get(i, j), latent.lambda().get(i, j), c.priorShape(), c.priorScale());
            }
        }
        kl /= data.rows();
        double median;
        double mean;
        double sampledError = 0;
        double sampledSquare = 0;
        try (Inference inference = inference()) {
            median = inference.squaredError(data, latent.median());
            mean = inference.squaredError(data, latent.mean());
            for (int draw = 0; draw < SCORE_DRAWS; draw++) {
                double square = inference.squaredError(data, draw(latent, c.seed(), draw, Purpose.RECONSTRUCTION));
                sampledSquare += square / SCORE_DRAWS;
                sampledError += Math.sqrt(square / squaredNorm) / SCORE_DRAWS;
            }
        }
        double reconstruction = sampledSquare / perSample;
        return new Score(
                Math.sqrt(median / squaredNorm),
                Math.sqrt(mean / squaredNorm),
                sampledError,
                reconstruction,
                kl,
                c.kl() ? reconstruction + kl : reconstruction,
                hoyerSparsity(),
                dead);
    }

    /** One sample of each latent, n × r. */
    private Matrix draw(Latent latent, long seed, int draw, Purpose purpose) {
        int[] words = new int[Philox.WORDS];
        float[] noise = new float[rank()];
        Matrix result = Matrix.zeros(latent.lambda().rows(), rank());
        for (int i = 0; i < result.rows(); i++) {
            Philox.uniforms(seed, i, draw, purpose, words, noise, 0, rank());
            float[] target = result.storage(i);
            int offset = result.offset(i);
            for (int j = 0; j < rank(); j++) {
                target[offset + j] = (float)
                        Weibull.sample(latent.k().get(i, j), latent.lambda().get(i, j), noise[j]);
            }
        }
        return result.withNames(latent.lambda().rowNames(), List.of());
    }

    private Matrix decode(Matrix h) {
        Matrix decoded = Matrix.zeros(h.rows(), features());
        try (Inference inference = inference()) {
            inference.decode(h, decoded);
        }
        requireFinite(decoded, "result");
        return decoded.withNames(h.rowNames(), featureNames());
    }

    private Inference inference() {
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
