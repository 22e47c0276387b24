package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.testing.ErrorReport;
import java.util.SplittableRandom;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels of hidden layers one by one. */
@Tag("cuda")
class LayerKernelsTest {

    private static final double SCALE = 0.3;

    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;
    private LayerKernels kernels;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
        kernels = new LayerKernels(context.module(), context.device());
    }

    @AfterEach
    void close() {
        arena.close();
        context.pop();
        context.close();
    }

    private DeviceBuffer device(float[] values) {
        DeviceBuffer buffer = arena.allocate(4L * values.length, "a test");
        buffer.upload(values, stream);
        return buffer;
    }

    private float[] read(DeviceBuffer buffer) {
        float[] values = new float[(int) (buffer.bytes() / 4)];
        buffer.download(values, stream);
        return values;
    }

    private static float[] random(int count, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** Columns beside the layer's stay, or go on as they are; more units than a block has columns, too. */
    @ParameterizedTest
    @CsvSource({"1, 4, 0", "67, 4, 4", "67, 36, 12", "3, 1028, 0", "5, 1020, 8", "700, 12, 0"})
    void layersMatchSumsInDouble(int rows, int units, int carried) {
        int stride = units + carried + 4;
        float[] a = random(rows * stride, 1);
        float[] biases = random(units, 2);
        float[] given = random(rows * stride, 3);
        float[] others = random(rows * (carried + 8), 4);
        DeviceBuffer p = device(a);
        DeviceBuffer z = device(new float[rows * units]);
        DeviceBuffer to = device(new float[rows * (carried + 8)]);
        DeviceBuffer gradients = device(given);
        DeviceBuffer from = device(others);
        int parts = kernels.parts(rows, units, carried);
        DeviceBuffer partials = arena.allocate(8L * parts * units, "a test");
        DeviceBuffer sums = arena.allocate(8L * units, "a test");
        DeviceMatrix output = DeviceMatrix.of(z.pointer(), rows, units);

        kernels.forward(
                DeviceMatrix.of(p.pointer(), rows, stride),
                SCALE,
                device(biases).pointer(),
                output,
                carried == 0 ? null : DeviceMatrix.of(to.pointer(), rows, carried, carried + 8),
                stream);
        for (boolean accumulate : new boolean[] {false, true}) {
            kernels.backward(
                    output,
                    DeviceMatrix.of(gradients.pointer(), rows, units + carried, stride),
                    carried == 0 ? null : DeviceMatrix.of(from.pointer(), rows, carried, carried + 8),
                    partials.pointer(),
                    sums.pointer(),
                    accumulate,
                    stream);
        }

        float[] actual = read(z);
        float[] through = read(to);
        float[] back = read(gradients);
        double[] total = new double[units];
        sums.download(total, stream);
        ErrorReport report = new ErrorReport("hidden layer, " + rows + " × " + units);
        float scale = (float) SCALE;
        double[] expected = new double[units];
        double[] magnitude = new double[units];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < units; j++) {
                double product = (double) scale * a[i * stride + j];
                double sum = product + biases[j];
                // the product and the sum are rounded, or both at once
                report.compare("z", Math.max(sum, 0), actual[i * units + j], U * (Math.abs(product) + Math.abs(sum)));
                float gradient = actual[i * units + j] > 0 ? given[i * stride + j] : 0f;
                assertEquals(gradient, back[i * stride + j]);
                expected[j] += 2.0 * gradient; // twice, the second time added to the first
                magnitude[j] += 2.0 * Math.abs(gradient);
            }
            for (int j = 0; j < carried; j++) {
                assertEquals(a[i * stride + units + j], through[i * (carried + 8) + j]);
                assertEquals(others[i * (carried + 8) + j], back[i * stride + units + j]);
            }
            for (int j = units + carried; j < stride; j++) {
                assertEquals(given[i * stride + j], back[i * stride + j]);
            }
        }
        for (int j = 0; j < units; j++) {
            report.compare("sums", expected[j], total[j], 0x1p-53 * (rows + 2) * magnitude[j]); // of double
        }
        report.log();
    }

    @Test
    void layersMayBeOverwrittenAndKeepWhatIsNoNumber() {
        float[] a = {-1, 2, CudaTests.NAN_OF_A_GPU, 0};
        DeviceBuffer z = device(a);
        DeviceMatrix matrix = DeviceMatrix.of(z.pointer(), 1, 4);
        kernels.forward(matrix, 1, device(new float[] {0, 1, 0, -1}).pointer(), matrix, null, stream);
        float[] actual = read(z);
        assertArrayEquals(new float[] {0, 3, Float.NaN, 0}, actual);
        DeviceBuffer gradients = device(new float[] {1, CudaTests.NAN_OF_A_GPU, 1, 1});
        kernels.backward(
                matrix,
                DeviceMatrix.of(gradients.pointer(), 1, 4),
                null,
                arena.allocate(32, "a test").pointer(),
                arena.allocate(32, "a test").pointer(),
                false,
                stream);
        assertTrue(Float.isNaN(read(gradients)[1]));
    }

    /** Of rows with a stride, and of sums: the third step, against adam in double. */
    @Test
    void updatesTakeStepsOfAdam() {
        int rows = 5;
        int columns = 8;
        int stride = 12;
        float[] values = random(rows * stride, 1);
        float[] means = random(rows * stride, 2);
        float[] squares = random(rows * stride, 3);
        float[] gradients = random(rows * stride, 4);
        double[] sums = new double[columns];
        for (int j = 0; j < squares.length; j++) {
            squares[j] *= squares[j];
        }
        for (int j = 0; j < columns; j++) {
            sums[j] = gradients[j];
        }
        DeviceBuffer counters = arena.allocate(12, "a test");
        counters.upload(new int[] {9, 2, 0}, stream);
        DeviceBuffer doubles = arena.allocate(8L * columns, "a test");
        doubles.upload(sums, stream);
        for (boolean ofSums : new boolean[] {false, true}) {
            DeviceBuffer w = device(values);
            DeviceBuffer first = device(means);
            DeviceBuffer second = device(squares);
            if (ofSums) {
                kernels.updateBiases(
                        DeviceMatrix.of(w.pointer(), 1, columns),
                        first.pointer(),
                        second.pointer(),
                        doubles.pointer(),
                        0.25,
                        0.1,
                        counters.pointer(),
                        stream);
            } else {
                kernels.update(
                        DeviceMatrix.of(w.pointer(), rows, columns, stride),
                        first.pointer(),
                        second.pointer(),
                        device(gradients).pointer(),
                        0.25,
                        0.1,
                        counters.pointer(),
                        stream);
            }
            float[] updated = read(w);
            float[] newMeans = read(first);
            ErrorReport report = new ErrorReport("a step of adam");
            for (int e = 0; e < values.length; e++) {
                if (e % stride >= columns || ofSums && e >= columns) {
                    assertEquals(values[e], updated[e]);
                    assertEquals(means[e], newMeans[e]);
                    continue;
                }
                double gradient = 0.25 * gradients[e];
                double mean = 0.9 * means[e] + 0.1 * gradient;
                double square = 0.999 * squares[e] + 0.001 * gradient * gradient;
                double change =
                        0.1 * (mean / (1 - Math.pow(0.9, 3))) / (Math.sqrt(square / (1 - Math.pow(0.999, 3))) + 1e-8);
                // the mean cancels to a part of its terms; the rest, twenty operations, goes by the change
                double terms = (Math.abs(means[e]) + Math.abs(gradient)) / Math.abs(mean);
                double bound = U * (Math.abs(values[e]) + (20 + 3 * terms) * Math.abs(change));
                report.compare("values", values[e] - change, updated[e], bound);
                report.compare("means", mean, newMeans[e], 3 * U * (Math.abs(means[e]) + Math.abs(gradient)));
            }
            report.log();
        }
    }
}
