package io.github.paenmf.train;

import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import java.util.List;

/**
 * Data whose rows lie in parts elsewhere, such as on the machines of a cluster. A fit sees no row but those of {@link
 * #start}: in each epoch it takes the sums over all rows.
 */
public interface PartedRows {

    /** Over all rows. */
    PartTotals totals();

    /** Names of the features, or empty. */
    List<String> columnNames();

    /** Some of the rows, from which a fit starts; with a Poisson likelihood, which starts at random, not asked for. */
    RowSource start();

    /**
     * The sums over all rows in one step: what {@link RowPart#sums} makes of each part, added up in an order that is always the same, so
     * that a fit has the same bits every time.
     *
     * @param part what the sums of each part are made by
     * @param current parameters of the fit
     * @param step index of the step, which selects the noise
     */
    Sums sums(RowPart part, RowParameters current, int step);
}
