package io.github.paenmf;

import static io.github.paenmf.testing.Spread.distance;
import static io.github.paenmf.testing.Spread.perturbed;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Init;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.Optimiser;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.testing.ErrorReport;
import io.github.paenmf.testing.PartsHere;
import io.github.paenmf.testing.Spread;
import io.github.paenmf.train.PaePart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PAE-NMF of rows that lie in parts. */
class PartedPaeTest {

    private static final int RANK = 4;
    private static final Matrix DATA = TestData.planted(301, 37, RANK, 0.1, 7).data();

    /**
     * How many sets of data are perturbed, and how many times as far from the fit of all rows as the farthest of them that of
     * parts may be. Of what roundings change in a fit, a normal number ξ in each direction, the largest of four is below |ξ|/8
     * with odds of at most (√(2/π)/8)⁴ · E|ξ|⁴ = 3e-4; one set of data, one seed.
     */
    private static final int PERTURBED = 4;

    private static final double MULTIPLE = 8;

    private static PaeNmf.Builder builder() {
        return PaeNmf.builder().rank(RANK).epochs(10).seed(3).backend(Backends.Choice.CPU);
    }

    private static List<RowSource> parts(Matrix data, int each, boolean sparse) {
        List<RowSource> parts = new ArrayList<>();
        for (int from = 0; from < data.rows(); from += each) {
            int to = Math.min(data.rows(), from + each);
            Matrix rows = data.selectRows(IntStream.range(from, to).toArray());
            parts.add(sparse ? SparseMatrix.of(rows) : rows);
        }
        return parts;
    }

    private static PartsHere parts(Matrix data, Likelihood likelihood, int each, boolean sparse) {
        List<RowSource> parts = parts(data, each, sparse);
        return new PartsHere(parts, parts.stream().map(part -> Weights.NONE).toList(), likelihood, data);
    }

    private static Matrix counts() {
        float[][] rows = DATA.toRows();
        for (float[] row : rows) {
            for (int f = 0; f < row.length; f++) {
                row[f] = (float) Math.rint(2 * row[f]);
            }
        }
        return Matrix.of(rows);
    }

    private static double[] basis(PaeNmfModel model) {
        return Arrays.stream(model.basis().toRows())
                .flatMapToDouble(row -> IntStream.range(0, row.length).mapToDouble(j -> row[j]))
                .toArray();
    }

    private static void assertClose(PaeNmfModel whole, List<PaeNmfModel> others, PaeNmfModel parted) {
        assertClose(
                "objectives",
                whole.history().reconstruction(),
                others.stream().map(other -> other.history().reconstruction()).toList(),
                parted.history().reconstruction());
        if (!Double.isNaN(whole.sigma())) { // counts have none
            List<double[]> sigmas =
                    others.stream().map(other -> new double[] {other.sigma()}).toList();
            assertClose("σ", new double[] {whole.sigma()}, sigmas, new double[] {parted.sigma()});
        }
        assertClose(
                "basis", basis(whole), others.stream().map(PartedPaeTest::basis).toList(), basis(parted));
    }

    private static void assertClose(String what, double[] whole, List<double[]> others, double[] parted) {
        double spread = Spread.of(whole, others.stream());
        double distance = distance(whole, parted);
        assertTrue(distance <= MULTIPLE * spread, () -> what + ": " + distance + ", spread " + spread);
    }

    /** As far from the fit of all rows as roundings of the data carry that, and not much farther. */
    @ParameterizedTest
    @CsvSource({
        "GAUSSIAN, .1, ADAM, 301, false",
        "GAUSSIAN, .1, ADAM, 64, true",
        "GAUSSIAN, .1, GD, 100, false",
        "GAUSSIAN, 0, ADAM, 100, false",
        "POISSON, , ADAM, 100, true"
    })
    void aFitOfPartsIsThatOfAllRows(
            Likelihood likelihood, Double sigma, Optimiser optimiser, int each, boolean sparse) {
        Matrix data = likelihood == Likelihood.POISSON ? counts() : DATA;
        PaeNmf.Builder builder = builder().likelihood(likelihood).optimiser(optimiser);
        PaeNmf estimator = (sigma == null ? builder : builder.sigma(sigma)).build();
        List<PaeNmfModel> others = IntStream.range(0, PERTURBED)
                .mapToObj(seed -> estimator.fit(perturbed(data, 2 * ErrorReport.U, seed)))
                .toList();

        PaeNmfModel parted = estimator.fit(parts(data, likelihood, each, sparse));

        assertClose(estimator.fit(data), others, parted);
    }

