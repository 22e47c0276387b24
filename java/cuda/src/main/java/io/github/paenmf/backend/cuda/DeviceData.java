package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.DenseRows;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.RowSource;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The rows of V on the device: all of them where they fit, else runs of rows that come one after the
 * other from page-locked memory on a stream of their own, two at a time, so that one is copied while the
 * other is used. A row takes {@link #stride} floats, a multiple of 4, so that each begins at a multiple
 * of 16 bytes. The order that a run may have lies behind its rows. Threads of the CPU gather rows together.
 */
final class DeviceData {

    /** Bytes of page-locked memory through which resident data are copied. */
    private static final int STAGING_BYTES = 16 << 20;
    /** What is worth a thread, which takes longer to wake than to copy a tenth of it. */
    private static final int TASK_BYTES = 1 << 18;

    private final int stride;
    private final int columns;
    private final RowBlocks host;
    private final CUstream stream;
    private final CUstream copyStream;
    private final DeviceBuffer[] buffers;
    private final PinnedBuffer[] staging;
    private final CUevent[] copied;
    private final CUevent[] used;
    private final boolean resident;
    private final int bufferRows;
    private RowSource held;
    private int next;

    /**
     * Allocates.
     *
     * @param device on whose stream the rows are used
     * @param rows of the data, which are to be resident, or of the longest run
     * @param ordered whether runs that are not resident may have an order
     */
    DeviceData(DeviceWorkspace device, int rows, int columns, boolean resident, boolean ordered) {
        this.host = device.host();
        this.columns = columns;
        this.stride = stride(columns);
        this.resident = resident;
        this.bufferRows = rows;
        this.stream = device.stream();
        this.copyStream = device.context().newStream();
        long bytes = (long) rows * (resident ? 4L * stride : runRowBytes(columns, ordered));
        int count = resident ? 1 : 2;
        buffers = new DeviceBuffer[count];
        staging = new PinnedBuffer[2];
        copied = new CUevent[2];
        used = new CUevent[2];
        for (int i = 0; i < count; i++) {
            buffers[i] = device.allocate(bytes, rows + " rows of " + columns + " columns of data");
        }
        for (int i = 0; i < 2; i++) {
            long stagingBytes = resident ? Math.min(bytes, Math.max(STAGING_BYTES, 4L * stride)) : bytes;
            staging[i] = device.arena().allocatePinned(Math.toIntExact(stagingBytes), "staging of the data");
            copied[i] = device.newEvent();
            used[i] = device.newEvent();
        }
    }

    /** Floats from one row to the next. */
    static int stride(int columns) {
        return (columns + 3) / 4 * 4;
    }

    /** Bytes that a row of a run takes, in each of two places, on the device and in page-locked memory. */
    static long runRowBytes(int columns, boolean ordered) {
        return 4L * stride(columns) + (ordered ? Integer.BYTES : 0);
    }

    int stride() {
        return stride;
    }

    /** Whether all rows are on the device, and so work on them can be recorded. */
    boolean resident() {
        return resident;
    }

    /** Where V is, for logs and reports. */
    String description() {
        return resident ? "data on the device" : "data streamed in runs of " + bufferRows + " rows";
    }

    /** Copies resident data to the device, unless they are there. */
    void hold(RowSource data) {
        if (held == data) {
            return;
        }
        // What runs on the stream may still read the data that were here before.
        CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
        int rowsAtOnce = staging[0].bytes() / (4 * stride);
        for (int from = 0, slot = 0; from < data.rows(); from += rowsAtOnce, slot = 1 - slot) {
            int count = Math.min(rowsAtOnce, data.rows() - from);
            CudaContext.check(JCudaDriver.cuEventSynchronize(copied[slot]), "cuEventSynchronize");
            copy(Rows.inOrder(data, from, count), slot, buffers[0].pointer(4L * from * stride));
        }
        CudaContext.check(JCudaDriver.cuStreamSynchronize(copyStream), "cuStreamSynchronize");
        held = data;
    }

    private void copy(Rows rows, int slot, CUdeviceptr target) {
        ByteBuffer bytes = staging[slot].buffer();
        FloatBuffer to = bytes.asFloatBuffer();
        int taskRows = Math.max(1, TASK_BYTES / (4 * stride));
        host.forEach((rows.count() - 1) / taskRows + 1, task -> {
            int first = task * taskRows;
            gather(rows, first, Math.min(rows.count(), first + taskRows), to);
        });
        long size = 4L * rows.count() * stride;
        if (rows.order() != null) {
            bytes.position((int) size)
                    .slice()
                    .order(bytes.order())
                    .asIntBuffer()
                    .put(rows.order(), rows.from(), rows.count());
            size += 4L * rows.count();
        }
        CudaContext.check(
                JCudaDriver.cuMemcpyHtoDAsync(target, staging[slot].pointer(), size, copyStream),
                "cuMemcpyHtoDAsync of " + rows.count() + " rows");
        CudaContext.check(JCudaDriver.cuEventRecord(copied[slot], copyStream), "cuEventRecord");
    }

    /** Copies some rows of a run to their places, each with its padding. */
    private void gather(Rows rows, int from, int to, FloatBuffer target) {
        int run;
        for (int i = from; i < to; i += run) {
            int first = rows.id(i);
            int inBlock = Matrix.ROW_ALIGNMENT - first % Matrix.ROW_ALIGNMENT;
            run = rows.order() == null ? Math.min(inBlock, to - i) : 1;
            put((DenseRows) rows.data().block(first, run), i * stride, target);
        }
    }

    private void put(DenseRows rows, int at, FloatBuffer target) {
        for (int i = 0; i < rows.rows(); i++) {
            int place = at + i * stride;
            target.put(place, rows.values(), rows.offset() + i * columns, columns);
            for (int pad = columns; pad < stride; pad++) {
                target.put(place + pad, 0f);
            }
        }
    }

    /** Where a run of resident rows begins. */
    CUdeviceptr resident(int from) {
        return buffers[0].pointer(4L * from * stride);
    }

    /**
     * Brings a run of rows to the device; what the stream does from now on may use it, until
     * {@link #release}.
     */
    CUdeviceptr stream(Rows rows) {
        if (rows.count() > bufferRows) {
            throw new IllegalArgumentException(rows.count() + " rows do not fit a buffer for " + bufferRows);
        }
        int slot = next;
        CudaContext.check(JCudaDriver.cuEventSynchronize(copied[slot]), "cuEventSynchronize");
        CudaContext.check(JCudaDriver.cuStreamWaitEvent(copyStream, used[slot], 0), "cuStreamWaitEvent");
        copy(rows, slot, buffers[slot].pointer());
        CudaContext.check(JCudaDriver.cuStreamWaitEvent(stream, copied[slot], 0), "cuStreamWaitEvent");
        return buffers[slot].pointer();
    }

    /** The order of the run last streamed, 32-bit integers; null where it has none. */
    CUdeviceptr order(Rows rows) {
        return rows.order() == null ? null : buffers[next].pointer(4L * rows.count() * stride);
    }

    /** Says that what has been launched on the stream so far is all that uses the run last streamed. */
    void release() {
        CudaContext.check(JCudaDriver.cuEventRecord(used[next], stream), "cuEventRecord");
        next = 1 - next;
    }

    /** What is done with a run of rows. */
    interface Run {
        /**
         * Launches it.
         *
         * @param v the run, rows × m; here until this returns and all that it has launched is done
         * @param from index in the data of its first row
         */
        void accept(DeviceMatrix v, int from);
    }

    /** Goes through data in order, in the longest runs that there is room for: in one if they are resident. */
    void forRuns(RowSource v, Run run) {
        if (resident) {
            hold(v);
            run.accept(DeviceMatrix.of(resident(0), v.rows(), columns, stride), 0);
            return;
        }
        for (int from = 0; from < v.rows(); from += bufferRows) {
            int count = Math.min(bufferRows, v.rows() - from);
            CUdeviceptr values = stream(new Rows(v, null, from, count));
            run.accept(DeviceMatrix.of(values, count, columns, stride), from);
            release();
        }
    }
}
