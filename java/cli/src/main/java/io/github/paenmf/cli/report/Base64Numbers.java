package io.github.paenmf.cli.report;

import io.github.paenmf.data.Matrix;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** Numbers as text that a browser's typed arrays read, little-endian. */
final class Base64Numbers {

    private Base64Numbers() {}

    /** All values of a matrix, row by row, as float32. */
    static String floats(Matrix matrix) {
        ByteBuffer bytes = buffer(Math.multiplyExact(4, Math.toIntExact(matrix.size())));
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                bytes.putFloat(matrix.get(i, j));
            }
        }
        return text(bytes);
    }

    static String floats(float[] values) {
        return floats(Matrix.wrap(values, 1, values.length));
    }

    /** Whole numbers from 0 to 65 535, as uint16. */
    static String shorts(int[] values) {
        ByteBuffer bytes = buffer(Math.multiplyExact(2, values.length));
        for (int value : values) {
            bytes.putShort((short) value);
        }
        return text(bytes);
    }

    /** All values as bytes, where 255 stands for {@code scale}. */
    static String bytes(Matrix matrix, float scale) {
        ByteBuffer bytes = buffer(Math.toIntExact(matrix.size()));
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                bytes.put((byte) Math.round(255 * matrix.get(i, j) / scale));
            }
        }
        return text(bytes);
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String text(ByteBuffer bytes) {
        return Base64.getEncoder().encodeToString(bytes.array());
    }
}
