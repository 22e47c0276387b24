package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What precedes the elements of an array in NumPy's format: their type, byte order, sequence and the shape. See
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 */
final class NpyHeader {

    /** What an element is. */
    enum Kind {
        FLOAT,
        SIGNED,
        UNSIGNED,
        BOOLEAN,
        /** Text of fixed length, four bytes a character. */
        UNICODE,
        /** Text of fixed length, one byte a character. */
        BYTES
    }

    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** NumPy itself refuses headers above 10,000 characters. */
    private static final int MAX_LENGTH = 1 << 16;

    private static final int MAX_DIMENSIONS = 32;

    private final Kind kind;
    private final int itemSize;
    private final ByteOrder order;
    private final boolean fortran;
    private final long[] shape;
    private final int length;

    /**
     * Describes an array.
     *
     * @param itemSize bytes per element
     * @param fortran whether the first index varies fastest
     * @param length bytes before the first element
     * @throws DataException if the array has more bytes than a long counts
     */
    NpyHeader(Kind kind, int itemSize, ByteOrder order, boolean fortran, long[] shape, int length) {
        this.kind = kind;
        this.itemSize = itemSize;
        this.order = order;
        this.fortran = fortran;
        this.shape = shape.clone();
        this.length = length;
        try {
            long bytes = itemSize;
            for (long extent : shape) {
                bytes = Math.multiplyExact(bytes, Math.max(1, extent));
            }
        } catch (ArithmeticException e) {
            throw new DataException("the array declares the impossible shape " + describeShape(), e);
        }
    }

    Kind kind() {
        return kind;
    }

    int itemSize() {
        return itemSize;
    }

    ByteOrder order() {
        return order;
    }

    boolean fortran() {
        return fortran;
    }

    int dimensions() {
        return shape.length;
    }

    long extent(int dimension) {
        return shape[dimension];
    }

    /** Bytes before the first element. */
    int length() {
        return length;
    }

    boolean isNumeric() {
        return kind != Kind.UNICODE && kind != Kind.BYTES;
    }

    /** The number of elements: 1 for an array without dimensions. */
    long size() {
        long size = 1;
        for (long extent : shape) {
            size *= extent;
        }
        return size;
    }

    /** Bytes of all elements. */
    long bytes() {
        return size() * itemSize;
    }

    /** NumPy's name of the type, such as {@code float32}. */
    String typeName() {
        return switch (kind) {
            case FLOAT -> "float" + 8 * itemSize;
            case SIGNED -> "int" + 8 * itemSize;
            case UNSIGNED -> "uint" + 8 * itemSize;
            case BOOLEAN -> "bool";
            case UNICODE, BYTES -> "text";
        };
    }

