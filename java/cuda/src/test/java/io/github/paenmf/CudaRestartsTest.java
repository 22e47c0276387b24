package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.ComponentMatching;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.NmfInit;
import io.github.paenmf.model.Stability;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fits from several seeds run on the device, one after another, and find what they find on the CPU. */
@Tag("cuda")
class CudaRestartsTest {

    private static final int RANK = 3;
    private static final int RESTARTS = 3;
    private static final long SEED = 40;
    private static final Matrix DATA = TestData.planted(37, 17, RANK, 0.05, 1).data();

    private static FactorisationModel fit(boolean variational, Backends.Choice backend, long seed, int restarts) {
        return variational
                ? VariationalNmf.builder()
                        .intervals(IntervalMethod.MEAN_FIELD)
                        .rank(RANK)
                        .epochs(6)
                        .seed(seed)
                        .restarts(restarts)
                        .backend(backend)
                        .build()
                        .fit(DATA)
                : Nmf.builder()
                        .init(NmfInit.RANDOM)
                        .rank(RANK)
                        .epochs(6)
                        .seed(seed)
                        .restarts(restarts)
                        .backend(backend)
                        .build()
                        .fit(DATA);
    }

    /** Of the components of two bases, in the order in which they are; at most π/2. */
    private static double greatestAngle(FactorisationModel one, FactorisationModel other) {
        double least = ComponentMatching.of(one.basis(), other.basis()).leastCosine();
        return Math.acos(Math.min(1, least));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bestAndStabilityAreThoseOfTheCpu(boolean variational) {
        List<FactorisationModel> alone = LongStream.range(SEED, SEED + RESTARTS)
                .mapToObj(seed -> fit(variational, Backends.Choice.CUDA, seed, 1))
                .toList();
        double apart = LongStream.range(0, RESTARTS)
                .mapToDouble(s -> greatestAngle(alone.get((int) s), fit(variational, Backends.Choice.CPU, SEED + s, 1)))
                .max()
                .orElseThrow();

        FactorisationModel cpu = fit(variational, Backends.Choice.CPU, SEED, RESTARTS);
        FactorisationModel cuda = fit(variational, Backends.Choice.CUDA, SEED, RESTARTS);

        String device = cuda.trainedOn().orElseThrow();
        assertTrue(device.startsWith("CUDA"), device);
        Stability expected = cpu.stability().orElseThrow();
        Stability actual = cuda.stability().orElseThrow();
        for (int s = 0; s < RESTARTS; s++) {
            // sums of float32 in another order, after a few steps that contract: as for whole fits
            assertEquals(expected.objectives()[s], actual.objectives()[s], 1e-3 * Math.abs(expected.objectives()[s]));
        }
        // to the bit what each of the seeds gives by itself, and the best of them
        assertArrayEquals(
                alone.stream().mapToDouble(CudaRestartsTest::objective).toArray(), actual.objectives());
        int best = best(actual.objectives());
        assertEquals(best(expected.objectives()), best);
        assertArrayEquals(alone.get(best).basis().toRows(), cuda.basis().toRows());
        assertEquals(alone.get(best).history(), cuda.history());
        // the cosine of an angle changes by no more than the angle, and either basis is so far from its own on the CPU;
        // 1e-6 for cosines in float32
        assertTrue(apart < 1e-2, "angle " + apart);
        for (int f = 0; f < RESTARTS - 1; f++) {
            for (int j = 0; j < RANK; j++) {
                assertEquals(
                        expected.matches().cosines().get(f, j),
                        actual.matches().cosines().get(f, j),
                        2 * apart + 1e-6);
            }
        }
        assertArrayEquals(expected.kept(), actual.kept());
    }

    private static double objective(FactorisationModel model) {
        int last = model.history().epochs() - 1;
        return model.history().reconstruction()[last] + model.history().kl()[last];
    }

    private static int best(double[] objectives) {
        double least = Arrays.stream(objectives).min().orElseThrow();
        return (int) Arrays.stream(objectives)
                .takeWhile(objective -> objective > least)
                .count();
    }
}
