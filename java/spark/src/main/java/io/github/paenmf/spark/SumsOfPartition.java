package io.github.paenmf.spark;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.train.VbPart;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;

/** The sums over the rows of a partition: one message, none of an empty partition. It follows from its input alone. */
final class SumsOfPartition implements FlatMapFunction<Iterator<BlocksOfRows.Item>, byte[]> {

    private static final long serialVersionUID = 1;

    private final Broadcast<byte[]> current;
    private final int rank;
    private final Likelihood likelihood;
    private final double dataScale;
    private final double allRows;

    SumsOfPartition(VbPart part, Broadcast<byte[]> current) {
        this.current = current;
        this.rank = part.configuration().rank();
        this.likelihood = part.configuration().likelihood();
        this.dataScale = part.dataScale();
        this.allRows = part.allRows();
    }

    @Override
    public Iterator<byte[]> call(Iterator<BlocksOfRows.Item> items) {
        if (!items.hasNext()) {
            return Collections.emptyIterator();
        }
        VbPart part = new VbPart(
                io.github.paenmf.VariationalNmf.builder()
                        .rank(rank)
                        .likelihood(likelihood)
                        .build()
                        .configuration(),
                dataScale,
                allRows);
        RowParameters parameters = Messages.read(current.getValue(), RowParameters::read);
        Execution execution = ofTask();
        Sums sums = null;
        while (items.hasNext()) {
            RowBlock block = items.next().block;
            Sums ofBlock = part.sums(block.data(), block.weights(), parameters, execution);
            if (sums == null) {
                sums = ofBlock;
            } else {
                sums.add(ofBlock);
            }
        }
        return List.of(Messages.write(sums::writeTo)).iterator();
    }

    /** As many threads as the task has been given processors. */
    static Execution ofTask() {
        return Execution.auto()
                .withBackend(Backends.Choice.CPU)
                .withThreads(TaskContext.get().cpus());
    }
}
