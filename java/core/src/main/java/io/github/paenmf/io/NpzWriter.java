package io.github.paenmf.io;

import io.github.paenmf.data.Matrix;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes an {@code .npz} file that {@code numpy.load(path, allow_pickle=False)} reads: named arrays, little-endian, in C
 * order. The same arrays give the same bytes at any time and place. Arrays may exceed 4 GiB.
 */
public final class NpzWriter implements Closeable {

    private static final int CHUNK_BYTES = 1 << 16;

    /**
     * Local time, so that no time zone is involved. A month after the earliest time that a zip entry can have: for that
     * one, Java adds the time in UTC, which differs from place to place.
     */
    private static final LocalDateTime TIMESTAMP = LocalDateTime.of(1980, 2, 1, 0, 0);

    private final ZipOutputStream zip;
    private final boolean compress;
    private final Set<String> names = new HashSet<>();
    private final ByteBuffer chunk = newChunk();

    /**
     * Starts a file.
     *
     * @param out where the bytes go; {@link #close} closes it
     * @param compress whether to deflate: smaller, but slower; noise such as sampled data hardly shrinks
     */
    public NpzWriter(OutputStream out, boolean compress) {
        this.zip = new ZipOutputStream(new BufferedOutputStream(out, CHUNK_BYTES));
        this.compress = compress;
    }

    /**
     * Writes a matrix as float32, rows × columns, without copying it as a whole. Its names are not written.
     *
     * @throws IllegalArgumentException if there is an array of that name already, or it cannot be a name
     * @throws IOException if the stream cannot be written
     */
    public void write(String name, Matrix matrix) throws IOException {
        write(
                name,
                "<f4",
                4L * matrix.size(),
                new int[] {matrix.rows(), matrix.columns()},
                out -> writeMatrix(matrix, out, chunk));
    }

    /**
     * Writes an array of float32.
     *
     * @param shape the extents, whose product is the number of values; none for a single value
     * @throws IllegalArgumentException if the shape does not fit, there is an array of that name already, or it cannot
     *     be a name
     * @throws IOException if the stream cannot be written
     */
    public void write(String name, float[] values, int... shape) throws IOException {
        checkShape(values.length, shape);
        write(name, "<f4", 4L * values.length, shape, out -> writeFloats(values, 0, values.length, out, chunk));
    }

    /** Writes an array of float64; see {@link #write(String, float[], int...)}. */
    public void write(String name, double[] values, int... shape) throws IOException {
        checkShape(values.length, shape);
        write(name, "<f8", 8L * values.length, shape, out -> {
            for (int start = 0; start < values.length; ) {
                int count = Math.min(CHUNK_BYTES / 8, values.length - start);
                chunk.asDoubleBuffer().put(values, start, count);
                out.write(chunk.array(), 0, 8 * count);
                start += count;
            }
        });
    }

    /** Writes an array of int64; see {@link #write(String, float[], int...)}. */
    public void write(String name, long[] values, int... shape) throws IOException {
        checkShape(values.length, shape);
        write(name, "<i8", 8L * values.length, shape, out -> {
            for (int start = 0; start < values.length; ) {
                int count = Math.min(CHUNK_BYTES / 8, values.length - start);
                chunk.asLongBuffer().put(values, start, count);
                out.write(chunk.array(), 0, 8 * count);
                start += count;
            }
        });
    }

    /** Writes a list of texts as an array of one dimension; see {@link #write(String, float[], int...)}. */
    public void write(String name, List<String> values) throws IOException {
        writeText(name, values, values.size());
    }

    /** Writes a text as an array without dimensions; see {@link #write(String, float[], int...)}. */
    public void write(String name, String value) throws IOException {
        writeText(name, List.of(value));
    }

    private void writeText(String name, List<String> values, int... shape) throws IOException {
        int width = values.stream()
                .mapToInt(text -> text.codePointCount(0, text.length()))
                .max()
                .orElse(1);
        int characters = Math.max(1, width);
        write(name, "<U" + characters, 4L * characters * values.size(), shape, out -> {
            chunk.clear();
            for (String text : values) {
                int[] codePoints = Arrays.copyOf(text.codePoints().toArray(), characters);
                for (int codePoint : codePoints) {
                    chunk.putInt(codePoint);
                    if (!chunk.hasRemaining()) {
                        out.write(chunk.array(), 0, chunk.position());
                        chunk.clear();
                    }
                }
            }
            out.write(chunk.array(), 0, chunk.position());
            chunk.clear();
        });
    }

    private static void writeMatrix(Matrix matrix, OutputStream out, ByteBuffer chunk) throws IOException {
        for (int row = 0; row < matrix.rows(); row += matrix.rowsPerBlock()) {
            int blockRows = Math.min(matrix.rowsPerBlock(), matrix.rows() - row);
            writeFloats(matrix.storage(row), matrix.offset(row), blockRows * matrix.columns(), out, chunk);
        }
    }

    private static void writeFloats(float[] values, int offset, int size, OutputStream out, ByteBuffer chunk)
            throws IOException {
        for (int start = 0; start < size; ) {
            int count = Math.min(CHUNK_BYTES / 4, size - start);
            chunk.asFloatBuffer().put(values, offset + start, count);
            out.write(chunk.array(), 0, 4 * count);
            start += count;
        }
    }

    private interface Elements {
        void writeTo(OutputStream out) throws IOException;
    }

    private void write(String name, String descr, long bytes, int[] shape, Elements elements) throws IOException {
        if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.contains(":") || name.startsWith(".")) {
            throw new IllegalArgumentException("'" + name + "' cannot be the name of an array");
        }
        if (!names.add(name)) {
            throw new IllegalArgumentException("there is an array named '" + name + "' already");
        }
        byte[] header = NpyHeader.encode(descr, shape);
        ZipEntry entry = new ZipEntry(name + ".npy");
        entry.setTimeLocal(TIMESTAMP);
        if (!compress) {
            // A stored entry needs its checksum before its content: encoding twice is cheaper than a second copy.
            CheckedOutputStream checksum = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
            checksum.write(header);
            elements.writeTo(checksum);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(header.length + bytes);
            entry.setCompressedSize(header.length + bytes);
            entry.setCrc(checksum.getChecksum().getValue());
        }
        zip.putNextEntry(entry);
        zip.write(header);
        elements.writeTo(zip);
        zip.closeEntry();
    }

    /** Writes an array of float32 in a file of its own, {@code .npy}. */
    static void writeNpy(OutputStream out, Matrix matrix) throws IOException {
        out.write(NpyHeader.encode("<f4", matrix.rows(), matrix.columns()));
        writeMatrix(matrix, out, newChunk());
    }

    private static ByteBuffer newChunk() {
        return ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void checkShape(int size, int[] shape) {
        long product = 1;
        for (int extent : shape) {
            product *= extent;
        }
        if (product != size) {
            throw new IllegalArgumentException(
                    size + " values do not fill an array of shape " + Arrays.toString(shape));
        }
    }

    /** Completes the file and closes the stream below. */
    @Override
    public void close() throws IOException {
        zip.close();
    }
}
