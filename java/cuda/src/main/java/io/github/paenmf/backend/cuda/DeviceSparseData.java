package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.RowBlocks;
import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.SparseSource;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * The nonzeros of sparse rows on the device, 8 bytes each: a 32-bit column and a float32 value. They are those of all rows,
 * or of runs of rows that come one after the other from page-locked memory on a stream of their own, two at a time, so
 * that one is copied while the other is used.
 */
final class DeviceSparseData {

    /** Of one of the two page-locked buffers, 8 bytes each. */
    private static final int STAGING_NONZEROS = 1 << 20;
    /** Those that are worth a thread. */
    private static final int TASK_NONZEROS = 1 << 15;

    private final DeviceBuffers memory;
    private final RowBlocks host;
    private final int features;
    private final CUstream stream;
    private final CUstream copyStream;
    private final int stagingNonzeros;
    private final PinnedBuffer[] staging = new PinnedBuffer[2];
    private final IntBuffer[] stagingColumns = new IntBuffer[2];
    private final FloatBuffer[] stagingValues = new FloatBuffer[2];
    /** When a page-locked buffer has been copied, a run of rows has arrived in its place, and it has been used. */
    private final CUevent[] copied = new CUevent[2];

    private final CUevent[] arrived = new CUevent[2];
    private final CUevent[] used = new CUevent[2];
    private Place[] places = new Place[0];
    private int next;
    /** Which page-locked buffer is being filled. */
    private int filling;

    /**
     * Where rows lie.
     *
     * @param order of the rows of a run; null where they have none
     */
    private record Place(DeviceBuffer starts, DeviceBuffer columns, DeviceBuffer values, DeviceBuffer order) {}

    /**
     * Allocates page-locked memory.
     *
     * @param device on whose stream the rows are used
     * @param mostNonzeros that may come at once; fewer take less of it
     */
    DeviceSparseData(DeviceWorkspace device, int features, long mostNonzeros) {
        this.memory = new DeviceBuffers(device.arena());
        this.host = device.host();
        this.features = features;
        this.stream = device.stream();
        this.copyStream = device.context().newStream();
        this.stagingNonzeros = (int) Math.min(STAGING_NONZEROS, mostNonzeros);
        for (int i = 0; i < 2; i++) {
            staging[i] = device.arena().allocatePinned(8 * stagingNonzeros, "staging of sparse data");
            ByteBuffer bytes = staging[i].buffer();
            stagingColumns[i] = bytes.asIntBuffer();
            stagingValues[i] = bytes.asFloatBuffer().position(stagingNonzeros).slice();
            copied[i] = device.newEvent();
            arrived[i] = device.newEvent();
            used[i] = device.newEvent();
        }
    }

    /** Bytes of the device's memory for so many rows at a time. */
    static long bytes(int rows, long nonzeros) {
        return 8L * (rows + 1) + 8 * nonzeros;
    }

    /** Gives the memory of the device back, once all that uses it is done. */
    void free() {
        CudaContext.check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize");
        CudaContext.check(JCudaDriver.cuStreamSynchronize(copyStream), "cuStreamSynchronize");
        memory.free();
        places = new Place[0];
    }

    /**
     * Allocates for all rows, or for runs.
     *
     * @param count 1 for all rows, 2 for runs
     * @param rows most at once
     * @param nonzeros most at once
     * @param ordered whether runs may have an order
     */
    void allocate(int count, int rows, long nonzeros, boolean ordered) {
        String what = "sparse data of " + rows + " rows with " + nonzeros + " nonzeros";
        Place[] all = new Place[count];
        for (int i = 0; i < count; i++) {
            all[i] = new Place(
                    memory.allocate(8L * (rows + 1), what),
                    memory.allocate(4 * nonzeros, what),
                    memory.allocate(4 * nonzeros, what),
                    ordered ? memory.allocate(4L * rows, what) : null);
        }
        places = all;
        next = 0;
    }

    /** Copies all rows to the device; what the stream does from now on may use them. */
    void upload(SparseSource data, RowStarts starts) {
        copy(Rows.inOrder(data, 0, data.rows()), 0, starts.values());
    }

    /** Resident rows: those of an order, or as they lie. */
    DeviceSparseRows resident(CUdeviceptr order, int from, int rows) {
        return rows(places[0], order, from, rows);
    }

    private DeviceSparseRows rows(Place place, CUdeviceptr order, int from, int rows) {
        return new DeviceSparseRows(
                place.starts.pointer(), place.columns.pointer(), place.values.pointer(), order, from, rows, features);
    }

