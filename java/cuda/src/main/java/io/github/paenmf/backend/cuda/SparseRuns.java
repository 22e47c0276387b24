package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Rows;
import io.github.paenmf.data.SparseSource;

/** Runs of sparse rows for inference, streamed, in memory that grows with the nonzeros of the longest run. */
final class SparseRuns {

    private final DeviceWorkspace device;
    private final int runRows;
    private final SparseKernels kernels;
    private final DeviceSparseData data;
    private final DeviceSparseErrors errors;
    private long nonzeros = -1;

    /**
     * Allocates what does not depend on the data.
     *
     * @param scale what V is divided by
     * @param r rank
     * @param runRows most rows of a run
     */
    SparseRuns(DeviceWorkspace device, int m, double scale, int r, int runRows) {
        this.device = device;
        this.runRows = runRows;
        kernels = new SparseKernels(device.context().module(), device.context().device());
        data = new DeviceSparseData(device, m, (long) runRows * m);
        errors = new DeviceSparseErrors(device, kernels, scale, runRows, r);
    }

    private record Run(DeviceSparseRows v, SparseRuns of) implements DeviceRun {

        @Override
        public int rows() {
            return v.rows();
        }

        @Override
        public void multiply(float factor, DeviceMatrix x, DeviceMatrix target) {
            of.kernels.project(v, x, factor, target, of.device.stream());
        }

        @Override
        public double squaredError(DeviceMatrix h, DeviceMatrix w) {
            return of.errors.squaredError(v, h, w);
        }
    }

    /** Goes through data in order. */
    void forRuns(SparseSource v, DeviceRun.Task task) {
        RowStarts starts = RowStarts.of(v);
        long most = starts.mostOfRuns(runRows);
        if (most > nonzeros) {
            data.free();
            nonzeros = -1;
            data.allocate(2, runRows, most, false);
            nonzeros = most;
        }
        for (int from = 0; from < v.rows(); from += runRows) {
            Rows rows = new Rows(v, null, from, Math.min(runRows, v.rows() - from));
            task.accept(new Run(data.stream(rows, starts), this), from);
            data.release();
        }
    }
}
