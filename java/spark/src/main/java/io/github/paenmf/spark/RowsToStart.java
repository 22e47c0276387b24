package io.github.paenmf.spark;

import io.github.paenmf.data.RowSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;

/** Chooses about so many rows by their hashes. */
final class RowsToStart implements FlatMapFunction<Iterator<BlocksOfRows.Item>, byte[]> {

    private static final long serialVersionUID = 1;

    /** Where many rows are the same, they are chosen together: no partition gives more than so many times its share. */
    private static final int MOST_SHARES = 4;

    private final double share;
    private final int most;

    private RowsToStart(double share, int most) {
        this.share = share;
        this.most = most;
    }

    /** A row by its nonzeros. */
    record Chosen(long hash, int[] columns, float[] values) {}

    /**
     * Runs the job.
     *
     * @param wanted about how many rows
     * @param rows of all partitions
     */
    static List<Chosen> of(JavaRDD<BlocksOfRows.Item> blocks, int wanted, long rows) {
        double share = Math.min(1, wanted / (double) rows);
        int most = MOST_SHARES * Math.max(16, wanted / blocks.getNumPartitions());
        return blocks.mapPartitions(new RowsToStart(share, share < 1 ? most : Integer.MAX_VALUE)).collect().stream()
                .map(message -> Messages.read(message, in -> {
                    Chosen row = new Chosen(in.readLong(), new int[in.readInt()], null);
                    float[] values = new float[row.columns.length];
                    for (int l = 0; l < values.length; l++) {
                        row.columns[l] = in.readInt();
                        values[l] = in.readFloat();
                    }
                    return new Chosen(row.hash, row.columns, values);
                }))
                .toList();
    }

    @Override
    public Iterator<byte[]> call(Iterator<BlocksOfRows.Item> items) {
        List<byte[]> chosen = new ArrayList<>();
        while (items.hasNext() && chosen.size() < most) {
            RowBlock block = items.next().block;
            RowSource data = block.data();
            int[] columns = new int[block.features()];
            float[] values = new float[block.features()];
            for (int i = 0; i < block.rows() && chosen.size() < most; i++) {
                // uniform in [0, 1) as hashes are
                if ((block.key(i) >>> 11) * 0x1p-53 < share) {
                    int count = data.copyNonzeros(i, 0, block.features(), columns, values);
                    chosen.add(message(block.key(i), Arrays.copyOf(columns, count), Arrays.copyOf(values, count)));
                }
            }
        }
        return chosen.iterator();
    }

    private static byte[] message(long hash, int[] columns, float[] values) {
        return Messages.write(out -> {
            out.writeLong(hash);
            out.writeInt(columns.length);
            for (int l = 0; l < columns.length; l++) {
                out.writeInt(columns[l]);
                out.writeFloat(values[l]);
            }
        });
    }
}
