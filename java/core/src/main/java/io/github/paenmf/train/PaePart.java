package io.github.paenmf.train;

import io.github.paenmf.backend.Backends;
import io.github.paenmf.backend.Execution;
import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.StepRates;
import io.github.paenmf.data.RowSource;
import io.github.paenmf.data.SparseSource;
import io.github.paenmf.data.Weights;
import io.github.paenmf.model.PaeConfiguration;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;

/**
 * Makes what a part of the rows adds to a step of PAE-NMF: the noise of a row goes by its id, wherever the row is.
 *
 * @param configuration of the fit
 * @param dataScale what the data are divided by
 * @param inputScale root mean square of all the data, by which the encoder's input is divided
 */
public record PaePart(PaeConfiguration configuration, double dataScale, double inputScale) implements RowPart {

    /** What {@link #writeTo} has written, with the configuration of the fit. */
    public static PaePart read(PaeConfiguration configuration, DataInput in) throws IOException {
        return new PaePart(configuration, in.readDouble(), in.readDouble());
    }

    @Override
    public void writeTo(DataOutput out) throws IOException {
        out.writeDouble(dataScale);
        out.writeDouble(inputScale);
    }

    @Override
    public PartSolver open(RowSource rows, Weights weights, long[] ids, Execution execution) {
        Objects.requireNonNull(ids, "ids");
        if (ids.length != rows.rows()) {
            throw new IllegalArgumentException(ids.length + " ids for " + rows.rows() + " rows");
        }
        RowSource data = weights.rooted(rows);
        int m = data.columns();
        PaeProblem problem = new PaeProblem(
                configuration,
                data.rows(),
                m,
                dataScale,
                inputScale,
                new StepRates(0, 0, new float[m]), // the update is elsewhere
                data instanceof SparseSource,
                null,
                weights,
                new PaeProblem.Part(ids, 1));
        Execution inChunks = PartSolver.withChunks(execution, data, 3 * problem.rank());
        return new PartSolver(Backends.open(inChunks, problem), data, 0, inChunks.chunkRows());
    }
}
