package io.github.paenmf.cli;

import io.github.paenmf.SampleIds;
import io.github.paenmf.data.RowSource;

/** The option by what the noise of samples goes. */
final class FirstId {

    static final String OPTION = "--first-id";

    static final String HELP =
            "Noise goes by the numbers ID, ID + 1, ... of the rows: for a part of a table or stream, how many rows come"
                    + " before it. Unless given, it goes by the names of the rows, or by 0, 1, ... where they have none.";

    private FirstId() {}

    /**
     * The ids of rows.
     *
     * @param first what the user gave, or null
     */
    static long[] ids(Long first, RowSource data) {
        return first == null ? SampleIds.of(data) : SampleIds.range(first, data.rows());
    }
}
