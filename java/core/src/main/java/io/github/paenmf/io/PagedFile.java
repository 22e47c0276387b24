package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import io.github.paenmf.data.PagedRows;
import io.github.paenmf.data.RowStore;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A file of which pieces are read as they are asked for. Not by a {@link java.nio.channels.FileChannel}, which an interrupt of
 * any thread that reads closes for all; nor by a map, whose pages count as the process's memory whatever it keeps.
 */
final class PagedFile implements Closeable {

    private final Path path;
    private final RandomAccessFile file;
    private final long size;
    /** The piece that is at work; grows to the largest. */
    private byte[] piece = new byte[0];

    PagedFile(Path path) throws IOException {
        this.path = path;
        this.file = new RandomAccessFile(path.toFile(), "r");
        this.size = file.length();
    }

    /** Opens a store. */
    interface Opening {
        RowStore open() throws IOException;
    }

    /**
     * Rows of a store, of which so many bytes are in memory.
     *
     * @throws DataException whose message starts with the path
     */
    static PagedRows open(Path path, Opening opening, long bytes) throws IOException {
        return Sources.reading(path.toString(), () -> {
            RowStore store = opening.open();
            try {
                return PagedRows.of(store, bytes);
            } catch (RuntimeException e) {
                store.close();
                throw e;
            }
        });
    }

    long size() {
        return size;
    }

    /** Makes something of a piece. */
    interface Reading<T> {
        T read() throws IOException;
    }

    /**
     * Makes something of a piece; one at a time, since all have the same buffer.
     *
     * @param what the piece is, for messages
     * @throws DataException that says so after the path, where the piece cannot be used
     * @throws UncheckedIOException where it cannot be read
     */
    synchronized <T> T naming(String what, Reading<T> reading) {
        try {
            return reading.read();
        } catch (DataException e) {
            throw new DataException(path + ": " + what + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(path + ": " + what + ": " + e.getMessage(), e));
        }
    }

    /**
     * Reads a piece.
     *
     * @return its bytes, little-endian, up to the next call
     * @throws DataException if the file ends before, or the heap cannot hold it
     */
    synchronized ByteBuffer read(long offset, int length) throws IOException {
        if (piece.length < length) {
            Matrix.requireMemory(length, "piece of " + length + " bytes");
            piece = new byte[length];
        }
        file.seek(offset);
        try {
            file.readFully(piece, 0, length);
        } catch (EOFException e) {
            throw new DataException("the file ends within it: it is truncated, or was while it was read", e);
        }
        return ByteBuffer.wrap(piece, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
