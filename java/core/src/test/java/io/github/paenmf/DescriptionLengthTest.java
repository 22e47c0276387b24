package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.data.IncompleteData;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Missing;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DescriptionLengthTest {

    private static final TestData.Planted PLANTED = TestData.planted(40, 30, 3, 0.05, 5);
    private static final NmfModel MODEL =
            Nmf.builder().rank(3).epochs(200).threads(1).build().fit(PLANTED.data());
    private static final Matrix H = MODEL.trainingCoefficients().orElseThrow();

    private static double log2(double x) {
        return Math.log(x) / Math.log(2);
    }

    /** One component; data that differ from it by ±1, so that s² = 1 + 1/12 at a resolution of 1. */
    @Test
    void aComponentByHand() {
        Matrix h = Matrix.of(new float[][] {{10}, {20}, {0}, {40}});
        Matrix w = Matrix.of(new float[][] {{3}, {4}});
        float[][] values = new float[4][2];
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 2; j++) {
                values[i][j] = h.get(i, 0) * w.get(j, 0) + ((i + j) % 2 == 0 ? 1 : -1);
            }
        }
        Matrix data = Matrix.of(values);
        double s = Math.sqrt(1 + 1.0 / 12);
        double stepOfH = Math.sqrt(12) * s / 5;
        double stepOfW = Math.sqrt(12) * s / Math.sqrt(2100);
        long[] hSteps = {Math.round(10 / stepOfH), Math.round(20 / stepOfH), Math.round(40 / stepOfH)};
        long[] wSteps = {Math.round(3 / stepOfW), Math.round(4 / stepOfW)};

        DescriptionLength length = DescriptionLength.of(data, h, w, 1);

        // 1 of 4 zeros: 4 patterns, 5 numbers of zeros
        double positive = geometric(hSteps);
        assertEquals(log2(4) + log2(5) + 0.5 * log2(3) + positive, length.coefficients(), 1e-9);
        assertEquals(log2(1) + log2(3) + 0.5 * log2(2) + geometric(wSteps), length.basis(), 1e-9);
        double squares = 0;
        for (int i = 0; i < 4; i++) {
            double rounded = i == 2 ? 0 : hSteps[i == 3 ? 2 : i] * stepOfH;
            for (int j = 0; j < 2; j++) {
                squares += Math.pow(values[i][j] - rounded * wSteps[j] * stepOfW, 2);
            }
        }
        double variance = squares / 8 + 1.0 / 12;
        // float32 factors: 2⁻²⁴ of values up to 160 in a root mean square of about 1
        assertEquals(8 * 0.5 * log2(2 * Math.PI * Math.E * variance), length.error(), 8 * 160 * 0x1p-22);
        assertEquals(length.basis() + length.coefficients() + length.error(), length.total());
    }

    /** The same with an entry missing: 7 are sent, and a norm is the root of the mean over rows, or features, of what they have. */
    @Test
    void ofMissingEntriesNothingIsDescribed() {
        Matrix h = Matrix.of(new float[][] {{10}, {20}, {0}, {40}});
        Matrix w = Matrix.of(new float[][] {{3}, {4}});
        float[][] values = new float[4][2];
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 2; j++) {
                values[i][j] = h.get(i, 0) * w.get(j, 0) + ((i + j) % 2 == 0 ? 1 : -1);
            }
        }
        values[1][1] = Float.NaN;
        RowSource data = IncompleteData.of(Matrix.of(values), Missing.NAN);
        double s = Math.sqrt(1 + 1.0 / 12);
        double stepOfH = Math.sqrt(12) * s / Math.sqrt(9 + 16 * 3 / 4.0);
        double stepOfW = Math.sqrt(12) * s / Math.sqrt(100 + 400 / 2.0 + 1600);
        long[] hSteps = {Math.round(10 / stepOfH), Math.round(20 / stepOfH), Math.round(40 / stepOfH)};
        long[] wSteps = {Math.round(3 / stepOfW), Math.round(4 / stepOfW)};

        DescriptionLength length = DescriptionLength.of(data, h, w, 1);

        // features' shares are sums of quarters in double: exact
        assertEquals(log2(4) + log2(5) + 0.5 * log2(3) + geometric(hSteps), length.coefficients(), 1e-9);
        assertEquals(log2(1) + log2(3) + 0.5 * log2(2) + geometric(wSteps), length.basis(), 1e-9);
        double squares = 0;
        for (int i = 0; i < 4; i++) {
            double rounded = i == 2 ? 0 : hSteps[i == 3 ? 2 : i] * stepOfH;
            for (int j = 0; j < 2; j++) {
                squares += i == 1 && j == 1 ? 0 : Math.pow(values[i][j] - rounded * wSteps[j] * stepOfW, 2);
            }
        }
        double variance = squares / 7 + 1.0 / 12;
        // float32 factors: 2⁻²⁴ of values up to 160 in a root mean square of about 1
        assertEquals(7 * 0.5 * log2(2 * Math.PI * Math.E * variance), length.error(), 7 * 160 * 0x1p-22);
    }

    /** −log₂ of each number's probability under the geometric distribution of their mean. */
    private static double geometric(long[] numbers) {
        double stop = 1 / Arrays.stream(numbers).average().orElseThrow();
        return Arrays.stream(numbers)
                .mapToDouble(number -> -log2(stop) - (number - 1) * log2(1 - stop))
                .sum();
    }

    @Test
    void aComponentMayBeScaled() {
        Matrix w = TestData.scaled(MODEL.basis(), 1024);
        Matrix h = TestData.scaled(H, 1 / 1024.0);
        assertEquals(
                DescriptionLength.of(PLANTED.data(), H, MODEL.basis(), 1e-6),
                DescriptionLength.of(PLANTED.data(), h, w, 1e-6)); // powers of two change no bit
    }

    @Test
    void aFinerResolutionCostsABitAnElementAndNothingElse() {
        DescriptionLength coarse = DescriptionLength.of(PLANTED.data(), H, MODEL.basis(), 1e-6);
        DescriptionLength fine = DescriptionLength.of(PLANTED.data(), H, MODEL.basis(), 0.5e-6);
        // the resolution adds a variance of 1e-13, which is less than 1e-9 of the error's, and may move a value over
        // the edge of a step
        assertEquals(coarse.basis(), fine.basis(), 4);
        assertEquals(coarse.coefficients(), fine.coefficients(), 4);
        assertEquals(coarse.error() + 40 * 30, fine.error(), 4);
    }

    @Test
    void anUnusedComponentCostsTheNumberOfItsZeros() {
        DescriptionLength without = DescriptionLength.of(PLANTED.data(), H, MODEL.basis(), 1e-6);
        DescriptionLength with = DescriptionLength.of(PLANTED.data(), withZeros(H), withZeros(MODEL.basis()), 1e-6);
        assertEquals(without.basis() + log2(31), with.basis(), 1e-6);
        assertEquals(without.coefficients() + log2(41), with.coefficients(), 1e-6);
        assertEquals(without.error(), with.error());
    }

    private static Matrix withZeros(Matrix factor) {
        return Matrix.of(Arrays.stream(factor.toRows())
                .map(row -> Arrays.copyOf(row, row.length + 1))
                .toArray(float[][]::new));
    }

    @Test
    void dataThatTheFactorsExplainCostNothingMore() {
        Matrix h = Matrix.of(new float[][] {{1}, {2}});
        Matrix w = Matrix.of(new float[][] {{1}, {3}});
        Matrix data = Matrix.of(new float[][] {{1, 3}, {2, 6}});
        assertTrue(DescriptionLength.of(data, h, w, 1).error() >= 0);
        assertTrue(DescriptionLength.of(data, h, w, 1).error() < 8 * log2(8));
    }
}
