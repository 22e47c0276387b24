package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.train.steps.DataStatistics;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.decomposition.svd.SvdImplicitQrDecompose_DDRM;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Singular values and vectors against a full decomposition in double, and the factors that start from them. */
class TruncatedSvdTest {

    private static final Execution CPU =
            Execution.auto().withBackend(Backends.Choice.CPU).withThreads(2);

    private static Solver<NmfParameters> open(Matrix data) {
        return Backends.openNmf(CPU, new NmfProblem(NmfAlgorithm.HALS, data.rows(), data.columns(), 1, 1));
    }

    private static SvdImplicitQrDecompose_DDRM full(Matrix data) {
        DMatrixRMaj dense = new DMatrixRMaj(data.rows(), data.columns());
        for (int i = 0; i < data.rows(); i++) {
            for (int j = 0; j < data.columns(); j++) {
                dense.set(i, j, data.get(i, j));
            }
        }
        SvdImplicitQrDecompose_DDRM svd = new SvdImplicitQrDecompose_DDRM(true, true, true, true);
        svd.decompose(dense);
        return svd;
    }

    /** Products in float32 over up to 300 terms, of which a singular value feels the norm of the errors. */
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 7, 3", "7, 1, 2", "300, 31, 5", "31, 257, 5", "65, 63, 63"})
    void singularValuesAndVectorsAreThoseOfTheData(int n, int m, int count) {
        Matrix data = TestData.parts(n, m, 4);
        SvdImplicitQrDecompose_DDRM exact = full(data);
        double[] values = exact.getSingularValues();
        SingularOps_DDRM.descendingOrder(exact.getU(null, false), false, values, values.length, null, false);

        TruncatedSvd svd;
        try (Solver<NmfParameters> solver = open(data)) {
            svd = TruncatedSvd.of(solver.products(data), n, m, count, 1);
        }

        int kept = Math.min(count, Math.min(n, m));
        assertEquals(kept, svd.left().numCols);
        assertEquals(kept, svd.right().numCols);
        double tolerance = 3e-6 * values[0];
        DMatrixRMaj identityU = new DMatrixRMaj(kept, kept);
        DMatrixRMaj identityZ = new DMatrixRMaj(kept, kept);
        CommonOps_DDRM.multTransA(svd.left(), svd.left(), identityU);
        CommonOps_DDRM.multTransA(svd.right(), svd.right(), identityZ);
        for (int j = 0; j < kept; j++) {
            // beyond the planted rank the values of noise lie close together, and the subspace has not converged
            double slack = j < 4 ? tolerance : 0.02 * values[j] + tolerance;
            assertEquals(values[j], svd.values()[j], slack, "singular value " + j);
            for (int l = 0; l < kept; l++) {
                assertEquals(j == l ? 1 : 0, identityU.get(j, l), 1e-12);
                assertEquals(j == l ? 1 : 0, identityZ.get(j, l), 1e-12);
            }
            for (int i = 0; i < n && j < 4; i++) {
                double product = 0;
                for (int f = 0; f < m; f++) {
                    product += data.get(i, f) * svd.right().get(f, j);
                }
                assertEquals(svd.values()[j] * svd.left().get(i, j), product, tolerance);
            }
        }
    }

    private static NmfParameters factors(NmfAlgorithm algorithm, int rank, Matrix data) {
        return factors(algorithm, NmfInit.NNDSVD, rank, data, 5);
    }

    private static NmfParameters factors(NmfAlgorithm algorithm, NmfInit init, int rank, Matrix data, long seed) {
        DataStatistics statistics = DataStatistics.of(data, 0);
        NmfConfiguration c = new NmfConfiguration(rank, algorithm, init, 1, 0, 1, Missing.NONE, seed);
        try (Solver<NmfParameters> solver = Backends.openNmf(CPU, NmfTrainer.problem(data, statistics, c))) {
            return NmfInitialiser.parameters(c, statistics, solver.products(data));
        }
    }

    /**
     * Boutsidis and Gallopoulos: of σuzᵀ the part of u₊z₊ᵀ or u₋z₋ᵀ of greater norm, by its own leading singular value
     * σ‖u±‖‖z±‖; zeros are filled with the mean for multiplicative updates.
     */
    @ParameterizedTest
    @EnumSource
    void nndsvdKeepsTheGreaterPartOfEachSingularPair(NmfAlgorithm algorithm) {
        int n = 31;
        int m = 12;
        int rank = 4;
        Matrix data = TestData.parts(n, m, rank);
        double scale = DataStatistics.of(data, 0).scale();
        SvdImplicitQrDecompose_DDRM exact = full(data);
        DMatrixRMaj u = exact.getU(null, false);
        DMatrixRMaj z = exact.getV(null, false);
        double[] values = exact.getSingularValues();
        SingularOps_DDRM.descendingOrder(u, false, values, values.length, z, false);
        double mean = 0;
        for (float[] row : data.toRows()) {
            for (float value : row) {
                mean += value / scale / (n * m);
            }
        }
        double zero = algorithm.isMultiplicative() ? mean : 0;

        NmfParameters factors = factors(algorithm, rank, data);

        for (int j = 0; j < rank; j++) {
            double[] best = null;
            for (int sign : new int[] {1, -1}) {
                double[] a = part(u, j, sign);
                double[] b = part(z, j, sign);
                double weight = norm(a) * norm(b);
                if (best == null || weight > best[0]) {
                    best = new double[] {weight, sign};
                }
            }
            double sigma = values[j] / scale * best[0];
            assertColumn(part(u, j, (int) best[1]), sigma, zero, factors.h(), j);
            assertColumn(part(z, j, (int) best[1]), sigma, zero, factors.w(), j);
        }
    }

