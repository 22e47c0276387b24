package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.model.PaeParameters;
import io.github.paenmf.testing.ErrorReport;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encoding, decoding and the squared error against sums in double. */
@Tag("cuda")
class CudaInferenceTest {

    private static final double DATA_SCALE = 2.5;

    private static FittedPae model(Heads heads, int m, int r) {
        SplittableRandom random = new SplittableRandom(7);
        PaeParameters parameters = new PaeParameters(m, r);
        for (int i = 0; i < parameters.weights().length; i++) {
            boolean decoder = i % (3 * r) >= 2 * r;
            parameters.weights()[i] = (float) (decoder ? random.nextDouble() : random.nextDouble(-2, 2));
        }
        for (int j = 0; j < 2 * r; j++) {
            parameters.biases()[j] = (float) random.nextDouble(0.5, 1.5);
        }
        PaeConfiguration configuration =
                PaeNmf.builder().rank(r).heads(heads).build().configuration();
        History history = new History(new double[] {1}, new double[] {1}, StopReason.EPOCHS);
        return new FittedPae(configuration, parameters, DATA_SCALE, List.of(), history, 0, List.of());
    }

    private static Matrix random(int rows, int columns) {
        SplittableRandom random = new SplittableRandom(11);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (4 * random.nextDouble());
        }
        return Matrix.wrap(values, rows, columns);
    }

    /** With chunks of 256 rows, several runs where there are more; widths that are no multiple of 4. */
    @ParameterizedTest
    @CsvSource({"RELU, 1, 1, 1", "RELU, 33, 65, 7", "SOFTPLUS, 33, 65, 7", "RELU, 600, 31, 3", "SOFTPLUS, 257, 127, 31"
    })
    void matchesSumsInDouble(Heads heads, int n, int m, int r) {
        FittedPae model = model(heads, m, r);
        PaeConfiguration c = model.configuration();
        PaeParameters p = model.parameters();
        Matrix v = random(n, m);
        Matrix lambda = Matrix.zeros(n, r);
        Matrix k = Matrix.zeros(n, r);
        Matrix h = random(n, r);
        Matrix decoded = Matrix.zeros(n, m);
        double squaredError;
        try (CudaPaeInference inference =
                CudaPaeInference.open(model, 0, Execution.auto().withChunkRows(256), RowBlocks.serial())) {
            inference.encode(v, lambda, k);
            inference.decode(h, decoded);
            squaredError = inference.squaredError(v, h);
        }

        ErrorReport report = new ErrorReport("CUDA inference, " + heads + ", " + n + " × " + m + ", r = " + r);
        double scale = 1 / (DATA_SCALE * Math.sqrt(m));
        double squares = 0;
        double squaresBound = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < 2 * r; j++) {
                double a = p.biases()[j];
                double terms = 0;
                for (int f = 0; f < m; f++) {
                    double term = v.get(i, f) * scale * p.weights()[3 * r * f + j];
                    a += term;
                    terms += Math.abs(term);
                }
                double activated = heads == Heads.SOFTPLUS ? Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a))) : a;
                double floor = j < r ? (float) c.lambdaMin() : (float) c.shapeMin();
                // the product, its scale and the bias; softplus has a slope of at most 1 and adds five roundings
                double bound = U * ((reduction(m) + 2) * terms + Math.abs(a) + (heads == Heads.SOFTPLUS ? 5 + a : 0));
                double actual = j < r ? lambda.get(i, j) : k.get(i, j - r);
                report.compare("head " + j, Math.max(activated, floor), actual, Math.abs(bound));
            }
            for (int f = 0; f < m; f++) {
                double sum = 0;
                for (int j = 0; j < r; j++) {
                    sum += DATA_SCALE * h.get(i, j) * p.decoder(f, j);
                }
                double bound = U * (reduction(r) + 2) * sum; // no term is negative
                report.compare("v̂", sum, decoded.get(i, f), bound);
                double residual = (v.get(i, f) - sum) / DATA_SCALE;
                squares += residual * residual;
                squaresBound += (2 * Math.abs(residual) + bound / DATA_SCALE) * bound / DATA_SCALE;
            }
        }
        report.compare("squared error", squares, squaredError, squaresBound + 1e-12 * squares);
        report.log();
    }
}
