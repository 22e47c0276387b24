package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** The order of a mini-batch of data on the device, always in the same place. */
final class BatchOrder {

    private final DeviceWorkspace device;
    private final Shape shape;
    /** Of an epoch, for all its batches; null without mini-batches, as is that of a batch. */
    private final DeviceBuffer epochOrder;

    private final DeviceBuffer batchOrder;
    private int[] heldOrder;
    /** Where in the order of an epoch this batch begins. */
    private int batchFrom;

    /** Allocates. */
    BatchOrder(DeviceWorkspace device, Shape shape) {
        this.device = device;
        this.shape = shape;
        epochOrder = shape.hasMiniBatches() ? device.allocate(4L * shape.rows(), "order of the rows") : null;
        batchOrder = shape.hasMiniBatches() ? device.allocate(4L * shape.batchRows(), "order of a batch") : null;
    }

    /** Begins a batch, whose first rows these are: has its order in place, if it has one. */
    void begin(Rows first) {
        if (first.order() != null) {
            batchFrom = first.from();
            copyOrder(first.order(), Math.min(shape.batchRows(), first.order().length - batchFrom));
        }
    }

    private void copyOrder(int[] order, int count) {
        if (heldOrder != order) {
            epochOrder.upload(0, order, 0, Math.min(order.length, shape.rows()), device.stream());
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
    CUdeviceptr of(Rows rows) {
        return rows.order() == null ? null : batchOrder.pointer(4L * position(rows));
    }
}