    /** The singular vectors of data with features that are 0 throughout have what roundings leave there. */
    @Test
    void whatRoundingsLeaveOfZeroIsZero() {
        Matrix data = TestData.parts(310, 64, 9);
        for (int i = 0; i < data.rows(); i++) {
            Arrays.fill(data.storage(i), data.offset(i), data.offset(i) + 8, 0f);
        }
        double mean = Arrays.stream(DataStatistics.of(data, 0).featureMeans())
                .average()
                .orElseThrow();

        NmfParameters factors = factors(NmfAlgorithm.MU, 9, data);

        for (int f = 0; f < 8; f++) {
            for (int j = 0; j < 9; j++) {
                assertEquals((float) mean, factors.w().get(f, j));
            }
        }
    }

    private static double[] part(DMatrixRMaj vectors, int j, int sign) {
        double[] part = new double[vectors.numRows];
        for (int i = 0; i < part.length; i++) {
            part[i] = Math.max(0, sign * vectors.get(i, j));
        }
        return part;
    }

    private static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(x -> x * x).sum());
    }

    private static void assertColumn(double[] part, double sigma, double zero, Matrix factor, int j) {
        double norm = norm(part);
        for (int i = 0; i < part.length; i++) {
            double value = Math.sqrt(sigma) * part[i] / norm;
            if (value < 1e-4) {
                assertEquals(value, factor.get(i, j) == (float) zero ? 0 : factor.get(i, j), 1e-4);
            } else {
                assertEquals(value, factor.get(i, j), 1e-4);
            }
        }
    }

    /** With 3 distinct rows there are 3 singular values; the other components must not start dead. */
    @ParameterizedTest
    @EnumSource
    void componentsBeyondTheRankOfTheDataStartAtRandom(NmfAlgorithm algorithm) {
        Matrix data = TestData.parts(3, 12, 3).selectRows(new int[] {0, 1, 2, 0, 1, 2, 2, 1});

        NmfParameters factors = factors(algorithm, 9, data);

        assertEquals(0, Diagnosis.deadComponents(factors.w(), factors.h()).size());
    }

    /** Both variants have other values where NNDSVD has zeros, and there alone: the mean, or a hundredth of it on average. */
    @Test
    void variantsOfNndsvdFillItsZeros() {
        Matrix data = TestData.parts(31, 12, 4);
        NmfParameters plain = factors(NmfAlgorithm.HALS, 4, data);
        NmfParameters filled = factors(NmfAlgorithm.HALS, NmfInit.NNDSVDA, 4, data, 5);
        NmfParameters random = factors(NmfAlgorithm.HALS, NmfInit.NNDSVDAR, 4, data, 5);
        NmfParameters again = factors(NmfAlgorithm.HALS, NmfInit.NNDSVDAR, 4, data, 5);
        DataStatistics statistics = DataStatistics.of(data, 0);
        double mean = statistics.featureMean();

        assertArrayEquals(random.h().toRows(), again.h().toRows());
        int zeros = 0;
        double sum = 0;
        for (int i = 0; i < 31; i++) {
            for (int j = 0; j < 4; j++) {
                float value = plain.h().get(i, j);
                if (value > 0) {
                    assertEquals(value, filled.h().get(i, j));
                    assertEquals(value, random.h().get(i, j));
                } else {
                    assertEquals(mean, filled.h().get(i, j), 1e-6 * mean);
                    assertTrue(random.h().get(i, j) > 0);
                    zeros++;
                    sum += random.h().get(i, j);
                }
            }
        }
        // |N(0, 1)| has the mean √(2/π) and the deviation 0.6: further off by five of its mean's once in a million
        double expected = Math.sqrt(2 / Math.PI);
        assertTrue(zeros >= 20, zeros + " zeros");
        assertEquals(expected, 100 * sum / zeros / mean, 5 * 0.6 / Math.sqrt(zeros));
        assertArrayEquals(
                factors(NmfAlgorithm.MU, 4, data).w().toRows(),
                factors(NmfAlgorithm.MU, NmfInit.NNDSVDA, 4, data, 5).w().toRows());
    }
}
