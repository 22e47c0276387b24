package io.github.paenmf.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScalingTest {

    private static final int N = 67;
    private static final int M = 13;
    private static final Scaling TOTAL = Scaling.NONE.withSizeFactors(SizeFactors.TOTAL);
    private static final Scaling GIVEN = Scaling.NONE.withSizeFactors(SizeFactors.GIVEN);
    private static final Scaling LOG = Scaling.NONE.withLog1p(true);
    private static final Scaling ALL = new Scaling(SizeFactors.TOTAL, true, FeatureScale.SD);
    private static final Scaling SD = Scaling.NONE.withFeatureScale(FeatureScale.SD);

    /** Two thirds zeros, an empty row, an empty column, and one that is the same everywhere. */
    private static Matrix dense() {
        SplittableRandom random = new SplittableRandom(3);
        float[][] values = new float[N][M];
        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                values[i][f] = random.nextInt(3) == 0 ? random.nextInt(300) / 7f : 0;
            }
            values[i][4] = 0;
            values[i][5] = 0.7f;
        }
        values[9] = new float[M];
        values[9][5] = 0.7f;
        return Matrix.of(values)
                .withNames(
                        IntStream.range(0, N).mapToObj(i -> "s" + i).toList(),
                        IntStream.range(0, M).mapToObj(f -> "f" + f).toList());
    }

    static Stream<Scaling> scalings() {
        return Stream.of(SizeFactors.values())
                .flatMap(sizes -> Stream.of(false, true)
                        .flatMap(log -> Stream.of(FeatureScale.values()).map(scale -> new Scaling(sizes, log, scale))));
    }

    private static double[] factors(int count) {
        return IntStream.range(0, count).mapToDouble(i -> 0.5 + i % 4).toArray();
    }

    private static RowSource sized(Scaling scaling, RowSource data) {
        return scaling.sizeFactors() == SizeFactors.GIVEN ? SizeFactors.attach(data, factors(data.rows())) : data;
    }

    /** By the definition, step by step, in double. */
    private static double[][] expected(Scaling scaling, Matrix data) {
        double[][] values = new double[data.rows()][data.columns()];
        double[] totals = new double[data.rows()];
        for (int i = 0; i < data.rows(); i++) {
            for (int f = 0; f < data.columns(); f++) {
                values[i][f] = data.get(i, f);
                totals[i] += values[i][f];
            }
        }
        double mean = Arrays.stream(totals).filter(total -> total > 0).average().orElseThrow();
        for (int i = 0; i < data.rows(); i++) {
            double size = switch (scaling.sizeFactors()) {
                case NONE -> 1;
                case TOTAL -> totals[i] == 0 ? 1 : totals[i] / mean;
                case GIVEN -> factors(data.rows())[i];
            };
            for (int f = 0; f < data.columns(); f++) {
                values[i][f] = scaling.log1p() ? Math.log1p(values[i][f] / size) : values[i][f] / size;
            }
        }
        for (int f = 0; scaling.featureScale() == FeatureScale.SD && f < data.columns(); f++) {
            int feature = f;
            double center = Arrays.stream(values)
                    .mapToDouble(row -> row[feature])
                    .average()
                    .orElseThrow();
            double sd = Math.sqrt(Arrays.stream(values)
                    .mapToDouble(row -> (row[feature] - center) * (row[feature] - center))
                    .average()
                    .orElseThrow());
            boolean same = Arrays.stream(values).allMatch(row -> (float) row[feature] == (float) values[0][feature]);
            for (double[] row : values) {
                row[f] /= same ? 1 : sd;
            }
        }
        return values;
    }

    /** The rounding to float once, and of deviations, which are of rounded values, once more. */
    private static final double BOUND = 3 * 0x1p-24;

    private static void assertClose(double[][] expected, RowSource actual, double bound) {
        Matrix values = Matrix.of(actual);
        for (int i = 0; i < expected.length; i++) {
            for (int f = 0; f < expected[i].length; f++) {
                assertEquals(expected[i][f], values.get(i, f), bound * Math.abs(expected[i][f]), i + ", " + f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("scalings")
    void valuesAreThoseOfTheDefinition(Scaling scaling) {
        Matrix dense = dense();
        RowSource data = sized(scaling, dense);
        RowSource scaled = scaling.fit(data).apply(data);

        assertClose(expected(scaling, dense), scaled, BOUND);
        assertEquals(dense.rowNames(), scaled.rowNames());
        assertEquals(dense.columnNames(), scaled.columnNames());
    }

    @ParameterizedTest
    @MethodSource("scalings")
    void sparseDataAreScaledAsTheyAreReadToTheBitsOfDenseData(Scaling scaling) {
        Matrix dense = dense();
        SparseMatrix sparse = SparseMatrix.of(dense);
        RowSource scaled = scaling.fit(sized(scaling, sparse)).apply(sized(scaling, sparse));
        RowSource ofDense = scaling.fit(sized(scaling, dense)).apply(sized(scaling, dense));

        SparseSource view = assertInstanceOf(SparseSource.class, scaled);
        assertEquals(sparse.nonzeros(), view.nonzeros());
        assertArrayEquals(Matrix.of(ofDense).toRows(), Matrix.of(scaled).toRows());
        assertArrayEquals(
                Matrix.of(ofDense).toRows(), Matrix.of(SparseMatrix.of(scaled)).toRows()); // nonzero by nonzero
        float[] row = new float[5];
        scaled.copyRow(8, 3, 5, row, 0);
        assertArrayEquals(Arrays.copyOfRange(Matrix.of(ofDense).toRows()[8], 3, 8), row);
        assertEquals(64, view.block(0, 64).rows());
    }

    /** New rows are scaled by what was learned, each by itself. */
    @ParameterizedTest
    @MethodSource("scalings")
    void aRowIsScaledByItselfWhereverItStands(Scaling scaling) {
        for (RowSource data : List.of(dense(), SparseMatrix.of(dense()))) {
            RowSource sized = sized(scaling, data);
            FittedScaling fitted = scaling.fit(sized);
            float[][] whole = Matrix.of(fitted.apply(sized)).toRows();
            int[] rows = {66, 9, 2};
            float[][] some = {whole[66], whole[9], whole[2]};

            assertArrayEquals(
                    some, Matrix.of(fitted.apply(sized.selectRows(rows))).toRows());
            assertArrayEquals(
                    some, Matrix.of(fitted.apply(sized).selectRows(rows)).toRows());
            int[] reversed = IntStream.range(0, M).map(f -> M - 1 - f).toArray();
            assertArrayEquals(
                    whole,
                    Matrix.of(fitted.apply(sized).selectColumns(reversed))
                            .selectColumns(reversed)
                            .toRows());
            assertEquals(
                    List.of(),
                    fitted.apply(sized.withNames(List.of(), List.of()))
                            .withNames(List.of(), List.of())
                            .rowNames());
        }
    }

    /** v, scaled and brought back: a rounding each way, and where ln is taken that of ln times what expm1 makes of it. */
    @ParameterizedTest
    @MethodSource("scalings")
    void whatIsScaledCanBeBroughtBack(Scaling scaling) {
        Matrix dense = dense();
        RowSource data = sized(scaling, dense);
        FittedScaling fitted = scaling.fit(data);
        Matrix values = Matrix.of(fitted.apply(data)).copy();

        fitted.restore(values, fitted.sizeFactors(data));

        for (int i = 0; i < N; i++) {
            for (int f = 0; f < M; f++) {
                // a relative error u of y = ln(1 + x) is one of uy(1 + x)/x of x, and (1 + x)·ln(1 + x)/x < 8 to x =
                // 1000
                assertEquals(dense.get(i, f), values.get(i, f), 10 * 0x1p-23 * dense.get(i, f), i + ", " + f);
            }
        }
    }

    @Test
    void anAverageRowKeepsItsUnit() {
        Matrix data = Matrix.of(new float[][] {{1, 1}, {2, 4}, {0, 0}, {5, 5}});
        FittedScaling fitted = TOTAL.fit(data);

        assertEquals(6, fitted.meanTotal()); // without the empty row
        assertArrayEquals(new double[] {2 / 6.0, 1, 1, 10 / 6.0}, fitted.sizeFactors(data), 1e-15);
        assertArrayEquals(new float[] {2, 4}, Matrix.of(fitted.apply(data)).toRows()[1]);
    }

    /** A variance from sums of squares would be lost in their rounding. */
    @Test
    void deviationsOfLargeValuesThatHardlyDifferAreRight() {
        Matrix data = Matrix.of(new float[][] {{16777212, 3}, {16777214, 3}, {16777212, 3}, {16777214, 3}});

        assertArrayEquals(new double[] {1, 1}, SD.fit(data).featureScales(), 1e-9);
        assertArrayEquals(
                new double[] {Math.sqrt(2) * 2 / 3.0},
                SD.fit(Matrix.of(new float[][] {{0}, {2}, {0}})).featureScales(),
                1e-15);
    }

    @Test
    void whatIsMissingStaysMissingAndCountsForNothing() {
        Matrix data = Matrix.of(new float[][] {{1, Float.NaN}, {3, 2}, {0, 2}, {Float.NaN, 0}, {Float.NaN, Float.NaN}});
        for (RowSource form : List.of(data, SparseMatrix.of(data))) {
            FittedScaling fitted = ALL.fit(form);
            float[][] scaled = Matrix.of(fitted.apply(form)).toRows();

            // totals 1, 5, 2, and two that are empty
            double mean = 8 / 3.0;
            assertEquals(mean, fitted.meanTotal(), 1e-15);
            assertTrue(Float.isNaN(scaled[0][1]) && Float.isNaN(scaled[3][0]) && Float.isNaN(scaled[4][1]));
            double[] first = {Math.log1p(mean), Math.log1p(3 * mean / 5), 0};
            assertEquals(first[0] / deviation(first), scaled[0][0], 1e-6);
        }
    }

    @Test
    void whatAMaskHidesIsScaledAsIfItWereNotANumber() {
        Matrix data = Matrix.of(new float[][] {{1, Float.NaN}, {3, 2}, {0, 2}, {Float.NaN, 1}});
        for (RowSource form : List.of(data, SparseMatrix.of(data))) {
            RowSource masked = IncompleteData.of(form, Missing.NAN);

            FittedScaling fitted = ALL.fit(masked);

            assertEquals(ALL.fit(form), fitted);
            RowSource scaled = fitted.apply(masked);
            assertEquals(2, scaled.mask().missing());
            float[][] expected = Matrix.of(fitted.apply(form)).toRows();
            expected[0][1] = 0;
            expected[3][0] = 0;
            assertArrayEquals(expected, Matrix.of(scaled).toRows());
        }
    }

    private static double deviation(double... values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Math.sqrt(Arrays.stream(values)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow());
    }

    /** Of a sparse matrix nothing is copied: what scaling takes beside it are numbers of rows and features. */
    @Test
    void nothingOfTheSizeOfTheNonzerosIsStored() {
        int n = 20_000;
        int m = 400;
        SparseMatrix.Builder builder = SparseMatrix.builder(m);
        int[] columns = IntStream.range(0, 100).map(l -> 4 * l).toArray();
        float[] values = new float[100];
        for (int i = 0; i < n; i++) {
            for (int l = 0; l < values.length; l++) {
                values[l] = 1 + (l * 7) % 13;
            }
            builder.addRow(columns, values, 100);
        }
        SparseMatrix data = builder.build();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        RowSource scaled = ALL.fit(data).apply(data);
        scaled.requireFinite();

        // three passes make totals, 8 bytes per row each, and twice the factors; the nonzeros take 6 000 000 bytes
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 2_000_000, () -> allocated + " bytes beside " + data.bytes());
    }

    @Test
    void dataThatStayAsTheyAreAreTheSameData() {
        Matrix data = dense();

        assertTrue(Scaling.NONE.isNone());
        assertSame(data, Scaling.NONE.fit(data).apply(data));
        assertSame(data, FittedScaling.NONE.apply(data));
        Matrix copy = data.copy();
        FittedScaling.NONE.restore(copy, new double[] {2});
        assertArrayEquals(data.toRows(), copy.toRows());
    }

    @Test
    void dataThatAreAllZeroHaveNoTotals() {
        Matrix data = Matrix.zeros(3, 2);

        assertEquals(1, TOTAL.fit(data).meanTotal());
        assertArrayEquals(new double[] {1, 1}, SD.fit(data).featureScales());
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void aSizeFactorMustBeAboveZero(double factor) {
        double[] factors = factors(N);
        factors[7] = factor;

        DataException e = assertThrows(DataException.class, () -> SizeFactors.attach(dense(), factors));
        assertEquals(
                "the size factor of row 8 (s7) is " + factor + "; it must be a finite number above 0", e.getMessage());
    }

    @Test
    void sizeFactorsMustBeOneARow() {
        DataException e = assertThrows(DataException.class, () -> SizeFactors.attach(dense(), factors(N - 1)));
        assertEquals("there are 66 size factors for 67 rows", e.getMessage());
    }

    @Test
    void sizeFactorsStayWithTheirRowsAndDoNotChangeTheValues() {
        for (RowSource data : List.of(dense(), SparseMatrix.of(dense()))) {
            RowSource sized = SizeFactors.attach(data, factors(N));

            assertTrue(SizeFactors.areAttached(sized));
            assertFalse(SizeFactors.areAttached(data));
            assertEquals(data instanceof SparseSource, sized instanceof SparseSource);
            assertArrayEquals(Matrix.of(data).toRows(), Matrix.of(sized).toRows());
            assertArrayEquals(
                    new double[] {factors(N)[5], factors(N)[5]},
                    GIVEN.fit(sized)
                            .sizeFactors(sized.selectRows(new int[] {5, 1}).selectRows(new int[] {0, 0})));
            assertSame(sized, sized.requireFinite());
            assertSame(sized, sized.requireNonNegative());
            assertEquals(33, sized.block(0, 33).rows());
            RowSource others = SizeFactors.attach(sized.selectColumns(new int[] {1}), ones());
            assertArrayEquals(ones(), GIVEN.fit(others).sizeFactors(others));
        }
    }

    private static double[] ones() {
        double[] ones = new double[N];
        Arrays.fill(ones, 1);
        return ones;
    }

    @Test
    void sizeFactorsAreNeitherForgottenNorIgnored() {
        RowSource sized = SizeFactors.attach(dense(), factors(N));

        DataException missing = assertThrows(DataException.class, () -> GIVEN.fit(dense()));
        assertTrue(missing.getMessage().contains("give those of these rows"), missing.getMessage());
        FittedScaling fitted = GIVEN.fit(sized);
        assertThrows(DataException.class, () -> fitted.apply(dense()));
        assertThrows(DataException.class, () -> fitted.sizeFactors(dense()));
        DataException unused = assertThrows(DataException.class, () -> FittedScaling.NONE.apply(sized));
        assertTrue(unused.getMessage().contains("not used here"), unused.getMessage());
        assertThrows(DataException.class, () -> TOTAL.fit(sized));
    }

    @ParameterizedTest
    @CsvSource({"-1, is negative (-1.0)", "Infinity, is infinite"})
    void totalsAndLogarithmsNeedFiniteValuesOfAtLeastZero(float value, String problem) {
        float[][] values = dense().toRows();
        values[3][2] = value;
        Matrix data = Matrix.of(values);
        for (Scaling scaling : List.of(TOTAL, LOG)) {
            DataException e = assertThrows(DataException.class, () -> scaling.fit(data));
            assertEquals(
                    "the value in row 4, column 3 " + problem + "; totals and logarithms need finite values ≥ 0",
                    e.getMessage());
            FittedScaling fitted = scaling.fit(dense());
            assertThrows(DataException.class, () -> fitted.apply(SparseMatrix.of(data)));
        }
    }

    @Test
    void whatScalingMakesInfiniteIsRefused() {
        SparseMatrix data = SparseMatrix.of(Matrix.of(new float[][] {{1, 2}, {3, 0}}));
        double[] factors = {1e-300, 1};
        RowSource scaled = GIVEN.fit(SizeFactors.attach(data, factors)).apply(SizeFactors.attach(data, factors));

        DataException e = assertThrows(DataException.class, scaled::requireFinite);
        assertTrue(e.getMessage().startsWith("the value in row 1, column 1 is infinite"), e.getMessage());
        SparseMatrix negative = SparseMatrix.of(Matrix.of(new float[][] {{-4, 2}}));
        RowSource halved = GIVEN.fit(SizeFactors.attach(negative, new double[] {2}))
                .apply(SizeFactors.attach(negative, new double[] {2}));
        assertSame(halved, halved.requireFinite());
        assertTrue(assertThrows(DataException.class, halved::requireNonNegative)
                .getMessage()
                .contains("(-4.0)")); // as the user knows it
    }

    @Test
    void aScalingSaysWhatItIs() {
        assertEquals("none", Scaling.NONE.toString());
        assertEquals(
                "rows divided by their totals, ln(1 + x), features divided by their standard deviations",
                ALL.toString());
        assertEquals("rows divided by given size factors", GIVEN.toString());
    }

    @Test
    void whatWasLearnedCanBeTakenApartAndPutTogether() {
        FittedScaling fitted = ALL.fit(dense());
        FittedScaling again = FittedScaling.of(fitted.scaling(), fitted.meanTotal(), fitted.featureScales());

        assertArrayEquals(
                Matrix.of(fitted.apply(dense())).toRows(),
                Matrix.of(again.apply(dense())).toRows());
        assertEquals(fitted.featureScales()[3], fitted.featureScale(3));
        assertEquals(fitted, again);
        assertEquals(fitted.hashCode(), again.hashCode());
        assertNotEquals(fitted, FittedScaling.of(ALL, 2, fitted.featureScales()));
        assertNotEquals(fitted, fitted.withoutFeatureScales());
        assertEquals(1, fitted.withoutFeatureScales().featureScale(3));
        assertThrows(IllegalArgumentException.class, () -> FittedScaling.of(ALL, 0, fitted.featureScales()));
        assertThrows(IllegalArgumentException.class, () -> FittedScaling.of(ALL, 1, new double[0]));
        assertThrows(IllegalArgumentException.class, () -> FittedScaling.of(TOTAL, 1, new double[] {1}));
        assertThrows(IllegalArgumentException.class, () -> FittedScaling.of(SD, 1, new double[] {Double.NaN}));
    }
}
