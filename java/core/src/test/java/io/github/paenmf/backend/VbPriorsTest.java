package io.github.paenmf.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.VariationalNmf;
import io.github.paenmf.model.Penalties;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class VbPriorsTest {

    private static final int ROWS = 10;
    private static final int FEATURES = 8;
    private static final VbConfiguration CONFIGURATION =
            VariationalNmf.builder().rank(2).build().configuration();

    /** Σ variance, Σ inclusion, Σ mean of both components, Σ KL. */
    private static final double[] OF_H = {1, 1, 4, 9, 2, 27, 100};

    private static final double[] OF_W = {1, 1, 6, 2, 3, 0.5, 40};

    private static VbParameters parameters() {
        VbParameters parameters = new VbParameters(FEATURES, 2);
        Arrays.fill(parameters.mean(), 3);
        Arrays.fill(parameters.variance(), 5);
        Arrays.fill(parameters.priorMean(), 0.7);
        Arrays.fill(parameters.priorInclusion(), 0.5);
        Arrays.fill(parameters.coefficientInclusion(), 0.5);
        parameters.setSquaredSigma(0.3);
        parameters.setZeros(true);
        return parameters;
    }

    private static VbPriors updated(double[] ofH, double[] ofW) {
        VbPriors priors = new VbPriors(CONFIGURATION, FEATURES);
        priors.set(parameters());
        priors.update(ROWS, ofH, ofW, 5);
        return priors;
    }

    @Test
    void bothFactorsHaveThePriorsThatFitThem() {
        VbPriors priors = updated(OF_H, OF_W);

        assertArrayEquals(new double[] {0.5, 3}, priors.coefficientMean());
        assertArrayEquals(new double[] {0.5, 0.25}, priors.mean());
        assertArrayEquals(new double[] {0.4, 0.9}, priors.coefficientInclusion());
        assertArrayEquals(new double[] {0.75, 0.25}, priors.inclusion());
        assertEquals(5.0 / (ROWS * FEATURES), priors.squaredSigma());
    }

    /** The KL of an exponential slab from its prior has ln μ and mean/μ for each coefficient, that of the spike ln π. */
    @Test
    void theObjectiveIsThatUnderTheNewPriors() {
        VbPriors priors = new VbPriors(CONFIGURATION, FEATURES);
        priors.set(parameters());
        double kl = priors.update(ROWS, OF_H, OF_W, 5).kl();

        double expected = OF_H[6] + OF_W[6];
        double[][] old = {{1, 1}, {0.7, 0.7}};
        double[][] means = {priors.coefficientMean(), priors.mean()};
        double[][] shares = {priors.coefficientInclusion(), priors.inclusion()};
        double[][] sums = {OF_H, OF_W};
        int[] counts = {ROWS, FEATURES};
        for (int factor = 0; factor < 2; factor++) {
            for (int j = 0; j < 2; j++) {
                double included = sums[factor][2 + j];
                double total = sums[factor][4 + j];
                expected += included * Math.log(means[factor][j]) + total / means[factor][j];
                expected -= included * Math.log(old[factor][j]) + total / old[factor][j];
                expected -= included * Math.log(shares[factor][j] / 0.5);
                expected -= (counts[factor] - included) * Math.log((1 - shares[factor][j]) / 0.5);
            }
        }
        assertEquals(expected / ROWS, kl, 1e-13 * kl); // some dozens of terms below 100 in double
    }

    /** What depends on σ² and prior means, for 10 rows of 8 features. */
    private static double objective(double squaredSigma, double[] ofH, double[] ofW) {
        double sum = 5 / (2 * squaredSigma) + ROWS * FEATURES / 2.0 * Math.log(2 * Math.PI * squaredSigma);
        for (int j = 0; j < 2; j++) {
            sum += OF_H[2 + j] * Math.log(ofH[j]) + OF_H[4 + j] / ofH[j];
            sum += OF_W[2 + j] * Math.log(ofW[j]) + OF_W[4 + j] / ofW[j];
        }
        return sum;
    }

    /** With L1 prior means are σ²/(m·l1) and σ²/(n·l1), except for the scale of a component, which is free. */
    @Test
    void penaltiesHoldTheProductOfPriorMeans() {
        VbConfiguration penalised = VariationalNmf.builder()
                .rank(2)
                .penalties(new Penalties(new Penalty(0.01, 0), new Penalty(0.02, 0)))
                .zeros(Zeros.OFF)
                .build()
                .configuration();
        VbPriors priors = new VbPriors(penalised, FEATURES);
        VbParameters parameters = parameters();
        parameters.setZeros(false);
        priors.set(parameters);
        double last = 0;
        for (int update = 0; update < 200; update++) { // one after the other, σ² and scales
            double before = objective(priors.squaredSigma(), priors.coefficientMean(), priors.mean());
            priors.update(ROWS, OF_H, OF_W, 5);
            last = objective(priors.squaredSigma(), priors.coefficientMean(), priors.mean());
            if (update > 0) {
                assertTrue(last <= before + 1e-9 * Math.abs(before), "update " + update);
            }
        }
        double squared = priors.squaredSigma();
        double product = squared * squared / (ROWS * 0.02 * FEATURES * 0.01);
        double[] ofH = priors.coefficientMean();
        double[] ofW = priors.mean();
        for (int j = 0; j < 2; j++) {
            assertEquals(product, ofH[j] * ofW[j], 1e-12 * product);
        }
        for (double factor : new double[] {0.99, 1.01}) { // the least of all that penalties allow
            double[] scaledH = {ofH[0] * factor, ofH[1]};
            double[] scaledW = {ofW[0] / factor, ofW[1]};
            assertTrue(objective(squared, scaledH, scaledW) > last);
            double[] wider = {ofW[0] * factor * factor, ofW[1] * factor * factor};
            assertTrue(objective(squared * factor, ofH, wider) > last);
        }
        priors.set(parameters);
        double start = objective(0.3, new double[] {1, 1}, parameters.priorMean());
        Objective first = priors.update(ROWS, OF_H, OF_W, 5);
        double change = objective(priors.squaredSigma(), priors.coefficientMean(), priors.mean()) - start;
        double reconstruction = 5 / (2 * 0.3) + ROWS * FEATURES / 2.0 * Math.log(2 * Math.PI * 0.3);
        double expected = OF_H[6] + OF_W[6] + reconstruction + change;
        assertEquals(expected, ROWS * (first.reconstruction() + first.kl()), 1e-10 * Math.abs(expected));
    }

    /** H divided by its prior's means, and W multiplied: the same product. */
    @Test
    void parametersHavePriorMeansOfHOfOne() {
        VbPriors priors = updated(OF_H, OF_W);
        VbParameters read = parameters();
        priors.read(read);

        for (int e = 0; e < 2 * FEATURES; e++) {
            double scale = e % 2 == 0 ? 0.5 : 3;
            assertEquals((float) (3 * scale), read.mean()[e]);
            assertEquals((float) (5 * scale * scale), read.variance()[e]);
        }
        assertArrayEquals(new double[] {0.25, 0.75}, read.priorMean());
        priors.set(read);
        assertArrayEquals(new double[] {1, 1}, priors.coefficientMean());
        assertArrayEquals(new double[] {0.25, 0.75}, priors.mean());
    }

    /** What a model file may hold. */
    @Test
    void priorMeansHaveALeast() {
        double[] ofH = OF_H.clone();
        double[] ofW = OF_W.clone();
        ofH[4] = 0;
        ofW[4] = 0;
        VbPriors priors = updated(ofH, ofW);
        VbParameters read = parameters();
        priors.read(read);

        assertEquals(VbPriors.LEAST_MEAN, priors.coefficientMean()[0]);
        assertEquals(VbPriors.LEAST_MEAN, read.priorMean()[0]);
        assertTrue(read.isFinite());
    }

    @Test
    void copiesAreWhole() {
        VbPriors copy = new VbPriors(CONFIGURATION, FEATURES);
        VbPriors priors = updated(OF_H, OF_W);
        SavedState state = new SavedState();
        state.save(priors::visit);
        state.restore(copy::visit);

        assertArrayEquals(priors.coefficientMean(), copy.coefficientMean());
        assertArrayEquals(priors.mean(), copy.mean());
        assertArrayEquals(priors.coefficientInclusion(), copy.coefficientInclusion());
        assertArrayEquals(priors.inclusion(), copy.inclusion());
        assertEquals(priors.squaredSigma(), copy.squaredSigma());
        assertEquals(priors.updates(), copy.updates());
        assertEquals(priors.zeros(), copy.zeros());
    }
}
