package io.github.paenmf.spark;

import io.github.paenmf.data.DataException;
import java.io.Serializable;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;

/**
 * Makes blocks of the rows of a partition, of (features, weight, id, key). A row that cannot be used ends them with what is wrong:
 * an exception would be tried again, and buried in the message of a failed job.
 */
final class BlocksOfRows implements FlatMapFunction<Iterator<Row>, BlocksOfRows.Item> {

    private static final long serialVersionUID = 1;

    private static final int MOST_OF_NAME = 100;

    private final String column;
    private final boolean nonNegative;
    private final long mostBytes;

    BlocksOfRows(String column, boolean nonNegative, long mostBytes) {
        this.column = column;
        this.nonNegative = nonNegative;
        this.mostBytes = mostBytes;
    }

    /**
     * A block, or what is wrong. Not a record: Kryo cannot read one.
     */
    static final class Item implements Serializable {

        private static final long serialVersionUID = 1;

        /** Null where something is wrong. */
        final RowBlock block;
        /** Null where nothing is. */
        final String wrong;

        Item(RowBlock block, String wrong) {
            this.block = block;
            this.wrong = wrong;
        }
    }

    @Override
    public Iterator<Item> call(Iterator<Row> rows) {
        RowBlock.Builder builder = new RowBlock.Builder(column, nonNegative, mostBytes, Integer.MAX_VALUE);
        return new Iterator<>() {
            private boolean ended;
            private Item next;

            @Override
            public boolean hasNext() {
                if (next == null && !ended) {
                    next = make();
                }
                return next != null;
            }

            @Override
            public Item next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Item made = next;
                next = null;
                return made;
            }

            private Item make() {
                while (rows.hasNext() && !builder.isFull()) {
                    try {
                        Row row = rows.next();
                        builder.add(
                                (Vector) row.get(0),
                                row.isNullAt(1) ? Double.NaN : row.getDouble(1),
                                row.getLong(3),
                                name(row.isNullAt(2) ? null : row.getString(2)));
                    } catch (DataException e) {
                        ended = true;
                        return new Item(null, e.getMessage());
                    }
                }
                ended = builder.isEmpty();
                return ended ? null : new Item(builder.build(), null);
            }
        };
    }

    /**
     * What messages call a row.
     *
     * @param id null where it has none
     */
    static String name(String id) {
        return id == null
                ? "a row of partition " + TaskContext.getPartitionId() + " (set idCol, and it is named)"
                : "row " + shortened(id);
    }

    private static String shortened(String id) {
        return id.length() > MOST_OF_NAME ? id.substring(0, MOST_OF_NAME) + "…" : id;
    }
}
