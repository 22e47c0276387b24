package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/** An array of an {@code .npz} file that is being read. */
final class NpzStream implements Closeable {

    private final CheckedInputStream in;
    private final long checksum;
    private final NpyHeader header;
    private final NpyReader reader;

    private NpzStream(CheckedInputStream in, long size, long checksum) throws IOException {
        this.in = in;
        this.checksum = checksum;
        this.header = NpyHeader.read(in);
        NpyReader.checkSize(header, size, true);
        this.reader = new NpyReader(in, header);
    }

    /**
     * Reads the header.
     *
     * @param raw stands at the beginning; is closed with the stream, also where this fails
     * @param size bytes of the entry, as the archive declares them
     * @param checksum CRC-32 of them, likewise
     */
    static NpzStream open(InputStream raw, long size, long checksum) throws IOException {
        CheckedInputStream in = new CheckedInputStream(raw, new CRC32());
        try {
            return new NpzStream(in, size, checksum);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    NpyHeader header() {
        return header;
    }

    /** Reads the elements, once. */
    NpyReader reader() {
        return reader;
    }

    /**
     * Checks that all has been read and is what was written.
     *
     * @throws DataException if more follows or the checksum is wrong
     */
    void verifyEnd() throws IOException {
        reader.requireEnd();
        if (in.getChecksum().getValue() != checksum) {
            throw new DataException("the checksum is wrong: the file is damaged; write or copy it again");
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
