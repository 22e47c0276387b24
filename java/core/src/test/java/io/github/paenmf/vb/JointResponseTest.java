package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.Test;

class JointResponseTest {

    private static final int N = 11;
    private static final int M = 7;
    private static final int R = 3;

    private static TwoSidedPosterior fit() {
        TwoSidedPosterior fit =
                Planted.of(N, M, R, 0.8, 0.9, 5, Planted.gaussian(0.1)).fit(40, true);
        assertEquals(R, fit.liveComponents().length);
        return fit;
    }

    /** D of a row's coefficient by its definition; variances here are far from the bounds of D. */
    private static double stiffness(FactorRows rows, double[] gram, double noise, int e) {
        int j = e % R;
        double precision = 1 / rows.variance()[e];
        return Math.max(precision - gram[j * R + j] / noise, 1e-9 * precision);
    }

    private static DMatrixRMaj inverse(double[] matrix) {
        int d = (int) Math.round(Math.sqrt(matrix.length));
        DMatrixRMaj inverse = new DMatrixRMaj(d, d);
        CommonOps_DDRM.invert(DMatrixRMaj.wrap(d, d, matrix.clone()), inverse);
        return inverse;
    }

    /**
     * All unknowns at once: E off its diagonal, and what each row of H and W turns by itself, δ. A row's prior holds
     * Eᵀh + δ by D, and −E·w + δ likewise; the likelihood holds δ by L. The inverse's part for E is Cov(E).
     */
    @Test
    void isTheInverseOfTheDenseInformation() {
        TwoSidedPosterior fit = fit();
        int turns = R * R - R;
        int size = turns + (N + M) * R;
        double[] information = new double[size * size];
        for (int row = 0; row < N + M; row++) {
            boolean ofH = row < N;
            FactorRows rows = ofH ? fit.h() : fit.w();
            double[] gram = ofH ? fit.gramW() : fit.gramH();
            int first = (ofH ? row : row - N) * R;
            for (int j = 0; j < R; j++) {
                double[] moved = new double[size]; // of component j: its coefficients of the unknowns
                moved[turns + row * R + j] = 1;
                for (int a = 0; a < R; a++) {
                    if (a != j) {
                        moved[ofH ? turn(a, j) : turn(j, a)] = (ofH ? 1 : -1) * rows.mean()[first + a];
                    }
                }
                double d = stiffness(rows, gram, fit.noiseVariance(), first + j);
                for (int u = 0; u < size; u++) {
                    Dense.axpy(d * moved[u], moved, 0, information, u * size, size);
                }
                for (int k = 0; k < R; k++) {
                    information[(turns + row * R + j) * size + turns + row * R + k] +=
                            gram[j * R + k] / fit.noiseVariance();
                }
            }
        }
        DMatrixRMaj covariance = inverse(information);
        JointResponse joint = JointResponse.of(fit, Parallel.serial());
        double[] h = joint.h().blocks();
        double[] w = joint.w().blocks();
        double greatest = 0;
        for (double value : h) {
            greatest = Math.max(greatest, Math.abs(value));
        }
        // The information's condition is below 1e3 here, and the shift is 1e-12 of its greatest diagonal.
        double bound = 1e-9 * greatest;
        ErrorReport report = new ErrorReport("joint response");
        for (int j = 0; j < R; j++) {
            for (int a = 0; a < R; a++) {
                for (int b = 0; b < R; b++) {
                    boolean held = a == j || b == j;
                    int at = (j * R + a) * R + b;
                    report.compare("H " + at, held ? 0 : covariance.get(turn(a, j), turn(b, j)), h[at], bound);
                    report.compare("W " + at, held ? 0 : covariance.get(turn(j, a), turn(j, b)), w[at], bound);
                }
            }
        }
        assertTrue(joint.complete());
        report.log();
    }

    private static int turn(int a, int j) {
        return a * (R - 1) + (j < a ? j : j - 1);
    }

