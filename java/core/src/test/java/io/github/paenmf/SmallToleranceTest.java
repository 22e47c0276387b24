package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.model.History;
import io.github.paenmf.model.History.StopReason;
import io.github.paenmf.model.NmfInit;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a small tolerance does where the Gram form does not resolve it; thousands of epochs, so on the CPU. */
class SmallToleranceTest {

    /** Columns over five decades that one factor moves nearly alike, as measurements of the size of one thing are. */
    private static Matrix correlated(int n, int m) {
        Random random = new Random(3);
        double[] size = new double[m];
        double[] power = new double[m];
        for (int f = 0; f < m; f++) {
            size[f] = Math.pow(10, random.nextDouble() * 5 - 2);
            power[f] = 0.3 + 1.7 * random.nextDouble();
        }
        float[][] values = new float[n][m];
        for (float[] row : values) {
            double x = 0.25 * random.nextGaussian();
            double y = 0.05 * Math.exp(0.5 * random.nextGaussian());
            for (int f = 0; f < m; f++) {
                double value = size[f] * (Math.exp(power[f] * x) + y * (f % 3));
                row[f] = (float) (value * Math.exp(0.002 * random.nextGaussian()));
            }
        }
        return Matrix.of(values);
    }

    private static double last(History history) {
        return history.reconstruction()[history.epochs() - 1];
    }

    /**
     * The smaller the tolerance, the later a fit ends. At an error of .002 the squared error is known to some 1e-4 of
     * itself (six deviations of 6e-8·max v·‖e‖, where max v is 20 root mean squares, and ‖e‖ 55 times .002): the
     * fit that falls by less in 50 epochs does not fall by more than 1 % in 5000 that follow.
     */
    @Test
    void aSmallerToleranceEndsLater() {
        Matrix data = correlated(150, 20);
        Nmf.Builder builder =
                Nmf.builder().rank(4).threads(1).backend(Backends.Choice.CPU).init(NmfInit.NNDSVD);
        double[] tolerances = {1e-2, 1e-3, 1e-4, 1e-6};
        double before = Double.POSITIVE_INFINITY;
        int epochs = 0;
        for (double tolerance : tolerances) {
            History history = builder.epochs(20_000)
                    .tolerance(tolerance)
                    .build()
                    .fit(data)
                    .history();
            assertEquals(StopReason.CONVERGED, history.stopReason());
            assertTrue(history.epochs() >= epochs, tolerance + " ends after " + history.epochs());
            assertTrue(last(history) <= before, tolerance + " ends at " + last(history) + " after " + before);
            before = last(history);
            epochs = history.epochs();
        }
        History all =
                builder.epochs(epochs + 5000).tolerance(0).build().fit(data).history();
        double relative = Math.sqrt(2 * last(all) / data.columns());
        assertTrue(relative < 0.004, "an error that the Gram form does not resolve, not " + relative);
        assertTrue(before <= 1.01 * last(all), before + " after " + epochs + " epochs, " + last(all) + " after more");
    }
}
