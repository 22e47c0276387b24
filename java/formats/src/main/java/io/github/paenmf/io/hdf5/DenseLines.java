package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.RowSource;

/** A matrix of which the file has all values. */
record DenseLines(Hdf5Array values) implements StoredMatrix.Lines {

    /** So much of the file is read at once, if its chunks let it. */
    private static final long BAND_BYTES = 1 << 23;

    /** The most that is read at once, so that no chunk is decoded twice. */
    private static final long MAXIMUM_BAND_BYTES = 1 << 27;

    DenseLines {
        if (values.rank() != 2) {
            throw new DataException(values.path() + " should be a matrix, but its shape is " + values.describeShape());
        }
    }

    @Override
    public long rows() {
        return values.extent(0);
    }

    @Override
    public long columns() {
        return values.extent(1);
    }

    @Override
    public RowSource read(boolean exchange, Hdf5Request request) {
        LineStore store = new LineStore(rows(), columns(), !exchange, 0, request);
        int band = band(rows(), columns() * values.elementBytes(), values.chunk(0));
        for (long first = 0; first < rows(); first += band) {
            for (float[] line : values.rows(first, (int) Math.min(band, rows() - first))) {
                store.add(line);
            }
        }
        return store.finish();
    }

    /** How many rows are read at once: whole chunks, unless those are large. */
    static int band(long rows, long rowBytes, int chunkRows) {
        long chunkBytes = chunkRows * rowBytes;
        long band = chunkBytes > MAXIMUM_BAND_BYTES
                ? Math.max(1, BAND_BYTES / rowBytes)
                : chunkRows * Math.max(1, BAND_BYTES / chunkBytes);
        return (int) Math.min(band, rows);
    }
}
