package io.github.paenmf.benchmarks;

import java.util.Arrays;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * Times of one thing, measured again and again.
 *
 * @param milliseconds of one run each, ascending
 * @param runsPerBlock how many runs each was averaged over
 */
public record Spread(double[] milliseconds, int runsPerBlock) {

    private static final int BLOCKS = 25;
    private static final int MAX_RUNS = 100_000;

    /**
     * Measures blocks of runs, each long enough for the clock.
     *
     * @param block runs so many times and returns the milliseconds of all of them
     * @param blockMilliseconds least length of a block
     */
    public static Spread measure(IntToDoubleFunction block, double blockMilliseconds) {
        int runs = 1;
        double elapsed = block.applyAsDouble(runs);
        while (elapsed < blockMilliseconds && runs < MAX_RUNS) {
            double wanted = 1.2 * runs * blockMilliseconds / Math.max(elapsed, 1e-6);
            runs = (int) Math.max(runs + 1, Math.min(Math.min(10.0 * runs, MAX_RUNS), wanted));
            elapsed = block.applyAsDouble(runs);
        }
        double[] times = new double[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            times[i] = block.applyAsDouble(runs) / runs;
        }
        Arrays.sort(times);
        return new Spread(times, runs);
    }

    public double median() {
        return quantile(0.5);
    }

    private double quantile(double q) {
        double at = q * (milliseconds.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, milliseconds.length - 1);
        return milliseconds[below] + (at - below) * (milliseconds[above] - milliseconds[below]);
    }

    /** Adds median, quartiles and least to a report. */
    public void addTo(Map<String, Object> report, String name) {
        report.put(name, median());
        report.put(name + "Quartiles", new double[] {quantile(0.25), quantile(0.75)});
        report.put(name + "Least", milliseconds[0]);
        report.put("blocks", milliseconds.length);
        report.put("runsPerBlock", runsPerBlock);
    }
}
