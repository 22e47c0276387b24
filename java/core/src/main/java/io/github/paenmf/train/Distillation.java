package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.EncoderTraining;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.math.MixedWeibull;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.PosteriorEncoder;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.train.steps.Initialiser;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Learns an encoder of the posteriors of a variational NMF, which gives those of a row in one pass.
 *
 * <p>What it learns from are rows of the data, and rows that the model makes of them: coefficients of one with some of another
 * one in their place, longer and shorter, and what the model leaves of a third. There is no end of these, so that it does not
 * learn rows by heart, however few there are.
 */
public final class Distillation {

    /** As many of the data's rows at most. */
    private static final int MOST_ROWS = 20_000;

    private static final double RATE = 3e-3;
    private static final int STEPS = 4000;
    /** More for each component. */
    private static final int STEPS_OF_COMPONENT = 100;
    /** Share of rows that are of the data as they are. */
    private static final double REAL = 0.3;
    /** Share of coefficients that are another row's. */
    private static final double SWAPPED = 0.1;
    /** By how much a coefficient, and ln of the length of a row, are changed at most. */
    private static final double SPREAD = 0.2;

    private static final double ROW_SPREAD = 0.8;

    private static final int LEAST_UNITS = 128;
    private static final int MOST_UNITS = 512;
    private static final int UNITS_OF_COMPONENT = 8;

    private final VbRowPosterior posterior;
    private final int r;
    private final long seed;
    /** Of the rows that it learns from: means of the coefficients, and (v − W·h)·W, n × r each. */
    private final float[] means;

    private final float[] residuals;
    private final int n;
    private final double[] gram;
    private final float[] whitening;
    private final float[] inputSize;
    private final float[] outputScale;

