package io.github.paenmf.model;

import java.util.Arrays;
import java.util.List;

/**
 * A network that finds the posterior of a row of variational NMF without sweeps. With a Gaussian likelihood a posterior depends
 * on a row v by c = v·W alone, r numbers, and is of each coefficient a function of one number, β ({@link
 * io.github.paenmf.math.WeibullPosterior}); so that the network has r inputs and r outputs, whatever m is.
 *
 * <p>Where noise is small, a row that is twice as long has coefficients that are twice as large, and β, too. So the network is one
 * of u = A·c in units of s, its root mean square plus {@link #LEAST_SIZE}: z = [u/s, {@link #LENGTH}/s] goes through hidden layers
 * with ReLU, and β = s·U·z + S·u + b.
 *
 * @param whitening A, r × r, row-major
 * @param hidden the hidden layers, the first of r + 1 inputs
 * @param output U and b, from the units of the last hidden layer
 * @param skip S, r × r, row-major
 */
public record PosteriorEncoder(float[] whitening, List<EncoderLayer> hidden, EncoderLayer output, float[] skip) {

    /** Of 1/s among the inputs: rows that are short have more to say of the prior. */
    public static final float LENGTH = 0.1f;

    /** So that a row of zeros has a size: u is of a size of 1. */
    public static final float LEAST_SIZE = 1e-3f;

    /**
     * @throws IllegalArgumentException if these do not fit each other
     */
    public PosteriorEncoder {
        hidden = List.copyOf(hidden);
        int r = output.outputs();
        boolean fits = whitening.length == r * r && skip.length == r * r && !hidden.isEmpty();
        int units = r + 1;
        for (EncoderLayer layer : hidden) {
            fits &= layer.inputs() == units;
            units = layer.outputs();
        }
        if (!fits || output.inputs() != units) {
            throw new IllegalArgumentException("no network of " + r + " coefficients: " + hidden + ", " + output);
        }
    }

    /** Units of each hidden layer. */
    public List<Integer> units() {
        return hidden.stream().map(EncoderLayer::outputs).toList();
    }

    /** r. */
    public int rank() {
        return output.outputs();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PosteriorEncoder that
                && Arrays.equals(whitening, that.whitening)
                && hidden.equals(that.hidden)
                && output.equals(that.output)
                && Arrays.equals(skip, that.skip);
    }

    @Override
    public int hashCode() {
        return 31 * hidden.hashCode() + output.hashCode();
    }

    @Override
    public String toString() {
        return "encoder of " + rank() + " coefficients with " + units() + " hidden units";
    }
}
