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
import io.github.paenmf.model.History;
import io.github.paenmf.model.Parameters;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.Diagnosis;
import io.github.paenmf.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** A fitted PAE-NMF. Immutable and thread-safe. Data are n × m with the features it was fitted on. */
public final class PaeNmfModel {

    private static final int SCORE_DRAWS = 10;

    private final FittedModel fitted;
    private final Execution execution;
    private final String trainedOn;

    /**
     * @param trainedOn description of the backend, or null if another program trained it
     */
    PaeNmfModel(FittedModel fitted, Execution execution, String trainedOn) {
        this.fitted = fitted;
        this.execution = execution;
        this.trainedOn = trainedOn;
    }

    /**
     * Reads a model.
     *
     * @throws DataException if the file is not a complete model, with the reason
     * @throws IOException if the file cannot be read
     */
    public static PaeNmfModel load(Path file) throws IOException {
        return new PaeNmfModel(ModelFile.read(file), Execution.auto(), null);
    }

    /**
     * Writes the model; a file that was there before is replaced only once the new one is complete.
     *
     * @throws IOException if the file cannot be written; what was there before is then unchanged
     */
    public void save(Path file) throws IOException {
        ModelFile.write(fitted, file);
    }

    /** The same model on another number of threads, which does not change its results. */
    public PaeNmfModel withThreads(int threads) {
        return withExecution(execution.withThreads(threads));
    }

    /** The same model on another backend. */
    public PaeNmfModel withBackend(Backends.Choice backend) {
        return withExecution(execution.withBackend(backend));
    }

    /** The same model on another CUDA device, by its index. */
    public PaeNmfModel withDevice(int device) {
        return withExecution(execution.withDevice(device));
    }

    /** The same model, computing elsewhere or in another way. */
    public PaeNmfModel withExecution(Execution other) {
        return new PaeNmfModel(fitted, Objects.requireNonNull(other, "execution"), trainedOn);
    }

    FittedModel fitted() {
        return fitted;
    }

    public Configuration configuration() {
        return fitted.configuration();
    }

    public int rank() {
        return fitted.parameters().rank();
    }

    public int features() {
        return fitted.parameters().features();
    }

    /** Names of the features, or an empty list. */
    public List<String> featureNames() {
        return fitted.featureNames();
    }

    /** The device, libraries and precision of the last fit or update; empty for a model that was loaded. */
    public Optional<String> trainedOn() {
        return Optional.ofNullable(trainedOn);
    }

    /** The objective over the epochs of the last fit or update. */
    public History history() {
        return fitted.history();
    }

    /** Epochs of all fits and updates. */
    public int totalEpochs() {
        return fitted.previousEpochs() + fitted.history().epochs();
    }

    /** What the user should know about the fit, one sentence each. */
    public List<String> warnings() {
        return fitted.warnings();
    }

    /** The NMF basis in units of the data, m × r: V ≈ H·basisᵀ. */
    public Matrix basis() {
        Parameters p = fitted.parameters();
        Matrix basis = Matrix.zeros(features(), rank());
        for (int i = 0; i < features(); i++) {
            for (int j = 0; j < rank(); j++) {
                basis.storage(i)[basis.offset(i) + j] = (float) (p.decoder(i, j) * fitted.dataScale());
            }
        }
        return basis.withNames(featureNames(), Latent.componentNames(rank()));
    }

    /**
     * The latent distributions of samples.
     *
     * @throws DataException if the data are not finite and ≥ 0, or have other features
     */
    public Latent transform(Matrix data) {
        check(data);
        Matrix lambda = Matrix.zeros(data.rows(), rank());
        Matrix k = Matrix.zeros(data.rows(), rank());
        try (Inference inference = inference()) {
            inference.encode(data, lambda, k);
        }
        return new Latent(lambda, k, data.rowNames());
    }

    /**
     * V̂ from the medians of the latents, n × m.
     *
     * @throws DataException as {@link #transform} does
     */
    public Matrix reconstruct(Matrix data) {
        return decode(transform(data).median());
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

    /**
     * How well the model explains data.
     *
     * @throws DataException as {@link #transform} does
     */
    public Score score(Matrix data) {
        Latent latent = transform(data);
        Configuration c = configuration();
        double squaredNorm = squaredNorm(data);
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
        double reconstruction = sampledSquare / (2 * c.sigma() * c.sigma() * data.rows());
        return new Score(
                Math.sqrt(median / squaredNorm),
                Math.sqrt(mean / squaredNorm),
                sampledError,
                reconstruction,
                kl,
                c.kl() ? reconstruction + kl : reconstruction,
                hoyerSparsity(),
                Diagnosis.of(fitted, latent.lambda(), latent.k()).deadComponents());
    }

    private double hoyerSparsity() {
        Parameters p = fitted.parameters();
        double sum = 0;
        for (int j = 0; j < rank(); j++) {
            double l1 = 0;
            double squares = 0;
            for (int i = 0; i < features(); i++) {
                double w = p.decoder(i, j);
                l1 += w;
                squares += w * w;
            }
            double root = Math.sqrt(features());
            // a column of zeros, or of one feature, has no spread to measure
            sum += squares == 0 || features() == 1 ? 1 : (root - l1 / Math.sqrt(squares)) / (root - 1);
        }
        return sum / rank();
    }

    private double squaredNorm(Matrix data) {
        double sum = 0;
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < data.columns(); j++) {
                double value = data.get(i, j) / fitted.dataScale();
                sum += value * value;
            }
        }
        if (sum == 0) {
            throw new DataException("all values are 0: a relative error is not defined");
        }
        return sum;
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
        return decoded.withNames(h.rowNames(), featureNames());
    }

    private Inference inference() {
        return Backends.openInference(execution, fitted);
    }

    private void check(Matrix data) {
        Trainer.requireFeatures(fitted, data);
        data.requireNonNegative();
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, not " + value);
        }
    }
}
