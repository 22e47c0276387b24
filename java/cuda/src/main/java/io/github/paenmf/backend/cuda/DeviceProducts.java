package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.DataProducts;
import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.util.function.Consumer;

/** Products of all rows of data with other matrices, chunk after chunk of a session. */
final class DeviceProducts implements DataProducts {

    private final DeviceWorkspace device;
    private final DeviceChunks chunks;
    private final Runnable before;
    private final int chunkRows;
    private final RowSource data;
    private final float inverseScale;

    /**
     * @param before runs before each product: steps that wait find their data as they were
     * @param chunkRows most rows of a chunk
     * @param scale what V is divided by
     */
    DeviceProducts(
            DeviceWorkspace device, DeviceChunks chunks, Runnable before, int chunkRows, RowSource data, double scale) {
        this.device = device;
        this.chunks = chunks;
        this.before = before;
        this.chunkRows = chunkRows;
        this.data = data;
        this.inverseScale = (float) (1 / scale);
    }

    private void forChunks(Consumer<Rows> task) {
        before.run();
        for (int from = 0; from < data.rows(); from += chunkRows) {
            Rows rows = Rows.inOrder(data, from, Math.min(chunkRows, data.rows() - from));
            chunks.hold(rows);
            chunks.load(rows);
            task.accept(rows);
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
                forChunks(rows -> {
                    DeviceMatrix target = DeviceMatrix.of(product.pointer(), rows.count(), columns);
                    chunks.project(rows, inverseScale, factor, target, Precision.FP32);
                    MatrixTransfer.download(product, result, rows.from(), rows.count(), device.stream());
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
                forChunks(rows -> {
                    MatrixTransfer.upload(y, rows.from(), rows.count(), right, device.stream());
                    DeviceMatrix s = DeviceMatrix.of(right.pointer(), rows.count(), columns);
                    chunks.accumulate(rows, inverseScale, s, rows.from() > 0, target, Precision.FP32);
                });
                MatrixTransfer.download(product, result, device.stream());
            }
            return result;
        });
    }
}
