package io.github.paenmf.cli.experiment;

import java.util.Arrays;

/**
 * What one of the fits of figure 5 comes to.
 *
 * @param lambda λ of the first sample, r
 * @param k likewise
 * @param strongest components that explain most of the first sample
 */
record Ablation(
        double relativeErrorMedian,
        double relativeErrorSampled,
        double medianShape,
        double medianRelativeSpread,
        double[] lambda,
        double[] k,
        int[] strongest) {

    private static final int SCALARS = 4;

    /** How many numbers it is at most. */
    static int mostNumbers(int rank) {
        return SCALARS + 3 * rank;
    }

    /** All of it. */
    double[] numbers() {
        int r = k.length;
        double[] numbers = new double[SCALARS + 2 * r + strongest.length];
        numbers[0] = relativeErrorMedian;
        numbers[1] = relativeErrorSampled;
        numbers[2] = medianShape;
        numbers[3] = medianRelativeSpread;
        System.arraycopy(lambda, 0, numbers, SCALARS, r);
        System.arraycopy(k, 0, numbers, SCALARS + r, r);
        for (int i = 0; i < strongest.length; i++) {
            numbers[SCALARS + 2 * r + i] = strongest[i];
        }
        return numbers;
    }

    /** That of {@link #numbers}, at rank r. */
    static Ablation of(double[] numbers, int r) {
        return new Ablation(
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                Arrays.copyOfRange(numbers, SCALARS, SCALARS + r),
                Arrays.copyOfRange(numbers, SCALARS + r, SCALARS + 2 * r),
                Arrays.stream(numbers, SCALARS + 2 * r, numbers.length)
                        .mapToInt(each -> (int) each)
                        .toArray());
    }
}
