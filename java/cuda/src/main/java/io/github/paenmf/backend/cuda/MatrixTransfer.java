package io.github.paenmf.backend.cuda;

import io.github.paenmf.data.Matrix;
import jcuda.driver.CUstream;

/** Copies rows between a matrix of the host and device memory, where they lie without gaps. */
final class MatrixTransfer {

    private MatrixTransfer() {}

    /** Copies all rows of a matrix to the beginning of a buffer. */
    static void upload(Matrix source, DeviceBuffer target, CUstream stream) {
        upload(source, 0, source.rows(), target, stream);
    }

    /** Copies rows of a matrix to the beginning of a buffer. */
    static void upload(Matrix source, int from, int count, DeviceBuffer target, CUstream stream) {
        forBlocks(source, from, count, (values, first, size, at) -> target.upload(at, values, first, size, stream));
    }

    /** Copies the beginning of a buffer to all rows of a matrix, and waits. */
    static void download(DeviceBuffer source, Matrix target, CUstream stream) {
        download(source, target, 0, target.rows(), stream);
    }

    /** Copies the beginning of a buffer to rows of a matrix, and waits. */
    static void download(DeviceBuffer source, Matrix target, int from, int count, CUstream stream) {
        forBlocks(target, from, count, (values, first, size, at) -> source.download(at, values, first, size, stream));
    }

    private interface Block {
        /**
         * @param values the rows on the host, {@code size} elements from {@code first} on
         * @param at byte of the buffer where they begin
         */
        void accept(float[] values, int first, int size, long at);
    }

    /** Goes through rows block by block, each of which is contiguous. */
    private static void forBlocks(Matrix matrix, int from, int count, Block block) {
        long rowBytes = 4L * matrix.columns();
        int rows;
        for (int done = 0; done < count; done += rows) {
            int row = from + done;
            rows = Math.min(count - done, matrix.rowsPerBlock() - row % matrix.rowsPerBlock());
            block.accept(matrix.storage(row), matrix.offset(row), rows * matrix.columns(), rowBytes * done);
        }
    }
}
