package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.reduction;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.data.SparseMatrix;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products with sparse rows against sums in double. */
@Tag("cuda")
class SparseKernelsTest {

    private static final float UNTOUCHED = -7;

    private final SplittableRandom random = new SplittableRandom(3);
    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;
    private WeibullKernels module;
    private SparseKernels kernels;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
        module = WeibullKernels.load(); // into the current context, as another program would
        kernels = module.sparse();
    }

    @AfterEach
    void close() {
        module.close();
        arena.close();
        context.pop();
        context.close();
    }

    /** Where the nonzeros are. */
    private enum Form {
        /** A tenth of all, but in every fifth row and seventh column. */
        SCATTERED {
            @Override
            boolean has(int i, int j, SplittableRandom random) {
                return i % 5 != 2 && j % 7 != 3 && random.nextInt(10) == 0;
            }
        },
        /** All in one row. */
        ONE_ROW {
            @Override
            boolean has(int i, int j, SplittableRandom random) {
                return i == 1;
            }
        },
        /** All in one column. */
        ONE_COLUMN {
            @Override
            boolean has(int i, int j, SplittableRandom random) {
                return j == 1;
            }
        },
        /** One beside some others: it begins within a piece and ends within another. */
        LONG_COLUMN {
            @Override
            boolean has(int i, int j, SplittableRandom random) {
                return j == 2 || (j != 0 && random.nextInt(9) == 0);
            }
        },
        FULL {
            @Override
            boolean has(int i, int j, SplittableRandom random) {
                return true;
            }
        },
        NONE {
            @Override
            boolean has(int i, int j, SplittableRandom random) {
                return false;
            }
        };

        abstract boolean has(int i, int j, SplittableRandom random);
    }

    private SparseMatrix matrix(Form form, int n, int m) {
        SparseMatrix.Builder builder = SparseMatrix.builder(m);
        for (int i = 0; i < n; i++) {
            int row = i;
            int[] at =
                    IntStream.range(0, m).filter(j -> form.has(row, j, random)).toArray();
            float[] values = new float[at.length];
            for (int l = 0; l < at.length; l++) {
                values[l] = (float) random.nextDouble(-2, 2);
            }
            builder.addRow(at, values, at.length);
        }
        return builder.build();
    }

    private float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-2, 2);
        }
        return values;
    }

    private DeviceBuffer allocate(long bytes) {
        return arena.allocate(Math.max(8, bytes), "a test");
    }

    private DeviceBuffer uploaded(float... values) {
        DeviceBuffer buffer = allocate(4L * values.length);
        buffer.upload(values, stream);
        return buffer;
    }

    private DeviceBuffer uploaded(long... values) {
        DeviceBuffer buffer = allocate(8L * values.length);
        buffer.upload(values, stream);
        return buffer;
    }

    private DeviceBuffer uploaded(int... values) {
        DeviceBuffer buffer = allocate(4L * values.length);
        buffer.upload(values, stream);
        return buffer;
    }

    private float[] floats(DeviceBuffer buffer, int count) {
        float[] values = new float[count];
        buffer.download(values, stream);
        return values;
    }

    /** Rows of a matrix on the device. */
    private DeviceSparseRows uploaded(SparseMatrix v, int[] order, int from, int rows) {
        long[] starts = new long[v.rows() + 1];
        int[] columns = new int[(int) v.nonzeros()];
        float[] values = new float[columns.length];
        int[] at = new int[v.columns()];
        float[] ofRow = new float[v.columns()];
        for (int i = 0; i < v.rows(); i++) {
            int count = v.copyNonzeros(i, 0, v.columns(), at, ofRow);
            System.arraycopy(at, 0, columns, (int) starts[i], count);
            System.arraycopy(ofRow, 0, values, (int) starts[i], count);
            starts[i + 1] = starts[i] + count;
        }
        return new DeviceSparseRows(
                uploaded(starts).pointer(),
                uploaded(columns).pointer(),
                uploaded(values).pointer(),
                order == null ? null : uploaded(order).pointer(),
                from,
                rows,
                v.columns());
    }

    /** Some rows, with the numbers that they have in the matrix. */
    private record Chunk(SparseMatrix v, DeviceSparseRows rows, int[] ids) {

        double value(int i, int f) {
            float[] value = new float[1];
            v.copyRow(ids[i], f, 1, value, 0);
            return value[0];
        }
    }

    private Chunk all(SparseMatrix v) {
        return new Chunk(
                v, uploaded(v, null, 0, v.rows()), IntStream.range(0, v.rows()).toArray());
    }

    /** Rows in another order, and not all of them. */
    private Chunk ordered(SparseMatrix v) {
        int[] ids = IntStream.range(0, v.rows())
                .filter(i -> i % 3 != 1)
                .map(i -> v.rows() - 1 - i)
                .toArray();
        return new Chunk(v, uploaded(v, ids, 0, ids.length), ids);
    }

    /** Rows that do not begin with the first. */
    private Chunk later(SparseMatrix v) {
        int from = v.rows() / 3;
        return new Chunk(
                v,
                uploaded(v, null, from, v.rows() - from),
                IntStream.range(from, v.rows()).toArray());
    }

    private Stream<Chunk> chunks(SparseMatrix v) {
        return Stream.<IntFunction<Chunk>>of(i -> all(v), i -> ordered(v), i -> later(v))
                .map(make -> make.apply(0));
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Arguments.of(Form.FULL, 1, 1, 1),
                Arguments.of(Form.SCATTERED, 37, 29, 1),
                Arguments.of(Form.SCATTERED, 300, 70, 3),
                Arguments.of(Form.SCATTERED, 61, 200, 31),
                Arguments.of(Form.SCATTERED, 61, 200, 33),
                Arguments.of(Form.LONG_COLUMN, 1600, 7, 16),
                Arguments.of(Form.LONG_COLUMN, 1100, 5, 33),
                Arguments.of(Form.SCATTERED, 37, 29, 261),
                Arguments.of(Form.SCATTERED, 9, 12, 2051),
                Arguments.of(Form.ONE_ROW, 4, 3000, 3),
                Arguments.of(Form.ONE_COLUMN, 2600, 5, 3),
                Arguments.of(Form.ONE_COLUMN, 2200, 3, 129),
                Arguments.of(Form.FULL, 512, 3, 4),
                Arguments.of(Form.NONE, 12, 9, 5));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void projectionsAreSumsOverNonzeros(Form form, int n, int m, int r) {
        SparseMatrix v = matrix(form, n, m);
        float[] x = floats(m * (r + 2));
        DeviceMatrix factor = DeviceMatrix.of(uploaded(x).pointer(), m, r + 2).columns(1, r);
        ErrorReport report = new ErrorReport("P, " + form + ", " + n + " × " + m + ", " + r);
        chunks(v).forEach(chunk -> {
            int rows = chunk.ids.length;
            float[] before = new float[rows * (r + 1)];
            Arrays.fill(before, UNTOUCHED);
            DeviceBuffer target = uploaded(before);
            kernels.project(chunk.rows, factor, 0.4, DeviceMatrix.of(target.pointer(), rows, r, r + 1), stream);
            float[] actual = floats(target, before.length);
            kernels.project(chunk.rows, factor, 0.4, DeviceMatrix.of(target.pointer(), rows, r, r + 1), stream);
            assertArrayEquals(actual, floats(target, before.length));
            for (int i = 0; i < rows; i++) {
                assertEquals(UNTOUCHED, actual[i * (r + 1) + r]);
                for (int j = 0; j < r; j++) {
                    double sum = 0;
                    double terms = 0;
                    int count = 0;
                    for (int f = 0; f < m; f++) {
                        double term = 0.4 * chunk.value(i, f) * x[f * (r + 2) + 1 + j];
                        sum += term;
                        terms += Math.abs(term);
                        count += term == 0 ? 0 : 1;
                    }
                    // a product, the sum, the factor's rounding and its product
                    report.compare("row " + i, sum, actual[i * (r + 1) + j], U * (reduction(count) + 3) * terms);
                }
            }
        });
        report.log();
    }

    @Test
    void matricesAreTakenAsTheyLie() {
        DeviceMatrix square = DeviceMatrix.of(allocate(16).pointer(), 2, 2);
        DeviceMatrix transposed = square.transpose();
        DeviceSparseRows rows = new DeviceSparseRows(null, null, null, null, 0, 2, 2);
        DeviceColumns columns = new DeviceColumns(null, null, null, 1);

        for (DeviceMatrix[] pair : new DeviceMatrix[][] {{transposed, square}, {square, transposed}}) {
            assertThrows(IllegalArgumentException.class, () -> kernels.project(rows, pair[0], 1, pair[1], stream));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> kernels.accumulate(columns, pair[0], 1, false, pair[1], null, stream));
        }
    }

    private DeviceColumns ordered(DeviceSparseRows rows, long nonzeros) {
        int tiles = kernels.tiles(rows.rows(), rows.features(), nonzeros);
        DeviceColumns columns = new DeviceColumns(
                allocate(8L * (rows.features() + 1)).pointer(),
                allocate(4 * nonzeros).pointer(),
                allocate(4 * nonzeros).pointer(),
                nonzeros);
        CUdeviceptr counts = allocate(4L * tiles * rows.features()).pointer();
        kernels.orderColumns(rows, tiles, counts, columns, stream);
        return columns;
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void accumulationsAreSumsOverNonzeros(Form form, int n, int m, int r) {
        SparseMatrix v = matrix(form, n, m);
        float[] s = floats(n * (r + 2));
        DeviceBuffer parts = allocate(4 * SparseKernels.parts(v.nonzeros(), r));
        ErrorReport report = new ErrorReport("Q, " + form + ", " + n + " × " + m + ", " + r);
        chunks(v).forEach(chunk -> {
            DeviceColumns columns = ordered(chunk.rows, v.nonzeros());
            DeviceMatrix rows = DeviceMatrix.of(uploaded(s).pointer(), chunk.ids.length, r + 2)
                    .columns(1, r);
            float[] before = floats(m * (r + 1));
            for (boolean add : new boolean[] {false, true}) {
                DeviceBuffer q = uploaded(before);
                DeviceMatrix target = DeviceMatrix.of(q.pointer(), m, r, r + 1);
                kernels.accumulate(columns, rows, 0.4, add, target, parts.pointer(), stream);
                float[] actual = floats(q, before.length);
                q.upload(before, stream);
                kernels.accumulate(ordered(chunk.rows, v.nonzeros()), rows, 0.4, add, target, parts.pointer(), stream);
                assertArrayEquals(actual, floats(q, before.length));
                compare(chunk, s, before, add, actual, r, report);
            }
        });
        report.log();
    }

    private static void compare(
            Chunk chunk, float[] s, float[] before, boolean add, float[] actual, int r, ErrorReport report) {
        for (int f = 0; f < chunk.v.columns(); f++) {
            assertEquals(before[f * (r + 1) + r], actual[f * (r + 1) + r]);
            double[] column = new double[chunk.ids.length];
            int count = 0;
            for (int i = 0; i < column.length; i++) {
                column[i] = chunk.value(i, f);
                count += column[i] == 0 ? 0 : 1;
            }
            for (int j = 0; j < r; j++) {
                double sum = add ? before[f * (r + 1) + j] : 0;
                double terms = Math.abs(sum);
                for (int i = 0; i < column.length; i++) {
                    double term = 0.4 * column[i] * s[i * (r + 2) + 1 + j];
                    sum += term;
                    terms += Math.abs(term);
                }
                report.compare("column " + f, sum, actual[f * (r + 1) + j], U * (reduction(count) + 4) * terms);
            }
        }
    }

    /** As many nonzeros in every column as rows, and those by ascending row. */
    @ParameterizedTest
    @ValueSource(ints = {1, 31, 33, 700})
    void columnsAreInTheOrderOfRows(int n) {
        SparseMatrix v = matrix(Form.SCATTERED, n, 23);
        SparseMatrix transposed = v.transpose();
        DeviceColumns columns = ordered(all(v).rows(), v.nonzeros());
        long[] starts = new long[24];
        download(columns.starts(), Pointer.to(starts), 8L * starts.length);
        int[] rows = new int[(int) v.nonzeros()];
        float[] values = new float[rows.length];
        download(columns.rowsOf(), Pointer.to(rows), 4L * rows.length);
        download(columns.values(), Pointer.to(values), 4L * rows.length);
        int[] at = new int[n];
        float[] ofColumn = new float[n];
        assertEquals(0, starts[0]);
        for (int f = 0; f < 23; f++) {
            int count = transposed.copyNonzeros(f, 0, n, at, ofColumn);
            int from = (int) starts[f];
            int to = (int) starts[f + 1];
            assertArrayEquals(Arrays.copyOf(at, count), Arrays.copyOfRange(rows, from, to));
            assertArrayEquals(Arrays.copyOf(ofColumn, count), Arrays.copyOfRange(values, from, to));
        }
    }

    private void download(CUdeviceptr from, Pointer to, long bytes) {
        if (bytes > 0) {
            CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
            CudaContext.check(JCudaDriver.cuMemcpyDtoH(to, from, bytes), "cuMemcpyDtoH");
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void squaredErrorsAreThoseInDouble(Form form, int n, int m, int r) {
        SparseMatrix v = matrix(form, n, m);
        float[] w = floats(m * (r + 1));
        float[] h = floats(n * (r + 2));
        DeviceMatrix factor = DeviceMatrix.of(uploaded(w).pointer(), m, r + 1).columns(1, r);
        DeviceBuffer gram = allocate(8L * r * r);
        kernels.exactGram(factor, gram.pointer(), stream);
        Chunk chunk = ordered(v);
        int rows = chunk.ids.length;
        DeviceMatrix coefficients =
                DeviceMatrix.of(uploaded(h).pointer(), rows, r + 2).columns(1, r);
        double[] sums = new double[kernels.squaredErrorBlocks(rows)];
        DeviceBuffer target = allocate(8L * sums.length);
        kernels.squaredError(chunk.rows, 0.7, factor, gram.pointer(), coefficients, target.pointer(), stream);
        target.download(sums, stream);
        double expected = 0;
        double cancelled = 0;
        for (int i = 0; i < rows; i++) {
            for (int f = 0; f < m; f++) {
                double value = 0.7 * chunk.value(i, f);
                double decoded = 0;
                double terms = Math.abs(value);
                for (int j = 0; j < r; j++) {
                    double term = (double) h[i * (r + 2) + 1 + j] * w[f * (r + 1) + 1 + j];
                    decoded += term;
                    terms += Math.abs(term);
                }
                expected += (value - decoded) * (value - decoded);
                cancelled += terms * terms;
            }
        }
        // at most so many roundings of double, of terms that add up to this without their signs
        double bound = (m + 3.0 * r + 10) * 0x1p-53 * cancelled;
        new ErrorReport("squared error, " + form)
                .compare("sum", expected, Arrays.stream(sums).sum(), bound);
    }

    @Test
    void whatIsNotANumberStays() {
        SparseMatrix v = matrix(Form.FULL, 3, 4);
        float[] h = floats(3);
        h[1] = Float.NaN;
        DeviceMatrix w = DeviceMatrix.of(uploaded(floats(4)).pointer(), 4, 1);
        DeviceBuffer gram = allocate(8);
        kernels.exactGram(w, gram.pointer(), stream);
        double[] sums = new double[kernels.squaredErrorBlocks(3)];
        DeviceBuffer target = allocate(8L * sums.length);
        DeviceMatrix coefficients = DeviceMatrix.of(uploaded(h).pointer(), 3, 1);
        kernels.squaredError(all(v).rows, 1, w, gram.pointer(), coefficients, target.pointer(), stream);
        target.download(sums, stream);
        assertEquals(Double.NaN, Arrays.stream(sums).sum());
    }
}
