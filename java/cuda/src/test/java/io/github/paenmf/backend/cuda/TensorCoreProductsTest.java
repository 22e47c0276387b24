package io.github.paenmf.backend.cuda;

import static io.github.paenmf.testing.ErrorReport.U;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.testing.ErrorReport;
import java.util.Arrays;
import java.util.SplittableRandom;
import jcuda.driver.CUdeviceptr;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products in 3xTF32 against double, within the bound of what they leave out and of sums in float32. */
@Tag("cuda")
class TensorCoreProductsTest {

    private static final float FACTOR = 0.75f;

    private DeviceWorkspace device;
    private TensorCoreProducts products;

    @BeforeEach
    void open() {
        device = DeviceWorkspace.open(0, RowBlocks.serial(), opened -> opened);
        device.context().push();
        products = new TensorCoreProducts(device);
    }

    @AfterEach
    void close() {
        device.context().pop();
        device.close();
    }

    private CUdeviceptr uploaded(float[] values) {
        DeviceBuffer buffer = device.allocate(4L * values.length, "a test");
        buffer.upload(values, device.stream());
        return buffer.pointer();
    }

    private static float[] random(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextInt(5) == 0 ? -random.nextDouble() : Math.exp(random.nextDouble(-8, 2)));
        }
        return values;
    }

    /**
     * Tiles that the matrices fill, exceed by one, or hardly touch; rows that are aligned for copies of 16 bytes, and that
     * are not; terms that one block takes, and several.
     */
    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, false, 1",
        "129, 65, 33, false, 0",
        "129, 65, 33, true, 0",
        "128, 64, 48, false, 4",
        "128, 64, 48, true, 4",
        "5, 27, 1030, false, 2",
        "6, 9, 1030, true, 3",
    })
    void aProductIsThatOfDouble(int rows, int columns, int depth, boolean transposed, int gap) {
        int strideOfA = (transposed ? rows : depth) + gap;
        int strideOfB = columns + gap;
        int strideOfC = columns + 1;
        float[] a = random((transposed ? depth : rows) * strideOfA, 1);
        float[] b = random(depth * strideOfB, 2);
        float[] before = random(rows * strideOfC, 3);
        DeviceMatrix inMemory =
                DeviceMatrix.of(uploaded(a), transposed ? depth : rows, transposed ? rows : depth, strideOfA);
        DeviceMatrix right = DeviceMatrix.of(uploaded(b), depth, columns, strideOfB);
        DeviceMatrix left = transposed ? inMemory.transpose() : inMemory;
        assertEquals(depth > 1000, TensorCoreProducts.depthOfBlock(rows, columns, depth) < depth, "shared terms");

        for (boolean add : new boolean[] {false, true}) {
            DeviceBuffer target = device.allocate(4L * before.length, "C");
            target.upload(before, device.stream());
            products.multiply(FACTOR, left, right, add, DeviceMatrix.of(target.pointer(), rows, columns, strideOfC));
            float[] c = new float[before.length];
            target.download(c, device.stream());

            ErrorReport report = new ErrorReport("3xTF32, " + rows + " × " + depth + " by " + columns);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    int at = i * strideOfC + j;
                    double sum = add ? before[at] : 0;
                    double magnitude = Math.abs(sum);
                    for (int l = 0; l < depth; l++) {
                        double term = FACTOR
                                * (double) a[transposed ? l * strideOfA + i : i * strideOfA + l]
                                * b[l * strideOfB + j];
                        sum += term;
                        magnitude += Math.abs(term);
                    }
                    double bound = ErrorReport.factors(Precision.TF32X3) + U * (ErrorReport.reduction(depth) + 2);
                    report.compare("C[" + i + "," + j + "]", sum, c[at], bound * magnitude);
                }
                assertEquals(before[i * strideOfC + columns], c[i * strideOfC + columns], "what lies beside C");
            }
            report.log();
        }
    }

    /** TF32 by itself would be off by 2⁻¹² of a term or so. */
    @Test
    void whatTf32CutsOffIsThere() {
        float value = 1 + 0x1p-12f;
        float[] ones = new float[64];
        Arrays.fill(ones, 1);
        float[] values = new float[64];
        Arrays.fill(values, value);
        DeviceBuffer c = device.allocate(4, "C");

        products.multiply(
                1,
                DeviceMatrix.of(uploaded(values), 1, 64),
                DeviceMatrix.of(uploaded(ones), 64, 1),
                false,
                DeviceMatrix.of(c.pointer(), 1, 1));

        float[] sum = new float[1];
        c.download(sum, device.stream());
        assertEquals(64 * value, sum[0], 64 * 0x1p-21f);
    }

    @Test
    void whatIsNoProductIsRefused() {
        DeviceMatrix square = DeviceMatrix.of(uploaded(new float[4]), 2, 2);
        DeviceMatrix row = square.rows(0, 1);

        for (DeviceMatrix[] product :
                new DeviceMatrix[][] {{square, row, square}, {square, square, row}, {square, square, square.transpose()}
                }) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> products.multiply(1, product[0], product[1], false, product[2]));
        }
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> products.multiply(1, square, square.transpose(), false, square))
                .getMessage();
        assertEquals("2 × 2, a transpose, is no second factor here", message);
    }

    @Test
    void aNaNStaysOne() {
        float[] a = {1, Float.intBitsToFloat(0x7fffffff), 3, 4};
        DeviceBuffer c = device.allocate(8, "C");

        products.multiply(
                1,
                DeviceMatrix.of(uploaded(a), 2, 2),
                DeviceMatrix.of(uploaded(new float[] {1, 1}), 2, 1),
                false,
                DeviceMatrix.of(c.pointer(), 2, 1));

        float[] sums = new float[2];
        c.download(sums, device.stream());
        assertTrue(Float.isNaN(sums[0]), "NaN from the GPU's own bits");
        assertEquals(7, sums[1]);
    }
}
