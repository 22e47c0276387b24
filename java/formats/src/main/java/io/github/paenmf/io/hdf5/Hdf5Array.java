package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import io.jhdf.api.Dataset;
import io.jhdf.api.dataset.ChunkedDataset;
import io.jhdf.exceptions.HdfException;
import io.jhdf.object.message.DataLayout;
import java.lang.reflect.Array;
import java.util.Arrays;

/** A data set, by its path, read slice by slice. */
final class Hdf5Array {

    private final Dataset data;
    private final String path;
    private final long[] shape;
    /** Whether nothing of it is in the file, so that all of it is 0. */
    private final boolean unwritten;
    /** Whether R wrote it as TRUE, FALSE and NA. */
    private final boolean logical;

    /** @throws DataException if parts were never written that stand for something other than 0 */
    Hdf5Array(Dataset data, String path) {
        this.data = data;
        this.path = path;
        this.shape = Hdf5Tree.reading(path, data::getDimensionsAsLong);
        this.unwritten = Hdf5Tree.reading(path, data::isEmpty);
        this.logical = "logical".equals(text("storage.mode"));
        Object fill = Hdf5Tree.reading(path, data::getFillValue);
        if (fill instanceof Number number && number.doubleValue() != 0 && hasUnwrittenPart()) {
            throw new DataException(path + " has parts that were never written and stand for its fill value " + number
                    + ", which is not supported; write them: read the data set in h5py, and save a copy");
        }
    }

    /** The library takes what was never written for 0. */
    private boolean hasUnwrittenPart() {
        if (size() == 0 || unwritten) {
            return size() != 0;
        }
        if (!(data instanceof ChunkedDataset chunked)) {
            return false;
        }
        int[] chunk = chunked.getChunkDimensions();
        int[] at = new int[chunk.length];
        int dimension = 0;
        while (dimension >= 0) {
            try {
                chunked.getRawChunkBuffer(at);
            } catch (HdfException e) { // the way in which the library says that there is none
                return true;
            }
            for (dimension = at.length - 1; dimension >= 0; dimension--) {
                long next = (long) at[dimension] + chunk[dimension];
                if (next < shape[dimension]) {
                    at[dimension] = (int) next;
                    break;
                }
                at[dimension] = 0;
            }
        }
        return false;
    }

    String path() {
        return path;
    }

    int rank() {
        return shape.length;
    }

    /** How long a dimension is. */
    long extent(int dimension) {
        return shape[dimension];
    }

    String describeShape() {
        return Messages.shape(shape);
    }

    private long size() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** Whether it stands for nothing at all, which is how anndata writes a matrix that is not there. */
    boolean isNull() {
        return shape.length == 0 && unwritten;
    }

    /** How long a chunk of the file is in a dimension, or 1 if there are no chunks. */
    int chunk(int dimension) {
        return data instanceof ChunkedDataset chunked ? chunked.getChunkDimensions()[dimension] : 1;
    }

    /** Bytes of an element in the file. */
    int elementBytes() {
        return data.getDataType().getSize();
    }

    Object attribute(String name) {
        return Hdf5Group.attribute(data, path, name);
    }

    /** An attribute's text, or an empty one if there is none or it is no text; R writes a list of one. */
    String text(String name) {
        return Hdf5Group.text(attribute(name));
    }

    /** Whether an element has named members. */
    boolean isCompound() {
        return data.isCompound();
    }

    /** All of it, as the library gives it. */
    Object everything() {
        return Hdf5Tree.reading(path, () -> LzfText.matches(data) ? LzfText.read(data) : data.getData());
    }

    /** Checks that it is one list of so many elements. */
    Hdf5Array requireLength(long length, String of) {
        if (shape.length != 1 || shape[0] != length) {
            throw new DataException(path + " should have " + length + " elements, one " + of + ", but its shape is "
                    + describeShape() + "; the file is damaged");
        }
        return this;
    }

    /** Some elements of a list, as the library gives them; null if they are all 0. */
    private Object slice(long from, int count) {
        if (unwritten) {
            return null;
        }
        return Hdf5Tree.reading(
                path,
                () -> data.getDataLayout() == DataLayout.COMPACT
                        ? copyOfRange(data.getDataFlat(), (int) from, count)
                        : data.getData(new long[] {from}, new int[] {count}));
    }

    private static Object copyOfRange(Object array, int from, int count) {
        Object copy = Array.newInstance(array.getClass().getComponentType(), count);
        System.arraycopy(array, from, copy, 0, count);
        return copy;
    }

    /** Some numbers of a list, as float32. */
    float[] floats(long from, int count) {
        return count == 0 ? new float[0] : floats(slice(from, count), count);
    }

    /** Some whole numbers of a list. */
    long[] longs(long from, int count) {
        return count == 0 ? new long[0] : Numbers.longs(slice(from, count), count, this);
    }

    /** Rows of a matrix, as float32. */
    float[][] rows(long first, int count) {
        int columns = Math.toIntExact(shape[1]);
        float[][] rows = new float[count][];
        if (unwritten) {
            Arrays.setAll(rows, i -> new float[columns]);
            return rows;
        }
        Object read = Hdf5Tree.reading(
                path,
                () -> data.getDataLayout() == DataLayout.COMPACT
                        ? data.getData()
                        : data.getData(new long[] {first, 0}, new int[] {count, columns}));
        if (!(read instanceof Object[] slice)) {
            throw new DataException(path + " should hold numbers, but its elements have several members");
        }
        if (slice.length != count) {
            slice = Arrays.copyOfRange(slice, (int) first, (int) first + count);
        }
        for (int i = 0; i < count; i++) {
            rows[i] = floats(slice[i], columns);
            slice[i] = null;
        }
        return rows;
    }

    private float[] floats(Object slice, int count) {
        float[] values = Numbers.floats(slice, count, this);
        if (logical) {
            for (int i = 0; i < count; i++) {
                values[i] = values[i] == 0 || values[i] == 1 ? values[i] : Float.NaN;
            }
        }
        return values;
    }
}
