package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Puts the name of the source in front of what is wrong with it, and turns damage of compressed data into one type. */
final class Sources {

    /** A deflated byte cannot stand for more than this many bytes. */
    private static final long MAX_DEFLATE_RATIO = 1032;

    private static final int BUFFER_BYTES = 1 << 16;

    private Sources() {}

    /** Something that reads. */
    interface Reading<T> {
        T read() throws IOException;
    }

    /**
     * Reads from a named source.
     *
     * @throws DataException with the name in front of the message, also for compressed data that are damaged
     * @throws IOException if the system cannot read
     */
    static <T> T reading(String source, Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (DataException e) {
            throw e.getMessage().startsWith(source + ": ") ? e : new DataException(source + ": " + e.getMessage(), e);
        } catch (EOFException e) {
            throw new DataException(
                    source + ": the compressed data end too early; the file is truncated: copy it again", e);
        } catch (ZipException e) {
            throw new DataException(
                    source + ": the compressed data are damaged (" + e.getMessage() + "); copy the file again", e);
        }
    }

    /** Foreign text for a message: short and on one line. */
    static String shown(String text) {
        String printable = text.replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " ");
        return printable.length() > 40 ? printable.substring(0, 40) + "…" : printable;
    }

    /** A file as it is, or unpacked if it is compressed with gzip, whatever its name says. */
    static InputStream unpacked(InputStream file) throws IOException {
        PushbackInputStream in = new PushbackInputStream(file, 2);
        try {
            byte[] magic = in.readNBytes(2);
            in.unread(magic);
            return isGzip(magic) ? new GZIPInputStream(in, BUFFER_BYTES) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** Whether bytes begin as gzip does. */
    static boolean isGzip(byte[] head) {
        return head.length >= 2 && (head[0] & 0xff) == 0x1f && (head[1] & 0xff) == 0x8b;
    }

    static boolean isZip(byte[] head) {
        return head.length >= 4
                && head[0] == 'P'
                && head[1] == 'K'
                && (head[2] == 3 && head[3] == 4 || head[2] == 5 && head[3] == 6);
    }

    /** The most bytes that so many deflated bytes can expand to. */
    static long mostInflated(long compressed) {
        return compressed > Long.MAX_VALUE / MAX_DEFLATE_RATIO - 1
                ? Long.MAX_VALUE
                : (compressed + 1) * MAX_DEFLATE_RATIO;
    }
}
