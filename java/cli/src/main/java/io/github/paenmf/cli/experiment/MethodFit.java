package io.github.paenmf.cli.experiment;

import io.github.paenmf.Score;

/**
 * What a fit comes to; what a method does not have is NaN.
 *
 * @param relativeError and the others, see {@link Score}
 * @param seconds that it took
 * @param modelChecksum of the file of its model; NaN where it is not saved
 */
record MethodFit(
        double relativeError,
        double relativeErrorMean,
        double relativeErrorSampled,
        double klPerSample,
        double sigma,
        double hoyerSparsity,
        double deadComponents,
        double seconds,
        double modelChecksum) {

    static final int NUMBERS = 9;

    static MethodFit of(Score score, double seconds, double modelChecksum) {
        return new MethodFit(
                score.relativeError(),
                score.relativeErrorMean(),
                score.relativeErrorSampled(),
                score.klPerSample(),
                score.sigma(),
                score.hoyerSparsity(),
                score.deadComponents().size(),
                seconds,
                modelChecksum);
    }

    /** All of it. */
    double[] numbers() {
        return new double[] {
            relativeError,
            relativeErrorMean,
            relativeErrorSampled,
            klPerSample,
            sigma,
            hoyerSparsity,
            deadComponents,
            seconds,
            modelChecksum
        };
    }

    /** That of {@link #numbers}. */
    static MethodFit of(double[] numbers) {
        return new MethodFit(
                numbers[0],
                numbers[1],
                numbers[2],
                numbers[3],
                numbers[4],
                numbers[5],
                numbers[6],
                numbers[7],
                numbers[8]);
    }

    boolean isProbabilistic() {
        return !Double.isNaN(klPerSample);
    }
}
