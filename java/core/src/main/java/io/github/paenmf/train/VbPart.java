package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.Solver;
import io.github.paenmf.backend.VbProblem;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.VbConfiguration;
import io.github.paenmf.model.VbParameters;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Makes what a part of the rows adds to a step of variational NMF: the sweeps over each row start cold.
 *
 * @param configuration of the fit
 * @param dataScale what the data are divided by
 * @param allRows n of all parts, each row as often as it counts
 */
public record VbPart(VbConfiguration configuration, double dataScale, double allRows) implements RowPart {

    /** With a Poisson likelihood a pass over the nonzeros is one sweep: so many before the one whose sums are taken. */
    private static final int PASSES_OF_COUNTS = 9;

    /** What {@link #writeTo} has written, with the configuration of the fit. */
    public static VbPart read(VbConfiguration configuration, DataInput in) throws IOException {
        return new VbPart(configuration, in.readDouble(), in.readDouble());
    }

    @Override
    public void writeTo(DataOutput out) throws IOException {
        out.writeDouble(dataScale);
        out.writeDouble(allRows);
    }

    @Override
    public PartSolver open(RowSource rows, Weights weights, long[] ids, Execution execution) {
        RowSource data = weights.rooted(rows);
        VbProblem problem = new VbProblem(
                configuration,
                data.rows(),
                data.columns(),
                dataScale,
                data instanceof SparseSource,
                null,
                weights,
                0,
                allRows);
        Execution inChunks = PartSolver.withChunks(execution, data, problem.rank());
        Solver<VbParameters> solver = Backends.openVb(inChunks, problem);
        int passesBefore = configuration.isPoisson() ? PASSES_OF_COUNTS : 0;
        return new PartSolver(solver, data, passesBefore, inChunks.chunkRows());
    }
}
