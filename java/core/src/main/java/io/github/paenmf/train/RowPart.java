package io.github.paenmf.train;

import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.RowParameters;
import io.github.paenmf.backend.Sums;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.Weights;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What makes the sums over a part of the rows of a fit, the same for all its parts and steps. Nothing is kept of a row from
 * step to step, so that sums follow from the rows, the parameters and the step alone. Where the rows are elsewhere, the same
 * is made of the configuration and what {@link #writeTo} writes.
 */
public sealed interface RowPart permits VbPart, PaePart {

    /** Writes all of it but the configuration, for {@link VbPart#read} or {@link PaePart#read}. */
    void writeTo(DataOutput out) throws IOException;

    /**
     * Opens what makes the sums of a part, of one step after the other; the caller closes it.
     *
     * @param rows whose values have been checked
     * @param weights of the rows; not with a Poisson likelihood
     * @param ids by which the noise of each row goes, where there is some; else null or anything
     * @throws io.github.paenmf.backend.BackendUnavailableException if the backend that was asked for cannot be had here
     */
    PartSolver open(RowSource rows, Weights weights, long[] ids, Execution execution);

    /**
     * The sums over the rows of a part in one step, without ‖V‖²; likewise.
     *
     * @param step index of the step, which selects the noise
     */
    default Sums sums(
            RowSource rows, Weights weights, long[] ids, RowParameters current, int step, Execution execution) {
        try (PartSolver solver = open(rows, weights, ids, execution)) {
            return solver.sums(current, step);
        }
    }
}
