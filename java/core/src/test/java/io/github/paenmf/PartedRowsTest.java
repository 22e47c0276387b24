package io.github.paenmf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.BackendUnavailableException;
import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.data.Weights;
import io.github.paenmf.io.CheckpointFile;
import io.github.paenmf.io.MatrixReader;
import io.github.paenmf.model.IntervalMethod;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.model.SettingException;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.testing.PartsHere;
import io.github.paenmf.testing.PoissonNumbers;
import io.github.paenmf.train.PartTotals;
import io.github.paenmf.train.steps.Batch;
import io.github.paenmf.train.steps.TrainStep;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PartedRowsTest {

    private static final int RANK = 4;
    private static final Matrix DATA = TestData.planted(301, 37, RANK, 0.1, 7).data();

    private static VariationalNmf.Builder builder() {
        return VariationalNmf.builder().rank(RANK).epochs(60).seed(3).backend(Backends.Choice.CPU);
    }

    private static PartsHere parts(Matrix data, Likelihood likelihood, int each, boolean sparse) {
        List<RowSource> parts = new ArrayList<>();
        for (int from = 0; from < data.rows(); from += each) {
            int to = Math.min(data.rows(), from + each);
            Matrix rows = data.selectRows(IntStream.range(from, to).toArray());
            parts.add(sparse ? SparseMatrix.of(rows) : rows);
        }
        return new PartsHere(parts, parts.stream().map(part -> Weights.NONE).toList(), likelihood, data);
    }

    private static PartsHere parts(int each) {
        return parts(DATA, Likelihood.GAUSSIAN, each, false);
    }

    private static Matrix counts(Matrix means) {
        SplittableRandom random = new SplittableRandom(5);
        float[][] values = means.toRows();
        for (float[] row : values) {
            for (int f = 0; f < row.length; f++) {
                row[f] = PoissonNumbers.draw(row[f], random);
            }
        }
        return Matrix.of(values);
    }

    private static double perEntry(VariationalModel model) {
        double[] reconstruction = model.history().reconstruction();
        int last = reconstruction.length - 1;
        return (reconstruction[last] + model.history().kl()[last]) / model.features();
    }

    /**
     * Parts are the same problem, whose rows are swept otherwise. Both fits end within a tenth of what a fit may still gain
     * in its last tenth of epochs when it counts as converged, .01 nats per entry.
     */
    @ParameterizedTest
    @CsvSource({"GAUSSIAN, 301, false", "GAUSSIAN, 64, true", "POISSON, 301, false", "POISSON, 64, true"})
    void aFitOfPartsComesToWhatOneOfAllRowsDoes(Likelihood likelihood, int each, boolean sparse) {
        Matrix data = likelihood == Likelihood.POISSON ? counts(DATA) : DATA;
        VariationalNmf estimator = builder()
                .epochs(100)
                .likelihood(likelihood)
                .intervals(IntervalMethod.MEAN_FIELD)
                .build();

        VariationalModel whole = estimator.fit(data);
        VariationalModel parted = estimator.fit(parts(data, likelihood, each, sparse));

        assertEquals(perEntry(whole), perEntry(parted), 0.001);
        assertEquals(
                whole.score(data).relativeError(),
                parted.score(data).relativeError(),
                0.01 * whole.score(data).relativeError());
    }

    /** What docs/spark.md says of where fits end, in its log; as above. */
    @Tag("long")
    @Test
    void coldSweepsOverDigitsEndWhereWarmOnesDo() throws IOException {
        Matrix digits = MatrixReader.read(MatrixReader.DEMO_DIGITS);
        for (int rank : new int[] {10, 16, 40}) {
            VariationalNmf estimator = VariationalNmf.builder()
                    .rank(rank)
                    .intervals(IntervalMethod.MEAN_FIELD)
                    .build();
            double whole = perEntry(estimator.fit(digits));
            double parted = perEntry(estimator.fit(parts(digits, Likelihood.GAUSSIAN, 600, false)));
            System.getLogger("digits")
                    .log(Level.INFO, "rank {0}: −ELBO per sample {1}, in parts {2}", rank, 64 * whole, 64 * parted);
            assertTrue(parted < whole + 0.001, () -> parted + " against " + whole);
        }
    }

    /**
     * Sums over rows are in float32 within a part, and differ by their order: as in {@link
     * io.github.paenmf.train.PartedVbTrainer}, the objective is off by u·√max(n, m)·‖V‖² over 2σ². The fit after five
     * epochs goes the same way.
     */
    @ParameterizedTest
    @CsvSource({"301, true", "100, false", "100, true", "1, true"})
    void howRowsArePartedChangesNoMoreThanRounding(int each, boolean sparse) {
        VariationalNmf estimator = builder().epochs(5).build();
        VariationalModel one = estimator.fit(parts(301));
        VariationalModel other = estimator.fit(parts(DATA, Likelihood.GAUSSIAN, each, sparse));

        double variance = one.sigma() * one.sigma();
        double ofRow = 0x1p-24 * (Math.sqrt(DATA.rows()) + 4) * DATA.columns() / (2 * variance);
        for (int epoch = 0; epoch < 5; epoch++) {
            assertEquals(
                    one.history().reconstruction()[epoch],
                    other.history().reconstruction()[epoch],
                    2 * ofRow,
                    "" + epoch);
        }
    }

    @Test
    void theSamePartsGiveTheSameBits() {
        VariationalModel one = builder().threads(1).build().fit(parts(100));
        VariationalModel other = builder().threads(2).build().fit(parts(100));

        assertEquals(one.fitted().parameters(), other.fitted().parameters());
        assertArrayEquals(one.history().reconstruction(), other.history().reconstruction());
    }

    /** A row of weight 3 is three rows; in the sums √3 twice is 3 but for rounding. */
    @Test
    void aRowCountsAsOftenAsItsWeightSays() {
        double[] weights = new double[DATA.rows()];
        Arrays.setAll(weights, i -> 1 + i % 3);
        int[] repeated = IntStream.range(0, DATA.rows())
                .flatMap(i -> IntStream.range(0, (int) weights[i]).map(time -> i))
                .toArray();
        VariationalNmf estimator = builder().epochs(5).build();
        PartsHere weighted =
                new PartsHere(List.of(DATA), List.of(Weights.NONE.withRows(weights)), Likelihood.GAUSSIAN, DATA);
        Matrix rows = DATA.selectRows(repeated);
        PartsHere again = new PartsHere(List.of(rows), List.of(Weights.NONE), Likelihood.GAUSSIAN, DATA);

        VariationalModel one = estimator.fit(weighted);
        VariationalModel other = estimator.fit(again);

        double variance = one.sigma() * one.sigma();
        double ofRow = 0x1p-24 * (Math.sqrt(rows.rows()) + 4) * DATA.columns() / (2 * variance);
        assertArrayEquals(one.history().reconstruction(), other.history().reconstruction(), 2 * ofRow);
    }

    @Test
    void namesAndWarningsAreThoseOfTheData() {
        Matrix named = DATA.withNames(
                List.of(),
                IntStream.range(0, DATA.columns()).mapToObj(f -> "f" + f).toList());
        VariationalModel model = builder().epochs(2).build().fit(parts(named, Likelihood.GAUSSIAN, 100, false));

        assertEquals(named.columnNames(), model.featureNames());
        assertTrue(model.warnings().stream().anyMatch(w -> w.startsWith("no zeros were learned")));
    }

    @Test
    void whatIsNotMadeForPartsIsRefused(@TempDir Path directory) throws IOException {
        PartsHere rows = parts(100);
        assertThrows(
                SettingException.class, () -> builder().batchRows(7).build().fit(rows));
        assertThrows(SettingException.class, () -> builder().restarts(2).build().fit(rows));
        CheckpointFile checkpoint = CheckpointFile.create(directory.resolve("checkpoint"), Duration.ZERO);
        assertThrows(
                SettingException.class,
                () -> builder().checkpoints(checkpoint).build().fit(rows));
        assertThrows(
                SettingException.class,
                () -> builder().intervals(IntervalMethod.JOINT).build().fit(rows));
        assertThrows(
                BackendUnavailableException.class,
                () -> builder().backend(Backends.Choice.CUDA).build().fit(rows));
    }

    @Test
    void badValuesAreRefused() {
        Matrix negative = Matrix.of(new float[][] {{1, -1}});
        assertThrows(DataException.class, () -> PartTotals.of(negative, Weights.NONE, Likelihood.POISSON));
        Matrix zeros = Matrix.zeros(5, 3);
        PartsHere rows = new PartsHere(List.of(zeros), List.of(Weights.NONE), Likelihood.GAUSSIAN, zeros);
        assertThrows(DataException.class, () -> builder().build().fit(rows));
    }

    private static VbParameters parameters() {
        SplittableRandom random = new SplittableRandom(1);
        VbParameters parameters = new VbParameters(DATA.columns(), RANK);
        for (int e = 0; e < parameters.mean().length; e++) {
            parameters.mean()[e] = (float) random.nextDouble();
            parameters.variance()[e] = (float) random.nextDouble();
        }
        Arrays.fill(parameters.priorMean(), 0.5);
        Arrays.setAll(parameters.coefficientInclusion(), j -> (j + 1) / 5.0);
        parameters.setSquaredSigma(0.3);
        parameters.setZeros(true);
        return parameters;
    }

    private static Solver<VbParameters> open(Likelihood likelihood, double allRows) {
        VbProblem problem = new VbProblem(
                builder().likelihood(likelihood).build().configuration(),
                DATA.rows(),
                DATA.columns(),
                1,
                false,
                null,
                Weights.NONE,
                0,
                allRows);
        return Backends.openVb(Execution.auto().withBackend(Backends.Choice.CPU), problem);
    }

    private static Sums sums(Solver<VbParameters> solver) {
        int n = DATA.rows();
        new TrainStep(solver).sum(Batch.of(DATA, null, 0, n, solver.chunkRows(), new double[n]), 0, false);
        return solver.readSums();
    }

    /** No row has been met in a first step either. */
    @Test
    void aPartMakesTheSumsOfAFirstStepToTheBit() {
        try (Solver<VbParameters> whole = open(Likelihood.GAUSSIAN, 0);
                Solver<VbParameters> part = open(Likelihood.GAUSSIAN, 1000)) {
            whole.setParameters(parameters());
            part.setRowParameters(whole.rowParameters());
            Sums expected = sums(whole);
            Sums again = sums(part);
            Sums actual = sums(part); // which keeps nothing

            assertArrayEquals(expected.q(), actual.q());
            assertArrayEquals(expected.k(), actual.k());
            assertArrayEquals(expected.ofRows(), actual.ofRows());
            assertArrayEquals(again.q(), actual.q());
            assertFalse(Arrays.equals(expected.q(), sums(whole).q())); // which does
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPartTakesOverWhatItIsTold(Likelihood likelihood) {
        try (Solver<VbParameters> one = open(likelihood, 1000);
                Solver<VbParameters> other = open(likelihood, 1000)) {
            one.setParameters(parameters());
            other.setRowParameters(one.rowParameters());
            assertArrayEquals(
                    one.rowParameters().weights(), other.rowParameters().weights());
            assertArrayEquals(
                    one.rowParameters().others(), other.rowParameters().others());
            assertTrue(Arrays.stream(one.rowParameters().others()).allMatch(value -> value > 0));
        }
    }

    @Test
    void totalsAndParametersAreReadAsTheyWereWritten() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PartTotals totals = PartTotals.of(DATA, Weights.NONE, Likelihood.POISSON);
        RowParameters parameters = new RowParameters(new float[] {1.5f, 0, -2}, new double[] {Math.PI});
        DataOutputStream out = new DataOutputStream(bytes);
        totals.writeTo(out);
        parameters.writeTo(out);

        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        PartTotals read = PartTotals.read(in);
        assertArrayEquals(totals.columnSums(), read.columnSums());
        assertEquals(
                List.of(totals.rows(), totals.weight(), totals.squaredNorm(), totals.greatest(), totals.constants()),
                List.of(read.rows(), read.weight(), read.squaredNorm(), read.greatest(), read.constants()));
        assertEquals(totals.fraction(), read.fraction());
        RowParameters parametersRead = RowParameters.read(in);
        assertArrayEquals(parameters.weights(), parametersRead.weights());
        assertArrayEquals(parameters.others(), parametersRead.others());
        assertEquals(-1, in.read());
    }
}