    @Test
    void aRowCountsAsOftenAsItsWeightSays() {
        double[] weights = new double[DATA.rows()];
        Arrays.setAll(weights, i -> 1 + i % 3);
        Weights all = Weights.NONE.withRows(weights);
        PaeNmf estimator = builder().build();
        List<PaeNmfModel> others = IntStream.range(0, PERTURBED)
                .mapToObj(seed -> estimator.fit(perturbed(DATA, 2 * ErrorReport.U, seed), all))
                .toList();
        List<Weights> ofParts = List.of(
                Weights.NONE.withRows(Arrays.copyOf(weights, 200)),
                Weights.NONE.withRows(Arrays.copyOfRange(weights, 200, 301)));

        PaeNmfModel parted = estimator.fit(new PartsHere(parts(DATA, 200, false), ofParts, Likelihood.GAUSSIAN, DATA));

        assertClose(estimator.fit(DATA, all), others, parted);
    }

    /** By their ids, rows have their noise wherever they are. */
    @Test
    void rowsMayLieInOtherPartsWithTheirIds() {
        PaeNmf estimator = builder().build();
        int[] order = IntStream.range(0, 301).map(i -> i * 100 % 301).toArray();
        List<RowSource> parts = parts(DATA.selectRows(order), 50, false);
        List<Weights> weights = parts.stream().map(part -> Weights.NONE).toList();
        List<long[]> ids = new ArrayList<>();
        for (int from = 0; from < 301; from += 50) {
            ids.add(Arrays.stream(order, from, Math.min(301, from + 50))
                    .asLongStream()
                    .toArray());
        }
        List<PaeNmfModel> others = IntStream.range(0, PERTURBED)
                .mapToObj(seed -> estimator.fit(perturbed(DATA, 2 * ErrorReport.U, seed)))
                .toList();

        PaeNmfModel elsewhere = estimator.fit(new PartsHere(parts, weights, ids, Likelihood.GAUSSIAN, DATA));
        PaeNmfModel withOthers = estimator.fit(new PartsHere(parts, weights, Likelihood.GAUSSIAN, DATA));

        assertClose(estimator.fit(DATA), others, elsewhere);
        double distance = distance(
                elsewhere.history().reconstruction(), withOthers.history().reconstruction());
        assertTrue(distance > 1e-4, () -> "noise by other ids: " + distance);
    }

    @Test
    void theSamePartsGiveTheSameBits() {
        PaeNmfModel one = builder().threads(1).build().fit(parts(DATA, Likelihood.GAUSSIAN, 100, false));
        PaeNmfModel other = builder().threads(2).build().fit(parts(DATA, Likelihood.GAUSSIAN, 100, false));

        assertArrayEquals(one.basis().toRows(), other.basis().toRows());
        assertArrayEquals(one.history().reconstruction(), other.history().reconstruction());
        assertArrayEquals(one.history().kl(), other.history().kl());
    }

    @Test
    void theUpperHalvesOfIdsCount() {
        PaePart part = new PaePart(builder().build().configuration(), 1, 1);
        RowParameters parameters = new RowParameters(new float[37 * 3 * RANK], new double[2 * RANK + 1]);
        Arrays.fill(parameters.weights(), 0.1f);
        Arrays.fill(parameters.others(), 1);
        Execution one = Execution.auto().withBackend(Backends.Choice.CPU).withThreads(1);
        long[] ids = SampleIds.range(0, 301);
        float[] k = part.sums(DATA, Weights.NONE, ids, parameters, 0, one).k();
        long[] same = ids.clone();
        assertArrayEquals(
                k, part.sums(DATA, Weights.NONE, same, parameters, 0, one).k());
        same[300] |= 1L << 40;
        assertFalse(Arrays.equals(
                k, part.sums(DATA, Weights.NONE, same, parameters, 0, one).k()));
        assertFalse(Arrays.equals(
                k, part.sums(DATA, Weights.NONE, ids, parameters, 1, one).k()));
        assertThrows(
                IllegalArgumentException.class, () -> part.sums(DATA, Weights.NONE, new long[3], parameters, 0, one));
    }

    @Test
    void whatIsNotMadeForPartsIsRefused() {
        PartsHere rows = parts(DATA, Likelihood.GAUSSIAN, 100, false);
        assertThrows(
                SettingException.class, () -> builder().batchRows(7).build().fit(rows));
        assertThrows(
                SettingException.class, () -> builder().init(Init.NMF).build().fit(rows));
        assertThrows(
                BackendUnavailableException.class,
                () -> builder().backend(Backends.Choice.CUDA).build().fit(rows));
        Matrix negative = Matrix.of(new float[][] {{1, 2}, {3, -1}});
        PartsHere below = parts(negative, Likelihood.GAUSSIAN, 2, false);
        String message = assertThrows(
                        DataException.class, () -> builder().build().fit(below))
                .getMessage();
        assertTrue(message.contains("-1"), message);
    }
}
