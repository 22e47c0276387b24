package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.LongFunction;

/**
 * Reads the elements of an array that an {@link NpyHeader} describes, in pieces: what is held beside the result is
 * small, and files of any size can be read.
 */
final class NpyReader {

    /** A multiple of every element size, and small enough for the L2 cache. */
    private static final int CHUNK_BYTES = 1 << 18;

    private static final int MAX_STRING_BYTES = 1 << 30;

    private final InputStream in;
    private final NpyHeader header;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final ByteBuffer view;
    private long bytesRead;

    /**
     * Starts to read.
     *
     * @param in stands at the first element
     */
    NpyReader(InputStream in, NpyHeader header) {
        this.in = in;
        this.header = header;
        this.view = ByteBuffer.wrap(chunk).order(header.order());
    }

    /**
     * Checks the size that the header declares against what the file can hold, before anything is allocated.
     *
     * @param available bytes of the file, or the most that its compressed bytes can expand to; less than 0: unknown
     * @param exact whether the file holds just so many
     * @throws DataException if the file is too short, or has more than it should
     */
    static void checkSize(NpyHeader header, long available, boolean exact) {
        if (available < 0) {
            return;
        }
        long needed = header.bytes();
        long held = available - header.length();
        if (held < needed) {
            throw new DataException("the header declares " + header + ", " + needed + " bytes, but "
                    + (exact ? "the file holds only " : "the compressed file cannot hold more than ")
                    + Math.max(0, held) + " of them: it is truncated or damaged");
        }
        if (exact && held > needed) {
            throw new DataException("the header declares " + header + ", " + needed + " bytes, but the file holds "
                    + held + ": it is damaged, or several arrays were written into one file");
        }
    }

    /**
     * Reads the array as a matrix. The first dimension becomes the rows, all others together the columns.
     *
     * @throws DataException if the array has fewer than two dimensions or is not numeric, has values beyond the range
     *     of float32, or the file ends early
     */
    Matrix readMatrix(ReadOptions options) throws IOException {
        requireMatrix(header);
        long rows = header.extent(0);
        long columns = header.size() / rows;
        // A transposed matrix in C order is a matrix in Fortran order, so transposing costs no second copy.
        boolean byColumns = header.fortran() != options.transpose();
        Matrix result = options.transpose() ? options.allocate(columns, rows) : options.allocate(rows, columns);
        if (byColumns) {
            readByColumns(result);
        } else {
            readByRows(result);
        }
        return result;
    }

    /**
     * Checks that an array is a matrix.
     *
     * @throws DataException if it has fewer than two dimensions, no elements, or is not numeric
     */
    static void requireMatrix(NpyHeader header) {
        if (!header.isNumeric()) {
            throw new DataException("the array holds text, not numbers");
        }
        if (header.dimensions() < 2) {
            throw new DataException("the array has " + header.dimensions() + " dimension"
                    + (header.dimensions() == 1 ? "" : "s") + ", but a matrix needs 2, samples × features;"
                    + " reshape it with a.reshape(n, m)");
        }
        if (header.fortran() && header.dimensions() > 2) {
            throw new DataException("the array has " + header.dimensions()
                    + " dimensions in Fortran order; save numpy.ascontiguousarray(a) instead");
        }
        if (header.size() == 0) {
            throw new DataException("the array is empty: its shape is " + header.describeShape());
        }
    }

    private void readByRows(Matrix result) throws IOException {
        for (int row = 0; row < result.rows(); row += result.rowsPerBlock()) {
            int blockRows = Math.min(result.rowsPerBlock(), result.rows() - row);
            read(result.storage(row), result.offset(row), blockRows * result.columns());
        }
    }

    /** The elements come column by column: gather a few columns, then write runs of that length into each row. */
    private void readByColumns(Matrix result) throws IOException {
        int rows = result.rows();
        int columns = result.columns();
        int bufferElements = 1 << 20;
        int group = Math.max(1, Math.min(columns, Math.min(64, bufferElements / rows)));
        float[] buffer = new float[Math.min(rows, bufferElements) * group];
        for (int column = 0; column < columns; column += group) {
            int width = Math.min(group, columns - column);
            int height = buffer.length / group; // all rows, unless a single column is longer than the buffer
            for (int row = 0; row < rows; row += height) {
                int count = Math.min(height, rows - row);
                read(buffer, 0, count * width);
                for (int i = 0; i < count; i++) {
                    float[] target = result.storage(row + i);
                    int offset = result.offset(row + i) + column;
                    for (int j = 0; j < width; j++) {
                        target[offset + j] = buffer[j * count + i];
                    }
                }
            }
        }
    }

