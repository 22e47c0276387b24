package io.github.paenmf.backend.cuda;

import java.util.Collections;
import java.util.List;
import jcuda.driver.CUstream;

/**
 * How the parts of a stacked matrix lie side by side on the device: the first columns of each are a part's own, the rest
 * are 0. On the host there are no others.
 *
 * @param sizes columns of each part; r of the last
 * @param widths the same with those beyond them
 */
record Parts(List<Integer> sizes, List<Integer> widths) {

    /** Floats that are copied at once. */
    private static final int BLOCK = 1 << 18;

    /** Parts of which each begins at a multiple of 16 bytes. */
    static Parts padded(List<Integer> sizes) {
        return new Parts(sizes, sizes.stream().map(WeibullKernels::partWidth).toList());
    }

    /** [λ | k | H] of PAE-NMF, or with hidden layers what is of the first of them beside H. */
    static Parts of(int rank, List<Integer> hidden) {
        return padded(hidden.isEmpty() ? Collections.nCopies(3, rank) : List.of(hidden.get(0), rank));
    }

    /** One part, without columns beyond its own. */
    static Parts single(int rank) {
        return new Parts(List.of(rank), List.of(rank));
    }

    private static int sum(List<Integer> counts) {
        return counts.stream().mapToInt(Integer::intValue).sum();
    }

    /** Of the stacked matrix on the device. */
    int columns() {
        return sum(widths);
    }

    /** Of the stacked matrix on the host. */
    int ownColumns() {
        return sum(sizes);
    }

    /** Bytes of so many rows on the device. */
    long bytes(int rows) {
        return 4L * rows * columns();
    }

    /** All parts of a stacked matrix but the last, with what lies between them. */
    DeviceMatrix first(DeviceMatrix stacked) {
        return stacked.columns(0, firstColumns());
    }

    /** Of {@link #first}. */
    int firstColumns() {
        return columns() - widths.get(widths.size() - 1);
    }

    /** The last part of a stacked matrix, rows × r. */
    DeviceMatrix last(DeviceMatrix stacked) {
        return stacked.columns(firstColumns(), sizes.get(sizes.size() - 1));
    }

    /** The same with the columns beside it. */
    DeviceMatrix lastWhole(DeviceMatrix stacked) {
        return stacked.columns(firstColumns(), columns() - firstColumns());
    }

    /** Copies rows × own columns to a buffer, and 0 beside them. */
    void upload(float[] values, DeviceBuffer target, CUstream stream) {
        if (sizes.equals(widths)) {
            target.upload(values, stream);
            return;
        }
        forBlocks(values.length / ownColumns(), (first, rows, block) -> {
            copy(
                    rows,
                    (own, padded, count) -> System.arraycopy(values, first * ownColumns() + own, block, padded, count));
            target.upload(bytes(first), block, 0, rows * columns(), stream);
        });
    }

    /** Fills rows × own columns from a buffer, and waits. */
    void download(DeviceBuffer source, float[] values, CUstream stream) {
        if (sizes.equals(widths)) {
            source.download(values, stream);
            return;
        }
        forBlocks(values.length / ownColumns(), (first, rows, block) -> {
            source.download(bytes(first), block, 0, rows * columns(), stream);
            copy(
                    rows,
                    (own, padded, count) -> System.arraycopy(block, padded, values, first * ownColumns() + own, count));
        });
    }

    /** A column of the stacked matrix. */
    interface Place {
        /** @param own on the host; likewise {@code padded} on the device */
        void accept(int own, int padded);
    }

    /** Goes through all columns that are a part's own. */
    void forPlaces(Place place) {
        copy(1, (own, padded, count) -> {
            for (int j = 0; j < count; j++) {
                place.accept(own + j, padded + j);
            }
        });
    }

    private interface Copy {
        /** A part of a row, from or to a place among own columns, and one among all. */
        void accept(int own, int padded, int count);
    }

    private void copy(int rows, Copy copy) {
        int own = 0;
        int padded = 0;
        for (int i = 0; i < rows; i++) {
            for (int part = 0; part < sizes.size(); part++) {
                copy.accept(own, padded, sizes.get(part));
                own += sizes.get(part);
                padded += widths.get(part);
            }
        }
    }

    private interface Block {
        /** @param block room for the rows, which is 0 beside the parts unless something has been written there */
        void accept(int first, int rows, float[] block);
    }

    private void forBlocks(int rows, Block task) {
        int atOnce = Math.min(rows, Math.max(1, BLOCK / columns()));
        float[] block = new float[atOnce * columns()];
        for (int first = 0; first < rows; first += atOnce) {
            task.accept(first, Math.min(atOnce, rows - first), block);
        }
    }
}
