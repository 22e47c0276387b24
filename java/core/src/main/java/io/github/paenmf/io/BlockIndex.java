package io.github.paenmf.io;

import io.github.paenmf.data.DataException;
import io.github.paenmf.data.Matrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What precedes and follows the blocks of a {@code .vblk} file: the head, which says what kind of blocks there are, and the
 * index at the end, which says where. {@code docs/block-files.md} has the layout.
 */
final class BlockIndex {

    /** As that of PNG: no text, and changed by whoever changes ends of lines. */
    static final byte[] MAGIC = {(byte) 0x89, 'V', 'B', 'L', 'K', '\r', '\n', 0x1a};

    static final int HEAD_BYTES = 28;
    private static final int VERSION = 1;
    private static final int DENSE = 0;
    private static final int SPARSE = 1;
    private static final int ROW_NAMES = 1;
    private static final int COLUMN_NAMES = 2;
    private static final int COUNTS_BYTES = 24;
    private static final int ENTRY_BYTES = 28;
    private static final int TAIL_BYTES = 28;
    private static final int END = 0x4b4c4256; // "VBLK"
    /** Of a file whose blocks may have any size. */
    private static final int MOST_INDEX_BYTES = 1 << 30;

    private final boolean sparse;
    private final int columns;
    private final int blockRows;

    private int rows;
    private long nonzeros;
    private boolean hasRowNames = true;
    private List<String> columnNames = List.of();
    /** Of each block: its offset, length, nonzeros and checksum, and the length and checksum of its row names. */
    private final List<Entry> entries = new ArrayList<>();

    private record Entry(long offset, int length, int nonzeros, int checksum, int namesLength, int namesChecksum) {}

    /** Of a file that is to be written. */
    BlockIndex(boolean sparse, int columns, int blockRows) {
        this.sparse = sparse;
        this.columns = columns;
        this.blockRows = blockRows;
    }

    boolean sparse() {
        return sparse;
    }

    int rows() {
        return rows;
    }

    int columns() {
        return columns;
    }

    /** Rows of each block but the last. */
    int blockRows() {
        return blockRows;
    }

    long nonzeros() {
        return nonzeros;
    }

    boolean hasRowNames() {
        return hasRowNames;
    }

    List<String> columnNames() {
        return columnNames;
    }

    int rowsOf(int block) {
        return Math.min(blockRows, rows - block * blockRows);
    }

    long offset(int block) {
        return entries.get(block).offset;
    }

    int length(int block) {
        return entries.get(block).length;
    }

    int checksum(int block) {
        return entries.get(block).checksum;
    }

    /** The names of a block's rows follow it. */
    long namesOffset(int block) {
        return offset(block) + length(block);
    }

    int namesLength(int block) {
        return entries.get(block).namesLength;
    }

    int namesChecksum(int block) {
        return entries.get(block).namesChecksum;
    }

    /** Adds a block. */
    void add(int blockRowCount, int blockNonzeros, long offset, ByteBuffer bytes, ByteBuffer names) {
        rows = Math.addExact(rows, blockRowCount);
        nonzeros += blockNonzeros;
        entries.add(
                new Entry(offset, bytes.remaining(), blockNonzeros, Crc.of(bytes), names.remaining(), Crc.of(names)));
    }

