package io.github.paenmf.backend.cuda;

import jcuda.driver.CUdeviceptr;

/**
 * A float32 matrix on the device as a product sees it: row-major, or the transpose of such a matrix.
 *
 * @param pointer its first element
 * @param rows as the product sees them
 * @param columns as the product sees them
 * @param stride elements from one row to the next as they lie in memory
 * @param isTransposed whether it is the transpose of what lies in memory
 */
public record DeviceMatrix(CUdeviceptr pointer, int rows, int columns, int stride, boolean isTransposed) {

    /** Rows one after another without gaps. */
    public static DeviceMatrix of(CUdeviceptr pointer, int rows, int columns) {
        return of(pointer, rows, columns, columns);
    }

    /** Rows with a stride. */
    public static DeviceMatrix of(CUdeviceptr pointer, int rows, int columns, int stride) {
        return new DeviceMatrix(pointer, rows, columns, stride, false);
    }

    /** Its transpose; nothing is copied. */
    public DeviceMatrix transpose() {
        return new DeviceMatrix(pointer, columns, rows, stride, !isTransposed);
    }

    /** Some of its rows, one after another. */
    public DeviceMatrix rows(int from, int count) {
        return new DeviceMatrix(
                pointer.withByteOffset(4L * from * (isTransposed ? 1 : stride)), count, columns, stride, isTransposed);
    }

    /** Some of its columns, one beside another. */
    public DeviceMatrix columns(int from, int count) {
        return new DeviceMatrix(
                pointer.withByteOffset(4L * from * (isTransposed ? stride : 1)), rows, count, stride, isTransposed);
    }

    /** Rows and columns, for messages. */
    String shape() {
        return rows + " × " + columns;
    }

    /**
     * Refuses what is not C = A·B.
     *
     * @throws IllegalArgumentException if the shapes do not fit each other, or C is a transpose
     */
    static void requireProduct(DeviceMatrix a, DeviceMatrix b, DeviceMatrix c) {
        if (c.isTransposed || a.rows != c.rows || a.columns != b.rows || b.columns != c.columns) {
            throw new IllegalArgumentException(a.shape() + " by " + b.shape() + " does not give " + c.shape()
                    + (c.isTransposed ? ", a transpose" : ""));
        }
    }
}
