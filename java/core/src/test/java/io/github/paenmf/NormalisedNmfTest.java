package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.data.FeatureScale;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.Scaling;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.NmfAlgorithm;
import io.github.paenmf.model.Normalisation;
import io.github.paenmf.model.Penalty;
import io.github.paenmf.model.Setting;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.Stability;
import io.github.paenmf.model.Warning;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bases of standard NMF whose components have length 1. */
class NormalisedNmfTest {

    private static final int M = 11;
    private static final int RANK = 3;
    private static final Matrix DATA = data(67, 1);

    /**
     * A factor is rounded once more when it is normalised, 2u = 1.2e-7 of a value, and a sum of at most 11 such values has no
     * cancelling; coefficients are solved for to 1e-6 of a row's greatest, those of multiplicative updates until they change
     * by no more, which for the slowest direction of these data leaves a hundred times that.
     */
    private static final double TOLERANCE = 2e-4;

    private static Matrix data(int rows, double unit) {
        float[][] values = TestData.parts(rows, M, RANK).toRows();
        for (float[] row : values) {
            for (int f = 0; f < M; f++) {
                row[f] = (float) (unit * (row[f] + 0.01f)); // divergences below 1 take no zeros
            }
        }
        return Matrix.of(values);
    }

    private static Nmf.Builder builder(NmfAlgorithm algorithm, double beta) {
        return Nmf.builder()
                .rank(RANK)
                .algorithm(algorithm)
                .beta(beta)
                .seed(3)
                .epochs(60)
                .backend(Backends.Choice.CPU);
    }

    private static Nmf.Builder hals() {
        return builder(NmfAlgorithm.HALS, 2);
    }

    private static Nmf.Builder goingOn(NmfModel model) {
        return Nmf.builder().configuration(model.configuration()).backend(Backends.Choice.CPU);
    }

    private static double length(Matrix basis, int component, Normalisation normalisation) {
        double length = 0;
        for (int f = 0; f < basis.rows(); f++) {
            double weight = basis.get(f, component);
            length = switch (normalisation) {
                case L1 -> length + weight;
                case L2 -> Math.hypot(length, weight);
                default -> Math.max(length, weight);
            };
        }
        return length;
    }

    private static double mean(Matrix h, int component) {
        return IntStream.range(0, h.rows())
                .mapToDouble(i -> h.get(i, component))
                .average()
                .orElseThrow();
    }

    /** By the greatest value of those expected. */
    private static void assertNear(Matrix expected, Matrix actual) {
        double greatest = 0;
        double error = 0;
        for (int i = 0; i < expected.rows(); i++) {
            for (int j = 0; j < expected.columns(); j++) {
                greatest = Math.max(greatest, expected.get(i, j));
                error = Math.max(error, Math.abs(expected.get(i, j) - (double) actual.get(i, j)));
            }
        }
        double found = error / greatest;
        assertTrue(found <= TOLERANCE, () -> "an error of " + found);
    }