    /**
     * Reads the whole array, whatever its dimensions.
     *
     * @throws DataException if it has more elements than a Java array, memory does not suffice, or the file ends early
     */
    NpyArray readArray(String name) throws IOException {
        if (header.size() > Integer.MAX_VALUE - 8) {
            throw new DataException("array " + name + " has " + header.size() + " elements, too many for this use");
        }
        if (header.fortran() && header.dimensions() > 1) {
            throw new DataException("array " + name + " is in Fortran order; save numpy.ascontiguousarray(a) instead");
        }
        int size = (int) header.size();
        int[] shape = new int[header.dimensions()];
        for (int i = 0; i < shape.length; i++) {
            if (header.extent(i) > Integer.MAX_VALUE) {
                throw new DataException(
                        "array " + name + " has the shape " + header.describeShape() + ", which is too large");
            }
            shape[i] = (int) header.extent(i);
        }
        Matrix.requireMemory(heapBytes(size), header.describeShape() + " array");
        return new NpyArray(name, header.typeName(), shape, readElements(size));
    }

    private long heapBytes(long size) {
        return switch (header.kind()) {
            case UNICODE, BYTES -> size * (60 + header.itemSize() / 2L) + 2L * header.itemSize(); // one being decoded
            case BOOLEAN -> 4 * size;
            default -> Math.max(4, header.itemSize()) * size;
        };
    }

    private Object readElements(int size) throws IOException {
        int itemSize = header.itemSize();
        switch (header.kind()) {
            case FLOAT -> {
                if (itemSize == 8) {
                    double[] values = new double[size];
                    forChunks(
                            size,
                            itemSize,
                            (start, count) -> view.asDoubleBuffer().get(values, start, count));
                    return values;
                }
                float[] values = new float[size];
                read(values, 0, size);
                return values;
            }
            case UNICODE, BYTES -> {
                return readStrings(size);
            }
            default -> {
                boolean wide = itemSize == 8 || header.kind() == NpyHeader.Kind.UNSIGNED && itemSize == 4;
                if (wide) {
                    long[] values = new long[size];
                    forChunks(size, itemSize, (start, count) -> {
                        for (int i = 0; i < count; i++) {
                            values[start + i] = integerAt(i);
                        }
                    });
                    return values;
                }
                int[] values = new int[size];
                forChunks(size, itemSize, (start, count) -> {
                    for (int i = 0; i < count; i++) {
                        values[start + i] = (int) integerAt(i);
                    }
                });
                return values;
            }
        }
    }

    /**
     * Reads the next elements as indices.
     *
     * @param first how many were read before, for messages
     * @param limit what each must be below
     * @param where says for messages which row or column an element, counted from 0, belongs to
     * @throws DataException if they are not integers, one is not from 0 to the limit, or the file ends early
     */
    void readIndices(int[] target, int size, long first, long limit, LongFunction<String> where) throws IOException {
        if (header.kind() == NpyHeader.Kind.FLOAT || !header.isNumeric()) {
            throw new DataException("it should hold integers, not " + header.typeName());
        }
        forChunks(size, header.itemSize(), (start, count) -> {
            boolean plain = header.itemSize() == 4 && header.kind() == NpyHeader.Kind.SIGNED;
            if (plain) {
                view.asIntBuffer().get(target, start, count);
            }
            for (int i = 0; i < count; i++) {
                long index = plain ? target[start + i] : integerAt(i);
                if (index < 0 || index >= limit) {
                    long element = first + start + i;
                    throw new DataException("its entry " + (element + 1) + where.apply(element) + " is " + index
                            + ", but the matrix has indices from 0 to " + (limit - 1));
                }
                target[start + i] = (int) index;
            }
        });
    }

    /** Reads the next elements as floats. */
    void read(float[] target, int offset, int size) throws IOException {
        int itemSize = header.itemSize();
        switch (header.kind()) {
            case FLOAT -> {
                switch (itemSize) {
                    case 4 ->
                        forChunks(
                                size, 4, (start, count) -> view.asFloatBuffer().get(target, offset + start, count));
                    case 8 ->
                        forChunks(size, 8, (start, count) -> {
                            for (int i = 0; i < count; i++) {
                                target[offset + start + i] = toFloat(view.getDouble(8 * i));
                            }
                        });
                    default ->
                        forChunks(size, 2, (start, count) -> {
                            for (int i = 0; i < count; i++) {
                                target[offset + start + i] = halfToFloat(view.getShort(2 * i));
                            }
                        });
                }
            }
            case UNSIGNED, BOOLEAN -> {
                if (itemSize == 1) {
                    forChunks(size, 1, (start, count) -> {
                        for (int i = 0; i < count; i++) {
                            target[offset + start + i] = chunk[i] & 0xff;
                        }
                    });
                } else {
                    readIntegers(target, offset, size);
                }
            }
            default -> readIntegers(target, offset, size);
        }
    }

