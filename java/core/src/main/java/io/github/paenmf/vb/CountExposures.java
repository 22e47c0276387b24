package io.github.paenmf.vb;

import io.github.paenmf.data.Mask;
import io.github.paenmf.data.RowSource;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * By what the counts that are expected of each entry of the rows of a factor are multiplied: nothing where it is missing,
 * else the size factor of its sample.
 */
final class CountExposures {

    /** Rows with fewer observed entries for each component say nothing of the rotation, and are held. */
    private static final int LEAST_ENTRIES = 2;

    private final int rows;
    private final int entries;
    /** Null where nothing is missing. */
    private final Mask mask;

    /** Size factors of samples: of each row, or of each entry. */
    private final double[] sizes;

    private final boolean ofSamples;

    private CountExposures(int rows, int entries, Mask mask, double[] sizes, boolean ofSamples) {
        this.rows = rows;
        this.entries = entries;
        this.mask = mask;
        this.sizes = sizes;
        this.ofSamples = ofSamples;
    }

    private static double[] sizes(RowSource data) {
        return IntStream.range(0, data.rows()).mapToDouble(data::sizeFactor).toArray();
    }

    /** Of the rows of H. */
    static CountExposures ofRows(RowSource data) {
        return new CountExposures(data.rows(), data.columns(), data.mask(), sizes(data), true);
    }

    /** Of the rows of W. */
    static CountExposures ofFeatures(RowSource data) {
        Mask mask = data.mask();
        return new CountExposures(
                data.columns(), data.rows(), mask == null ? null : mask.transpose(), sizes(data), false);
    }

    /** How many entries a row has. */
    int entries() {
        return entries;
    }

    /** Whether a row says by itself where so many coefficients are. */
    boolean tells(int row, int components) {
        return mask == null || entries - mask.missing(row) >= LEAST_ENTRIES * components;
    }

    /** The rows that do, ascending. */
    int[] telling(int components) {
        return IntStream.range(0, rows).filter(i -> tells(i, components)).toArray();
    }

    /**
     * Writes those of a row.
     *
     * @param columns room for as many as there are
     */
    void of(int row, int[] columns, double[] target, int from) {
        if (ofSamples) {
            Arrays.fill(target, from, from + entries, sizes[row]);
        } else {
            System.arraycopy(sizes, 0, target, from, entries);
        }
        if (mask == null || mask.missing(row) == 0) {
            return;
        }
        int count = mask.listsObserved() ? mask.copyUnlisted(row, columns) : mask.copyListed(row, columns);
        for (int l = 0; l < count; l++) {
            target[from + columns[l]] = 0;
        }
    }
}
