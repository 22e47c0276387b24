package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static io.github.paenmf.testing.Spread.distance;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.TestData;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.VbInference;
import io.github.paenmf.backend.VbRowPosterior;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.model.FittedPae;
import io.github.paenmf.model.FittedVb;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.train.PaeTrainer;
import io.github.paenmf.train.VbTrainer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a fitted model computes on sparse data on the device, against sums in double and against dense data. */
@Tag("cuda")
class CudaSparseInferenceTest {

    private static final Execution CPU =
            Execution.auto().withBackend(Choice.CPU).withThreads(2);
    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);

    /** As in VbCudaAlgorithmTest: the farthest of five is below an eighth of another with odds of 6e-5. */
    private static final int PERTURBED = 5;

    private static final double MULTIPLE = 8;

    private static Matrix data(int n, int m) {
        SplittableRandom random = new SplittableRandom(9);
        float[][] rows = TestData.planted(n, m, 3, 0.2, 5).data().toRows();
        for (float[] row : rows) {
            for (int f = 0; f < m; f++) {
                row[f] = random.nextInt(10) < 4 ? row[f] : 0;
            }
        }
        rows[0][0] = 1;
        return Matrix.of(rows);
    }

    private static FittedVb vb(Matrix data, int r) {
        VbConfiguration c =
                VariationalNmf.builder().rank(r).epochs(20).seed(3).build().configuration();
        return new VbTrainer(c, CPU, report -> true).fit(data).model();
    }

    /** In runs of 256 rows, and of so few columns that the last run is short. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "33, 65, 7", "600, 31, 3"})
    void productsMatchSumsInDouble(int n, int m, int r) {
        Matrix v = data(n, m);
        Matrix h = TestData.planted(n, r, r, 0.3, 6).data();
        FittedVb model = vb(v, r);
        double scale = model.dataScale();
        Matrix projected = Matrix.zeros(n, r);
        double squaredError;
        try (VbInference inference = CurrentContext.watched(VbInference.class, open(model, CUDA.withChunkRows(256)))) {
            inference.project(SparseMatrix.of(v), projected);
            squaredError = inference.squaredError(SparseMatrix.of(v), h);
        }
        ErrorReport report = new ErrorReport("sparse products of " + n + " × " + m + ", r = " + r);
        double squares = 0;
        double cancelled = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < r; j++) {
                double sum = 0;
                for (int f = 0; f < m; f++) {
                    sum += v.get(i, f) / scale * model.basis(f, j); // none below 0
                }
                report.compare("V·W", sum, projected.get(i, j), U * (reduction(m) + 2) * sum);
            }
            for (int f = 0; f < m; f++) {
                double decoded = 0;
                for (int j = 0; j < r; j++) {
                    decoded += (double) h.get(i, j) * model.basis(f, j);
                }
                double value = v.get(i, f) / scale;
                squares += (value - decoded) * (value - decoded);
                cancelled += (value + decoded) * (value + decoded);
            }
        }
        // so many roundings of double at most, of terms that add up to this without their signs
        report.compare("squared error", squares, squaredError, (m + 3 * r + 10) * 0x1p-53 * cancelled);
        report.log();
    }

    private static CudaVbInference open(FittedVb model, Execution execution) {
        return CudaVbInference.open(model, new VbRowPosterior(model), execution, RowBlocks.serial());
    }

    /** Data with more nonzeros than those before need more memory. */
    @Test
    void dataMayBecomeLonger() {
        Matrix v = data(300, 31);
        FittedVb model = vb(v, 3);
        SparseMatrix sparse = SparseMatrix.of(v);
        Matrix first = Matrix.zeros(300, 3);
        Matrix again = Matrix.zeros(300, 3);
        try (VbInference inference = open(model, CUDA.withChunkRows(256))) {
            inference.project(
                    SparseMatrix.of(Matrix.of(new float[][] {new float[31], v.toRows()[5]})), Matrix.zeros(2, 3));
            inference.project(sparse, first);
            inference.project(sparse, again);
        }
        assertArrayEquals(first.toRows(), again.toRows());
        Matrix alone = Matrix.zeros(1, 3);
        try (VbInference inference = open(model, CUDA)) {
            inference.project(SparseMatrix.of(Matrix.of(new float[][] {v.toRows()[290]})), alone);
        }
        assertArrayEquals(first.toRows()[290], alone.toRows()[0]); // a row has one answer
    }

    /** As far from those of dense data as data that are off by their rounding carry those, and not much farther. */
    @ParameterizedTest
    @CsvSource({"0", "3"})
    void latentsAreThoseOfDenseData(int sweeps) {
        Matrix v = data(300, 31);
        FittedPae model = new PaeTrainer(
                        PaeNmf.builder().rank(3).epochs(20).seed(3).build().configuration(), CPU, report -> true)
                .fit(v)
                .model();
        try (CudaPaeInference inference =
                CudaPaeInference.open(model, sweeps, CUDA.withChunkRows(256), RowBlocks.serial())) {
            double[][] dense = latents(inference, v);
            double[][] sparse = latents(inference, SparseMatrix.of(v));
            ErrorReport report = new ErrorReport("latents of sparse data after " + sweeps + " sweeps");
            for (int part = 0; part < 2; part++) {
                double spread = 0;
                for (int seed = 0; seed < PERTURBED; seed++) {
                    spread = Math.max(
                            spread, distance(dense[part], latents(inference, perturbed(v, 2 * U, seed))[part]));
                }
                report.compare(part == 0 ? "λ" : "k", 0, distance(dense[part], sparse[part]), MULTIPLE * (spread + U));
            }
            report.log();
        }
    }

    /** [λ | k] of each coefficient. */
    private static double[][] latents(CudaPaeInference inference, RowSource v) {
        Matrix lambda = Matrix.zeros(v.rows(), 3);
        Matrix k = Matrix.zeros(v.rows(), 3);
        inference.encode(v, lambda, k);
        double[][] values = new double[2][3 * v.rows()];
        for (int i = 0; i < values[0].length; i++) {
            values[0][i] = lambda.get(i / 3, i % 3);
            values[1][i] = k.get(i / 3, i % 3);
        }
        return values;
    }

    /**
     * From a fit on the device to scores there, which differ by roundings of float32 in what is decoded: below 1e-6 of the
     * error of exact coefficients, and ten times that of an encoder's.
     */
    @Test
    void estimatorsTakeSparseDataOnCuda() {
        Matrix dense = data(300, 31);
        SparseMatrix sparse = SparseMatrix.of(dense);
        NmfModel nmf = Nmf.builder()
                .rank(3)
                .epochs(30)
                .seed(3)
                .backend(Choice.CUDA)
                .build()
                .fit(sparse);
        double expected = nmf.score(dense).relativeError();
        assertEquals(expected, nmf.score(sparse).relativeError(), 1e-6 * expected);
        PaeNmfModel pae = PaeNmf.builder()
                .rank(3)
                .epochs(30)
                .batchRows(100)
                .seed(3)
                .backend(Choice.CUDA)
                .build()
                .fit(sparse);
        expected = pae.score(dense).relativeError();
        assertEquals(expected, pae.score(sparse).relativeError(), 1e-5 * expected);
    }
}
