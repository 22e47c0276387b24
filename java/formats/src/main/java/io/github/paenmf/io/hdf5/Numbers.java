package io.github.paenmf.io.hdf5;

import io.github.paenmf.data.DataException;
import java.math.BigInteger;

/** Makes numbers of one kind from the arrays that the library gives. */
final class Numbers {

    private Numbers() {}

    /**
     * Numbers as float32. Truth values are 1 and 0; the least 32-bit integer, which is R's missing value, and a truth
     * value that is neither become NaN.
     *
     * @param slice an array, or null for zeros
     * @param from for the message
     */
    static float[] floats(Object slice, int count, Hdf5Array from) {
        if (slice instanceof float[] values) {
            return values;
        }
        float[] floats = new float[count];
        if (slice instanceof double[] values) {
            for (int i = 0; i < count; i++) {
                floats[i] = (float) values[i];
            }
        } else if (slice instanceof byte[] values) {
            for (int i = 0; i < count; i++) {
                floats[i] = values[i];
            }
        } else if (slice instanceof short[] values) {
            for (int i = 0; i < count; i++) {
                floats[i] = values[i];
            }
        } else if (slice instanceof int[] values) {
            for (int i = 0; i < count; i++) {
                floats[i] = values[i] == Integer.MIN_VALUE ? Float.NaN : values[i];
            }
        } else if (slice instanceof long[] values) {
            for (int i = 0; i < count; i++) {
                floats[i] = values[i];
            }
        } else if (slice instanceof BigInteger[] values) {
            for (int i = 0; i < count; i++) {
                floats[i] = values[i].floatValue();
            }
        } else if (slice instanceof String[] values && isLogical(values)) {
            for (int i = 0; i < count; i++) {
                floats[i] = "TRUE".equals(values[i]) ? 1 : "FALSE".equals(values[i]) ? 0 : Float.NaN;
            }
        } else if (slice != null) {
            throw notNumbers(slice, from);
        }
        return floats;
    }

    /** How HDF5 writes truth values: an enumeration, whose names the library gives, and null for what has none. */
    private static boolean isLogical(String[] values) {
        for (String value : values) {
            if (value != null && !value.equals("TRUE") && !value.equals("FALSE") && !value.equals("NA")) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whole numbers, however they are stored.
     *
     * @param slice an array, or null for zeros
     * @param from for the message
     */
    static long[] longs(Object slice, int count, Hdf5Array from) {
        if (slice instanceof long[] values) {
            return values;
        }
        long[] longs = new long[count];
        if (slice instanceof int[] values) {
            for (int i = 0; i < count; i++) {
                longs[i] = values[i];
            }
        } else if (slice instanceof byte[] values) {
            for (int i = 0; i < count; i++) {
                longs[i] = values[i];
            }
        } else if (slice instanceof short[] values) {
            for (int i = 0; i < count; i++) {
                longs[i] = values[i];
            }
        } else if (slice instanceof BigInteger[] values) {
            for (int i = 0; i < count; i++) {
                longs[i] = values[i].bitLength() < 64 ? values[i].longValue() : Long.MAX_VALUE;
            }
        } else if (slice instanceof double[] values) { // R has no 64-bit integers
            for (int i = 0; i < count; i++) {
                if (values[i] != Math.rint(values[i])) {
                    throw new DataException(from.path() + " should hold whole numbers, but has " + values[i]);
                }
                longs[i] = (long) values[i];
            }
        } else if (slice != null) {
            throw notNumbers(slice, from);
        }
        return longs;
    }

    private static DataException notNumbers(Object slice, Hdf5Array from) {
        return new DataException(from.path() + " should hold numbers, but holds "
                + (slice instanceof String[] ? "text" : slice.getClass().getSimpleName()));
    }
}
