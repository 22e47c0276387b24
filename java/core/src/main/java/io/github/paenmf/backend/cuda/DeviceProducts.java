package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;

/** Products of all rows of data with other matrices, chunk after chunk of a session. */
final class DeviceProducts implements DataProducts {

    private final DeviceWorkspace device;
    private final DeviceChunks chunks;
    private final Blas blas;
    private final int chunkRows;
    private final RowSource data;
    private final float inverseScale;

    /**
     * @param chunkRows most rows of a chunk
     * @param scale what V is divided by
     */
    DeviceProducts(
            DeviceWorkspace device, DeviceChunks chunks, Blas blas, int chunkRows, RowSource data, double scale) {
        this.device = device;
        this.chunks = chunks;
        this.blas = blas;
        this.chunkRows = chunkRows;
        this.data = data;
        this.inverseScale = (float) (1 / scale);
    }

    /** Work on the rows of a chunk. */
    private interface Task {
        void run(DeviceMatrix v, int from);
    }

    private void forChunks(Task task) {
        for (int from = 0; from < data.rows(); from += chunkRows) {
            Rows rows = Rows.inOrder(data, from, Math.min(chunkRows, data.rows() - from));
            chunks.hold(rows);
            chunks.load(rows);
            task.run(chunks.values(rows), from);
            chunks.release();
        }
    }

    private DeviceBuffer allocate(int rows, int columns) {
        return DeviceBuffer.allocate(device.context(), 4L * rows * columns, "a product");
    }

    @Override
    public Matrix project(Matrix x) {
        return device.context().call(() -> {
            int columns = x.columns();
            Matrix result = Matrix.zeros(data.rows(), columns);
            try (DeviceBuffer right = allocate(x.rows(), columns);
                    DeviceBuffer product = allocate(Math.min(chunkRows, data.rows()), columns)) {
                MatrixTransfer.upload(x, right, device.stream());
                DeviceMatrix factor = DeviceMatrix.of(right.pointer(), x.rows(), columns);
                forChunks((v, from) -> {
                    DeviceMatrix target = DeviceMatrix.of(product.pointer(), v.rows(), columns);
                    blas.multiply(inverseScale, v, factor, 0f, target, Precision.FP32);
                    MatrixTransfer.download(product, result, from, v.rows(), device.stream());
                });
            }
            return result;
        });
    }

    @Override
    public Matrix projectTransposed(Matrix y) {
        return device.context().call(() -> {
            int columns = y.columns();
            Matrix result = Matrix.zeros(data.columns(), columns);
            try (DeviceBuffer right = allocate(Math.min(chunkRows, data.rows()), columns);
                    DeviceBuffer product = allocate(data.columns(), columns)) {
                DeviceMatrix target = DeviceMatrix.of(product.pointer(), data.columns(), columns);
                forChunks((v, from) -> {
                    MatrixTransfer.upload(y, from, v.rows(), right, device.stream());
                    DeviceMatrix rows = DeviceMatrix.of(right.pointer(), v.rows(), columns);
                    blas.multiply(inverseScale, v.transpose(), rows, from == 0 ? 0f : 1f, target, Precision.FP32);
                });
                MatrixTransfer.download(product, result, device.stream());
            }
            return result;
        });
    }
}
