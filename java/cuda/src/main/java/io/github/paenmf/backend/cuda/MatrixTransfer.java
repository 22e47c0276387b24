package io.github.paenmf.backend.cuda;

import io.github.paenmf.data.Matrix;
import jcuda.Pointer;
import jcuda.driver.CUstream;

/** Copies rows between a matrix of the host and device memory, where they lie without gaps; each call waits. */
final class MatrixTransfer {

    private MatrixTransfer() {}

    /** Copies all rows of a matrix to the beginning of a buffer. */
    static void upload(Matrix source, DeviceBuffer target, CUstream stream) {
        upload(source, 0, source.rows(), target, stream);
    }

    /** Copies rows of a matrix to the beginning of a buffer. */
    static void upload(Matrix source, int from, int count, DeviceBuffer target, CUstream stream) {
        forBlocks(source, from, count, (values, at, bytes) -> target.upload(at, values, bytes, stream));
    }

    /** Copies the beginning of a buffer to all rows of a matrix. */
    static void download(DeviceBuffer source, Matrix target, CUstream stream) {
        download(source, target, 0, target.rows(), stream);
    }

    /** Copies the beginning of a buffer to rows of a matrix. */
    static void download(DeviceBuffer source, Matrix target, int from, int count, CUstream stream) {
        forBlocks(target, from, count, (values, at, bytes) -> source.download(at, values, bytes, stream));
    }

    private interface Block {
        /**
         * @param values the rows on the host
         * @param at byte of the buffer where they begin
         */
        void accept(Pointer values, long at, long bytes);
    }

    /** Goes through rows block by block, each of which is contiguous. */
    private static void forBlocks(Matrix matrix, int from, int count, Block block) {
        long rowBytes = 4L * matrix.columns();
        int rows;
        for (int done = 0; done < count; done += rows) {
            int row = from + done;
            rows = Math.min(count - done, matrix.rowsPerBlock() - row % matrix.rowsPerBlock());
            Pointer values = Pointer.to(matrix.storage(row)).withByteOffset(4L * matrix.offset(row));
            block.accept(values, rowBytes * done, rowBytes * rows);
        }
    }
}
