package io.github.paenmf.spark;

import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.train.PartTotals;
import io.github.paenmf.train.PartedRows;
import io.github.paenmf.train.RowPart;
import java.util.List;

/** Rows of a cluster to which something happens in mid-fit. */
final class BeforeThirdEpoch implements PartedRows {

    private final SparkRows rows;
    private final Runnable event;
    private int epochs;

    BeforeThirdEpoch(SparkRows rows, Runnable event) {
        this.rows = rows;
        this.event = event;
    }

    @Override
    public PartTotals totals() {
        return rows.totals();
    }

    @Override
    public List<String> columnNames() {
        return rows.columnNames();
    }

    @Override
    public RowSource start() {
        return rows.start();
    }

    @Override
    public Sums sums(RowPart part, RowParameters current, int step) {
        epochs++;
        if (epochs == 3) {
            event.run();
        }
        return rows.sums(part, current, step);
    }
}
