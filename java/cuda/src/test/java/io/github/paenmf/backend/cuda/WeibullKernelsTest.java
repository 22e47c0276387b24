package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.PaeNmf;
import io.github.paenmf.backend.HeadOracle;
import io.github.paenmf.model.Heads;
import io.github.paenmf.model.PaeConfiguration;
import io.github.paenmf.random.Philox;
import io.github.paenmf.random.Philox.Purpose;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The stages one by one, through the interface that programs of their own use. */
@Tag("cuda")
class WeibullKernelsTest {

    private static final long SEED = 0x123456789abcdefL;
    private static final int STEP = 5;
    private static final long FIRST_ROW = 1000;

    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;
    private WeibullKernels kernels;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
        kernels = WeibullKernels.load(); // into the current context, as another program would
    }

    @AfterEach
    void close() {
        kernels.close();
        kernels.close(); // harmless
        arena.close();
        context.pop();
        context.close();
    }

    private CUdeviceptr device(float[] values) {
        DeviceBuffer buffer = arena.allocate(4L * values.length, "a test");
        buffer.upload(values, stream);
        return buffer.pointer();
    }

    private DeviceBuffer floats(int count) {
        return arena.allocate(4L * count, "a test");
    }

    private float[] read(DeviceBuffer buffer) {
        float[] values = new float[(int) (buffer.bytes() / 4)];
        buffer.download(values, stream);
        return values;
    }

    private double[] readDoubles(DeviceBuffer buffer) {
        double[] values = new double[(int) (buffer.bytes() / 8)];
        buffer.download(values, stream);
        return values;
    }

    /** Parts of a stacked matrix as they lie on the device, beside what no stage may take notice of. */
    private static float[] stacked(float[] values, int rank) {
        int width = WeibullKernels.partWidth(rank);
        float[] stacked = filled(values.length / rank * width, 7);
        for (int part = 0; part < values.length / rank; part++) {
            System.arraycopy(values, part * rank, stacked, part * width, rank);
        }
        return stacked;
    }

    /** The parts of {@link #stacked}; what lies beside them must be 0. */
    private static float[] parts(float[] stacked, int rank) {
        int width = WeibullKernels.partWidth(rank);
        float[] values = new float[stacked.length / width * rank];
        for (int e = 0; e < stacked.length; e++) {
            if (e % width < rank) {
                values[e / width * rank + e % width] = stacked[e];
            } else {
                assertEquals(0f, stacked[e], "value " + e);
            }
        }
        return values;
    }

    private static float[] random(int count, double from, double to) {
        SplittableRandom random = new SplittableRandom(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(from, to);
        }
        return values;
    }

    private static PaeConfiguration configuration(Heads heads, double k0, double lambda0, int rank) {
        return PaeNmf.builder()
                .rank(rank)
                .heads(heads)
                .prior(k0, lambda0)
                .sigma(0.5)
                .build()
                .configuration();
    }

    /** Heads, own noise, sampling, KL and the backward pass, each from what the one before wrote. */
    @ParameterizedTest
    @CsvSource({
        "RELU, 1, 1, 1, 1",
        "RELU, 1.7, 0.6, 33, 7",
        "SOFTPLUS, 1, 1, 33, 7",
        "SOFTPLUS, 1.7, 0.6, 257, 9",
        "RELU, 1, 1, 127, 31"
    })
    void stagesMatchTheOracle(Heads heads, double k0, double lambda0, int n, int r) {
        PaeConfiguration c = configuration(heads, k0, lambda0, r);
        WeibullConstants constants = WeibullConstants.of(c, 1, 1f);
        HeadOracle oracle = new HeadOracle(c);
        float[] p = random(3 * n * r, -1.5, 2.5);
        float[] biases = random(2 * r, 0, 1);
        float[] hg = random(n * r, 0, 3);
        int width = WeibullKernels.partWidth(r);
        CUdeviceptr deviceP = device(stacked(p, r));
        CUdeviceptr deviceBiases = device(biases);
        DeviceBuffer lambda = floats(n * r);
        DeviceBuffer k = floats(n * r);
        DeviceBuffer h = floats(n * r);
        DeviceBuffer kl = floats(n * r);
        DeviceBuffer s = floats(3 * n * width);
        s.upload(filled(3 * n * width, 7), stream);
        int blocks = kernels.blocks((long) n * r);
        DeviceBuffer klSums = arena.allocate(8L * blocks, "a test");
        DeviceBuffer backwardSums = arena.allocate(16L * blocks, "a test");
        DeviceBuffer columnSums = arena.allocate(24L * width, "a test");

        kernels.heads(deviceP, 3 * width, deviceBiases, lambda.pointer(), k.pointer(), n, r, constants, stream);
        kernels.sample(lambda.pointer(), k.pointer(), null, h.pointer(), null, FIRST_ROW, n, r, SEED, STEP, 0, stream);
        kernels.kl(lambda.pointer(), k.pointer(), kl.pointer(), klSums.pointer(), (long) n * r, constants, stream);
        float[] noise = new float[n * r];
        for (int i = 0; i < n; i++) {
            Philox.uniforms(SEED, FIRST_ROW + i, STEP, Purpose.TRAINING, new int[Philox.WORDS], noise, i * r, r);
        }
        CUdeviceptr epsilon = device(noise);
        kernels.backward(
                deviceP,
                deviceBiases,
                epsilon,
                device(hg),
                s.pointer(),
                backwardSums.pointer(),
                n,
                r,
                constants,
                stream);
        kernels.columnSums(s.pointer(), 3 * width, n, 3 * width, columnSums.pointer(), stream);

        float[] hValues = read(h);
        float[] klValues = read(kl);
        float[] sValues = parts(read(s), r);
        ErrorReport report =
                new ErrorReport("stages, " + heads + ", prior " + k0 + " " + lambda0 + ", " + n + " × " + r);
        double klSum = 0;
        double exactKl = 0;
        double klBound = 0;
        double hcSum = 0;
        double[] sums = new double[3 * r];
        double[] terms = new double[3 * r];
        double inverseVariance = 1 / (c.sigma() * c.sigma());
        for (int e = 0; e < n * r; e++) {
            int at = e / r * 3 * r + e % r;
            double aLambda = (double) p[at] + biases[e % r];
            double aK = (double) p[at + r] + biases[r + e % r];
            // the sum with the bias
            double errorLambda = U * Math.abs(aLambda);
            double errorK = U * Math.abs(aK);
            HeadOracle.Values exact = oracle.exact(aLambda, aK, noise[e]);
            HeadOracle.Values bounds = oracle.bounds(aLambda, aK, noise[e], errorLambda, errorK);
            report.compare("h", exact.h(), hValues[e], bounds.h());
            report.compare("KL", exact.kl(), klValues[e], bounds.kl());
            report.compare("h of S", exact.h(), sValues[at + 2 * r], bounds.h());
            double dH = ((double) hg[e] - p[at + 2 * r]) * inverseVariance;
            double dHBound = 2 * U * Math.abs(dH);
            compareGradient(
                    report,
                    "dAλ",
                    dH,
                    dHBound,
                    exact.hByLambda(),
                    bounds.hByLambda(),
                    exact.klByLambda(),
                    bounds.klByLambda(),
                    sValues[at]);
            compareGradient(
                    report,
                    "dAk",
                    dH,
                    dHBound,
                    exact.hByK(),
                    bounds.hByK(),
                    exact.klByK(),
                    bounds.klByK(),
                    sValues[at + r]);
            klSum += klValues[e];
            exactKl += exact.kl();
            klBound += bounds.kl();
            hcSum += (double) sValues[at + 2 * r] * p[at + 2 * r];
            for (int part = 0; part < 3; part++) {
                sums[part * r + e % r] += sValues[at + part * r];
                terms[part * r + e % r] += Math.abs(sValues[at + part * r]);
            }
        }
        double actualKl = 0;
        for (double sum : readDoubles(klSums)) {
            actualKl += sum;
        }
        // sums of floats in double
        report.compare("Σ KL", klSum, actualKl, 1e-12 * Math.abs(klSum) + 1e-12 * n * r);
        double actualBackwardKl = 0;
        double actualHc = 0;
        double[] backward = readDoubles(backwardSums);
        for (int block = 0; block < blocks; block++) {
            actualBackwardKl += backward[2 * block];
            actualHc += backward[2 * block + 1];
        }
        // not those of the other kernel to the bit: a compiler may contract products and sums of either otherwise
        report.compare("Σ KL of backward", exactKl, actualBackwardKl, klBound);
        report.compare("⟨H, C⟩", hcSum, actualHc, U * n * r * 2.5 * max(hValues));
        double[] columns = readDoubles(columnSums);
        for (int j = 0; j < 3 * r; j++) {
            report.compare("column sum", sums[j], columns[j / r * width + j % r], 1e-12 * terms[j]);
        }
        report.log();
    }

    private static double max(float[] values) {
        double max = 0;
        for (float value : values) {
            max = Math.max(max, value);
        }
        return max;
    }

    private static void compareGradient(
            ErrorReport report,
            String what,
            double dH,
            double dHBound,
            double h,
            double hBound,
            double kl,
            double klBound,
            double actual) {
        double size = Math.abs(dH) + dHBound;
        double bound = dHBound * Math.abs(h) + size * hBound + klBound + 4 * U * (size * Math.abs(h) + Math.abs(kl));
        report.compare(what, dH * h + kl, actual, bound);
    }

    @Test
    void givenNoiseTakesThePlaceOfItsOwn() {
        float[] lambda = random(40, 0.5, 2);
        float[] k = random(40, 0.5, 3);
        float[] noise = random(40, 0.01, 0.99);
        DeviceBuffer h = floats(40);
        kernels.sample(device(lambda), device(k), device(noise), h.pointer(), null, 0, 8, 5, SEED, STEP, 0, stream);

        float[] actual = read(h);
        ErrorReport report = new ErrorReport("sampling with given noise");
        for (int i = 0; i < 40; i++) {
            double logE = Math.log(-Math.log(noise[i]));
            // log and exp of relative errors 2U and 3U, and of the exponent: see HeadOracle
            double bound = U * (8 + (4 + 4 * Math.abs(logE)) / k[i]);
            double expected = lambda[i] * Math.exp(logE / k[i]);
            report.compare("h", expected, actual[i], bound * expected);
        }
    }

    @Test
    void noiseGoesByTheIndexOfARow() {
        float[] ones = new float[24];
        Arrays.fill(ones, 1f);
        CUdeviceptr one = device(ones);
        DeviceBuffer inOrder = floats(24);
        DeviceBuffer ordered = floats(24);
        DeviceBuffer order = arena.allocate(16, "a test");
        order.upload(new int[] {13, 11, 10, 12}, stream);
        kernels.sample(one, one, null, inOrder.pointer(), null, 10, 4, 6, SEED, STEP, 0, stream);
        kernels.sample(one, one, null, ordered.pointer(), order.pointer(), 0, 4, 6, SEED, STEP, 0, stream);

        float[] first = read(inOrder);
        float[] second = read(ordered);
        int[] place = {3, 1, 0, 2};
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 6; j++) {
                assertEquals(first[place[i] * 6 + j], second[i * 6 + j]);
            }
        }
    }

    /**
     * H of the fused stage by the ids of rows, to the bit that of the CPU's noise, in tiles, and where a block holds no row;
     * and samples of rows whose index is as large.
     */
    @ParameterizedTest
    @ValueSource(ints = {6, 2052})
    void noiseGoesByTheIdOfARow(int rank) {
        long[] ids = {3, (1L << 32) + 3, -1, Long.MIN_VALUE, 0xFFFFFFFFL};
        int n = ids.length;
        int width = WeibullKernels.partWidth(rank);
        WeibullConstants constants = WeibullConstants.of(configuration(Heads.RELU, 1, 1, rank), 1, 1f);
        WeibullKernels.Launch launch = kernels.stepLaunch(n, rank);
        CUdeviceptr p = device(filled(3 * n * width, 0));
        CUdeviceptr biases = device(filled(2 * rank, 1.5));
        CUdeviceptr zeros = device(filled(rank * rank, 0));
        DeviceBuffer ofRows = arena.allocate(8L * n, "a test");
        ofRows.upload(ids, stream);
        DeviceBuffer step = arena.allocate(4, "a test");
        step.upload(new int[] {STEP}, stream);
        DeviceBuffer partials = arena.allocate(8L * launch.blocks(n) * (2 * rank + 2), "a test");
        DeviceBuffer s = floats(3 * n * width);
        kernels.weibullStep(
                launch,
                p,
                s.pointer(),
                biases,
                zeros,
                ofRows.pointer(),
                null,
                0,
                n,
                rank,
                constants,
                SEED,
                step.pointer(),
                false,
                partials.pointer(),
                null,
                stream);
        float[] byIds = parts(read(s), rank);

        float[] noise = new float[n * rank];
        for (int i = 0; i < n; i++) {
            Philox.uniforms(SEED, ids[i], STEP, Purpose.TRAINING, new int[Philox.WORDS], noise, i * rank, rank);
        }
        DeviceBuffer sums = arena.allocate(16L * kernels.blocks((long) n * rank), "a test");
        kernels.backward(
                p,
                biases,
                device(noise),
                device(filled(n * rank, 0)),
                s.pointer(),
                sums.pointer(),
                n,
                rank,
                constants,
                stream);
        float[] byNoise = parts(read(s), rank);
        CUdeviceptr ones = device(filled(rank, 1));
        DeviceBuffer sampled = floats(rank);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < rank; j++) {
                int at = (3 * i + 2) * rank + j;
                assertEquals(byNoise[at], byIds[at], "row " + i + ", component " + j);
            }
            kernels.sample(ones, ones, null, sampled.pointer(), null, ids[i], 1, rank, SEED, STEP, 0, stream);
            float[] byIndex = read(sampled);
            CUdeviceptr ofRow = device(Arrays.copyOfRange(noise, i * rank, (i + 1) * rank));
            kernels.sample(ones, ones, ofRow, sampled.pointer(), null, 0, 1, rank, SEED, STEP, 0, stream);
            assertArrayEquals(read(sampled), byIndex);
        }
    }

    @Test
    void projectionLeavesWhatIsNotNegativeAndWhatIsNoNumber() {
        float[] w = {-1, 2, -0f, 7, Float.NaN, -3, 5, -6};
        DeviceBuffer buffer = floats(8);
        buffer.upload(w, stream);
        kernels.projectNonNegative(buffer.pointer(), 4, 2, 3, stream);

        assertArrayEquals(new float[] {0, 2, -0f, 7, Float.NaN, 0, 5, -6}, read(buffer));
    }

    /** Rows that a warp holds several of, of one piece and of more, with access by 16 bytes and without. */
    @ParameterizedTest
    @CsvSource({"1, 70", "3, 5", "8, 33", "33, 7", "132, 3", "1028, 3", "4100, 2", "1027, 3", "2050, 2"})
    void gathersRowsOfAnyLength(int stride, int rows) {
        float[] source = random(rows * stride, -1, 1);
        int[] order = new int[rows];
        float[] expected = new float[source.length];
        for (int i = 0; i < rows; i++) {
            order[i] = rows - 1 - i;
            System.arraycopy(source, order[i] * stride, expected, i * stride, stride);
        }
        DeviceBuffer onDevice = arena.allocate(4L * rows, "a test");
        onDevice.upload(order, stream);
        DeviceBuffer target = floats(source.length);
        kernels.gatherRows(device(source), onDevice.pointer(), target.pointer(), stride, rows, stream);
        assertArrayEquals(expected, read(target));
    }

    @ParameterizedTest
    @CsvSource({"1, 70", "3, 5", "8, 33", "33, 7", "1024, 2", "1025, 3", "2050, 2"})
    void addsUpSquaredErrorsOfRowsOfAnyLength(int columns, int rows) {
        int stride = (columns + 3) / 4 * 4;
        float[] v = random(rows * stride, -1, 1);
        float[] reconstructed = random(rows * columns, -1, 1);
        int blocks = kernels.blocks((long) rows * columns);
        DeviceBuffer sums = arena.allocate(8L * blocks, "a test");
        kernels.squaredError(device(v), stride, device(reconstructed), rows, columns, 0.5, sums.pointer(), stream);
        double expected = 0;
        for (int i = 0; i < rows; i++) {
            for (int f = 0; f < columns; f++) {
                double residual = 0.5 * ((double) v[i * stride + f] - reconstructed[i * columns + f]);
                expected += residual * residual;
            }
        }
        // a sum of so many terms ≥ 0 in double, in two orders
        double bound = 2.0 * rows * columns * ErrorReport.U_DOUBLE * expected;
        assertEquals(expected, Arrays.stream(readDoubles(sums)).sum(), bound);
    }

    private static float[] filled(int count, double value) {
        float[] values = new float[count];
        Arrays.fill(values, (float) value);
        return values;
    }

    /** The second of two is no number. */
    private CUdeviceptr nanAfter(double value) {
        return device(new float[] {(float) value, CudaTests.NAN_OF_A_GPU});
    }

    private static void assertOnlyTheSecondIsNaN(float[] actual, String message) {
        for (int i = 0; i < actual.length; i++) {
            assertEquals(i % 2 == 1, Float.isNaN(actual[i]), () -> message + ": " + Arrays.toString(actual));
        }
    }

    /** Each stage by itself keeps what is no number. */
    @ParameterizedTest
    @CsvSource({"RELU, 1, 1", "SOFTPLUS, 1, 1", "SOFTPLUS, 1.7, 0.6"})
    void stagesKeepWhatIsNoNumber(Heads heads, double k0, double lambda0) {
        WeibullConstants constants = WeibullConstants.of(configuration(heads, k0, lambda0, 2), 1, 1f);
        CUdeviceptr ones = device(filled(2, 1));
        CUdeviceptr half = device(filled(2, 0.5));
        DeviceBuffer lambda = floats(2);
        DeviceBuffer k = floats(2);
        CUdeviceptr p = device(stacked(new float[] {1, CudaTests.NAN_OF_A_GPU, 1, CudaTests.NAN_OF_A_GPU}, 2));
        kernels.heads(p, 8, device(filled(4, 0)), lambda.pointer(), k.pointer(), 1, 2, constants, stream);
        assertOnlyTheSecondIsNaN(read(lambda), "λ");
        assertOnlyTheSecondIsNaN(read(k), "k");

        DeviceBuffer sums = arena.allocate(8, "a test");
        for (int broken = 0; broken < 2; broken++) {
            CUdeviceptr ofLambda = broken == 0 ? nanAfter(1) : ones;
            CUdeviceptr ofK = broken == 1 ? nanAfter(1) : ones;
            DeviceBuffer h = floats(2);
            kernels.sample(ofLambda, ofK, half, h.pointer(), null, 0, 1, 2, SEED, STEP, 0, stream);
            assertOnlyTheSecondIsNaN(read(h), "h");
            DeviceBuffer kl = floats(2);
            kernels.kl(ofLambda, ofK, kl.pointer(), sums.pointer(), 2, constants, stream);
            assertOnlyTheSecondIsNaN(read(kl), "KL");
            assertEquals(Double.NaN, readDoubles(sums)[0]);
        }
    }

    /** The fused stage and its backward pass alone, where aλ, ak or C of one component is no number. */
    @ParameterizedTest
    @CsvSource({"RELU, 1, 1", "SOFTPLUS, 1, 1", "SOFTPLUS, 1.7, 0.6"})
    void stepsKeepWhatIsNoNumber(Heads heads, double k0, double lambda0) {
        WeibullConstants constants = WeibullConstants.of(configuration(heads, k0, lambda0, 2), 1, 1f);
        WeibullKernels.Launch launch = kernels.stepLaunch(1, 2);
        CUdeviceptr biases = device(filled(4, 0));
        CUdeviceptr pair = device(filled(2, 0.5));
        CUdeviceptr gram = device(new float[] {1, 0, 0, 1});
        CUdeviceptr step = device(filled(1, 0)); // 32 bits of 0
        DeviceBuffer s = floats(12);
        DeviceBuffer partials = arena.allocate(8L * 6, "a test");
        DeviceBuffer sums = arena.allocate(16, "a test");
        for (int part = 0; part < 3; part++) {
            String message = "part " + part;
            float[] values = filled(6, 1);
            values[2 * part + 1] = CudaTests.NAN_OF_A_GPU;
            CUdeviceptr p = device(stacked(values, 2));
            kernels.weibullStep(
                    launch,
                    p,
                    s.pointer(),
                    biases,
                    gram,
                    null,
                    null,
                    0,
                    1,
                    2,
                    constants,
                    SEED,
                    step,
                    false,
                    partials.pointer(),
                    null,
                    stream);
            float[] fused = parts(read(s), 2);
            assertTrue(Float.isNaN(fused[1]) && Float.isNaN(fused[3]), message);
            assertEquals(part < 2, Float.isNaN(fused[5]), message);
            double[] of = readDoubles(partials);
            assertTrue(Double.isNaN(of[1]) && Double.isNaN(of[3]) && Double.isNaN(of[5]), message);
            kernels.backward(p, biases, pair, pair, s.pointer(), sums.pointer(), 1, 2, constants, stream);
            assertOnlyTheSecondIsNaN(Arrays.copyOf(parts(read(s), 2), 4), message);
            assertEquals(Double.NaN, readDoubles(sums)[1], message);
        }
    }

    /** Of two components, weights of the second are no number, or its numerator or what it is divided by. */
    @ParameterizedTest
    @CsvSource({"true, false", "false, false", "true, true"})
    void updatesKeepWhatIsNoNumber(boolean adam, boolean multiplicative) {
        int rank = 2;
        UpdateConstants constants = new UpdateConstants(1, 1f, 1f, 1f, 0.1f, 0.1f, 1f, adam, multiplicative);
        for (int broken = 0; broken < 3; broken++) {
            float[] w = filled(6, 1);
            float[] q = filled(6, 1);
            float[] k = {1, 0, 0, 1};
            (broken == 0 ? w : broken == 1 ? q : k)[broken == 2 ? 3 : 5] = CudaTests.NAN_OF_A_GPU;
            DeviceBuffer weights = floats(12);
            weights.clear(stream);
            for (int part = 0; part < 3; part++) {
                weights.upload(16L * part, w, rank * part, rank, stream);
            }
            DeviceBuffer counters = arena.allocate(12, "a test");
            DeviceBuffer losses = arena.allocate(32, "a test");
            DeviceBuffer moments = arena.allocate(64, "a test");
            for (DeviceBuffer zero : new DeviceBuffer[] {counters, losses, moments}) {
                zero.clear(stream);
            }
            UpdateArguments arguments = new UpdateArguments(
                    weights.pointer(),
                    device(filled(4, 0)),
                    device(stacked(q, rank)),
                    device(k),
                    device(new float[] {1, 0, 0, 1}),
                    adam ? device(filled(12, 0)) : null,
                    adam ? device(filled(12, 0)) : null,
                    adam ? moments.pointer() : null,
                    moments.pointer(),
                    1,
                    adam ? null : device(filled(4, 1)),
                    device(filled(1, 0.1)),
                    counters.pointer(),
                    losses.pointer(),
                    arena.allocate(8L * kernels.gramSums(rank), "a test").pointer(),
                    null,
                    1,
                    1,
                    rank,
                    0);
            kernels.updateProject(kernels.updateLaunch(1, rank), arguments, constants, stream);
            float[] actual = parts(read(weights), rank);
            String message = "broken " + broken + ": " + Arrays.toString(actual);
            assertTrue(Float.isNaN(actual[5]), message);
            assertFalse(Float.isNaN(actual[0] + actual[1] + actual[2] + actual[3]), message); // the heads
        }
    }

    /** Kernels that go by 16 bytes say so, before the device does. */
    @Test
    void stackedMatricesBeginAtMultiplesOf16Bytes() {
        WeibullConstants constants = WeibullConstants.of(configuration(Heads.RELU, 1, 1, 2), 1, 1f);
        CUdeviceptr memory = floats(16).pointer();
        for (int off = 0; off < 2; off++) {
            CUdeviceptr p = memory.withByteOffset(4L * off);
            CUdeviceptr s = memory.withByteOffset(4L * (1 - off));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> kernels.weibullStep(
                            kernels.stepLaunch(1, 2),
                            p,
                            s,
                            memory,
                            memory,
                            null,
                            null,
                            0,
                            1,
                            2,
                            constants,
                            SEED,
                            memory,
                            false,
                            memory,
                            null,
                            stream));
        }
    }

    @Test
    void aHeadWhoseNormIsNoNumberHasNoScale() {
        UpdateConstants constants = new UpdateConstants(1, 1f, 1f, 1f, 0.1f, 0.1f, 1f, false, false);
        DeviceBuffer partials = arena.allocate(8L * 6, "a test");
        partials.clear(stream);
        DeviceBuffer scales = floats(4);
        CUdeviceptr q = device(stacked(new float[] {1, CudaTests.NAN_OF_A_GPU, 1, 1, 1, 1}, 2));
        kernels.headNorms(q, partials.pointer(), 1, 1, 2, constants, scales.pointer(), stream);
        assertArrayEquals(new float[] {1, Float.NaN, 1, 1}, read(scales));
    }

    /** x, numerator, and product or Gram matrix, of standard NMF. */
    @Test
    void factorUpdatesKeepWhatIsNoNumber() {
        for (int broken = 0; broken < 3; broken++) {
            DeviceBuffer x = floats(2);
            CUdeviceptr n = broken == 1 ? nanAfter(1) : device(filled(2, 1));
            float[] start = {1, broken == 0 ? CudaTests.NAN_OF_A_GPU : 1};
            x.upload(start, stream);
            CUdeviceptr product = broken == 2 ? nanAfter(1) : device(filled(2, 1));
            kernels.multiplicativeUpdate(x.pointer(), n, product, 2, stream);
            assertOnlyTheSecondIsNaN(read(x), "mu, broken " + broken);

            float[] gram = {1, 0, 0, broken == 2 ? CudaTests.NAN_OF_A_GPU : 1};
            x.upload(start, stream);
            kernels.halsUpdate(x.pointer(), n, device(gram), 1, 2, stream);
            assertTrue(Float.isNaN(read(x)[1]), "hals, broken " + broken);
        }
    }

    /** Rows that no shared memory holds are updated where they lie, by the same operations. */
    @ParameterizedTest
    @CsvSource({"5, 1", "1031, 7", "33, 65", "3, 257"})
    void halsHasTheSameBitsWithoutSharedMemory(int rows, int rank) {
        CudaDevice device = context.device();
        WeibullKernels without = new WeibullKernels(
                context.module(),
                new CudaDevice(
                        device.index(),
                        device.name(),
                        device.major(),
                        device.minor(),
                        device.multiprocessors(),
                        0,
                        device.cooperativeLaunch(),
                        device.memoryBytes()));
        float[] x = random(rows * rank, 0, 1);
        float[] gram = random(rank * rank, 0, 1);
        CUdeviceptr g = device(gram);
        CUdeviceptr n = device(random(rows * rank, -rank, 2 * rank));
        DeviceBuffer[] updated = {floats(x.length), floats(x.length)};

        for (int i = 0; i < 2; i++) {
            WeibullKernels kernelsOfOne = i == 0 ? kernels : without;
            updated[i].upload(x, stream);
            kernelsOfOne.halsUpdate(updated[i].pointer(), n, g, rows, rank, stream);
        }

        assertArrayEquals(read(updated[0]), read(updated[1]));
    }
}
