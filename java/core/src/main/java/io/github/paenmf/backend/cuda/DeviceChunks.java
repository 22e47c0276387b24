package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * The rows of each chunk of a step on the device: as they lie there, gathered in the order of a mini-batch, or streamed.
 */
final class DeviceChunks {

    private final DeviceWorkspace device;
    private final Shape shape;
    private final DeviceData data;
    /** Resident data in mini-batches: the order of an epoch, that of this batch, and its rows of V. */
    private final DeviceBuffer epochOrder;

    private final DeviceBuffer batchOrder;
    private final DeviceBuffer batchData;
    private int[] heldOrder;
    /** Where in the order of an epoch this batch begins. */
    private int batchFrom;
    /** Of the chunk last loaded. */
    private CUdeviceptr values;

    /** Allocates. */
    DeviceChunks(DeviceWorkspace device, Shape shape, Plan plan) {
        this.device = device;
        this.shape = shape;
        int rows = plan.resident() ? shape.rows() : plan.chunkRows();
        data = new DeviceData(device, rows, shape.features(), plan.resident());
        boolean gather = plan.resident() && shape.hasMiniBatches();
        epochOrder = gather ? device.allocate(4L * shape.rows(), "order of the rows") : null;
        batchOrder = shape.hasMiniBatches() ? device.allocate(4L * shape.batchRows(), "order of a batch") : null;
        batchData = gather ? device.allocate(4L * plan.chunkRows() * data.stride(), "a mini-batch") : null;
    }

    /** Whether all rows are on the device, and so work on them can be recorded. */
    boolean resident() {
        return data.resident();
    }

    /** Where V is, for logs and reports. */
    String description() {
        return data.description();
    }

    /** Has the data in place that recorded work finds there. */
    void hold(Rows rows) {
        if (data.resident()) {
            data.hold(rows.data());
        }
    }

    /** Begins a batch, whose first rows these are: has its order in place, if it has one. */
    void begin(Rows first) {
        if (first.order() != null) {
            batchFrom = first.from();
            copyOrder(first.order(), Math.min(shape.batchRows(), first.order().length - batchFrom));
        }
    }

    private void copyOrder(int[] order, int count) {
        if (epochOrder == null) {
            int[] part = Arrays.copyOfRange(order, batchFrom, batchFrom + count);
            batchOrder.upload(Pointer.to(part), 4L * count, device.stream());
            return;
        }
        if (heldOrder != order) {
            epochOrder.upload(Pointer.to(order), 4L * Math.min(order.length, shape.rows()), device.stream());
            heldOrder = order;
        }
        CudaContext.check(
                JCudaDriver.cuMemcpyDtoDAsync(
                        batchOrder.pointer(), epochOrder.pointer(4L * batchFrom), 4L * count, device.stream()),
                "cuMemcpyDtoDAsync");
    }

    /** Where rows begin: in their batch if they have an order, else in the data. */
    int position(Rows rows) {
        return rows.order() == null ? rows.from() : rows.from() - batchFrom;
    }

    /** Index in the data of each row, 32-bit integers; null for rows in the order of the data. */
    CUdeviceptr order(Rows rows) {
        return rows.order() == null ? null : batchOrder.pointer(4L * position(rows));
    }

    /** Launches what brings a chunk to where {@link #values} finds it, until {@link #release}. */
    void load(Rows rows) {
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

    /** V of the chunk last loaded, rows × m. */
    DeviceMatrix values(Rows rows) {
        return DeviceMatrix.of(values, rows.count(), shape.features(), data.stride());
    }

    /** Says that what has been launched so far is all that uses the chunk last loaded. */
    void release() {
        if (!data.resident()) {
            data.release();
        }
    }
}
