package io.github.paenmf.cli;

import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.io.NumberFile;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** How often rows and features count in a fit. */
final class WeightOptions {

    /** All of them. */
    static final Set<String> OPTIONS = Set.of("--row-weights", "--feature-weights");

    @Option(
            names = "--row-weights",
            paramLabel = "FILE",
            description =
                    "How often each row counts, as if it stood in INPUT so many times: a number of at least 0 each,"
                            + " whole or not, with or without names, by which they are matched. A row of 0 is not learned from, and"
                            + " still gets coefficients. Of all but nmf-kl. pae, ae and vb run on the CPU then; pae and ae start"
                            + " from random, vb takes all rows in a step, and its intervals are mean-field.")
    private String rows;

    @Option(
            names = "--feature-weights",
            paramLabel = "FILE",
            description =
                    "How often each feature counts, likewise. The model keeps them: whatever it computes of other rows,"
                            + " their coefficients and errors, counts features so, too; it does not go on training.")
    private String features;

    private Weights weights = Weights.NONE;

    /** Reads the files of weights that go with an input. */
    void read(Input input) throws IOException {
        RowSource data = input.data();
        if (rows != null) {
            double[] numbers = NumberFile.read(rows, "row", data.rowNames(), data.rows());
            weights = Input.naming(rows, () -> weights.withRows(numbers));
        }
        if (features != null) {
            List<String> names = data.columnNames();
            double[] numbers = NumberFile.read(features, "column", names, data.columns());
            weights = Input.naming(features, () -> weights.withFeatures(numbers));
        }
    }

    /** Those that were read. */
    Weights weights() {
        return weights;
    }
}
