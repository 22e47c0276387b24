package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.data.SparseSource;
import jcuda.driver.CUdeviceptr;

/**
 * The nonzeros of each chunk of a step on the device, in the order of rows for P and in that of columns for Q. How much
 * memory they take shows when data come; where both orders fit they stay, else chunks are streamed. A chunk that is not
 * all of the data is put in the order of columns at each step, on the device; all of the data, once.
 */
final class SparseChunks implements DeviceChunks {

    private final DeviceWorkspace device;
    private final Shape shape;
    private final int components;
    private final Plan plan;
    private final Runnable moved;
    private final SparseKernels kernels;
    private final DeviceBuffers memory;
    /** Of data on the device: with runs that are streamed, their order comes as well. */
    private final BatchOrder order;

    private final DeviceSparseData data;
    /** What follows is that of the data held. */
    private SparseSource held;

    private RowStarts starts;
    private boolean resident;
    private ColumnOrder columnOrder;
    /** Whether the order of columns is that of all rows. */
    private boolean allInColumnOrder;
    /** The chunk last loaded. */
    private DeviceSparseRows chunk;
    /** Null until a residual is asked for. */
    private DeviceSparseErrors errors;

    /**
     * Allocates what does not depend on the data.
     *
     * @param components that are multiplied at once
     * @param moved runs when memory was allocated anew, where what was recorded does not find it
     */
    SparseChunks(DeviceWorkspace device, Shape shape, int components, Plan plan, Runnable moved) {
        this.device = device;
        this.shape = shape;
        this.components = components;
        this.plan = plan;
        this.moved = moved;
        kernels = new SparseKernels(device.context().module(), device.context().device());
        memory = new DeviceBuffers(device.arena());
        order = plan.resident() ? new BatchOrder(device, shape) : null;
        data = new DeviceSparseData(device, shape.features(), (long) shape.rows() * shape.features());
    }

    @Override
    public boolean resident() {
        return resident;
    }

    @Override
    public String description() {
        if (held == null) {
            return "sparse data";
        }
        return resident ? "sparse data on the device" : "sparse data streamed in runs of " + plan.chunkRows() + " rows";
    }

    @Override
    public void hold(Rows rows) {
        if (rows.data() != held) {
            open((SparseSource) rows.data());
        }
        boolean all = resident && isAll(rows);
        if (all && !allInColumnOrder) {
            columnOrder.make(data.resident(null, 0, shape.rows()));
        }
        allInColumnOrder = all;
    }

    private boolean isAll(Rows rows) {
        return rows.order() == null && rows.count() == shape.rows();
    }

    private void open(SparseSource source) {
        held = null;
        allInColumnOrder = false;
        data.free();
        memory.free();
        moved.run();
        starts = RowStarts.of(source);
        long most = shape.hasMiniBatches() ? starts.mostOfAny(plan.chunkRows()) : starts.most(plan.chunkRows());
        ColumnOrder.Size size = new ColumnOrder.Size(plan.chunkRows(), shape.features(), most, components);
        long bytes = DeviceSparseData.bytes(shape.rows(), starts.nonzeros()) + size.bytes(kernels);
        resident = plan.resident() && bytes <= device.usableMemory();
        if (resident) {
            data.allocate(1, shape.rows(), starts.nonzeros(), false);
        } else {
            data.allocate(2, plan.chunkRows(), most, shape.hasMiniBatches());
        }
        columnOrder = new ColumnOrder(size, kernels, memory, device.stream());
        if (resident) {
            data.upload(source, starts);
        }
        held = source;
    }

    @Override
    public void begin(Rows first) {
        if (resident) {
            order.begin(first);
        }
    }

    @Override
    public int position(Rows rows) {
        return resident ? order.position(rows) : rows.from();
    }

    @Override
    public CUdeviceptr order(Rows rows) {
        return resident ? order.of(rows) : data.order(rows);
    }

    @Override
    public void load(Rows rows) {
        chunk = resident ? data.resident(order(rows), position(rows), rows.count()) : data.stream(rows, starts);
    }

    @Override
    public void project(Rows rows, float factor, DeviceMatrix x, DeviceMatrix target, Precision precision) {
        kernels.project(chunk, x, factor, target, device.stream());
    }

    @Override
    public void accumulate(
            Rows rows, float factor, DeviceMatrix s, boolean add, DeviceMatrix target, Precision precision) {
        if (!resident || !isAll(rows)) {
            columnOrder.make(chunk);
        }
        columnOrder.accumulate(factor, s, add, target);
    }

    @Override
    public double squaredError(Rows rows, DeviceMatrix h, DeviceMatrix w) {
        if (errors == null) {
            errors = new DeviceSparseErrors(device, kernels, shape.dataScale(), plan.chunkRows(), shape.rank());
        }
        return errors.squaredError(chunk, h, w);
    }

    @Override
    public void release() {
        if (!resident) {
            data.release();
        }
    }
}
