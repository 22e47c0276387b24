package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import jcuda.driver.CUdeviceptr;

/**
 * The rows of each chunk of a step on the device: as they lie there, gathered in the order of a mini-batch, or streamed.
 * Products are those of cuBLAS, or our own by tensor cores.
 */
final class DenseChunks implements DeviceChunks {

    private final DeviceWorkspace device;
    private final Shape shape;
    private final int chunkRows;
    private final Blas blas;
    private final TensorCoreProducts tensorCores;
    private final DeviceData data;
    /** Null where V is streamed, and an order comes with its rows. */
    private final BatchOrder order;
    /** The rows of V of a batch; null where there are none, or V is streamed. */
    private final DeviceBuffer batchData;
    /** Of the chunk last loaded. */
    private CUdeviceptr values;
    /** Null until a residual is asked for. */
    private DeviceReconstruction reconstruction;

    /** Allocates. */
    DenseChunks(DeviceWorkspace device, Shape shape, Plan plan, Blas blas, TensorCoreProducts tensorCores) {
        this.device = device;
        this.shape = shape;
        this.chunkRows = plan.chunkRows();
        this.blas = blas;
        this.tensorCores = tensorCores;
        int rows = plan.resident() ? shape.rows() : plan.chunkRows();
        data = new DeviceData(device, rows, shape.features(), plan.resident(), shape.hasMiniBatches());
        order = plan.resident() ? new BatchOrder(device, shape) : null;
        boolean gather = plan.resident() && shape.hasMiniBatches();
        batchData = gather ? device.allocate(4L * plan.chunkRows() * data.stride(), "a mini-batch") : null;
    }

    @Override
    public boolean resident() {
        return data.resident();
    }

    @Override
    public String description() {
        return data.description();
    }

    @Override
    public void hold(Rows rows) {
        if (data.resident()) {
            data.hold(rows.data());
        }
    }

    @Override
    public void begin(Rows first) {
        if (order != null) {
            order.begin(first);
        }
    }

    @Override
    public int position(Rows rows) {
        return order == null ? rows.from() : order.position(rows);
    }

    @Override
    public CUdeviceptr order(Rows rows) {
        return order == null ? data.order(rows) : order.of(rows);
    }

    @Override
    public void load(Rows rows) {
        if (!data.resident()) {
            values = data.stream(rows);
        } else if (rows.order() == null) {
            values = data.resident(rows.from());
        } else {
            values = batchData.pointer();
            device.kernels()
                    .gatherRows(data.resident(0), order(rows), values, data.stride(), rows.count(), device.stream());
        }
    }

    @Override
    public DeviceMatrix allRows() {
        return data.resident()
                ? DeviceMatrix.of(data.resident(0), shape.rows(), shape.features(), data.stride())
                : null;
    }

    /** V of the chunk last loaded, rows × m. */
    private DeviceMatrix values(Rows rows) {
        return DeviceMatrix.of(values, rows.count(), shape.features(), data.stride());
    }

    @Override
    public void project(Rows rows, float factor, DeviceMatrix x, DeviceMatrix target, Precision precision) {
        multiply(factor, values(rows), x, false, target, precision);
    }

    @Override
    public void accumulate(
            Rows rows, float factor, DeviceMatrix s, boolean add, DeviceMatrix target, Precision precision) {
        multiply(factor, values(rows).transpose(), s, add, target, precision);
    }

    private void multiply(
            float factor, DeviceMatrix a, DeviceMatrix b, boolean add, DeviceMatrix c, Precision precision) {
        if (precision == Precision.TF32X3) {
            tensorCores.multiply(factor, a, b, add, c);
        } else {
            blas.multiply(factor, a, b, add ? 1f : 0f, c, precision);
        }
    }

    @Override
    public double squaredError(Rows rows, DeviceMatrix h, DeviceMatrix w) {
        if (reconstruction == null) {
            reconstruction =
                    DeviceReconstruction.allocate(device, blas, chunkRows, shape.features(), shape.dataScale());
        }
        return reconstruction.squaredError(values(rows), h, w);
    }

    @Override
    public void release() {
        if (!data.resident()) {
            data.release();
        }
    }
}
