package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.PosteriorOracle;
import io.github.paenmf.testing.ErrorReport;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sweeps over posteriors on the device against double precision, by the oracle of the CPU's. */
@Tag("cuda")
class PosteriorKernelsTest {

    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
    }

    @AfterEach
    void close() {
        arena.close();
        context.pop();
        context.close();
    }

    private DeviceBuffer uploaded(float[] values) {
        DeviceBuffer buffer = arena.allocate(4L * values.length, "a test");
        buffer.upload(values, stream);
        return buffer;
    }

    private float[] read(DeviceBuffer buffer) {
        float[] values = new float[(int) (buffer.bytes() / 4)];
        buffer.download(values, stream);
        return values;
    }

    /** The device, with another amount of shared memory. */
    private CudaDevice device(int sharedBytes) {
        CudaDevice device = context.device();
        return new CudaDevice(
                device.index(),
                device.name(),
                device.major(),
                device.minor(),
                device.multiprocessors(),
                sharedBytes,
                device.cooperativeLaunch(),
                device.memoryBytes());
    }

    private PosteriorKernels kernels() {
        return new PosteriorKernels(context.module(), context.device());
    }

    /** What a sweep leaves. */
    private record Result(float[] x, float[] variance, float[] inclusion, double[] partials) {

        void assertSameBits(Result other) {
            assertArrayEquals(x, other.x);
            assertArrayEquals(variance, other.variance);
            assertArrayEquals(inclusion, other.inclusion);
            assertArrayEquals(partials, other.partials);
        }
    }

    private Result sweep(PosteriorKernels kernels, PosteriorOracle o) {
        float[] numerator = o.numerator.clone();
        for (int i = 0; i < numerator.length; i++) {
            numerator[i] *= o.scale;
        }
        float[] parameters = new float[2 + 2 * o.rank];
        parameters[0] = o.precision;
        System.arraycopy(o.prior, 0, parameters, 1, o.rank);
        if (o.logit != null) {
            System.arraycopy(o.logit, 0, parameters, 1 + o.rank, o.rank);
            parameters[1 + 2 * o.rank] = 1;
        }
        DeviceBuffer x = uploaded(o.x);
        DeviceBuffer variance = arena.allocate(x.bytes(), "a test");
        DeviceBuffer inclusion = arena.allocate(x.bytes(), "a test");
        PosteriorKernels.Launch launch = kernels.launch(o.rows, o.rank);
        double[] sums = new double[launch.blocks() * (3 * o.rank + 2)];
        DeviceBuffer partials = arena.allocate(8L * sums.length, "a test");
        CUdeviceptr gram = uploaded(o.gram).pointer();
        kernels.sweep(
                launch,
                x.pointer(),
                uploaded(numerator).pointer(),
                gram,
                uploaded(parameters).pointer(),
                variance.pointer(),
                inclusion.pointer(),
                partials.pointer(),
                o.rows,
                o.rank,
                stream);
        partials.download(sums, stream);
        return new Result(read(x), read(variance), read(inclusion), sums);
    }

    private static void check(PosteriorOracle o, Result result) {
        double[] divergence = o.check(
                "sweep of " + o.rows + " x " + o.rank + " on the device", result.x, result.variance, result.inclusion);
        double[] expected = new double[3 * o.rank];
        double inner = 0;
        double magnitude = 0;
        for (int i = 0; i < result.x.length; i++) {
            expected[i % o.rank] += result.variance[i];
            expected[o.rank + i % o.rank] += result.inclusion[i];
            expected[2 * o.rank + i % o.rank] += result.x[i];
            double term = (double) result.x[i] * (o.numerator[i] * o.scale);
            inner += term;
            magnitude += Math.abs(term);
        }
        int columns = 3 * o.rank + 2;
        double[] actual = new double[columns];
        for (int i = 0; i < result.partials.length; i++) {
            actual[i % columns] += result.partials[i];
        }
        ErrorReport report = new ErrorReport("sums");
        for (int j = 0; j < expected.length; j++) { // none below 0, in double
            double bound = o.rows * ErrorReport.U_DOUBLE * expected[j];
            report.compare("sum " + j, expected[j], actual[j], 2 * bound);
        }
        report.compare("KL", divergence[0], actual[columns - 2], divergence[1]);
        double bound = 2 * result.x.length * ErrorReport.U_DOUBLE * magnitude;
        report.compare("inner", inner, actual[columns - 1], bound);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, true, 100",
        "7, 3, false, 100",
        "33, 9, true, 1e4",
        "131, 31, true, 25",
        "65, 32, false, 25",
        "130, 33, true, 1e6",
        "1031, 2, true, 1e-3",
        "67, 3, true, 1e-12",
        "67, 3, true, 1e12",
        "35, 97, true, 1",
        "37, 129, true, 1",
        "5, 129, false, 100",
        "3, 2051, true, 1e-3"
    })
    void sweepsAgreeWithDoublePrecisionAndRepeat(int rows, int rank, boolean pointMass, float precision) {
        PosteriorOracle oracle = new PosteriorOracle(rows, rank, pointMass, precision, 17);
        Result result = sweep(kernels(), oracle);
        check(oracle, result);
        result.assertSameBits(sweep(kernels(), oracle));
    }

    /** Rows that no shared memory holds stay where they are; rows of few components then have a warp, too. */
    @ParameterizedTest
    @CsvSource({"33, 9", "261, 3", "5, 97"})
    void sweepsWithoutSharedMemoryAgreeWithDoublePrecision(int rows, int rank) {
        PosteriorOracle oracle = new PosteriorOracle(rows, rank, true, 100, 4);
        PosteriorKernels without = new PosteriorKernels(context.module(), device(0));
        PosteriorKernels.Launch launch = without.launch(rows, rank);
        assertTrue(launch.inPlace() && launch.sharedBytes() == 0, launch.toString());
        Result result = sweep(without, oracle);
        check(oracle, result);
        PosteriorKernels little = new PosteriorKernels(context.module(), device(512 + 16 * rank));
        assertEquals(32, little.launch(rows, rank).threads());
        check(oracle, sweep(little, oracle));
        assertArrayEquals(result.x, sweep(little, oracle).x);
    }

    @ParameterizedTest
    @CsvSource({"3, true", "3, false", "100, true"})
    void aComponentThatTheOtherFactorDoesNotUseHasItsPrior(int rank, boolean pointMass) {
        PosteriorOracle oracle = new PosteriorOracle(5, rank, pointMass, 100, 3);
        for (int l = 0; l < rank; l++) {
            oracle.gram[l] = 0;
            oracle.gram[rank * l] = 0;
        }
        check(oracle, sweep(kernels(), oracle));
    }

    @Test
    void notANumberStaysVisible() {
        for (int rank : new int[] {2, 97}) { // a thread or a warp has a row
            PosteriorOracle oracle = new PosteriorOracle(40, rank, true, 1, 8);
            oracle.numerator[0] = CudaTests.NAN_OF_A_GPU;
            Result result = sweep(kernels(), oracle);
            assertTrue(Float.isNaN(result.x[0]) && Float.isNaN(result.variance[0]));
            assertTrue(Float.isNaN(result.inclusion[0]) && Double.isNaN(result.partials[0]));
            assertTrue(Double.isNaN(result.partials[3 * rank]), "KL");
        }
    }

    @Test
    void aPriorThatIsNoNumberStaysVisible() {
        PosteriorOracle oracle = new PosteriorOracle(40, 2, true, 1, 8);
        oracle.logit[0] = CudaTests.NAN_OF_A_GPU;
        Result result = sweep(kernels(), oracle);
        assertTrue(Float.isNaN(result.x[0]) && Float.isNaN(result.inclusion[0]) && Double.isNaN(result.partials[6]));
    }
}
