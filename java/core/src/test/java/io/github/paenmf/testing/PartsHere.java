package io.github.paenmf.testing;

import io.github.paenmf.SampleIds;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.Likelihood;
import io.github.paenmf.train.PartTotals;
import io.github.paenmf.train.PartedRows;
import io.github.paenmf.train.RowPart;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows in parts that are all here, added up in their order.
 *
 * @param weights of the rows of each part
 * @param ids of the rows of each part
 * @param start from which a fit starts
 */
public record PartsHere(
        List<RowSource> parts, List<Weights> weights, List<long[]> ids, Likelihood likelihood, RowSource start)
        implements PartedRows {

    /** Of rows whose ids are their indices, in the order of the parts. */
    public PartsHere(List<RowSource> parts, List<Weights> weights, Likelihood likelihood, RowSource start) {
        this(parts, weights, indices(parts), likelihood, start);
    }

    private static List<long[]> indices(List<RowSource> parts) {
        List<long[]> ids = new ArrayList<>();
        long first = 0;
        for (RowSource part : parts) {
            ids.add(SampleIds.range(first, part.rows()));
            first += part.rows();
        }
        return ids;
    }

    @Override
    public PartTotals totals() {
        PartTotals totals = PartTotals.none(start.columns());
        for (int i = 0; i < parts.size(); i++) {
            totals = totals.plus(PartTotals.of(parts.get(i), weights.get(i), likelihood));
        }
        return totals;
    }

    @Override
    public List<String> columnNames() {
        return start.columnNames();
    }

    @Override
    public Sums sums(RowPart part, RowParameters current, int step) {
        Execution one = Execution.auto().withThreads(1);
        Sums sums = part.sums(parts.get(0), weights.get(0), ids.get(0), current, step, one);
        for (int i = 1; i < parts.size(); i++) {
            sums.add(part.sums(parts.get(i), weights.get(i), ids.get(i), current, step, one));
        }
        return sums;
    }
}
