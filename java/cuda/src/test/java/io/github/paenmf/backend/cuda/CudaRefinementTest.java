package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.Latent;
import io.github.paenmf.PaeNmf;
import io.github.paenmf.PaeNmfModel;
import io.github.paenmf.TestData;
import io.github.paenmf.backend.Backends.Choice;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.Init;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What exact inference does for PAE-NMF on the device, beside the CPU. */
@Tag("cuda")
class CudaRefinementTest {

    /**
     * Both start from means that are off by u·√m of the encoder's sums, and sum in another order; a sweep adds u·√r of
     * terms that cancel to some 0.1 of them, and the functions of β up to 1e-5.
     */
    @ParameterizedTest
    @CsvSource({
        "300, 40, 5, 1, ''",
        "300, 40, 5, 2, ''",
        "600, 31, 19, 4, ''",
        "7, 33, 1, 3, ''",
        "40, 150, 101, 3, ''",
        "300, 40, 5, 0, 9",
        "600, 31, 3, 2, '10,7,6'"
    })
    void latentsAreThoseOfTheCpu(int n, int m, int r, int sweeps, String hidden) {
        Matrix data = TestData.parts(n, m, Math.min(r, 20));
        PaeNmfModel model = PaeNmf.builder()
                .rank(r)
                .epochs(30)
                .prior(1, 0.7)
                .hidden(CudaHiddenLayersTest.units(hidden))
                .backend(Choice.CPU)
                .build()
                .fit(data)
                .withRefinement(sweeps);
        Latent expected = model.transform(data);
        Latent actual = model.withExecution(
                        Execution.auto().withBackend(Choice.CUDA).withChunkRows(256))
                .transform(data);
        double worst = 0;
        for (int i = 0; i < n; i++) {
            double greatest = 0;
            for (int j = 0; j < r; j++) {
                greatest = Math.max(greatest, expected.lambda().get(i, j));
            }
            for (int j = 0; j < r; j++) {
                double of =
                        Math.abs(expected.lambda().get(i, j) - actual.lambda().get(i, j)) / greatest;
                worst = Math.max(worst, of);
            }
        }
        double largest = worst;
        assertTrue(worst < 2e-4, () -> "off by " + largest);
    }

    @Test
    void aFitFromVariationalNmfIsThatOfTheCpu() {
        Matrix data = TestData.parts(300, 40, 4);
        PaeNmf.Builder builder = PaeNmf.builder().rank(4).init(Init.VB).sigma(0).epochs(20);
        double cpu = builder.backend(Choice.CPU).build().fit(data).sigma();
        PaeNmfModel cuda = builder.backend(Choice.CUDA).build().fit(data);
        // 100 epochs of variational NMF and 20 of adam from roundings of 1e-7, each of which adam may turn into a step
        assertEquals(cpu, cuda.sigma(), 0.02 * cpu);
    }
}
