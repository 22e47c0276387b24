package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Checksums of the parts of a block file: CRC-32C, which processors have an instruction for. */
final class Crc {

    private Crc() {}

    /** Of what is left of a buffer, which stays as it is. */
    static int of(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    /**
     * Checks what is left of a buffer.
     *
     * @throws DataException if it has another checksum
     */
    static void require(ByteBuffer bytes, int expected) {
        int found = of(bytes);
        if (found != expected) {
            throw new DataException(String.format(
                    "its checksum is %08x, not %08x: the file is damaged; write it anew", found, expected));
        }
    }
}
