package io.github.paenmf.spark;

import io.github.paenmf.data.DataException;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.train.PartTotals;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;

/** What a fit has to know of a partition before it begins: one message, none of an empty partition. */
final class TotalsOfPartition implements FlatMapFunction<Iterator<BlocksOfRows.Item>, byte[]> {

    private static final long serialVersionUID = 1;

    private final Likelihood likelihood;

    TotalsOfPartition(Likelihood likelihood) {
        this.likelihood = likelihood;
    }

    /**
     * The same of all partitions.
     *
     * @param bytes of their blocks
     */
    record All(PartTotals totals, long bytes) {}

    @Override
    public Iterator<byte[]> call(Iterator<BlocksOfRows.Item> items) {
        All all = null;
        while (items.hasNext()) {
            BlocksOfRows.Item item = items.next();
            if (item.block == null) {
                return List.of(Messages.write(out -> {
                            out.writeBoolean(false);
                            out.writeUTF(item.wrong);
                        }))
                        .iterator();
            }
            PartTotals ofBlock = PartTotals.of(item.block.data(), item.block.weights(), likelihood);
            all = all == null
                    ? new All(ofBlock, item.block.bytes())
                    : new All(all.totals.plus(ofBlock), all.bytes + item.block.bytes());
        }
        if (all == null) {
            return Collections.emptyIterator();
        }
        All made = all;
        return List.of(Messages.write(out -> {
                    out.writeBoolean(true);
                    out.writeLong(made.bytes);
                    made.totals.writeTo(out);
                }))
                .iterator();
    }

    /**
     * Adds the messages of all partitions, in their order.
     *
     * @throws DataException if there are no rows, or something is wrong with one
     */
    static All add(List<byte[]> messages) {
        All all = null;
        for (byte[] message : messages) {
            All next = Messages.read(message, in -> {
                if (!in.readBoolean()) {
                    throw new DataException(in.readUTF());
                }
                long bytes = in.readLong();
                return new All(PartTotals.read(in), bytes);
            });
            if (all != null && all.totals.features() != next.totals.features()) {
                throw new DataException("vectors have different sizes: " + all.totals.features() + " in some rows, "
                        + next.totals.features() + " in others");
            }
            all = all == null ? next : new All(all.totals.plus(next.totals), all.bytes + next.bytes);
        }
        if (all == null) {
            throw new DataException("there are no rows, or none with a weight above 0");
        }
        return all;
    }
}