    private Distillation(FittedVb model, RowSource rows, Execution execution) {
        this.posterior = new VbRowPosterior(model);
        this.r = model.rank();
        this.seed = model.configuration().seed();
        this.n = rows.rows();
        Matrix c = Matrix.zeros(n, r);
        Matrix lambda = Matrix.zeros(n, r);
        Matrix k = Matrix.zeros(n, r);
        Matrix inclusion = Matrix.zeros(n, r);
        try (VbInference inference = Backends.openInference(execution, model)) {
            inference.project(rows, c);
            inference.encode(rows, lambda, k, inclusion);
        }
        // of components as long as prior means of H of 1 ask for
        double[] units = model.parameters().coefficientMean();
        this.gram = gram(posterior.unit().mean());
        this.means = new float[n * r];
        float[] products = new float[n * r];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < r; j++) {
                double mean = MixedWeibull.mean(k.get(i, j), lambda.get(i, j), inclusion.get(i, j));
                means[i * r + j] = (float) (mean / units[j]);
                products[i * r + j] = (float) (c.get(i, j) * units[j]);
            }
        }
        this.residuals = residuals(products);
        this.whitening = new float[r * r];
        this.inputSize = new float[r];
        this.outputScale = new float[r];
        setScales(products);
    }

    /**
     * The same model with an encoder of its posteriors.
     *
     * @param data that it was fitted to, n × m, complete, as its trainer got them
     * @param hidden units of each hidden layer; one layer of eight times the rank, from 128 to 512, if there are none
     */
    public static FittedVb of(FittedVb model, RowSource data, List<Integer> hidden, Execution execution) {
        Distillation distillation =
                new Distillation(model, some(data, model.configuration().seed()), execution);
        int usual = Math.min(MOST_UNITS, Math.max(LEAST_UNITS, UNITS_OF_COMPONENT * model.rank()));
        return model.withEncoder(distillation.run(hidden.isEmpty() ? List.of(usual) : hidden, execution));
    }

    /** All rows, or as many as are enough, drawn anew. */
    private static RowSource some(RowSource data, long seed) {
        if (data.rows() <= MOST_ROWS) {
            return data;
        }
        int[] words = new int[Philox.WORDS];
        int[] drawn = IntStream.range(0, MOST_ROWS)
                .map(place -> {
                    Philox.words(seed, place, 0, 0, Purpose.ENCODER, words);
                    return (int) (Philox.toUniform(words[0]) * data.rows());
                })
                .sorted()
                .distinct()
                .toArray();
        return data.selectRows(drawn);
    }

    /** WᵀW. */
    private double[] gram(float[] w) {
        double[] sums = new double[r * r];
        for (int f = 0; f < w.length; f += r) {
            for (int j = 0; j < r; j++) {
                for (int l = 0; l < r; l++) {
                    sums[j * r + l] += (double) w[f + j] * w[f + l];
                }
            }
        }
        return sums;
    }

    private float[] residuals(float[] products) {
        float[] left = new float[products.length];
        for (int i = 0; i < products.length; i += r) {
            for (int j = 0; j < r; j++) {
                double sum = products[i + j];
                for (int l = 0; l < r; l++) {
                    sum -= gram[j * r + l] * means[i + l];
                }
                left[i + j] = (float) sum;
            }
        }
        return left;
    }

    /** u = (G + σ²I)⁻¹·c of unit size: what h would be were it free to be negative, with a normal prior. */
    private void setScales(float[] products) {
        DMatrixRMaj inverse = new DMatrixRMaj(r, r);
        for (int j = 0; j < r; j++) {
            for (int l = 0; l < r; l++) {
                double ridge = j == l ? 1 / posterior.precision() : 0;
                inverse.set(j, l, posterior.gram()[j * r + l] + ridge);
            }
        }
        CommonOps_DDRM.invertSPD(inverse, inverse);
        for (int j = 0; j < r; j++) {
            double inputs = 0;
            double outputs = 0;
            for (int i = 0; i < n; i++) {
                double u = 0;
                for (int l = 0; l < r; l++) {
                    u += inverse.get(j, l) * products[i * r + l];
                }
                inputs += u * u / n;
                outputs += (double) means[i * r + j] * means[i * r + j] / n;
            }
            inputSize[j] = (float) Math.sqrt(inputs);
            outputScale[j] = (float) Math.max(1, posterior.root(j) * Math.sqrt(outputs));
            for (int l = 0; l < r; l++) {
                whitening[j * r + l] = inputs > 0 ? (float) (inverse.get(j, l) / inputSize[j]) : 0;
            }
        }
    }

    private PosteriorEncoder run(List<Integer> hidden, Execution execution) {
        float[] moments = new float[r * r];
        for (int e = 0; e < moments.length; e++) {
            moments[e] = (float) gram[e];
        }
        try (EncoderTraining training =
                Backends.openEncoderTraining(execution, posterior, moments, start(hidden), outputScale)) {
            int steps = STEPS + STEPS_OF_COMPONENT * r;
            for (int step = 0; step < steps; step++) {
                training.step(this::draw, RATE * (0.5 * (1 + Math.cos(Math.PI * step / steps))));
            }
            return training.encoder();
        }
    }

    /** Weights ~ N(0, 2/inputs) (He et al. 2015); what comes of them begins as 0, beside β of u. */
    private PosteriorEncoder start(List<Integer> hidden) {
        List<EncoderLayer> layers = new ArrayList<>();
        int inputs = r + 1;
        for (int units : hidden) {
            EncoderLayer layer = new EncoderLayer(inputs, units);
            Initialiser.fill(layer, Math.sqrt(2.0 / inputs), layers.size() + 1, seed);
            layers.add(layer);
            inputs = units;
        }
        float[] skip = new float[r * r];
        for (int j = 0; j < r; j++) {
            skip[j * r + j] = inputSize[j] * posterior.root(j);
        }
        return new PosteriorEncoder(whitening, layers, new EncoderLayer(inputs, r), skip);
    }

    /** A row to learn from: one of the data, or one that is made of several of them. */
    private void draw(int step, int place, float[] h, float[] e, int at, int stride) {
        int[] words = new int[Philox.WORDS];
        float[] uniforms = new float[6 + 3 * r];
        Philox.uniforms(seed, place, step + 1, Purpose.ENCODER, words, uniforms, 0, uniforms.length);
        int one = r * (int) (uniforms[0] * n);
        if (uniforms[1] < REAL) {
            for (int j = 0; j < r; j++) {
                h[at + j * stride] = means[one + j];
                e[at + j * stride] = residuals[one + j];
            }
            return;
        }
        int other = r * (int) (uniforms[2] * n);
        int third = r * (int) (uniforms[3] * n);
        double share = uniforms[4] * uniforms[4];
        double length = Math.exp(ROW_SPREAD * (2 * uniforms[5] - 1));
        for (int j = 0; j < r; j++) {
            double value = uniforms[6 + j] < SWAPPED
                    ? means[r * (int) (uniforms[6 + r + j] * n) + j]
                    : (1 - share) * means[other + j] + share * means[one + j];
            double spread = 1 + SPREAD * (2 * uniforms[6 + 2 * r + j] - 1);
            h[at + j * stride] = (float) (value * length * spread);
            e[at + j * stride] = residuals[third + j];
        }
    }
}
