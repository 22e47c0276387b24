package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/** Passes bytes on as long as they are UTF-8, so that no name is altered without a word. */
final class Utf8Stream extends FilterInputStream {

    private long position;
    private long line = 1;
    /** Bytes of the current character that are still to come. */
    private int missing;
    /** The byte that it began with. */
    private byte lead;

    /**
     * @param position bytes of the file that precede this stream
     */
    Utf8Stream(InputStream in, long position) {
        super(in);
        this.position = position;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = super.read(target, offset, length);
        for (int i = offset; i < offset + count; i++) {
            byte b = target[i];
            if (b < 0 || missing > 0) {
                check(b);
            } else if (b == '\n') {
                line++;
            }
            position++;
        }
        if (count < 0 && missing > 0) {
            throw malformed();
        }
        return count;
    }

    private void check(byte b) {
        boolean continues = (b & 0xc0) == 0x80;
        if (missing > 0 && continues) {
            missing--;
        } else if (missing == 0 && !continues && (b & 0xff) >= 0xc2 && (b & 0xff) <= 0xf4) {
            lead = b;
            missing = (b & 0xe0) == 0xc0 ? 1 : (b & 0xf0) == 0xe0 ? 2 : 3;
        } else {
            if (missing == 0) {
                lead = b;
            }
            throw malformed();
        }
    }

    /** Names the byte that begins no character: the one that awaited others, or else the last. */
    private DataException malformed() {
        long length = missing == 0 ? 0 : (lead & 0xe0) == 0xc0 ? 1 : (lead & 0xf0) == 0xe0 ? 2 : 3;
        return new DataException(String.format(
                Locale.ROOT,
                "line %d is not UTF-8 text: byte 0x%02X at position %d; if the file is in another encoding, such as"
                        + " windows-1252, convert it first (iconv -f WINDOWS-1252 -t UTF-8)",
                line,
                lead & 0xff,
                missing == 0 ? position : position - 1 - (length - missing)));
    }

    @Override
    public long skip(long count) throws IOException {
        return Math.max(0, read(new byte[(int) Math.min(count, 1 << 13)]));
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
