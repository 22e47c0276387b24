package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.TestData;
import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.Mask;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.train.steps.Epochs;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Epochs of variational NMF in one launch. That a fit by them is the CPU's is held by {@link VbCudaAlgorithmTest}, whose
 * small complete data they take.
 */
@Tag("cuda")
class VbWindowsTest {

    private static final Execution CUDA = Execution.auto().withBackend(Choice.CUDA);

    private static VbConfiguration configuration(int rank, Zeros zeros, double sigma) {
        return VariationalNmf.builder()
                .rank(rank)
                .zeros(zeros)
                .sigma(sigma)
                .build()
                .configuration();
    }

    private static WindowFits<VbParameters> fits(int n, int m, VbConfiguration configuration) {
        VbProblem problem = new VbProblem(configuration, n, m, 1.5);
        return new WindowFits<>(
                execution -> CudaSolvers.vb(problem, execution, RowBlocks.serial()),
                problem.shape(),
                TestData.planted(n, m, problem.rank(), 0.2, 11).data(),
                VbFits.start(problem),
                p -> List.of(
                        Arrays.toString(p.mean()),
                        Arrays.toString(p.variance()),
                        Arrays.toString(p.inclusion()),
                        Arrays.toString(p.priorMean()),
                        Arrays.toString(p.priorInclusion()),
                        Arrays.toString(p.coefficientInclusion()),
                        p.squaredSigma(),
                        p.zeros()));
    }

    /**
     * Fewer and more blocks of rows than of slices; slices that are not full; beyond the 20 epochs after which
     * coefficients may be 0.
     */
    @ParameterizedTest
    @CsvSource({
        "60, 45, 6, LEARN, 0, 8",
        "38, 130, 3, OFF, 0, 8",
        "150, 3, 2, LEARN, 0.3, 8",
        "300, 21, 4, LEARN, 0, 8",
        "5, 3, 2, LEARN, 0, 64",
        "9, 13, 16, LEARN, 0, 8"
    })
    void theLengthOfWindowsChangesNoBit(
            int n, int m, int rank, Zeros zeros, double sigma, int longest, @TempDir Path directory) {
        fits(n, m, configuration(rank, zeros, sigma))
                .assertLengthOfWindowsChangesNoBit(CUDA, longest + 1, longest, directory);
    }

    /**
     * Windows and stages take turns: the first epoch, of rows that have no means, and those of which the residual is asked
     * for are by stages. Epochs carry roundings of 1e-7 of the density of each entry by less than a thousandfold.
     */
    @Test
    void stagesAndWindowsGoOnFromEachOther() {
        int m = 45;
        WindowFits<VbParameters> fits = fits(60, m, configuration(4, Zeros.LEARN, 0));
        List<Objective> whole = takingTurns(fits, CUDA);
        List<Objective> staged = takingTurns(fits, CUDA.withCooperative(false));
        assertEquals(staged.get(0), whole.get(0), "the first epoch");
        for (int i = 1; i < staged.size(); i++) {
            assertEquals(staged.get(i).reconstruction(), whole.get(i).reconstruction(), 1e-4 * m, "epoch " + i);
            assertEquals(
                    staged.get(i).kl(), whole.get(i).kl(), 1e-4 * staged.get(i).kl(), "epoch " + i);
        }
        assertNotEquals(staged, whole, "sums have another order");
    }

    private static List<Objective> takingTurns(WindowFits<VbParameters> fits, Execution execution) {
        try (Solver<VbParameters> solver = fits.open(execution)) {
            Epochs epochs = fits.epochs(solver);
            epochs.run(0, 10);
            epochs.setResidualFrom(10);
            epochs.run(10, 2);
            epochs.setResidualFrom(Integer.MAX_VALUE);
            epochs.run(12, 12);
            return epochs.takeObjectives();
        }
    }

    @Test
    void aWindowIsOneLaunch(@TempDir Path directory) {
        WindowFits<VbParameters> fits = fits(60, 45, configuration(4, Zeros.LEARN, 0));
        assertEquals(List.of("cooperative kernel vb_window"), fits.launches(CUDA, 16, directory));
    }

    @Test
    void whatTheKernelDoesNotHaveIsNotTaken() {
        VbConfiguration plain = configuration(3, Zeros.LEARN, 0);
        assertTrue(VbWindows.takes(new VbProblem(plain, 9, 7, 1), CUDA));
        assertFalse(VbWindows.takes(new VbProblem(plain, 9, 7, 1), CUDA.withCooperative(false)));
        assertFalse(VbWindows.takes(new VbProblem(plain, 9, 7, 1), CUDA.withPrecision(Precision.TF32)));
        VbConfiguration counts = VariationalNmf.builder()
                .rank(3)
                .likelihood(Likelihood.POISSON)
                .build()
                .configuration();
        VbConfiguration batches =
                VariationalNmf.builder().rank(3).batchRows(4).build().configuration();
        Mask mask = Mask.builder(7, false).addRow(new int[] {1}, 1).build();
        Weights weights = Weights.NONE.withRows(1, 2, 1, 1, 1, 1, 1, 1, 1);
        for (VbProblem other : List.of(
                new VbProblem(counts, 9, 7, 1),
                new VbProblem(batches, 9, 7, 1),
                new VbProblem(plain, 9, 7, 1, true),
                new VbProblem(plain, 9, 7, 1, false, mask, Weights.NONE),
                new VbProblem(plain, 9, 7, 1, false, null, weights),
                new VbProblem(plain, 9, 7, 1, false, null, Weights.NONE, 1))) {
            assertFalse(VbWindows.takes(other, CUDA), other.toString());
        }
    }

    @Test
    void otherEpochsGoByStages() {
        System.setProperty(WindowLaunch.PROPERTY, "false");
        try {
            fits(9, 7, configuration(3, Zeros.LEARN, 0)).assertWindows(false, CUDA);
        } finally {
            System.clearProperty(WindowLaunch.PROPERTY);
        }
        fits(20, 19, configuration(17, Zeros.LEARN, 0)).assertWindows(false, CUDA);
    }
}
