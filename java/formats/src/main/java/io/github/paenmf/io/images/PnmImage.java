package io.github.paenmf.io.images;

import io.github.paenmf.data.DataException;
import java.nio.charset.StandardCharsets;

/**
 * An image of the netpbm formats PBM, PGM or PPM, plain or raw (P1 to P6), with its stored samples: whatever the maximum
 * in its header is, nothing is scaled. Of colours, the luma; of PBM, 255 for white and 0 for black.
 */
final class PnmImage {

    private static final int BITMAP_MAXIMUM = 255;

    private final byte[] file;
    private final boolean plain;
    private final boolean bitmap;
    private final int channels;
    private final int width;
    private final int height;
    private final int maximum;
    private int position;

    private PnmImage(byte[] file) {
        this.file = file;
        int type = file.length < 2 || file[0] != 'P' ? 0 : file[1] - '0';
        if (type < 1 || type > 6) {
            String start = new String(file, 0, Math.min(2, file.length), StandardCharsets.ISO_8859_1);
            throw new DataException("it begins with '" + start.replaceAll("\\p{Cntrl}", " ")
                    + "', not with P1 to P6 as PBM, PGM and PPM do: it is damaged or not of its type");
        }
        plain = type <= 3;
        bitmap = type == 1 || type == 4;
        channels = type == 3 || type == 6 ? 3 : 1;
        position = 2;
        width = headerNumber("width", Integer.MAX_VALUE);
        height = headerNumber("height", Integer.MAX_VALUE);
        maximum = bitmap ? BITMAP_MAXIMUM : headerNumber("maximum", 0xffff);
        while (position < file.length && file[position] == '#') {
            skipComment();
        }
        position++; // one blank ends the header; the next byte may be a value that looks like one
    }

    /**
     * Reads the header.
     *
     * @throws DataException if it is damaged; the message says where
     */
    static PnmImage of(byte[] file) {
        return new PnmImage(file);
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** The value of white. */
    int maximum() {
        return maximum;
    }

    /** Bytes that the samples take at least. */
    long leastBytes() {
        long samples = (long) width * height * channels;
        if (bitmap && !plain) {
            return (width + 7L) / 8 * height;
        }
        return plain ? samples : samples * (maximum > 0xff ? 2 : 1);
    }

    long bytesLeft() {
        return Math.max(0, file.length - position);
    }

    /**
     * Stores the pixels, row by row.
     *
     * @throws DataException if values are missing, above the maximum or no numbers, or if something follows them, such
     *     as a second image
     */
    void store(float[] target, int offset) {
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                target[offset + y * width + x] = pixel(x, y);
            }
            if (bitmap && !plain) {
                position += (width + 7) / 8;
            }
        }
        int end = position;
        while (position < file.length) {
            if (!isBlank(file[position])) {
                throw new DataException("there is more in it after its " + width + " × " + height + " pixels, at byte "
                        + (end + 1) + ", such as another image; store one image per file (pamsplit does)");
            }
            position++;
        }
    }

    private float pixel(int x, int y) {
        if (bitmap) {
            int bit = plain ? plainBit(x, y) : rawByte(position + x / 8, x, y) >> (7 - x % 8) & 1;
            return bit == 1 ? 0 : BITMAP_MAXIMUM;
        }
        int first = sample(x, y);
        return channels == 1 ? first : ImageDirectory.luma(first, sample(x, y), sample(x, y));
    }

    private int sample(int x, int y) {
        int value;
        if (plain) {
            skipBlanksAndComments();
            value = number();
            if (value < 0) {
                throw position < file.length
                        ? new DataException(where(x, y) + " is no number, at byte " + (position + 1))
                        : truncated(x, y);
            }
        } else {
            value = rawByte(position++, x, y);
            if (maximum > 0xff) {
                value = value << 8 | rawByte(position++, x, y);
            }
        }
        if (value > maximum) {
            throw new DataException(
                    where(x, y) + " is " + value + ", above the maximum in its header, " + maximum + ": it is damaged");
        }
        return value;
    }

    private int plainBit(int x, int y) {
        skipBlanksAndComments();
        if (position >= file.length) {
            throw truncated(x, y);
        }
        int bit = file[position] - '0';
        if (bit != 0 && bit != 1) {
            throw new DataException(where(x, y) + " is neither 0 nor 1, at byte " + (position + 1));
        }
        position++;
        return bit;
    }

    private int rawByte(int at, int x, int y) {
        if (at >= file.length) {
            throw truncated(x, y);
        }
        return file[at] & 0xff;
    }

    private static String where(int x, int y) {
        return "the value in its row " + (y + 1) + ", column " + (x + 1);
    }

    private DataException truncated(int x, int y) {
        return new DataException("it is damaged: the file ends before " + where(x, y) + " of " + width + " × " + height
                + " pixels; copy it again");
    }

    private int headerNumber(String what, int limit) {
        skipBlanksAndComments();
        int value = number();
        if (value < 1 || value > limit) {
            throw new DataException("it is damaged: the " + what + " in its header, before byte " + (position + 1)
                    + ", is no number from 1 to " + limit);
        }
        return value;
    }

    /** The decimal number here; less than 0 if there is none, or none that an int holds. */
    private int number() {
        long value = -1;
        while (position < file.length && file[position] >= '0' && file[position] <= '9') {
            value = Math.min(Integer.MAX_VALUE + 1L, Math.max(0, value) * 10 + file[position] - '0');
            position++;
        }
        return value > Integer.MAX_VALUE ? -1 : (int) value;
    }

    private void skipBlanksAndComments() {
        while (position < file.length) {
            if (file[position] == '#') {
                skipComment();
            } else if (isBlank(file[position])) {
                position++;
            } else {
                return;
            }
        }
    }

    private void skipComment() {
        while (position < file.length && file[position] != '\n' && file[position] != '\r') {
            position++;
        }
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }
}
