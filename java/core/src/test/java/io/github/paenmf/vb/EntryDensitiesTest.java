package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryDensitiesTest {

    /** The same formulas in another order: a few roundings of terms of up to z² = 1600, which cancel in ln f. */
    @ParameterizedTest
    @CsvSource({"0.2, 1, 0.4", "0.2, 0.7, 1", "1e-3, 1, 1e-6", "30, 2, 0.5"})
    void areThoseOfEachEntry(double deviation, double mean, double inclusion) {
        int count = 201;
        double[] x = new double[count];
        Arrays.setAll(x, i -> deviation * (i - 100) * 0.4);
        EntryDensities densities = new EntryDensities();
        double slope = densities.add(new EntryDensity(mean, inclusion), x, count, deviation);
        EntryDensity one = new EntryDensity(mean, inclusion);
        double logs = 0;
        double byV = 0;
        double most = 0;
        for (int i = 0; i < count; i++) {
            one.at(x[i], deviation, 1 / deviation);
            logs += one.log();
            byV += one.byV();
            most = Math.max(most, Math.abs(one.byX()));
            assertEquals(one.byX(), densities.byX()[i], 1e-12 * most, "x " + x[i]);
        }

        assertEquals(logs, densities.sumOfLogs(), 1e-12 * Math.abs(logs));
        assertEquals(byV, slope, 1e-11 * Math.abs(byV));
    }

    /** The product of the factors is 1e-400 on the one side and 1e3000 on the other; each logarithm is right to 1e-15. */
    @Test
    void sumsOfLogsDoNotOverflow() {
        for (double s : new double[] {1e-3, 1e3}) {
            EntryDensities densities = new EntryDensities();
            EntryDensity density = new EntryDensity(1e6, 0.5);
            density.at(0, s, 1 / s);
            double expected = 1000 * density.log();
            for (int i = 0; i < 5; i++) {
                densities.add(density, new double[200], 200, s);
            }

            assertEquals(expected, densities.sumOfLogs(), 1e-12 * Math.abs(expected));
        }
    }

    @Test
    void aFactorBeyondTheProductsRangeIsTakenByItself() {
        EntryDensities densities = new EntryDensities();
        densities.add(new EntryDensity(1, 0.5), new double[1], 1, 1e-200);

        assertEquals(Math.log(0.5) + 200 * Math.log(10) - Math.log(2 * Math.PI) / 2, densities.sumOfLogs(), 1e-12);
    }
}
