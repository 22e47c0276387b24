package io.github.paenmf.spark;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.train.RowPart;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;

/** The sums over the rows of a partition: one message, none of an empty partition. It follows from its input alone. */
final class SumsOfPartition implements FlatMapFunction<Iterator<BlocksOfRows.Item>, byte[]> {

    private static final long serialVersionUID = 1;

    private final PartReader reader;
    private final byte[] ofPart;
    private final Broadcast<byte[]> current;
    private final int step;
    /** Null where all is computed on processors. */
    private final Broadcast<DeviceSessions> devices;

    /**
     * @param step index of the step
     */
    SumsOfPartition(
            PartReader reader, RowPart part, Broadcast<byte[]> current, int step, Broadcast<DeviceSessions> devices) {
        this.reader = reader;
        this.ofPart = Messages.write(part::writeTo);
        this.current = current;
        this.step = step;
        this.devices = devices;
    }

    @Override
    public Iterator<byte[]> call(Iterator<BlocksOfRows.Item> items) {
        if (!items.hasNext()) {
            return Collections.emptyIterator();
        }
        RowPart part = Messages.read(ofPart, reader::read);
        RowParameters parameters = Messages.read(current.getValue(), RowParameters::read);
        Execution execution = devices == null ? TaskExecution.ofProcessors() : TaskExecution.ofDevice();
        Sums sums = execution.backend() == Backends.Choice.CUDA
                ? devices.getValue()
                        .sums(
                                TaskContext.getPartitionId(),
                                () -> RowBlock.join(items),
                                part,
                                parameters,
                                step,
                                execution)
                : byBlocks(items, part, parameters, execution);
        return List.of(Messages.write(sums::writeTo)).iterator();
    }

    private Sums byBlocks(
            Iterator<BlocksOfRows.Item> items, RowPart part, RowParameters parameters, Execution execution) {
        Sums sums = null;
        while (items.hasNext()) {
            RowBlock block = items.next().block;
            Sums ofBlock = part.sums(block.data(), block.weights(), block.keys(), parameters, step, execution);
            if (sums == null) {
                sums = ofBlock;
            } else {
                sums.add(ofBlock);
            }
        }
        return sums;
    }
}
