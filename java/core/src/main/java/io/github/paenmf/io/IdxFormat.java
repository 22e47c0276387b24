package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;

/**
 * The IDX format of the MNIST family: two zero bytes, a type, the number of dimensions, each extent in four bytes, then
 * the elements; everything big-endian.
 */
final class IdxFormat {

    private IdxFormat() {}

    /** Whether bytes look like the start of such a file. */
    static boolean matches(byte[] head) {
        return head.length >= 4 && head[0] == 0 && head[1] == 0 && itemSize(head[2]) > 0 && head[3] > 0 && head[3] <= 8;
    }

    /** Reads the header; the elements follow as in an array of NumPy in C order. */
    static NpyHeader readHeader(InputStream in) throws IOException {
        byte[] start = in.readNBytes(4);
        int dimensions = start[3];
        byte[] extents = in.readNBytes(4 * dimensions);
        if (extents.length < 4 * dimensions) {
            throw new DataException("the file ends inside its header: it is truncated");
        }
        long[] shape = new long[dimensions];
        for (int i = 0; i < extents.length; i++) {
            shape[i / 4] = shape[i / 4] << 8 | extents[i] & 0xff;
        }
        NpyHeader.Kind kind = switch (start[2]) {
            case 0x08 -> NpyHeader.Kind.UNSIGNED;
            case 0x0d, 0x0e -> NpyHeader.Kind.FLOAT;
            default -> NpyHeader.Kind.SIGNED;
        };
        return new NpyHeader(kind, itemSize(start[2]), ByteOrder.BIG_ENDIAN, false, shape, 4 + extents.length);
    }

    private static int itemSize(byte type) {
        return switch (type) {
            case 0x08, 0x09 -> 1;
            case 0x0b -> 2;
            case 0x0c, 0x0d -> 4;
            case 0x0e -> 8;
            default -> 0;
        };
    }
}