    private void readIntegers(float[] target, int offset, int size) throws IOException {
        forChunks(size, header.itemSize(), (start, count) -> {
            for (int i = 0; i < count; i++) {
                target[offset + start + i] = integerAt(i);
            }
        });
    }

    private long integerAt(int index) {
        boolean signed = header.kind() == NpyHeader.Kind.SIGNED;
        switch (header.itemSize()) {
            case 1 -> {
                return signed ? chunk[index] : chunk[index] & 0xff;
            }
            case 2 -> {
                short value = view.getShort(2 * index);
                return signed ? value : value & 0xffff;
            }
            case 4 -> {
                int value = view.getInt(4 * index);
                return signed ? value : value & 0xffff_ffffL;
            }
            default -> {
                long value = view.getLong(8 * index);
                if (!signed && value < 0) {
                    throw new DataException(
                            Long.toUnsignedString(value) + " is too large; integers up to 2⁶³ − 1 are supported");
                }
                return value;
            }
        }
    }

    private String[] readStrings(int size) throws IOException {
        int itemSize = header.itemSize();
        if (itemSize > MAX_STRING_BYTES) {
            throw new DataException("a text of " + itemSize + " bytes is too long");
        }
        String[] values = new String[size];
        byte[] item = itemSize <= CHUNK_BYTES ? chunk : new byte[itemSize];
        ByteBuffer characters = ByteBuffer.wrap(item).order(header.order());
        for (int i = 0; i < size; i++) {
            fill(item, itemSize);
            values[i] =
                    header.kind() == NpyHeader.Kind.BYTES ? bytesText(item, itemSize) : unicode(characters, itemSize);
        }
        return values;
    }

    private static String bytesText(byte[] item, int itemSize) {
        int end = itemSize;
        while (end > 0 && item[end - 1] == 0) {
            end--;
        }
        return new String(item, 0, end, StandardCharsets.UTF_8);
    }

    private static String unicode(ByteBuffer item, int itemSize) {
        int end = itemSize / 4;
        while (end > 0 && item.getInt(4 * (end - 1)) == 0) {
            end--;
        }
        StringBuilder text = new StringBuilder(end);
        for (int i = 0; i < end; i++) {
            int codePoint = item.getInt(4 * i);
            if (!Character.isValidCodePoint(codePoint)) {
                throw new DataException("the text holds the impossible character number "
                        + Integer.toUnsignedString(codePoint) + ": the file is damaged");
            }
            text.appendCodePoint(codePoint);
        }
        return text.toString();
    }

    private interface ChunkConsumer {
        void accept(int start, int count);
    }

    private void forChunks(int size, int itemSize, ChunkConsumer consumer) throws IOException {
        int perChunk = CHUNK_BYTES / itemSize;
        for (int start = 0; start < size; ) {
            int count = Math.min(perChunk, size - start);
            fill(chunk, count * itemSize);
            consumer.accept(start, count);
            start += count;
        }
    }

    private void fill(byte[] target, int count) throws IOException {
        int read = in.readNBytes(target, 0, count);
        bytesRead += read;
        if (read < count) {
            throw new DataException("the header declares " + header + ", " + header.bytes()
                    + " bytes, but the data end after " + bytesRead + " of them: the file is truncated");
        }
    }

    /**
     * Checks that nothing follows the elements; this also has a compressed stream verify its checksum.
     *
     * @throws DataException if something follows
     */
    void requireEnd() throws IOException {
        if (in.read() >= 0) {
            throw new DataException("more data follow than the " + header + " that the header declares:"
                    + " the file is damaged, or several arrays were written into one file");
        }
    }

    private static float toFloat(double value) {
        float result = (float) value;
        if (Float.isInfinite(result) && !Double.isInfinite(value)) {
            throw new DataException(
                    "the array holds " + value + ", but 32-bit floats end at 3.4e38; scale the data down");
        }
        return result;
    }

    /** IEEE 754 half precision; Java knows it from version 20 on. */
    static float halfToFloat(short half) {
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        float magnitude;
        if (exponent == 0x1f) {
            magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
        } else if (exponent == 0) {
            magnitude = fraction * 0x1p-24f;
        } else {
            magnitude = Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
        }
        return half < 0 ? -magnitude : magnitude;
    }
}