    /** Components in another order, by the mean coefficient that they have once their basis is of length 1. */
    private static int[] order(NmfModel plain, Normalisation normalisation) {
        Matrix h = plain.trainingCoefficients().orElseThrow();
        double[] scales = IntStream.range(0, RANK)
                .mapToDouble(j -> length(plain.basis(), j, normalisation) * mean(h, j))
                .toArray();
        return IntStream.range(0, RANK)
                .boxed()
                .sorted((a, b) -> Double.compare(scales[b], scales[a]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static Matrix scaled(Matrix values, int[] order, double... times) {
        Matrix scaled = values.selectColumns(order).copy();
        for (int i = 0; i < scaled.rows(); i++) {
            for (int j = 0; j < order.length; j++) {
                scaled.storage(i)[scaled.offset(i) + j] *= (float) times[order[j]];
            }
        }
        return scaled;
    }

    @ParameterizedTest
    @CsvSource({
        "HALS, 2, L1, 0",
        "HALS, 2, L2, 0",
        "HALS, 2, MAX, 0",
        "MU, 2, L2, 0",
        "KL, 1, L1, 0",
        "MU, 0.5, MAX, 0",
        "HALS, 2, L1, 16"
    })
    void componentsHaveLength1AndCoefficientsTheRest(
            NmfAlgorithm algorithm, double beta, Normalisation normalisation, int batchRows) {
        NmfModel plain = builder(algorithm, beta).batchRows(batchRows).build().fit(DATA);
        NmfModel model = builder(algorithm, beta)
                .batchRows(batchRows)
                .normalise(normalisation)
                .build()
                .fit(DATA);

        Matrix basis = model.basis();
        Matrix training = model.trainingCoefficients().orElseThrow();
        for (int j = 0; j < RANK; j++) {
            assertEquals(1, length(basis, j, normalisation), (M + 2) * 0x1p-24);
            assertEquals(
                    mean(training, j),
                    model.scales().get(j),
                    1e-6 * model.scales().get(j));
            assertTrue(j == 0 || model.scales().get(j) <= model.scales().get(j - 1));
        }
        int[] order = order(plain, normalisation);
        double[] lengths = IntStream.range(0, RANK)
                .mapToDouble(j -> length(plain.basis(), j, normalisation))
                .toArray();
        assertNear(scaled(plain.trainingCoefficients().orElseThrow(), order, lengths), training);
        assertNear(scaled(plain.transform(DATA), order, lengths), model.transform(DATA));
        assertNear(plain.reconstruct(DATA), model.reconstruct(DATA));
        assertEquals(
                plain.score(DATA).objective(),
                model.score(DATA).objective(),
                1e-3 * plain.score(DATA).objective());
        assertArrayEquals(plain.history().reconstruction(), model.history().reconstruction());
    }

    @ParameterizedTest
    @CsvSource({"HALS, 2, L2, 1e12", "MU, 2, L1, 1", "KL, 1, L1, 1", "MU, 0.5, MAX, 1", "HALS, 2, MAX, 1e-12"})
    void anUpdateGoesOnAsFromTheModelAsItWasFitted(
            NmfAlgorithm algorithm, double beta, Normalisation normalisation, double unit) {
        Matrix first = data(67, unit);
        Matrix more = data(90, unit).selectRows(IntStream.range(67, 90).toArray());
        NmfModel plain = builder(algorithm, beta).build().fit(first);
        NmfModel model =
                builder(algorithm, beta).normalise(normalisation).build().fit(first);

        NmfModel expected = goingOn(plain).epochs(20).build().update(plain, more);
        NmfModel updated = goingOn(model).epochs(20).build().update(model, more);

        assertNear(expected.reconstruct(more), updated.reconstruct(more));
        Matrix h = updated.trainingCoefficients().orElseThrow();
        for (int j = 0; j < RANK; j++) {
            assertEquals(1, length(updated.basis(), j, normalisation), (M + 2) * 0x1p-24);
            double scale = (0.7 * 67 * model.scales().get(j) + 23 * mean(h, j)) / (0.7 * 67 + 23);
            assertEquals(scale, updated.scales().get(j), 1e-6 * scale);
            assertTrue(cosine(model.basis(), updated.basis(), j) > 0.95, "another component has its place");
        }
    }

    private static double cosine(Matrix a, Matrix b, int component) {
        double product = IntStream.range(0, a.rows())
                .mapToDouble(f -> (double) a.get(f, component) * b.get(f, component))
                .sum();
        return product / length(a, component, Normalisation.L2) / length(b, component, Normalisation.L2);
    }

    @Test
    void aModelIsReadAsItWasWrittenAndGoesOnAlike(@TempDir Path folder) throws Exception {
        NmfModel model = hals().normalise(Normalisation.MAX).build().fit(DATA);
        model.save(folder.resolve("model.npz"));

        NmfModel read = NmfModel.load(folder.resolve("model.npz"));

        assertEquals(model.configuration(), read.configuration());
        assertEquals(model.scales(), read.scales());
        assertArrayEquals(model.basis().toRows(), read.basis().toRows());
        Nmf nmf = goingOn(read).epochs(3).build();
        assertArrayEquals(
                nmf.update(model, DATA).basis().toRows(),
                nmf.update(read, DATA).basis().toRows());
        assertEquals("max", read.settings().get("Normalised basis"));
    }

    @Test
    void lengthsAreInUnitsOfTheDataWhateverTheirScalingAndWeights() {
        Weights weights = Weights.NONE
                .withRows(IntStream.range(0, 67).mapToDouble(i -> 1 + i % 3).toArray())
                .withFeatures(IntStream.range(0, M).mapToDouble(f -> 1 + f % 2).toArray());
        NmfModel model = hals().scaling(Scaling.NONE.withFeatureScale(FeatureScale.SD))
                .normalise(Normalisation.L1)
                .build()
                .fit(DATA, weights);

        Matrix h = model.trainingCoefficients().orElseThrow();
        for (int j = 0; j < RANK; j++) {
            assertEquals(1, length(model.basis(), j, Normalisation.L1), (M + 2) * 0x1p-23);
            int component = j;
            double mean = IntStream.range(0, 67)
                            .mapToDouble(i -> weights.row(i) * h.get(i, component))
                            .sum()
                    / weights.totalOfRows(67);
            assertEquals(mean, model.scales().get(j), 1e-6 * mean);
        }
    }

    @Test
    void whatRestartsAndTheBootstrapSayGoesWithItsComponent() {
        Nmf.Builder builder = hals().seed(5).epochs(15).restarts(4).bootstrap(3);
        NmfModel plain = builder.build().fit(DATA);
        NmfModel model = builder.normalise(Normalisation.L1).build().fit(DATA);

        int[] order = order(plain, Normalisation.L1);
        double[] inverse = IntStream.range(0, RANK)
                .mapToDouble(j -> 1 / length(plain.basis(), j, Normalisation.L1))
                .toArray();
        Stability expected = plain.stability().orElseThrow();
        Stability stability = model.stability().orElseThrow();
        assertTrue(!Arrays.equals(order, new int[] {0, 1, 2}), "the order is that of the fit");
        assertArrayEquals(
                expected.matches().cosines().selectColumns(order).toRows(),
                stability.matches().cosines().toRows());
        for (int j = 0; j < RANK; j++) {
            assertEquals(expected.kept()[order[j]], stability.kept()[j]);
        }
        assertNear(
                scaled(plain.consensusBasis().orElseThrow(), order, inverse),
                model.consensusBasis().orElseThrow());
        assertNear(
                scaled(plain.bootstrapIntervals(0.9).orElseThrow().upper(), order, inverse),
                model.bootstrapIntervals(0.9).orElseThrow().upper());
    }

    @Test
    void aDeadComponentComesLastAndIsNamedByItsPlace() {
        float[][] start = hals().build().fit(DATA).basis().toRows();
        for (float[] row : start) {
            row[0] = 0;
        }
        NmfModel model = builder(NmfAlgorithm.MU, 2)
                .initialBasis(Matrix.of(start))
                .normalise(Normalisation.L2)
                .build()
                .fit(DATA);

        Warning warning = model.codedWarnings().stream()
                .filter(given -> given.code() == Warning.Code.DEAD_COMPONENTS)
                .findFirst()
                .orElseThrow();
        assertEquals(List.of(RANK - 1), warning.components());
        assertEquals(0, model.scales().get(RANK - 1));
        assertEquals(List.of(RANK - 1), model.score(DATA).deadComponents());
        NmfModel updated = goingOn(model).epochs(2).build().update(model, DATA);
        assertEquals(0, updated.scales().get(RANK - 1));
    }

    private static void assertRefused(String problem, Nmf.Builder builder) {
        SettingException refusal = assertThrows(SettingException.class, builder::build);
        assertEquals(Setting.NORMALISE, refusal.setting());
        assertTrue(refusal.problem().contains(problem), refusal::getMessage);
    }

    @Test
    void whatDependsOnTheLengthOfComponentsIsRefused() {
        NmfModel model = hals().build().fit(DATA);

        assertRefused(
                "penalties", hals().coefficientPenalty(new Penalty(0.1, 0)).normalise(Normalisation.L1));
        assertRefused(
                "keeps its weights",
                hals().initialBasis(model.basis()).fixBasis(true).normalise(Normalisation.L1));
        SettingException other = assertThrows(
                SettingException.class,
                () -> hals().normalise(Normalisation.L1).build().update(model, DATA));
        assertTrue(other.getMessage().contains("the model's, none"), other::getMessage);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e-12, 1e12})
    void theUnitOfTheDataIsThatOfTheScalesAlone(double unit) {
        NmfModel model = hals().normalise(Normalisation.L2).build().fit(DATA);
        NmfModel other = hals().normalise(Normalisation.L2).build().fit(data(67, unit));

        assertNear(model.basis(), other.basis());
        for (int j = 0; j < RANK; j++) {
            assertEquals(
                    model.scales().get(j),
                    other.scales().get(j) / unit,
                    1e-3 * model.scales().get(j));
        }
        assertNear(
                model.transform(DATA),
                scaled(other.transform(data(67, unit)), new int[] {0, 1, 2}, 1 / unit, 1 / unit, 1 / unit));
    }
}
