package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Shape;
import io.github.paenmf.data.Matrix;

/**
 * What of the device's memory goes to V, and what to P and S.
 *
 * @param resident whether all rows of V stay on the device; of sparse data, if they fit, which shows when they come
 * @param chunkRows most rows of P and S
 */
record Plan(boolean resident, int chunkRows) {

    /** Bounds the page-locked memory of runs that are streamed. */
    private static final long MAX_RUN_BYTES = 256L << 20;

    /**
     * All rows on the device if they fit beside P and S of one row block, which then get what is left.
     *
     * @param workBytes what P, S and the algorithm take for each row of a chunk
     * @param usableBytes for all of that, and V
     * @param streamed whether V is streamed even where it would fit
     */
    static Plan of(Shape shape, Execution execution, long workBytes, long usableBytes, boolean streamed) {
        long rowBytes = 4L * DeviceData.stride(shape.features());
        int wanted = execution.chunkRows() > 0 ? Math.min(execution.chunkRows(), shape.batchRows()) : shape.batchRows();
        if (shape.sparse()) {
            return new Plan(!streamed, aligned(wanted, usableBytes / 2 / workBytes)); // nonzeros get the other half
        }
        long residentBytes = workBytes + (shape.hasMiniBatches() ? rowBytes : 0); // the batch is gathered
        long left = usableBytes - rowBytes * shape.rows();
        if (!streamed && left >= Math.min(wanted, Matrix.ROW_ALIGNMENT) * residentBytes) {
            return new Plan(true, aligned(wanted, left / residentBytes));
        }
        long runRowBytes = DeviceData.runRowBytes(shape.features(), shape.hasMiniBatches());
        long most = Math.min(MAX_RUN_BYTES / runRowBytes, usableBytes / (workBytes + 2 * runRowBytes));
        // Fewer than a row block where rows are long: the staging of a run is a Java buffer, below 2 GiB.
        return new Plan(false, (int) Math.min(aligned(wanted, most), Math.max(1, MAX_RUN_BYTES / runRowBytes)));
    }

    /** The wanted rows if so many fit, else the multiple of the row alignment that fits, at least one. */
    private static int aligned(int wanted, long most) {
        if (wanted <= most) {
            return wanted;
        }
        return (int) Math.min(wanted, Math.max(1, most / Matrix.ROW_ALIGNMENT) * Matrix.ROW_ALIGNMENT);
    }
}