    /**
     * Brings a run of rows to the device; what the stream does from now on may use it, until {@link #release}.
     *
     * @param counts how many nonzeros each row of the data has
     */
    DeviceSparseRows stream(Rows rows, RowStarts counts) {
        CudaContext.check(JCudaDriver.cuStreamWaitEvent(copyStream, used[next], 0), "cuStreamWaitEvent");
        long[] starts = new long[rows.count() + 1];
        for (int i = 0; i < rows.count(); i++) {
            starts[i + 1] = starts[i] + counts.count(rows.id(i));
        }
        copy(rows, next, starts);
        return rows(places[next], null, 0, rows.count());
    }

    /** The order of the run last streamed, 32-bit integers; null where it has none. */
    CUdeviceptr order(Rows rows) {
        return rows.order() == null ? null : places[next].order.pointer();
    }

    /** Says that what has been launched on the stream so far is all that uses the run last streamed. */
    void release() {
        CudaContext.check(JCudaDriver.cuEventRecord(used[next], stream), "cuEventRecord");
        next = 1 - next;
    }

    /**
     * Copies rows.
     *
     * @param starts where each begins among their nonzeros
     */
    private void copy(Rows rows, int place, long[] starts) {
        Place to = places[place];
        int end;
        for (int from = 0; from < rows.count(); from = end) {
            end = from;
            while (end < rows.count() && starts[end + 1] - starts[from] <= stagingNonzeros) {
                end++;
            }
            if (end == from) {
                sendInParts(rows, from, to, starts[from]);
                end++;
            } else {
                begin();
                gather(rows, from, end, starts);
                send(to, starts[from], (int) (starts[end] - starts[from]));
            }
        }
        to.starts.upload(starts, copyStream);
        if (rows.order() != null) {
            to.order.upload(0, rows.order(), rows.from(), rows.count(), copyStream);
        }
        CudaContext.check(JCudaDriver.cuEventRecord(arrived[place], copyStream), "cuEventRecord");
        CudaContext.check(JCudaDriver.cuStreamWaitEvent(stream, arrived[place], 0), "cuStreamWaitEvent");
    }

    /** Takes the other page-locked buffer, once it has been copied. */
    private void begin() {
        filling = 1 - filling;
        CudaContext.check(JCudaDriver.cuEventSynchronize(copied[filling]), "cuEventSynchronize");
    }

    /** Brings some rows to the page-locked buffer, where there is room for them. */
    private void gather(Rows rows, int from, int to, long[] starts) {
        long worth = Math.max(TASK_NONZEROS, features); // more than what a task allocates
        int tasks = (int) Math.max(1, Math.min(to - from, (starts[to] - starts[from]) / worth));
        SparseSource data = (SparseSource) rows.data();
        host.forEach(tasks, task -> {
            int[] columns = new int[features];
            float[] values = new float[features];
            int end = from + (int) ((long) (to - from) * (task + 1) / tasks);
            for (int i = from + (int) ((long) (to - from) * task / tasks); i < end; i++) {
                int count = data.copyNonzeros(rows.id(i), 0, features, columns, values);
                int at = (int) (starts[i] - starts[from]);
                stagingColumns[filling].put(at, columns, 0, count);
                stagingValues[filling].put(at, values, 0, count);
            }
        });
    }

    /** Copies a row that the page-locked buffer has no room for. */
    private void sendInParts(Rows rows, int i, Place to, long start) {
        int[] columns = new int[stagingNonzeros];
        float[] values = new float[stagingNonzeros];
        long sent = start;
        for (int from = 0; from < features; from += stagingNonzeros) {
            int end = Math.min(features - from, stagingNonzeros) + from;
            int count = ((SparseSource) rows.data()).copyNonzeros(rows.id(i), from, end, columns, values);
            begin();
            stagingColumns[filling].put(0, columns, 0, count);
            stagingValues[filling].put(0, values, 0, count);
            send(to, sent, count);
            sent += count;
        }
    }

    /** Copies what has been brought to the page-locked buffer behind what has been sent. */
    private void send(Place to, long sent, int count) {
        if (count > 0) {
            Pointer from = staging[filling].pointer();
            send(to.columns, sent, from, count);
            send(to.values, sent, from.withByteOffset(4L * stagingNonzeros), count);
            CudaContext.check(JCudaDriver.cuEventRecord(copied[filling], copyStream), "cuEventRecord");
        }
    }

    private void send(DeviceBuffer to, long sent, Pointer from, int count) {
        CudaContext.check(
                JCudaDriver.cuMemcpyHtoDAsync(to.pointer(4 * sent), from, 4L * count, copyStream),
                "cuMemcpyHtoDAsync of " + count + " nonzeros");
    }
}