    void setNames(boolean ofRows, List<String> ofColumns) {
        hasRowNames = ofRows;
        columnNames = ofColumns;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    ByteBuffer head() {
        ByteBuffer head = buffer(HEAD_BYTES).put(MAGIC).putInt(VERSION).putInt(sparse ? SPARSE : DENSE);
        head.putInt(columns).putInt(blockRows);
        return head.putInt(Crc.of(head.duplicate().flip())).flip();
    }

    /**
     * The index and the tail.
     *
     * @param offset where they come to lie
     */
    ByteBuffer index(long offset) {
        ByteBuffer names = names(columnNames);
        long length = COUNTS_BYTES + (long) ENTRY_BYTES * entries.size() + names.remaining();
        if (length > MOST_INDEX_BYTES) {
            throw new DataException("the index of " + entries.size() + " blocks and the names of columns take " + length
                    + " bytes, more than a GiB");
        }
        ByteBuffer index = buffer((int) length + TAIL_BYTES);
        index.putLong(rows).putLong(nonzeros).putInt(entries.size());
        index.putInt((hasRowNames ? ROW_NAMES : 0) | (columnNames.isEmpty() ? 0 : COLUMN_NAMES));
        for (Entry entry : entries) {
            index.putLong(entry.offset)
                    .putInt(entry.length)
                    .putInt(entry.nonzeros)
                    .putInt(entry.checksum);
            index.putInt(entry.namesLength).putInt(entry.namesChecksum);
        }
        index.put(names);
        int checksum = Crc.of(index.duplicate().flip());
        ByteBuffer tail = buffer(TAIL_BYTES)
                .putLong(offset)
                .putLong(length)
                .putInt(checksum)
                .putInt(END);
        tail.putInt(Crc.of(tail.duplicate().flip())).flip();
        return index.put(tail).flip();
    }

    /** Texts, each after its length in bytes of UTF-8. */
    static ByteBuffer names(List<String> names) {
        List<byte[]> texts = new ArrayList<>(names.size());
        long length = 0;
        for (String name : names) {
            byte[] text = name.getBytes(StandardCharsets.UTF_8);
            texts.add(text);
            length += Integer.BYTES + text.length;
        }
        if (length > MOST_INDEX_BYTES) {
            throw new DataException(
                    "the names of " + names.size() + " rows or columns take " + length + " bytes, more than a GiB");
        }
        ByteBuffer bytes = buffer((int) length);
        texts.forEach(text -> bytes.putInt(text.length).put(text));
        return bytes.flip();
    }

    /** Takes so many names from a buffer. */
    static List<String> names(ByteBuffer bytes, int count) {
        if (bytes.remaining() < (long) Integer.BYTES * count) {
            throw new DataException("there are fewer names than the " + count + " that are claimed");
        }
        String[] names = new String[count];
        for (int i = 0; i < count; i++) {
            int length = bytes.remaining() < Integer.BYTES ? -1 : bytes.getInt();
            if (length < 0 || length > bytes.remaining()) {
                throw new DataException("name " + (i + 1) + " goes beyond the others");
            }
            names[i] =
                    new String(bytes.array(), bytes.arrayOffset() + bytes.position(), length, StandardCharsets.UTF_8);
            bytes.position(bytes.position() + length);
        }
        return Arrays.asList(names);
    }

    /**
     * Reads head and index, and believes nothing of them that is not so.
     *
     * @throws DataException if they are not of such a file, damaged, or of another version
     */
    static BlockIndex read(PagedFile file) throws IOException {
        if (file.size() < HEAD_BYTES + COUNTS_BYTES + TAIL_BYTES) {
            throw new DataException("the file has only " + file.size() + " bytes: it is truncated");
        }
        BlockIndex index = ofHead(file.read(0, HEAD_BYTES));
        ByteBuffer tail = file.read(file.size() - TAIL_BYTES, TAIL_BYTES);
        long offset = tail.getLong();
        long length = tail.getLong();
        int checksum = tail.getInt();
        boolean ends = tail.getInt() == END;
        if (!ends || tail.getInt() != Crc.of(tail.duplicate().rewind().limit(TAIL_BYTES - Integer.BYTES))) {
            throw new DataException("the file does not end as one of blocks does: it is truncated or damaged");
        }
        boolean fits = offset >= HEAD_BYTES && length >= COUNTS_BYTES && length <= MOST_INDEX_BYTES;
        if (!fits || offset > file.size() || offset + length != file.size() - TAIL_BYTES) {
            throw new DataException("its index cannot be where the end of the file says: the file is damaged");
        }
        ByteBuffer bytes = file.read(offset, (int) length);
        try {
            Crc.require(bytes, checksum);
            index.takeEntries(bytes, offset);
        } catch (DataException e) {
            throw new DataException("the index: " + e.getMessage(), e);
        }
        return index;
    }

    private static BlockIndex ofHead(ByteBuffer head) {
        byte[] magic = new byte[MAGIC.length];
        head.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new DataException("this is not a file of blocks: its first bytes are others");
        }
        int version = head.getInt();
        if (version != VERSION) {
            throw new DataException("the file has format version " + version + ", and this paenmf reads version "
                    + VERSION + "; use a matching release, or convert the data again");
        }
        int kind = head.getInt();
        int columns = head.getInt();
        int blockRows = head.getInt();
        if (head.getInt() != Crc.of(head.duplicate().rewind().limit(HEAD_BYTES - Integer.BYTES))) {
            throw new DataException("the head has another checksum than it should: the file is damaged; write it anew");
        }
        if (kind != DENSE && kind != SPARSE || columns < 1 || blockRows < 1 || blockRows % Matrix.ROW_ALIGNMENT != 0) {
            throw new DataException(
                    "there are no blocks of kind " + kind + " with " + blockRows + " rows and " + columns + " columns");
        }
        return new BlockIndex(kind == SPARSE, columns, blockRows);
    }

    private void takeEntries(ByteBuffer bytes, long end) {
        long claimedRows = bytes.getLong();
        nonzeros = bytes.getLong();
        int blocks = bytes.getInt();
        int flags = bytes.getInt();
        if (claimedRows < 1
                || claimedRows > Integer.MAX_VALUE - 8
                || blocks != (claimedRows - 1) / blockRows + 1
                || (flags & ~(ROW_NAMES | COLUMN_NAMES)) != 0) {
            throw new DataException("it claims " + claimedRows + " rows in " + blocks + " blocks of " + blockRows
                    + ", which cannot be, or not be read");
        }
        if (bytes.remaining() < (long) blocks * ENTRY_BYTES) {
            throw new DataException("it is too short for " + blocks + " blocks");
        }
        Matrix.requireMemory(4L * bytes.remaining(), "index of " + blocks + " blocks");
        rows = (int) claimedRows;
        hasRowNames = (flags & ROW_NAMES) != 0;
        long at = HEAD_BYTES;
        long total = 0;
        for (int block = 0; block < blocks; block++) {
            Entry entry = new Entry(
                    bytes.getLong(), bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt(), bytes.getInt());
            long exact = sparse ? entry.length : 4L * columns * rowsOf(block);
            boolean possible = entry.offset == at && entry.length >= 0 && entry.namesLength >= 0 && entry.nonzeros >= 0;
            if (!possible || entry.length != exact || !hasRowNames && entry.namesLength > 0) {
                throw new DataException("block " + (block + 1) + " cannot be where it is said to be");
            }
            at += (long) entry.length + entry.namesLength;
            total += entry.nonzeros;
            entries.add(entry);
        }
        if (at != end || total != nonzeros) {
            throw new DataException("its blocks do not fill the file, or have not " + nonzeros + " nonzeros");
        }
        columnNames = (flags & COLUMN_NAMES) == 0 ? List.of() : names(bytes, columns);
        if (bytes.hasRemaining()) {
            throw new DataException("there is more than it should have");
        }
    }
}
