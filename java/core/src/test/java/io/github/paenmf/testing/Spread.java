package io.github.paenmf.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.data.Matrix;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** How far what is computed of data goes when these are off by their rounding. */
public final class Spread {

    private Spread() {}

    /**
     * A copy of data of which each value is off by a share of it, up or down.
     *
     * @param share such as 2·{@link ErrorReport#U}, a unit in the last place or two
     */
    public static Matrix perturbed(Matrix data, double share, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] rows = data.toRows();
        for (float[] row : rows) {
            for (int f = 0; f < row.length; f++) {
                row[f] *= (float) (1 + (random.nextBoolean() ? share : -share));
            }
        }
        return Matrix.of(rows);
    }

    /** ‖a − b‖/‖a‖. */
    public static double distance(double[] a, double[] b) {
        assertEquals(a.length, b.length);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            difference += (a[i] - b[i]) * (a[i] - b[i]);
            norm += a[i] * a[i];
        }
        return difference == 0 ? 0 : Math.sqrt(difference / norm);
    }

    /** The greatest distance of others, of which there are some. */
    public static double of(double[] values, Stream<double[]> others) {
        return others.mapToDouble(other -> distance(values, other)).max().orElseThrow();
    }
}
