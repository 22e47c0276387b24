package io.github.paenmf.cli;

import java.io.IOException;
import picocli.CommandLine.Option;

/** What is known of rows beside their values. */
final class CovariateOptions {

    static final String COVARIATES = "--covariates";

    @Option(
            names = COVARIATES,
            paramLabel = "FILE",
            description =
                    "What is known of the rows beside their values, such as batch, donor or age: a text table (also .gz) with"
                            + " a header, a line for each row, and names of rows in the first column or none. How much is"
                            + " expected of each component in a row then goes by its covariates: numbers per standard"
                            + " deviation, texts by level. The model keeps them, and commands that read new rows want them"
                            + " again. Of vb with a normal likelihood, all rows in a step and without penalties, whose intervals"
                            + " are then not by the rotation, and of pae with KL and by adam, whose encoder reads them, too; on"
                            + " the CPU, without weights.")
    private String file;

    /** An input with its covariates, if there are some. */
    Input applyTo(Input input) throws IOException {
        return file == null ? input : input.withCovariates(file);
    }
}
