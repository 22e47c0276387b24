package io.github.paenmf.backend.cuda;

import jcuda.driver.CUstream;

/**
 * The nonzeros of a chunk in the order of their columns, for Q = VᵀS: made on the device of those in the order of rows,
 * always in the same place.
 */
final class ColumnOrder {

    private static final String WHAT = "sparse data in the order of columns";

    private final SparseKernels kernels;
    private final CUstream stream;
    private final int components;
    private final int tiles;
    private final DeviceBuffer starts;
    private final DeviceBuffer rowsOf;
    private final DeviceBuffer values;
    private final DeviceBuffer counts;
    private final DeviceBuffer parts;
    private final long nonzeros;

    /** How large that is. */
    record Size(int rows, int features, long nonzeros, int components) {

        private int tiles(SparseKernels kernels) {
            return kernels.tiles(rows, features, nonzeros);
        }

        /** Bytes of the device's memory. */
        long bytes(SparseKernels kernels) {
            return 8L * (features + 1)
                    + 8 * nonzeros
                    + 4L * tiles(kernels) * features
                    + 4 * SparseKernels.parts(nonzeros, components);
        }
    }

    /**
     * Allocates.
     *
     * @param size rows and nonzeros of the largest chunk; components that are multiplied at once
     */
    ColumnOrder(Size size, SparseKernels kernels, DeviceBuffers memory, CUstream stream) {
        this.kernels = kernels;
        this.stream = stream;
        this.components = size.components();
        this.nonzeros = size.nonzeros();
        tiles = size.tiles(kernels);
        starts = memory.allocate(8L * (size.features() + 1), WHAT);
        rowsOf = memory.allocate(4 * nonzeros, WHAT);
        values = memory.allocate(4 * nonzeros, WHAT);
        counts = memory.allocate(4L * tiles * size.features(), WHAT);
        parts = memory.allocate(4 * SparseKernels.parts(nonzeros, components), WHAT);
    }

    private DeviceColumns columns() {
        return new DeviceColumns(starts.pointer(), rowsOf.pointer(), values.pointer(), nonzeros);
    }

    /** Takes the nonzeros of a chunk. */
    void make(DeviceSparseRows v) {
        kernels.orderColumns(v, tiles, counts.pointer(), columns(), stream);
    }

    /**
     * target = factor·VᵀS of the chunk last taken, or that much more if {@code add}.
     *
     * @param s rows × columns
     */
    void accumulate(float factor, DeviceMatrix s, boolean add, DeviceMatrix target) {
        for (int first = 0; first < s.columns(); first += components) {
            int count = Math.min(components, s.columns() - first);
            kernels.accumulate(
                    columns(),
                    s.columns(first, count),
                    factor,
                    add,
                    target.columns(first, count),
                    parts.pointer(),
                    stream);
        }
    }
}
