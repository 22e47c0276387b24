package io.github.paenmf;

import io.github.paenmf.data.RowSource;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * What tells samples apart when their coefficients are drawn. A draw goes by the seed, the number of the draw and the
 * id of the sample, and by nothing else: a sample has the same noise alone, in a part of a table and in the whole,
 * wherever it stands and whoever draws. Samples with the same id share their noise.
 *
 * <pre>{@code
 * long[] ids = SampleIds.range(rowsBefore, part.rows()); // a part of a table without row names, or of a stream
 * model.reconstructSampled(part, 10, seed, ids);
 * }</pre>
 */
public final class SampleIds {

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    /** No byte of UTF-8: what it is appended to is no other name. */
    private static final int AGAIN = 0xff;

    private SampleIds() {}

    /**
     * The ids that rows have unless others are given: those of their {@linkplain #ofName names}, or their positions
     * 0, 1, ... where they have none. Where a name occurs again, its id is hashed on, so that these rows differ.
     *
     * @return one id per row
     */
    public static long[] of(RowSource data) {
        List<String> names = data.rowNames();
        if (names.isEmpty()) {
            return range(0, data.rows());
        }
        long[] ids = new long[names.size()];
        Map<String, Long> last = new HashMap<>(2 * names.size());
        for (int i = 0; i < ids.length; i++) {
            String name = names.get(i);
            Long previous = last.get(name);
            ids[i] = previous == null ? ofName(name) : hash(previous, AGAIN);
            last.put(name, ids[i]);
        }
        return ids;
    }

    /** The 64-bit FNV-1a hash of a name in UTF-8. Two of a million names share one with odds of 3e-8. */
    public static long ofName(String name) {
        long hash = FNV_OFFSET;
        for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
            hash = hash(hash, each);
        }
        return hash;
    }

    private static long hash(long hash, int value) {
        return (hash ^ (value & 0xff)) * FNV_PRIME;
    }

    /**
     * Ids {@code first}, {@code first} + 1, ...: of a part of a table or stream, after so many rows.
     *
     * @param count how many
     */
    public static long[] range(long first, int count) {
        return LongStream.iterate(first, id -> id + 1).limit(count).toArray();
    }

    /** Checks that there is an id for each row. */
    static void require(long[] ids, RowSource data) {
        if (ids.length != data.rows()) {
            throw new IllegalArgumentException(ids.length + " ids for " + data.rows() + " rows");
        }
    }
}
