package io.github.paenmf.backend.cuda;

import jcuda.driver.CUstream;

/**
 * How the parts of a stacked matrix lie side by side on the device: the first {@link #rank} of {@link #width} columns are
 * a part's own, the rest are 0. On the host there are no others.
 *
 * @param count of the parts
 * @param rank r
 * @param width columns that a part takes
 */
record Parts(int count, int rank, int width) {

    /** Floats that are copied at once. */
    private static final int BLOCK = 1 << 18;

    /** Parts of which each begins at a multiple of 16 bytes; the rows of the last have their stride. */
    static Parts padded(int count, int rank) {
        return new Parts(count, rank, WeibullKernels.partWidth(rank));
    }

    /** One part, without columns beyond its own. */
    static Parts single(int rank) {
        return new Parts(1, rank, rank);
    }

    /** Of the stacked matrix on the device. */
    int columns() {
        return count * width;
    }

    /** Bytes of so many rows on the device. */
    long bytes(int rows) {
        return 4L * rows * columns();
    }

    /** The first parts of a stacked matrix, with what lies between them. */
    DeviceMatrix first(int parts, DeviceMatrix stacked) {
        return stacked.columns(0, parts * width);
    }

    /** The last part of a stacked matrix, rows × r. */
    DeviceMatrix last(DeviceMatrix stacked) {
        return stacked.columns((count - 1) * width, rank);
    }

    /** Copies rows × count·r values to a buffer, and 0 beside them. */
    void upload(float[] values, DeviceBuffer target, CUstream stream) {
        if (width == rank) {
            target.upload(values, stream);
            return;
        }
        forBlocks(values.length, (first, parts, block) -> {
            for (int i = 0; i < parts; i++) {
                System.arraycopy(values, (first + i) * rank, block, i * width, rank);
            }
            target.upload(4L * first * width, block, 0, parts * width, stream);
        });
    }

    /** Fills rows × count·r values from a buffer, and waits. */
    void download(DeviceBuffer source, float[] values, CUstream stream) {
        if (width == rank) {
            source.download(values, stream);
            return;
        }
        forBlocks(values.length, (first, parts, block) -> {
            source.download(4L * first * width, block, 0, parts * width, stream);
            for (int i = 0; i < parts; i++) {
                System.arraycopy(block, i * width, values, (first + i) * rank, rank);
            }
        });
    }

    private interface Block {
        /**
         * @param first part of a row, of all rows one after another
         * @param block room for the parts, which is 0 beyond the rank unless something has been written there
         */
        void accept(int first, int parts, float[] block);
    }

    private void forBlocks(int values, Block task) {
        int parts = values / rank;
        int atOnce = Math.min(parts, Math.max(1, BLOCK / width));
        float[] block = new float[atOnce * width];
        for (int first = 0; first < parts; first += atOnce) {
            task.accept(first, Math.min(atOnce, parts - first), block);
        }
    }
}
