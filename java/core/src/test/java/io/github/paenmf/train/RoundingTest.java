package io.github.paenmf.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.train.steps.DataStatistics;
import io.github.paenmf.train.steps.Epochs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said about roundings against those that happen. */
class RoundingTest {

    private static final Execution CPU =
            Execution.auto().withBackend(Backends.Choice.CPU).withThreads(1);

    /** Both forms of the error against the same factors' in double, epoch after epoch, down to an error of nearly 0. */
    @ParameterizedTest
    @CsvSource({"30, 1, 1", "1, 30, 1", "61, 17, 3", "600, 40, 5", "40, 600, 5", "1500, 20, 12"})
    void bothFormsAreOffByNoMore(int n, int m, int r) {
        Matrix data = TestData.planted(n, m, r, 0, 5).data();
        DataStatistics statistics = DataStatistics.of(data, 0);
        NmfConfiguration c = new NmfConfiguration(r, NmfAlgorithm.HALS, NmfInit.NNDSVD, 60, 0, 1, Missing.NONE, 1);
        Rounding rounding = Rounding.ofNmf(statistics, r, CPU);
        NmfProblem problem = NmfTrainer.problem(data, statistics, c);
        try (Solver<NmfParameters> byGramForm = Backends.openNmf(CPU, problem);
                Solver<NmfParameters> byResidual = Backends.openNmf(CPU, problem)) {
            NmfParameters factors = NmfInitialiser.parameters(c, statistics, byGramForm.products(data));
            byGramForm.setParameters(factors);
            byResidual.setParameters(factors);
            Epochs gramForms = new Epochs(byGramForm, problem.shape(), 0, data, statistics.rowNorms(), 0);
            Epochs residuals = new Epochs(byResidual, problem.shape(), 0, data, statistics.rowNorms(), 0);
            residuals.setResidualFrom(0);
            for (int epoch = 0; epoch < 60; epoch++) {
                gramForms.run(epoch, 1);
                residuals.run(epoch, 1);
                Matrix before = factors.w().copy();
                byGramForm.readParameters(factors);
                double exact = squaredError(data, statistics.scale(), factors.h(), factors.w());
                double exactBefore = squaredError(data, statistics.scale(), factors.h(), before);
                String where = "epoch " + epoch + ", error " + exact / statistics.squaredNorm();
                assertEquals(exact, taken(gramForms, n), rounding.ofGramForm(), where);
                assertEquals(exactBefore, taken(residuals, n), rounding.ofResidual(exactBefore), where);
            }
        }
    }

    private static double taken(Epochs epochs, int n) {
        return 2 * n * epochs.takeObjectives().get(0).reconstruction();
    }

    private static double squaredError(Matrix data, double scale, Matrix h, Matrix w) {
        double sum = 0;
        for (int i = 0; i < data.rows(); i++) {
            for (int f = 0; f < data.columns(); f++) {
                double e = data.get(i, f) / scale;
                for (int j = 0; j < h.columns(); j++) {
                    e -= (double) h.get(i, j) * w.get(f, j);
                }
                sum += e * e;
            }
        }
        return sum;
    }

    @Test
    void theResidualIsNeededWhereTheGramFormDoesNotResolveWhatCounts() {
        Rounding rounding = new Rounding(1000, 3, 4, 1e-6); // off by 1e-3

        assertFalse(rounding.needsResidual(1, 0));
        assertTrue(rounding.needsResidual(0.1, 0), "a loss has at least two digits and a half");
        assertTrue(rounding.needsResidual(0, 0));
        assertFalse(rounding.needsResidual(1, 1e-2));
        assertTrue(rounding.needsResidual(1, 1e-4));
        assertTrue(rounding.needsResidual(0.1, 0.5), "whatever the tolerance");
        assertFalse(rounding.needsResidual(Double.NaN, 1e-4), "a divergence is nothing to look at closely");
    }

    @Test
    void roundingsAreInTheUnitsOfTheLoss() {
        Rounding rounding = new Rounding(1000, 3, 4, 1e-6);
        Rounding perSample = rounding.per(50);

        assertEquals(rounding.ofGramForm() / 50, perSample.ofGramForm(), 1e-15);
        // the roundings of a few operations in double
        double expected = rounding.ofResidual(7) / 50;
        assertEquals(expected, perSample.ofResidual(7.0 / 50), 1e-15 * expected);
    }

    @Test
    void tf32IsCoarser() {
        DataStatistics statistics = DataStatistics.of(TestData.parts(50, 20, 3), 0);
        double fp32 = Rounding.ofSteps(statistics, 50, 3, CPU).gramForm();

        assertTrue(gramForm(statistics, Precision.TF32) > 10 * fp32);
        assertTrue(gramForm(statistics, Precision.TF32X3) > fp32);
        assertTrue(gramForm(statistics, Precision.TF32X3) < 2 * fp32, "as exact, nearly");
    }

    private static double gramForm(DataStatistics statistics, Precision precision) {
        return Rounding.ofSteps(statistics, 50, 3, CPU.withPrecision(precision)).gramForm();
    }
}