    /** Without blocks: the diagonal of (L + D)⁻¹, at least the variances themselves. */
    @Test
    void givenTheOtherFactorItIsTheInverseOfTheRowsInformation() {
        TwoSidedPosterior fit = fit();
        FactorResponse response = FactorResponse.conditional(fit.gramW(), fit.noiseVariance(), R);
        double[] variances = response.variances(fit.h(), Parallel.serial());
        ErrorReport report = new ErrorReport("conditional response");
        for (int i = 0; i < N; i++) {
            double[] information = new double[R * R];
            for (int e = 0; e < R * R; e++) {
                information[e] = fit.gramW()[e] / fit.noiseVariance();
            }
            for (int j = 0; j < R; j++) {
                information[j * R + j] += stiffness(fit.h(), fit.gramW(), fit.noiseVariance(), i * R + j);
            }
            for (int j = 0; j < R; j++) {
                int e = i * R + j;
                double expected =
                        Math.max(fit.h().variance()[e], inverse(information).get(j, j));
                report.compare("row " + e, expected, variances[e], 1e-10 * expected); // condition below 1e5
            }
        }
        assertEquals(0, response.blocks().length);
        report.log();
    }

    @Test
    void keptBlocksGiveTheSameVariances() {
        TwoSidedPosterior fit = fit();
        FactorResponse response = JointResponse.of(fit, Parallel.serial()).h();
        FactorResponse again = FactorResponse.joint(fit.gramW(), fit.noiseVariance(), R, response.blocks());
        double[] joint = response.variances(fit.h(), Parallel.serial());
        double[] given =
                FactorResponse.conditional(fit.gramW(), fit.noiseVariance(), R).variances(fit.h(), Parallel.serial());

        assertArrayEquals(joint, again.variances(fit.h(), Parallel.serial()));
        boolean more = false;
        for (int e = 0; e < joint.length; e++) {
            assertTrue(joint[e] >= given[e]);
            more |= joint[e] > 1.001 * given[e];
        }
        assertTrue(more);
    }

    /** Above the full rank each block is the inverse of its own information, which is never more than the whole's. */
    @Test
    void aboveTheFullRankOneComponentTurnsAtATime() {
        int r = JointResponse.MOST_RANK + 1;
        TwoSidedPosterior fit =
                Planted.of(61, 59, r, 0.3, 0.3, 2, Planted.gaussian(0.1)).around(0.01);
        int[] live = fit.liveComponents();
        assertEquals(r, live.length);
        JointResponse one = JointResponse.of(fit, new TwoThreads());

        assertFalse(one.complete());
        // the same of fewer components, where E is free as a whole
        int[] few = {0, 1, 2, 3, 4};
        TwoSidedPosterior small = fit.select(few);
        double[] information = JointResponse.information(small, Parallel.serial());
        JointResponse whole = JointResponse.of(small, Parallel.serial());
        double[] blocks =
                JointResponse.ofComponents(small, few, 0, Parallel.serial()).h().blocks();
        int l = few.length;
        for (int j = 0; j < l; j++) {
            double[] own = new double[(l - 1) * (l - 1)];
            for (int a = 0; a < l - 1; a++) {
                for (int b = 0; b < l - 1; b++) {
                    int u = (a < j ? a : a + 1) * l + j;
                    int v = (b < j ? b : b + 1) * l + j;
                    own[a * (l - 1) + b] = information[u * l * l + v];
                }
            }
            DMatrixRMaj expected = inverse(own);
            for (int a = 0; a < l - 1; a++) {
                int place = a < j ? a : a + 1;
                double value = blocks[(j * l + place) * l + place];
                assertEquals(expected.get(a, a), value, 1e-9 * value);
                assertTrue(value <= whole.h().blocks()[(j * l + place) * l + place] * (1 + 1e-9));
            }
        }
    }

    @Test
    void aComponentThatExplainsNothingTakesNoPart() {
        TwoSidedPosterior fit = fit();
        double[] mean = fit.w().mean().clone();
        for (int i = 0; i < M; i++) {
            mean[i * R + 1] = 0;
        }
        FactorRows w = new FactorRows(
                M, R, mean, fit.w().variance(), fit.w().inclusion(), fit.w().projection());
        TwoSidedPosterior two = new TwoSidedPosterior(
                fit.h(), w, fit.priorH(), fit.priorW(), fit.gramH(), fit.gramW(), fit.noiseVariance());
        double[] blocks = JointResponse.of(two, Parallel.serial()).h().blocks();
        for (int a = 0; a < R; a++) {
            for (int b = 0; b < R; b++) {
                assertEquals(0, blocks[(R + a) * R + b]);
            }
        }
        assertTrue(blocks[2 * R + 2] > 0, "component 2 gives to component 0");
    }
}
