package io.github.paenmf.vb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotatedFactorTest {

    private static final int N = 533; // three blocks of sums
    private static final int M = 37;
    private static final int R = 3;
    private static final VarianceFunction GROWING = new VarianceFunction(0.02, 0.02, 0.002);

    private static final TwoSidedPosterior FIT =
            Planted.of(N, M, R, 0.6, 0.7, 4, Planted.gaussian(0.2)).fit(60, true);

    private static VarianceFunction noise(boolean growing) {
        return growing ? GROWING : VarianceFunction.constant(FIT.noiseVariance());
    }

    private static RotatedFactor ofH(TwoSidedPosterior fit, VarianceFunction noise, RotationDraws draws) {
        return RotatedFactor.ofH(fit.gramW(), fit.w().mean(), fit.priorH(), fit.noiseVariance(), noise, draws);
    }

    private static void assertSame(Intervals expected, Intervals actual) {
        assertArrayEquals(expected.lower(), actual.lower());
        assertArrayEquals(expected.upper(), actual.upper());
        assertArrayEquals(expected.mean(), actual.mean());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void twoThreadsGiveTheSameBits(boolean growing) {
        VarianceFunction noise = noise(growing);
        RotationPosterior one = RotationPosterior.of(FIT, Parallel.serial());
        RotationPosterior two = RotationPosterior.of(FIT, new TwoThreads());
        SampledRotation sampledByOne = one.sampled(20, 9);
        SampledRotation sampledByTwo = two.sampled(20, 9);
        Intervals[] byOne = IntervalCoverageTest.rotated(FIT, noise, one.normal(50, 9), Parallel.serial());
        Intervals[] byTwo = IntervalCoverageTest.rotated(FIT, noise, two.normal(50, 9), new TwoThreads());

        assertArrayEquals(sampledByOne.draws().matrices(), sampledByTwo.draws().matrices());
        assertArrayEquals(sampledByOne.draws().scales(), sampledByTwo.draws().scales());
        assertEquals(sampledByOne.leastEffectiveSize(), sampledByTwo.leastEffectiveSize());
        assertSame(byOne[0], byTwo[0]);
        assertSame(byOne[1], byTwo[1]);
        JointResponse joint = JointResponse.of(FIT, Parallel.serial());
        JointResponse jointByTwo = JointResponse.of(FIT, new TwoThreads());
        assertArrayEquals(joint.w().blocks(), jointByTwo.w().blocks());
        assertSame(
                joint.h().intervals(FIT.h(), 0.9, Parallel.serial()),
                jointByTwo.h().intervals(FIT.h(), 0.9, new TwoThreads()));
    }

    @Test
    void anotherSeedGivesOtherDraws() {
        RotationPosterior posterior = RotationPosterior.of(FIT, Parallel.serial());

        assertFalse(Arrays.equals(
                posterior.normal(10, 1).matrices(), posterior.normal(10, 2).matrices()));
        assertFalse(Arrays.equals(
                posterior.sampled(16, 1).draws().matrices(),
                posterior.sampled(16, 2).draws().matrices()));
    }

    /** Some rows in another order, by kept draws, have the bits that they have among all. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRowsIntervalIsItsOwn(boolean growing) {
        VarianceFunction noise = noise(growing);
        RotationDraws draws = RotationPosterior.of(FIT, Parallel.serial()).normal(50, 9);
        RotationDraws kept = new RotationDraws(
                R,
                draws.live().clone(),
                draws.mode().clone(),
                draws.matrices().clone(),
                draws.scales().clone());
        long[] ids = new long[N];
        Arrays.setAll(ids, i -> 1L << 40 | 7L * i);
        Intervals all = ofH(FIT, noise, draws).intervals(FIT.h(), ids, 0.8, 3, Parallel.serial());
        int[] chosen = {500, 3, 77};
        int count = chosen.length;
        double[][] parts = new double[4][count * R];
        long[] chosenIds = new long[count];
        for (int i = 0; i < count; i++) {
            chosenIds[i] = ids[chosen[i]];
            double[][] whole = {
                FIT.h().mean(), FIT.h().variance(), FIT.h().inclusion(), FIT.h().projection()
            };
            for (int p = 0; p < 4; p++) {
                System.arraycopy(whole[p], chosen[i] * R, parts[p], i * R, R);
            }
        }
        FactorRows rows = new FactorRows(count, R, parts[0], parts[1], parts[2], parts[3]);
        Intervals some = ofH(FIT, noise, kept).intervals(rows, chosenIds, 0.8, 3, Parallel.serial());
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < R; j++) {
                assertEquals(all.lower()[chosen[i] * R + j], some.lower()[i * R + j]);
                assertEquals(all.upper()[chosen[i] * R + j], some.upper()[i * R + j]);
            }
        }
        Intervals otherIds = ofH(FIT, noise, kept).intervals(rows, new long[] {1, 2, 3}, 0.8, 3, Parallel.serial());
        assertFalse(Arrays.equals(some.upper(), otherIds.upper()));
    }

    /** Wider levels hold narrower ones, bounds are not below 0, and an excluded coefficient begins at 0. */
    @Test
    void levelsAreNested() {
        VarianceFunction noise = noise(false);
        RotatedFactor factor =
                ofH(FIT, noise, RotationPosterior.of(FIT, Parallel.serial()).normal(100, 9));
        long[] ids = new long[N];
        Intervals half = factor.intervals(FIT.h(), ids, 0.5, 3, Parallel.serial());
        Intervals wide = factor.intervals(FIT.h(), ids, 0.95, 3, Parallel.serial());
        int excluded = 0;
        for (int e = 0; e < N * R; e++) {
            assertTrue(wide.lower()[e] >= 0 && wide.lower()[e] <= half.lower()[e]);
            assertTrue(half.upper()[e] <= wide.upper()[e] && half.lower()[e] <= half.upper()[e]);
            if (FIT.h().inclusion()[e] < 0.3) { // far from .75, by however much the rotation moves it
                excluded++;
                assertEquals(0, half.lower()[e]);
            }
        }
        assertTrue(excluded > 20);
    }

    /** Of H, a component's mean over the rows is the fit's in each draw, so in the mean of draws: to 1/√200 of 5 %. */
    @Test
    void theScaleIsThatOfTheFit() {
        VarianceFunction noise = noise(false);
        RotationDraws draws = RotationPosterior.of(FIT, Parallel.serial()).normal(200, 9);
        double[] mean = IntervalCoverageTest.rotated(FIT, noise, draws, Parallel.serial())[0].mean();
        for (int j = 0; j < R; j++) {
            double fitted = 0;
            double drawn = 0;
            for (int e = j; e < N * R; e += R) {
                fitted += FIT.h().mean()[e] / N;
                drawn += mean[e] / N;
            }
            assertEquals(fitted, drawn, 0.02 * fitted);
        }
    }

    private static TwoSidedPosterior without(int component) {
        double[] mean = FIT.w().mean().clone();
        for (int f = 0; f < M; f++) {
            mean[f * R + component] = 0;
        }
        FactorRows w = new FactorRows(
                M, R, mean, FIT.w().variance(), FIT.w().inclusion(), FIT.w().projection());
        return new TwoSidedPosterior(
                FIT.h(), w, FIT.priorH(), FIT.priorW(), FIT.gramH(), FIT.gramW(), FIT.noiseVariance());
    }

    @Test
    void aComponentThatExplainsNothingKeepsItsMeanFieldIntervals() {
        TwoSidedPosterior two = without(1);
        VarianceFunction noise = noise(true);
        RotationDraws draws = RotationPosterior.of(two, Parallel.serial()).normal(50, 9);
        Intervals intervals = ofH(two, noise, draws).intervals(two.h(), new long[N], 0.9, 3, Parallel.serial());
        Intervals meanField = FactorResponse.meanField(two.h(), 0.9, Parallel.serial());

        assertArrayEquals(new int[] {0, 2}, draws.live());
        int others = 0;
        for (int e = 0; e < N * R; e++) {
            if (e % R == 1) {
                assertEquals(meanField.upper()[e], intervals.upper()[e]);
            } else if (meanField.upper()[e] != intervals.upper()[e]) {
                others++;
            }
        }
        assertTrue(others > N);
    }

    @Test
    void withoutAnyLiveComponentAllAreMeanField() {
        FactorRows nothing = new FactorRows(
                M,
                R,
                new double[M * R],
                FIT.w().variance(),
                FIT.w().inclusion(),
                FIT.w().projection());
        TwoSidedPosterior none = new TwoSidedPosterior(
                FIT.h(), nothing, FIT.priorH(), FIT.priorW(), FIT.gramH(), FIT.gramW(), FIT.noiseVariance());
        VarianceFunction noise = noise(true);
        RotationPosterior posterior = RotationPosterior.of(none, Parallel.serial());
        RotationDraws draws = posterior.normal(50, 9);

        assertTrue(posterior.converged());
        assertEquals(0, draws.count());
        assertEquals(0, posterior.sampled(50, 9).draws().count());
        assertSame(
                FactorResponse.meanField(FIT.h(), 0.9, Parallel.serial()),
                ofH(none, noise, draws).intervals(FIT.h(), new long[N], 0.9, 3, Parallel.serial()));
        assertArrayEquals(
                new double[R * R * R],
                JointResponse.of(none, Parallel.serial()).h().blocks());
    }

    @Test
    void refusesWrongArguments() {
        VarianceFunction noise = noise(false);
        RotationPosterior posterior = RotationPosterior.of(FIT, Parallel.serial());
        RotationDraws draws = posterior.normal(4, 1);
        RotatedFactor factor = ofH(FIT, noise, draws);
        Parallel serial = Parallel.serial();
        double s2 = FIT.noiseVariance();
        double[] w = FIT.w().mean();
        FactorRows one = new FactorRows(0, 1, new double[0], new double[0], new double[0], new double[0]);
        assertThrows(IllegalArgumentException.class, () -> posterior.normal(0, 1));
        assertThrows(IllegalArgumentException.class, () -> posterior.sampled(15, 1));
        assertThrows(IllegalArgumentException.class, () -> factor.intervals(FIT.h(), new long[N], 1, 1, serial));
        assertThrows(IllegalArgumentException.class, () -> factor.intervals(FIT.h(), new long[1], 0.9, 1, serial));
        assertThrows(IllegalArgumentException.class, () -> factor.intervals(one, new long[0], 0.9, 1, serial));
        assertThrows(
                IllegalArgumentException.class,
                () -> RotatedFactor.ofH(new double[4], w, FIT.priorH(), s2, noise, draws));
        assertThrows(
                IllegalArgumentException.class,
                () -> RotatedFactor.ofH(new double[9], w, FIT.priorH(), s2, noise, draws));
        assertThrows(
                IllegalArgumentException.class,
                () -> RotatedFactor.ofH(FIT.gramW(), new double[4], FIT.priorH(), s2, noise, draws));
        assertThrows(
                IllegalArgumentException.class, () -> RotatedFactor.ofH(FIT.gramW(), w, FIT.priorH(), 0, noise, draws));
        double[] singular = draws.matrices().clone();
        Arrays.fill(singular, 0);
        RotationDraws wrong = new RotationDraws(R, draws.live(), draws.mode(), singular, draws.scales());
        assertThrows(
                IllegalArgumentException.class,
                () -> RotatedFactor.ofW(FIT.gramH(), FIT.h().mean(), FIT.priorW(), s2, noise, wrong));
    }

    @Test
    void refusesDrawsThatAreNone() {
        double[] one = {1};
        double[] none = {};
        assertThrows(IllegalArgumentException.class, () -> new RotationDraws(0, new int[0], none, none, none));
        assertThrows(IllegalArgumentException.class, () -> new RotationDraws(2, new int[] {2}, one, one, one));
        assertThrows(IllegalArgumentException.class, () -> new RotationDraws(2, new int[] {-1}, one, one, one));
        assertThrows(
                IllegalArgumentException.class,
                () -> new RotationDraws(2, new int[] {1, 1}, new double[4], new double[4], new double[] {1, 1}));
        assertThrows(IllegalArgumentException.class, () -> new RotationDraws(2, new int[] {1}, none, one, one));
        assertThrows(IllegalArgumentException.class, () -> new RotationDraws(2, new int[] {1}, one, none, one));
        assertThrows(IllegalArgumentException.class, () -> new RotationDraws(2, new int[] {1}, one, none, none));
        assertThrows(
                IllegalArgumentException.class, () -> new RotationDraws(2, new int[] {1}, one, one, new double[1]));
        assertThrows(
                IllegalArgumentException.class,
                () -> new RotationDraws(2, new int[] {1}, one, new double[] {Double.NaN}, one));
    }
}
