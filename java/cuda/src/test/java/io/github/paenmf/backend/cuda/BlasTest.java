package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.paenmf.backend.Precision;
import java.util.Arrays;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Products of views: of a part of a matrix, of its transpose. Of small integers, so that they are exact. */
@Tag("cuda")
class BlasTest {

    /** Row-major: A 3 × 7 and B 5 × 9 in memory. */
    private static final int A_STRIDE = 7;

    private static final int B_STRIDE = 9;
    private static final int C_STRIDE = 6;

    private CudaContext context;
    private DeviceArena arena;
    private CUstream stream;
    private Blas blas;
    private DeviceMatrix a;
    private DeviceMatrix b;
    private DeviceBuffer target;

    @BeforeEach
    void open() {
        context = CudaContext.open(0);
        context.push();
        arena = new DeviceArena(context);
        stream = context.newStream();
        blas = arena.own(new Blas(stream, arena.allocate(1 << 20, "cuBLAS")));
        a = DeviceMatrix.of(uploaded(3 * A_STRIDE, 1), 3, A_STRIDE);
        b = DeviceMatrix.of(uploaded(5 * B_STRIDE, 2), 5, B_STRIDE);
        target = arena.allocate(4L * 4 * C_STRIDE, "C");
        target.upload(new float[4 * C_STRIDE], stream);
    }

    @AfterEach
    void close() {
        context.pop();
        arena.close();
        context.close();
    }

    private static float value(int index, int seed) {
        return index * (7 + seed) % 11 - 4;
    }

    private CUdeviceptr uploaded(int count, int seed) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = value(i, seed);
        }
        DeviceBuffer buffer = arena.allocate(4L * count, "a matrix");
        buffer.upload(values, stream);
        return buffer.pointer();
    }

    private float[] product() {
        float[] c = new float[4 * C_STRIDE];
        target.download(c, stream);
        return c;
    }

    /** Rows 1 and 2 of columns 2 to 6 of A, by columns 3 to 6 of B, added to a C with gaps. */
    @Test
    void aPartByAPart() {
        DeviceMatrix c = DeviceMatrix.of(target.pointer(4), 2, 4, C_STRIDE);
        for (int time = 0; time < 2; time++) {
            blas.multiply(2f, a.rows(1, 2).columns(2, 5), b.columns(3, 4), time, c, Precision.FP32);
        }

        float[] expected = new float[4 * C_STRIDE];
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 4; j++) {
                for (int l = 0; l < 5; l++) {
                    expected[1 + i * C_STRIDE + j] +=
                            4 * value((1 + i) * A_STRIDE + 2 + l, 1) * value(l * B_STRIDE + 3 + j, 2);
                }
            }
        }
        assertArrayEquals(expected, product());
    }

    /** A part of the transpose is the transpose of a part: rows 2 to 5 of Aᵀ, columns 1 and 2, by rows of Bᵀ. */
    @Test
    void aPartOfATransposeByATranspose() {
        DeviceMatrix c = DeviceMatrix.of(target.pointer(), 4, 5, C_STRIDE);
        blas.multiply(
                1f, a.transpose().rows(2, 4).columns(1, 2), b.columns(3, 2).transpose(), 0f, c, Precision.FP32);

        float[] expected = new float[4 * C_STRIDE];
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 5; j++) {
                for (int l = 0; l < 2; l++) {
                    expected[i * C_STRIDE + j] += value((1 + l) * A_STRIDE + 2 + i, 1) * value(j * B_STRIDE + 3 + l, 2);
                }
            }
        }
        assertArrayEquals(expected, product());
        assertEquals(a, a.transpose().transpose());
    }

    @Test
    void shapesThatDoNotFitAreRefused() {
        float[] before = product();
        DeviceMatrix inner = a.columns(0, 5);
        for (DeviceMatrix[] operands : new DeviceMatrix[][] {
            {a, b, DeviceMatrix.of(target.pointer(), 3, 6)},
            {inner, b, DeviceMatrix.of(target.pointer(), 2, 9)},
            {inner, b, DeviceMatrix.of(target.pointer(), 3, 6)},
            {inner, b.columns(0, 6), DeviceMatrix.of(target.pointer(), 6, 3).transpose()},
        }) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> blas.multiply(1f, operands[0], operands[1], 0f, operands[2], Precision.FP32),
                            () -> Arrays.toString(operands))
                    .getMessage();
            assertEquals(
                    operands[0].rows() + " × " + operands[0].columns() + " by 5 × " + operands[1].columns()
                            + " does not give " + operands[2].rows() + " × " + operands[2].columns()
                            + (operands[2].isTransposed() ? ", a transpose" : ""),
                    message);
        }
        assertArrayEquals(before, product());
    }
}
