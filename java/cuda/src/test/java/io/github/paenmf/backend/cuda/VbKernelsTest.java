package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static io.github.paenmf.testing.ErrorReport.U_DOUBLE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.paenmf.VariationalNmf;
import io.github.paenmf.backend.Objective;
import io.github.paenmf.backend.VbPriors;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import io.github.paenmf.model.Zeros;
import io.github.paenmf.testing.ErrorReport;
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

/** The kernels beside the sweeps against what they compute, in double. */
@Tag("cuda")
class VbKernelsTest {

    private final SplittableRandom random = new SplittableRandom(3);
    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;
    private VbKernels kernels;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
        kernels = new VbKernels(context.module(), context.device());
    }

    @AfterEach
    void close() {
        arena.close();
        context.pop();
        context.close();
    }

    private float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(0.1, 2);
        }
        return values;
    }

    private double[] doubles(int count) {
        return random.doubles(count, 0.1, 2).toArray();
    }

    private DeviceBuffer uploaded(float... values) {
        DeviceBuffer buffer = arena.allocate(4L * values.length, "a test");
        buffer.upload(values, stream);
        return buffer;
    }

    private DeviceBuffer uploaded(double... values) {
        DeviceBuffer buffer = arena.allocate(8L * values.length, "a test");
        buffer.upload(values, stream);
        return buffer;
    }

    private DeviceBuffer uploaded(int... values) {
        DeviceBuffer buffer = arena.allocate(4L * values.length, "a test");
        buffer.upload(values, stream);
        return buffer;
    }

    private float[] readFloats(DeviceBuffer buffer) {
        float[] values = new float[(int) (buffer.bytes() / 4)];
        buffer.download(values, stream);
        return values;
    }

    private double[] readDoubles(DeviceBuffer buffer) {
        double[] values = new double[(int) (buffer.bytes() / 8)];
        buffer.download(values, stream);
        return values;
    }

    private int[] readIntegers(DeviceBuffer buffer) {
        int[] values = new int[(int) (buffer.bytes() / 4)];
        buffer.download(values, stream);
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 33, 70001})
    void scalesInPlaceToo(int count) {
        float[] values = floats(count);
        DeviceBuffer source = uploaded(values);
        DeviceBuffer target = arena.allocate(source.bytes(), "a test");
        kernels.scale(source.pointer(), target.pointer(), 0.4, count, stream);
        assertArrayEquals(values, readFloats(source));
        kernels.scale(source.pointer(), source.pointer(), 0.4, count, stream);
        for (int i = 0; i < count; i++) {
            values[i] *= 0.4f;
        }
        assertArrayEquals(values, readFloats(target));
        assertArrayEquals(values, readFloats(source));
    }

    /** The first mini-batch is the average, whatever was there; later ones move it less and less. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30})
    void averagesMoveByTheRate(int updates) {
        int count = 777;
        float[] average = floats(count);
        float[] value = floats(count);
        DeviceBuffer onDevice = uploaded(average);
        DeviceBuffer target = uploaded(value);
        kernels.average(
                onDevice.pointer(),
                target.pointer(),
                target.pointer(),
                50,
                count,
                uploaded(9, updates).pointer(),
                7,
                stream);

        double rate = updates == 0 ? 1 : Math.pow(1 + updates, -0.55);
        ErrorReport report = new ErrorReport("averages after " + updates + " updates");
        for (int i = 0; i < count; i++) {
            double mean = (1 - rate) * average[i] + rate / 7 * value[i];
            report.compare("average", mean, readFloats(onDevice)[i], 3 * U * mean); // two factors, two products, a sum
            report.compare("target", 50 * mean, readFloats(target)[i], 4 * U * 50 * mean);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "31, 0", "31, 5"})
    void sumsOfAStepAreForAllRows(int rank, int updates) {
        int count = 3 * rank + 1;
        double[] sums = doubles(count);
        double[] average = doubles(count + 1);
        DeviceBuffer onDevice = uploaded(average);
        DeviceBuffer target = arena.allocate(8L * (count + 1), "a test");
        CUdeviceptr counters = uploaded(9, updates).pointer();
        CUdeviceptr norm = uploaded(3.5).pointer();
        CUdeviceptr of = uploaded(sums).pointer();
        kernels.stepSums(of, norm, null, target.pointer(), rank, counters, 7, 90, stream);
        double[] asTheyAre = readDoubles(target);
        kernels.stepSums(of, norm, onDevice.pointer(), target.pointer(), rank, counters, 7, 90, stream);

        double rate = updates == 0 ? 1 : Math.pow(1 + updates, -0.55);
        ErrorReport report = new ErrorReport("sums of a step");
        for (int i = 0; i <= count; i++) {
            double value = i < count ? sums[i] : 3.5;
            assertEquals(value, asTheyAre[i]);
            double mean = (1 - rate) * average[i] + rate / 7 * value;
            // the power of both sides by two roundings, and eight operations
            report.compare("average", mean, readDoubles(onDevice)[i], 16 * U_DOUBLE * (mean + average[i]));
            report.compare("target", 90 * mean, readDoubles(target)[i], 16 * U_DOUBLE * 90 * (mean + average[i]));
        }
    }

    @Test
    void rowsComeBackInTheirOrder() {
        int[] order = {4, 0, 6, 2};
        float[] source = floats(4 * 5);
        float[] expected = floats(7 * 5);
        DeviceBuffer target = uploaded(expected);
        kernels.scatterRows(uploaded(source).pointer(), uploaded(order).pointer(), target.pointer(), 5, 4, stream);
        for (int i = 0; i < 4; i++) {
            System.arraycopy(source, 5 * i, expected, 5 * order[i], 5);
        }
        assertArrayEquals(expected, readFloats(target));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 129})
    void variancesGoToTheDiagonal(int rank) {
        float[] gram = floats(rank * rank);
        double[] variances = doubles(rank);
        DeviceBuffer target = uploaded(gram);
        kernels.addVariances(target.pointer(), uploaded(variances).pointer(), target.pointer(), rank, stream);
        for (int j = 0; j < rank; j++) {
            gram[j * rank + j] += (float) variances[j];
        }
        assertArrayEquals(gram, readFloats(target));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "31, 7", "300, 65"})
    void rowsStartFromWhatExplainsMostOfThem(int rows, int rank) {
        float[] numerator = floats(rows * rank);
        float[] gram = floats(rank * rank);
        DeviceBuffer x = arena.allocate(4L * rows * rank, "a test");
        kernels.coldStart(uploaded(numerator).pointer(), uploaded(gram).pointer(), x.pointer(), rows, rank, stream);
        double total = 0;
        for (float value : gram) {
            total += value;
        }
        float[] actual = readFloats(x);
        ErrorReport report = new ErrorReport("cold start");
        for (int i = 0; i < rows; i++) {
            double sum = 0;
            for (int j = 0; j < rank; j++) {
                sum += numerator[i * rank + j];
            }
            for (int j = 0; j < rank; j++) {
                // sums in double of so many terms are exact beside one rounding to float32
                report.compare("row " + i, sum / total, actual[i * rank + j], 1.001 * U * sum / total);
            }
        }
        kernels.coldStart(
                uploaded(numerator).pointer(),
                uploaded(new float[rank * rank]).pointer(),
                x.pointer(),
                rows,
                rank,
                stream);
        assertArrayEquals(new float[rows * rank], readFloats(x)); // of a factor that is 0
    }

    @Test
    void blocksAreAddedUpInOrder() {
        int rank = 90;
        int columns = 3 * rank + 2;
        double[] partials = doubles(3 * columns);
        DeviceBuffer target = arena.allocate(8L * columns, "a test");
        CUdeviceptr of = uploaded(partials).pointer();
        kernels.addSums(of, 3, rank, columns, target.pointer(), false, stream);
        double[] expected = new double[columns];
        for (int i = 0; i < columns; i++) {
            expected[i] = 0.0 + partials[i] + partials[columns + i] + partials[2 * columns + i];
        }
        assertArrayEquals(expected, readDoubles(target));

        kernels.addSums(of, 2, rank, columns - 1, target.pointer(), true, stream);
        for (int i = 0; i < columns - 1; i++) {
            expected[i] = expected[i] + partials[i] + partials[columns + i];
        }
        assertArrayEquals(expected, readDoubles(target));
    }

    private VbParameters parameters(int m, int r, boolean zeros) {
        VbParameters parameters = new VbParameters(m, r);
        for (int e = 0; e < m * r; e++) {
            parameters.mean()[e] = random.nextFloat();
            parameters.variance()[e] = random.nextFloat();
        }
        for (int j = 0; j < r; j++) {
            parameters.priorMean()[j] = random.nextDouble(0.1, 2);
            parameters.priorInclusion()[j] = random.nextDouble(0.1, 0.9);
            parameters.coefficientInclusion()[j] = random.nextDouble(0.1, 0.9);
        }
        parameters.setSquaredSigma(0.3);
        parameters.setZeros(zeros);
        return parameters;
    }

    private DeviceBuffer uploaded(VbConfiguration c, VbParameters parameters) {
        DeviceBuffer priors = arena.allocate(8L * VbKernels.priors(c.rank()), "a test");
        VbDevicePriors.upload(c, parameters, priors, stream);
        return priors;
    }

    /** Sums that posteriors may have: a share of the coefficients is included. */
    private double[] sums(int rank, int count) {
        double[] sums = doubles(3 * rank + 2);
        for (int j = 0; j < rank; j++) {
            sums[rank + j] = count * random.nextDouble(0.01, 0.99);
        }
        sums[rank] = 0; // a component that is nowhere
        return sums;
    }

    /** Over the update in which zeros come in, and in a ring that begins again. */
    @ParameterizedTest
    @CsvSource({
        "1, LEARN, 0, 0, false",
        "7, LEARN, 0, 18, false",
        "7, LEARN, 0, 19, false",
        "300, LEARN, 0, 40, true",
        "300, LEARN, .4, 40, true",
        "31, OFF, 0, 40, false"
    })
    void priorsAreThoseOfTheCpu(int rank, Zeros zeros, double sigma, int updates, boolean zerosNow) {
        int n = 50;
        int m = 40;
        VbConfiguration c = VariationalNmf.builder()
                .rank(rank)
                .zeros(zeros)
                .sigma(sigma)
                .build()
                .configuration();
        VbProblem problem = new VbProblem(c, n, m, 1);
        VbParameters parameters = parameters(m, rank, zerosNow);
        DeviceBuffer priors = uploaded(c, parameters);
        double[] hSums = sums(rank, n);
        double[] wSums = sums(rank, m);
        hSums[3 * rank + 1] = 900; // ‖V‖²
        wSums[3 * rank + 1] = 400; // ⟨W, Q⟩
        double[] products = {100, 150};
        DeviceBuffer counters = uploaded(7, updates, 0);
        DeviceBuffer ring = arena.allocate(8L * 2 * 3, "a test");
        StepBuffers buffers = new StepBuffers(
                null, null, null, null, null, null, counters.pointer(), ring.pointer(), 3, null, stream);
        kernels.updatePriors(
                problem,
                uploaded(hSums).pointer(),
                uploaded(wSums).pointer(),
                uploaded(products).pointer(),
                2,
                priors.pointer(),
                buffers);
        VbParameters actual = parameters.copy();
        VbDevicePriors.download(priors, actual, stream);

        VbPriors expectedPriors = new VbPriors(c, m);
        expectedPriors.set(parameters);
        Objective objective = expectedPriors.update(n, hSums, wSums, 900 - 2 * 400 + 100 + 150);
        VbParameters expected = parameters.copy();
        expectedPriors.read(expected);
        ErrorReport report = new ErrorReport("priors, rank " + rank);
        // divisions, and logarithms right to an ulp or two
        report.compare("σ²", expected.squaredSigma(), actual.squaredSigma(), 4 * U_DOUBLE * expected.squaredSigma());
        for (int j = 0; j < rank; j++) {
            double mean = expected.priorMean()[j]; // of two quotients the product
            report.compare("mean", mean, actual.priorMean()[j], 4 * U_DOUBLE * mean);
            report.compare("π of W", expected.priorInclusion()[j], actual.priorInclusion()[j], 4 * U_DOUBLE);
            report.compare(
                    "π of H", expected.coefficientInclusion()[j], actual.coefficientInclusion()[j], 4 * U_DOUBLE);
        }
        for (int e = 0; e < m * rank; e++) { // the same product except for the last digit, rounded to float32
            report.compare("W", expected.mean()[e], actual.mean()[e], 2 * U * expected.mean()[e]);
            report.compare("variance", expected.variance()[e], actual.variance()[e], 2 * U * expected.variance()[e]);
        }
        double[] entry = readDoubles(ring);
        int at = 2 * (updates % 3);
        report.compare("reconstruction", objective.reconstruction(), entry[at], 100 * U_DOUBLE * (1 + m));
        // so many terms, none above count · ln(count · 20)
        double terms = rank * (n + m) * 8.0 / n;
        report.compare("KL", objective.kl(), entry[at + 1], 8 * rank * U_DOUBLE * terms);
        assertArrayEquals(new int[] {8, updates + 1, 0}, readIntegers(counters));
        boolean come = zeros == Zeros.LEARN && (zerosNow || updates + 1 >= 20);
        assertEquals(come, actual.zeros());
    }

    /** An error below 0 by rounding is 0, and σ² is not below its least; what is not a number stays. */
    @Test
    void leastVarianceAndWhatIsNotANumber() {
        VbConfiguration c = VariationalNmf.builder().rank(2).build().configuration();
        VbProblem problem = new VbProblem(c, 5, 4, 1);
        VbParameters actual = new VbParameters(4, 2);
        for (double product : new double[] {-10, Double.NaN}) {
            DeviceBuffer priors = uploaded(c, parameters(4, 2, false));
            StepBuffers buffers = new StepBuffers(
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    uploaded(0, 0, 0).pointer(),
                    arena.allocate(16, "a test").pointer(),
                    1,
                    null,
                    stream);
            CUdeviceptr sums = uploaded(doubles(8)).pointer();
            kernels.updatePriors(problem, sums, sums, uploaded(product).pointer(), 1, priors.pointer(), buffers);
            VbDevicePriors.download(priors, actual, stream);
            assertEquals(product < 0 ? VbPriors.LEAST_VARIANCE : Double.NaN, actual.squaredSigma());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, true", "300, true", "300, false"})
    void parametersOfSweepsAreTheRoundedPriors(int rank, boolean zeros) {
        VbConfiguration c = VariationalNmf.builder().rank(rank).build().configuration();
        VbParameters parameters = parameters(3, rank, zeros);
        DeviceBuffer ofH = arena.allocate(4L * VbKernels.parameters(rank), "a test");
        DeviceBuffer ofW = arena.allocate(4L * VbKernels.parameters(rank), "a test");
        kernels.posteriorParameters(uploaded(c, parameters).pointer(), ofH.pointer(), ofW.pointer(), rank, stream);
        for (boolean h : new boolean[] {true, false}) {
            float[] actual = readFloats(h ? ofH : ofW);
            double[] shares = h ? parameters.coefficientInclusion() : parameters.priorInclusion();
            assertEquals((float) (1 / 0.3), actual[0]);
            assertEquals(zeros ? 1 : 0, actual[1 + 2 * rank]);
            for (int j = 0; j < rank; j++) {
                assertEquals(h ? 1 : (float) parameters.priorMean()[j], actual[1 + j]);
                double logit = zeros ? Math.log(shares[j] / (1 - shares[j])) : 0;
                assertEquals(logit, actual[1 + rank + j], 1.001 * U * Math.abs(logit));
            }
        }
    }

    @Test
    void rowsSettleWhoseMeansHardlyChange() {
        int rank = 65;
        float[] before = floats(5 * rank);
        before[7] = 4; // the greatest of row 0
        float[] x = before.clone();
        x[3] += 3e-6f; // within 1e-6 of it
        x[rank + 64] += 3e-6f; // not within 1e-6 of any below 2
        x[2 * rank + 5] = Float.NaN;
        x[4 * rank] += 1; // settled before
        int[] ids = {9, 8, 7, 6, 5};
        float[] means = new float[10 * rank];
        DeviceBuffer onDevice = uploaded(means);
        DeviceBuffer settled = uploaded(0, 0, 0, 0, 1);
        CUdeviceptr values = uploaded(x).pointer();
        CUdeviceptr old = uploaded(before).pointer();
        CUdeviceptr whose = uploaded(ids).pointer();
        for (boolean last : new boolean[] {false, true}) {
            kernels.settleRows(values, old, whose, onDevice.pointer(), settled.pointer(), 5, rank, 1e-6f, last, stream);
            for (int row : last ? new int[] {1, 2} : new int[] {0, 3}) {
                System.arraycopy(x, row * rank, means, ids[row] * rank, rank);
            }
            assertArrayEquals(means, readFloats(onDevice));
            assertArrayEquals(last ? new int[] {1, 1, 1, 1, 1} : new int[] {1, 0, 0, 1, 1}, readIntegers(settled));
        }
    }
}
