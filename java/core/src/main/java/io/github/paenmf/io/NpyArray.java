package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.util.Arrays;
import java.util.List;

/**
 * An array read from an {@code .npz} file: elements in C order (the last index varies fastest), a shape and a type.
 *
 * <p>Accessors convert where that loses nothing but precision, and refuse otherwise: text is not a number, a fraction
 * is not an integer. They may return the array's own storage: do not write to it.
 */
public final class NpyArray {

    private final String name;
    private final String type;
    private final int[] shape;
    private final Object elements; // float[], double[], int[], long[] or String[]

    NpyArray(String name, String type, int[] shape, Object elements) {
        this.name = name;
        this.type = type;
        this.shape = shape;
        this.elements = elements;
    }

    /** The name under which the file holds the array. */
    public String name() {
        return name;
    }

    /** NumPy's name of the element type in the file, such as {@code float32}; {@code text} for strings. */
    public String type() {
        return type;
    }

    /** A copy of the extents; empty for a single value. */
    public int[] shape() {
        return shape.clone();
    }

    /** The number of elements. */
    public int size() {
        int size = 1;
        for (int extent : shape) {
            size *= extent;
        }
        return size;
    }

    /** Whether the elements are text. */
    public boolean isText() {
        return elements instanceof String[];
    }

    /**
     * The elements as floats; float64 is rounded.
     *
     * @throws DataException if they are text
     */
    public float[] floats() {
        if (elements instanceof float[] values) {
            return values;
        }
        double[] values = doubles();
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) values[i];
        }
        return result;
    }

    /**
     * The elements as doubles.
     *
     * @throws DataException if they are text
     */
    public double[] doubles() {
        if (elements instanceof double[] values) {
            return values;
        }
        double[] result = new double[size()];
        if (elements instanceof float[] values) {
            Arrays.setAll(result, i -> values[i]);
        } else if (elements instanceof int[] values) {
            Arrays.setAll(result, i -> values[i]);
        } else if (elements instanceof long[] values) {
            Arrays.setAll(result, i -> values[i]);
        } else {
            throw mismatch("numbers");
        }
        return result;
    }

    /**
     * The elements as integers; booleans are 0 and 1.
     *
     * @throws DataException if they are not integers
     */
    public long[] longs() {
        if (elements instanceof long[] values) {
            return values;
        }
        if (!(elements instanceof int[] values)) {
            throw mismatch("integers");
        }
        long[] result = new long[values.length];
        Arrays.setAll(result, i -> values[i]);
        return result;
    }

    /**
     * The elements as integers of 32 bits.
     *
     * @throws DataException if they are not integers, or one is out of range
     */
    public int[] ints() {
        if (elements instanceof int[] values) {
            return values;
        }
        long[] values = longs();
        int[] result = new int[values.length];
        for (int i = 0; i < result.length; i++) {
            if (values[i] != (int) values[i]) {
                throw new DataException(
                        "array " + name + " holds " + values[i] + ", which is out of the range of 32-bit integers");
            }
            result[i] = (int) values[i];
        }
        return result;
    }

    /**
     * The elements as text.
     *
     * @throws DataException if they are numbers
     */
    public List<String> strings() {
        if (elements instanceof String[] values) {
            return List.of(values);
        }
        throw mismatch("text");
    }

    /**
     * The only element, as text.
     *
     * @throws DataException if there are more or fewer, or it is a number
     */
    public String string() {
        requireOne();
        return strings().get(0);
    }

    /**
     * The only element, as an integer.
     *
     * @throws DataException if there are more or fewer, or it is not an integer
     */
    public long integer() {
        requireOne();
        return longs()[0];
    }

    /**
     * The only element, as a number.
     *
     * @throws DataException if there are more or fewer, or it is text
     */
    public double number() {
        requireOne();
        return doubles()[0];
    }

    private void requireOne() {
        if (size() != 1) {
            throw new DataException("array " + name + " should hold one value, not " + size());
        }
    }

    private DataException mismatch(String wanted) {
        return new DataException("array " + name + " should hold " + wanted + ", not " + type);
    }

    @Override
    public String toString() {
        return name + " " + Arrays.toString(shape) + " " + type;
    }
}
