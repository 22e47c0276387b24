package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.History;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.TrainOn;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Fits whose error is so small that the Gram form of it is nothing but rounding. */
class NearZeroErrorTest {

    Backends.Choice backend() {
        return Backends.Choice.CPU;
    }

    private Nmf.Builder nmf(int rank) {
        return Nmf.builder().rank(rank).threads(1).backend(backend());
    }

    /** Without noise, so that the error goes to 0. */
    private PaeNmf.Builder autoencoder(TrainOn trainOn) {
        return PaeNmf.builder()
                .rank(2)
                .kl(false)
                .trainOn(trainOn)
                .sigma(0.02)
                .threads(1)
                .seed(1)
                .backend(backend());
    }

    private static double last(History history) {
        return history.reconstruction()[history.epochs() - 1];
    }

    /** Factors of few parts have an error of nearly 0, where the Gram form is below 0 half of the time. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "KL")
    void lossesOfNmfAreNeverBelowZero(NmfAlgorithm algorithm) {
        int rank = algorithm == NmfAlgorithm.MU ? 1 : 2; // mu gets to an error of 0 slowly, unless there is one part
        Matrix data = TestData.planted(60, 15, rank, 0, 4).data();
        NmfModel model = nmf(rank).algorithm(algorithm).epochs(1500).build().fit(data);

        double[] losses = model.history().reconstruction();
        double norm = data.columns() / 2.0; // of a loss of 1
        assertTrue(losses[1499] < 1e-9 * norm, "near 0, not " + losses[1499]);
        for (int epoch = 1; epoch < losses.length; epoch++) {
            assertTrue(losses[epoch] > 0, "epoch " + epoch);
            // each update is a descent: what is made by the residual rises by its own rounding at most
            double rounding = losses[epoch] > norm / 1000 ? 2e-6 : 2e-7 * Math.sqrt(losses[epoch] / norm) + 1e-13;
            assertTrue(losses[epoch] <= losses[epoch - 1] + rounding * norm, "epoch " + epoch + " rises");
        }
        // and it is the error of what comes out, to the rounding of the factors, u = 6e-8 of V̂
        double error = Math.sqrt(losses[1499] / norm);
        assertEquals(model.score(data).relativeError(), error, 0.2 * error + 2e-7);
    }

    @ParameterizedTest
    @EnumSource(
            value = TrainOn.class,
            names = {"MEDIAN", "SCALE"})
    void lossesOfAutoencodersAreNeverBelowZero(TrainOn trainOn) {
        Matrix data = TestData.planted(40, 15, 2, 0, 4).data();
        History history = autoencoder(trainOn)
                .init(Init.NMF)
                .epochs(300)
                .build()
                .fit(data)
                .history();

        double norm = 15 / (2 * 0.02 * 0.02);
        double least = Arrays.stream(history.reconstruction()).min().orElseThrow();
        assertTrue(least > 0 && least < 3e-6 * norm, "near 0 and above, not " + least / norm);
    }

    /** An error of 1e-7 is that of rounding V to float32: that it still falls by some per cent means nothing. */
    @Test
    void roundingsAreNoReasonToTrainForMore() {
        Random random = new Random(5);
        float[][] column = new float[30][1];
        float[][] few = new float[10][6];
        for (int i = 0; i < 30; i++) {
            column[i][0] = (float) Math.exp(random.nextGaussian());
        }
        few[2][1] = 0.7f;
        few[7][4] = 1.3f;

        NmfModel one = nmf(1).algorithm(NmfAlgorithm.MU).epochs(200).build().fit(Matrix.of(column));
        NmfModel two = nmf(2).algorithm(NmfAlgorithm.HALS).epochs(200).build().fit(Matrix.of(few));

        assertTrue(one.score(Matrix.of(column)).relativeError() < 2e-7);
        assertTrue(one.warnings().stream().noneMatch(w -> w.startsWith("not converged")), () -> one.warnings() + "");
        assertTrue(two.score(Matrix.of(few)).relativeError() < 2e-7);
        assertTrue(two.warnings().stream().noneMatch(w -> w.startsWith("not converged")), () -> two.warnings() + "");
    }

    @Test
    void neitherThreadsNorChunksChangeABit() {
        if (backend() != Backends.Choice.CPU) {
            return; // the guarantee is the CPU's
        }
        Matrix data = TestData.planted(1100, 400, 2, 0, 4).data();
        PaeNmfModel expected = autoencoder(TrainOn.SCALE).epochs(300).build().fit(data);
        assertTrue(last(expected.history()) < 3e-5 * 400 / (2 * 0.02 * 0.02), "near 0");
        for (int[] threadsAndChunk : new int[][] {{2, 0}, {3, 256}, {1, 512}}) {
            PaeNmfModel model = autoencoder(TrainOn.SCALE)
                    .epochs(300)
                    .threads(threadsAndChunk[0])
                    .chunkRows(threadsAndChunk[1])
                    .build()
                    .fit(data);
            assertEquals(expected.history(), model.history());
            assertArrayEquals(expected.basis().toRows(), model.basis().toRows());
        }
    }
}
