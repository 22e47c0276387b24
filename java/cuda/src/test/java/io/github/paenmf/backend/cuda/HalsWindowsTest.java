package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.Nmf;
import io.github.paenmf.NmfModel;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.FactorPenalty;
import io.github.paenmf.backend.NmfProblem;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.NmfConfiguration;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.NmfParameters;
import io.github.paenmf.model.Penalty;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Epochs of HALS in one launch. What one epoch does is held by the contract tests of {@link CudaBackendTest}. */
@Tag("cuda")
class HalsWindowsTest {

    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);

    private static WindowFits<NmfParameters> fits(int n, int m, int rank, int fixedComponents) {
        NmfProblem problem =
                problem(NmfAlgorithm.HALS, n, m, rank, false, null, FactorPenalty.NONE, fixedComponents, n);
        return new WindowFits<>(
                execution -> CudaSolvers.nmf(problem, execution, RowBlocks.serial()),
                problem.shape(),
                TestData.parts(n, m, rank),
                new NmfParameters(TestData.parts(m, rank, 2), TestData.parts(n, rank, 3)),
                factors -> Stream.of(factors.w(), factors.h())
                        .map(factor -> Arrays.deepToString(factor.toRows()))
                        .toList());
    }

    private static NmfProblem problem(
            NmfAlgorithm algorithm,
            int n,
            int m,
            int rank,
            boolean sparse,
            Mask mask,
            FactorPenalty penalty,
            int fixedComponents,
            int batchRows) {
        double beta = NmfConfiguration.usualBeta(algorithm);
        return new NmfProblem(
                algorithm,
                n,
                m,
                rank,
                1.5,
                sparse,
                mask,
                FactorPenalty.NONE,
                penalty,
                beta,
                fixedComponents,
                batchRows,
                NmfConfiguration.USUAL_FORGET_FACTOR,
                false);
    }

    /** Fewer and more blocks of rows than of slices; slices that are not full; in two orders of blocks and threads. */
    @ParameterizedTest
    @CsvSource({
        "60, 45, 6, 0, 8",
        "38, 130, 3, 2, 8",
        "94, 3, 9, 0, 8",
        "300, 21, 4, 0, 8",
        "1, 3, 2, 0, 64",
        "9, 13, 16, 1, 8"
    })
    void theLengthOfWindowsChangesNoBit(
            int n, int m, int rank, int fixedComponents, int longest, @TempDir Path directory) {
        fits(n, m, rank, fixedComponents).assertLengthOfWindowsChangesNoBit(CUDA, longest + 1, longest, directory);
    }

    /** Ten epochs carry roundings of 1e-7 by less than a thousandfold. */
    @Test
    void epochsAreThoseByStages() {
        WindowFits<NmfParameters> fits = fits(60, 45, 6, 2);
        List<Object> whole = fits.history(CUDA, 10, 10);
        List<Object> staged = fits.history(CUDA.withCooperative(false), 10, 10);
        for (int i = 0; i < 10; i++) {
            double expected = ((Objective) staged.get(i)).reconstruction();
            assertEquals(expected, ((Objective) whole.get(i)).reconstruction(), 1e-4 * expected);
        }
        assertNotEquals(staged.get(10), whole.get(10), "sums have another order");
    }

    @Test
    void aWindowIsOneLaunch(@TempDir Path directory) {
        assertEquals(
                List.of("cooperative kernel hals_window"), fits(60, 45, 6, 0).launches(CUDA, 64, directory));
    }

    /** What a fit leaves that ends within a window is what one of as many epochs leaves. */
    @Test
    void aFitThatEndsWithinAWindowHasTheFactorsOfItsLastEpoch() {
        Matrix data = TestData.parts(30, 21, 4);
        Nmf.Builder builder = Nmf.builder()
                .algorithm(NmfAlgorithm.HALS)
                .init(NmfInit.RANDOM)
                .rank(3)
                .seed(2)
                .backend(Choice.CUDA);
        NmfModel ended = builder.epochs(100)
                .listener(report -> report.epoch() < 7)
                .build()
                .fit(data);
        int epochs = ended.history().epochs();
        assertTrue(epochs < 10, epochs + " epochs");
        NmfModel whole = builder.epochs(epochs).listener(report -> true).build().fit(data);
        assertArrayEquals(whole.basis().toRows(), ended.basis().toRows());
        assertEquals(
                whole.history().reconstruction()[epochs - 1], ended.history().reconstruction()[epochs - 1]);
    }

    @Test
    void whatTheKernelDoesNotHaveIsNotTaken() {
        NmfProblem plain = problem(NmfAlgorithm.HALS, 9, 7, 3, false, null, FactorPenalty.NONE, 0, 9);
        assertTrue(HalsWindows.takes(plain, CUDA));
        assertFalse(HalsWindows.takes(plain, CUDA.withCooperative(false)));
        for (Precision precision : new Precision[] {Precision.TF32, Precision.TF32X3}) {
            assertFalse(HalsWindows.takes(plain, CUDA.withPrecision(precision)), precision.toString());
        }
        FactorPenalty l1 = FactorPenalty.of(new Penalty(0.1, 0), 9, null);
        Mask mask = Mask.builder(7, false).addRow(new int[] {1}, 1).build();
        for (NmfProblem other : List.of(
                problem(NmfAlgorithm.MU, 9, 7, 3, false, null, FactorPenalty.NONE, 0, 9),
                problem(NmfAlgorithm.HALS, 9, 7, 3, true, null, FactorPenalty.NONE, 0, 9),
                problem(NmfAlgorithm.HALS, 9, 7, 3, false, mask, FactorPenalty.NONE, 0, 9),
                problem(NmfAlgorithm.HALS, 9, 7, 3, false, null, l1, 0, 9),
                problem(NmfAlgorithm.HALS, 9, 7, 3, false, null, FactorPenalty.NONE, 0, 4))) {
            assertFalse(HalsWindows.takes(other, CUDA), other.toString());
        }
    }

    @Test
    void otherEpochsGoByStages() {
        System.setProperty(WindowLaunch.PROPERTY, "false");
        try {
            fits(9, 7, 3, 0).assertWindows(false, CUDA);
        } finally {
            System.clearProperty(WindowLaunch.PROPERTY);
        }
        fits(20, 19, 16, 0).assertWindows(true, CUDA);
        fits(20, 19, 17, 0).assertWindows(false, CUDA);
    }
}
