package io.github.paenmf.backend.cuda;

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

    private final DeviceBuffers memory;
    private final int features;
    private final CUstream stream;
    private final CUstream copyStream;
    private final int stagingNonzeros;
    private final PinnedBuffer[] staging = new PinnedBuffer[2];
    private final IntBuffer[] stagingColumns = new IntBuffer[2];
    private final FloatBuffer[] stagingValues = new FloatBuffer[2];
    private final CUevent[] copied = new CUevent[2];
    private final CUevent[] used = new CUevent[2];

    /** A row on its way. */
    private final int[] rowColumns;

    private final float[] rowValues;
    private Place[] places = new Place[0];
    private int next;

    /** Which page-locked buffer is being filled, and how far. */
    private int filling;

    private int filled;

    /** Where rows lie. */
    private record Place(DeviceBuffer starts, DeviceBuffer columns, DeviceBuffer values) {}

    /**
     * Allocates page-locked memory.
     *
     * @param device on whose stream the rows are used
     * @param mostNonzeros that may come at once; fewer take less of it
     */
    DeviceSparseData(DeviceWorkspace device, int features, long mostNonzeros) {
        this.memory = new DeviceBuffers(device.arena());
        this.features = features;
        this.stream = device.stream();
        this.copyStream = device.context().newStream();
        this.stagingNonzeros = (int) Math.min(STAGING_NONZEROS, mostNonzeros);
        this.rowColumns = new int[features];
        this.rowValues = new float[features];
        for (int i = 0; i < 2; i++) {
            staging[i] = device.arena().allocatePinned(8 * stagingNonzeros, "staging of sparse data");
            ByteBuffer bytes = staging[i].buffer();
            stagingColumns[i] = bytes.asIntBuffer();
            stagingValues[i] = bytes.asFloatBuffer().position(stagingNonzeros).slice();
            copied[i] = device.newEvent();
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
     */
    void allocate(int count, int rows, long nonzeros) {
        String what = "sparse data of " + rows + " rows with " + nonzeros + " nonzeros";
        Place[] all = new Place[count];
        for (int i = 0; i < count; i++) {
            all[i] = new Place(
                    memory.allocate(8L * (rows + 1), what),
                    memory.allocate(4 * nonzeros, what),
                    memory.allocate(4 * nonzeros, what));
        }
        places = all;
        next = 0;
    }

    /** Copies all rows to the device. */
    void upload(SparseSource data, RowStarts starts) {
        copy(Rows.inOrder(data, 0, data.rows()), places[0], starts.values());
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
        copy(rows, places[next], starts);
        return rows(places[next], null, 0, rows.count());
    }

    /** Says that what has been launched on the stream so far is all that uses the run last streamed. */
    void release() {
        CudaContext.check(JCudaDriver.cuEventRecord(used[next], stream), "cuEventRecord");
        next = 1 - next;
    }

    /** Copies rows, and waits until they are there. */
    private void copy(Rows rows, Place to, long[] starts) {
        SparseSource data = (SparseSource) rows.data();
        long sent = 0;
        begin();
        for (int i = 0; i < rows.count(); i++) {
            int count = data.copyNonzeros(rows.id(i), 0, features, rowColumns, rowValues);
            for (int from = 0; from < count; ) {
                int part = Math.min(count - from, stagingNonzeros - filled);
                stagingColumns[filling].put(filled, rowColumns, from, part);
                stagingValues[filling].put(filled, rowValues, from, part);
                filled += part;
                from += part;
                if (filled == stagingNonzeros) {
                    sent = send(to, sent);
                    begin();
                }
            }
        }
        send(to, sent);
        to.starts.upload(starts, copyStream);
        CudaContext.check(JCudaDriver.cuStreamSynchronize(copyStream), "cuStreamSynchronize");
    }

    /** Takes the other page-locked buffer, once it has been copied. */
    private void begin() {
        filling = 1 - filling;
        filled = 0;
        CudaContext.check(JCudaDriver.cuEventSynchronize(copied[filling]), "cuEventSynchronize");
    }

    /** Copies what has been filled in behind what has been sent, and returns how much that is now. */
    private long send(Place to, long sent) {
        if (filled > 0) {
            Pointer from = staging[filling].pointer();
            send(to.columns, sent, from);
            send(to.values, sent, from.withByteOffset(4L * stagingNonzeros));
            CudaContext.check(JCudaDriver.cuEventRecord(copied[filling], copyStream), "cuEventRecord");
        }
        return sent + filled;
    }

    private void send(DeviceBuffer to, long sent, Pointer from) {
        CudaContext.check(
                JCudaDriver.cuMemcpyHtoDAsync(to.pointer(4 * sent), from, 4L * filled, copyStream),
                "cuMemcpyHtoDAsync of " + filled + " nonzeros");
    }
}
