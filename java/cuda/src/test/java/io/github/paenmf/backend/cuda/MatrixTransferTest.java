package io.github.paenmf.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.github.paenmf.TestData;
import io.github.paenmf.data.LargeMatrix;
import io.github.paenmf.data.Matrix;
import jcuda.driver.CUstream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows that lie in more than one array of the host. */
@Tag("cuda")
class MatrixTransferTest {

    private static final int COLUMNS = 3;

    /** Blocks of 256, 256 and 44 rows. */
    private static Matrix inBlocks() {
        Matrix whole = TestData.parts(Matrix.ROW_ALIGNMENT, COLUMNS, 2);
        return LargeMatrix.repeated(whole, 2, TestData.parts(44, COLUMNS, 3));
    }

    private static Matrix zeros() {
        return Matrix.zeros(Matrix.ROW_ALIGNMENT, COLUMNS);
    }

    private static float[] values(Matrix matrix, int from, int count) {
        float[] values = new float[count * COLUMNS];
        for (int i = 0; i < count; i++) {
            matrix.copyRow(from + i, values, i * COLUMNS);
        }
        return values;
    }

    /** Within a block, to its end, from its beginning, and over one or two boundaries. */
    @ParameterizedTest
    @CsvSource({"7, 9", "255, 1", "256, 1", "250, 13", "250, 300", "0, 512", "555, 1"})
    void anyRowsGoThereAndBack(int from, int count) {
        Matrix source = inBlocks();
        try (CudaContext context = CudaContext.open(0)) {
            context.run(() -> {
                CUstream stream = context.newStream();
                try (DeviceBuffer buffer = DeviceBuffer.allocate(context, 4L * count * COLUMNS, "rows")) {
                    MatrixTransfer.upload(source, from, count, buffer, stream);
                    float[] there = new float[count * COLUMNS];
                    buffer.download(there, stream);
                    assertArrayEquals(values(source, from, count), there);

                    Matrix back = LargeMatrix.repeated(zeros(), 1, zeros());
                    MatrixTransfer.download(buffer, back, 0, count, stream);
                    assertArrayEquals(there, values(back, 0, count));
                    assertArrayEquals(
                            new float[(512 - count) * COLUMNS], values(back, count, 512 - count), "other rows");
                }
            });
        }
    }

    @Test
    void aWholeMatrixGoesThereAndBack() {
        Matrix source = inBlocks();
        try (CudaContext context = CudaContext.open(0)) {
            context.run(() -> {
                CUstream stream = context.newStream();
                try (DeviceBuffer buffer = DeviceBuffer.allocate(context, 4 * source.size(), "a matrix")) {
                    MatrixTransfer.upload(source, buffer, stream);
                    Matrix back = Matrix.zeros(source.rows(), COLUMNS);
                    MatrixTransfer.download(buffer, back, stream);
                    assertArrayEquals(values(source, 0, source.rows()), values(back, 0, source.rows()));
                }
            });
        }
    }
}
