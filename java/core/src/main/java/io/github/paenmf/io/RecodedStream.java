package io.github.paenmf.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Text in another charset, as UTF-8. */
final class RecodedStream extends InputStream {

    private final InputStreamReader text;
    private final char[] characters = new char[1 << 12];
    private byte[] bytes = {};
    private int position;

    RecodedStream(InputStreamReader text) {
        this.text = text;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length > 0 && position == bytes.length && !fill()) {
            return -1;
        }
        int count = Math.min(length, bytes.length - position);
        System.arraycopy(bytes, position, target, offset, count);
        position += count;
        return count;
    }

    private boolean fill() throws IOException {
        int count = text.read(characters, 0, characters.length); // never half of a surrogate pair
        if (count < 0) {
            return false;
        }
        bytes = new String(characters, 0, count).getBytes(StandardCharsets.UTF_8);
        position = 0;
        return true;
    }
}