    String describeShape() {
        return shape.length == 0
                ? "()"
                : Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(" × "));
    }

    @Override
    public String toString() {
        return describeShape() + " " + typeName();
    }

    /** Whether a file begins as an array does. */
    static boolean matches(byte[] head) {
        return head.length >= MAGIC.length && Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /**
     * Reads a header; the stream then stands at the first element.
     *
     * @throws DataException if it is not one, or describes what cannot be read: objects, structures, complex numbers
     */
    static NpyHeader read(InputStream in) throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length < 8 || !matches(start)) {
            throw new DataException("this is not an array in NumPy's format: its first bytes are not \\x93NUMPY");
        }
        int version = start[6];
        if (version < 1 || version > 3) {
            throw new DataException("the array has format version " + version + "; versions 1 to 3 can be read");
        }
        byte[] count = in.readNBytes(version == 1 ? 2 : 4);
        long textLength = 0;
        for (int i = count.length - 1; i >= 0; i--) {
            textLength = textLength << 8 | count[i] & 0xff;
        }
        if (textLength > MAX_LENGTH) {
            throw new DataException("the array's header claims " + textLength + " bytes; at most " + MAX_LENGTH
                    + " are accepted: the file is damaged or foreign");
        }
        byte[] text = in.readNBytes((int) textLength);
        if (text.length < textLength || count.length < 2) {
            throw new DataException("the file ends inside the header of an array: it is truncated");
        }
        return new Parser(new String(text, StandardCharsets.UTF_8), 8 + count.length + text.length).parse();
    }

    /** A header of version 1, padded as NumPy pads it, for elements in C order. */
    static byte[] encode(String descr, int... shape) {
        String shapeText = Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        String text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shapeText
                + (shape.length == 1 ? "," : "") + "), }";
        int alignment = 64;
        int total = (10 + text.length() + 1 + alignment - 1) / alignment * alignment;
        byte[] header = new byte[total];
        Arrays.fill(header, (byte) ' ');
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        header[6] = 1;
        header[7] = 0;
        header[8] = (byte) (total - 10);
        header[9] = (byte) (total - 10 >> 8);
        System.arraycopy(text.getBytes(StandardCharsets.US_ASCII), 0, header, 10, text.length());
        header[total - 1] = '\n';
        return header;
    }

    /** A parser for the one dictionary literal that the format allows. */
    private static final class Parser {

        private final String text;
        private final int length;
        private int position;

        Parser(String text, int length) {
            this.text = text;
            this.length = length;
        }

        NpyHeader parse() {
            String descr = null;
            Boolean fortran = null;
            long[] shape = null;
            expect('{');
            while (!accept('}')) {
                String key = string();
                expect(':');
                if (key.equals("descr") && descr == null) {
                    if (peek() == '[' || peek() == '(') {
                        throw new DataException(
                                "the array is structured (has fields);" + " save a plain numeric array instead");
                    }
                    descr = string();
                } else if (key.equals("fortran_order") && fortran == null) {
                    fortran = bool();
                } else if (key.equals("shape") && shape == null) {
                    shape = tuple();
                } else {
                    throw malformed();
                }
                if (!accept(',')) {
                    expect('}');
                    break;
                }
            }
            if (peek() != 0 || descr == null || fortran == null || shape == null) {
                throw malformed();
            }
            return ofType(descr, fortran, shape);
        }

        private NpyHeader ofType(String descr, boolean fortran, long[] shape) {
            if (descr.startsWith("|O")) {
                throw new DataException("the array holds Python objects, which are never loaded;"
                        + " save numbers with .astype(float), names with .astype(str)");
            }
            if (descr.length() < 3 || "<>|=".indexOf(descr.charAt(0)) < 0) {
                throw unsupported(descr);
            }
            char code = descr.charAt(1);
            int size = 0;
            for (int i = 2; i < descr.length(); i++) {
                int digit = descr.charAt(i) - '0';
                if (digit < 0 || digit > 9 || size > 10_000_000) {
                    throw unsupported(descr);
                }
                size = 10 * size + digit;
            }
            ByteOrder order = descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            Kind kind;
            boolean known;
            switch (code) {
                case 'f' -> {
                    kind = Kind.FLOAT;
                    known = size == 2 || size == 4 || size == 8;
                }
                case 'i', 'u' -> {
                    kind = code == 'i' ? Kind.SIGNED : Kind.UNSIGNED;
                    known = size == 1 || size == 2 || size == 4 || size == 8;
                }
                case 'b' -> {
                    kind = Kind.BOOLEAN;
                    known = size == 1;
                }
                case 'U' -> {
                    kind = Kind.UNICODE;
                    known = size > 0;
                    size *= 4;
                }
                case 'S' -> {
                    kind = Kind.BYTES;
                    known = size > 0;
                }
                default -> throw unsupported(descr);
            }
            if (!known) {
                throw unsupported(descr);
            }
            return new NpyHeader(kind, size, order, fortran, shape, length);
        }

        private static DataException unsupported(String descr) {
            return new DataException("the array has elements of type '" + Sources.shown(descr)
                    + "'; real numbers of 1 to 8 bytes are supported: convert it with .astype('float32')");
        }

        private DataException malformed() {
            return new DataException("the array's header is malformed near its character " + position
                    + ": the file is damaged or was not written by NumPy");
        }

        /** The next character that is not a blank, or 0 at the end. */
        private char peek() {
            while (position < text.length() && " \n\t".indexOf(text.charAt(position)) >= 0) {
                position++;
            }
            return position < text.length() ? text.charAt(position) : 0;
        }

        private boolean accept(char c) {
            if (peek() != c) {
                return false;
            }
            position++;
            return true;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw malformed();
            }
        }

        private String string() {
            char quote = peek();
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, position + 1) : -1;
            if (end < 0) {
                throw malformed();
            }
            String value = text.substring(position + 1, end);
            position = end + 1;
            return value;
        }

        private boolean bool() {
            for (boolean value : new boolean[] {true, false}) {
                String word = value ? "True" : "False";
                peek();
                if (text.startsWith(word, position)) {
                    position += word.length();
                    return value;
                }
            }
            throw malformed();
        }

        private long[] tuple() {
            long[] values = new long[MAX_DIMENSIONS];
            int count = 0;
            expect('(');
            while (!accept(')')) {
                if (count == MAX_DIMENSIONS) {
                    throw malformed();
                }
                values[count++] = integer();
                accept('L'); // written by Python 2
                if (!accept(',')) {
                    expect(')');
                    break;
                }
            }
            return Arrays.copyOf(values, count);
        }

        private long integer() {
            peek();
            int start = position;
            while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
                position++;
            }
            if (position == start || position - start > 18) {
                throw malformed();
            }
            return Long.parseLong(text.substring(start, position));
        }
    }
}
