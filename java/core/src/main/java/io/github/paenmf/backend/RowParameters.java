package io.github.paenmf.backend;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What the stages before the update take of the parameters of a fit: all that a machine with a part of the rows has to be
 * told for its {@link Sums}.
 *
 * @param weights W as the fit has it, m × columns, row-major; must not be written to
 * @param others what else the row stage of the algorithm takes; must not be written to
 */
public record RowParameters(float[] weights, double[] others) {

    /** Writes all of it, for {@link #read}: lengths, then values. */
    public void writeTo(DataOutput out) throws IOException {
        out.writeInt(weights.length);
        out.writeInt(others.length);
        FloatBytes.write(weights, out);
        for (double value : others) {
            out.writeDouble(value);
        }
    }

    /** What {@link #writeTo} has written, to the bit. */
    public static RowParameters read(DataInput in) throws IOException {
        RowParameters parameters = new RowParameters(new float[in.readInt()], new double[in.readInt()]);
        FloatBytes.read(in, parameters.weights);
        for (int i = 0; i < parameters.others.length; i++) {
            parameters.others[i] = in.readDouble();
        }
        return parameters;
    }
}
