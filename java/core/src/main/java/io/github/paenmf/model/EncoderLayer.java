package io.github.paenmf.model;

import java.util.Arrays;

/**
 * A fully connected layer of an encoder, a = U·z + b: of the layers between the input's and the heads ReLU follows, z = max(a, 0).
 *
 * @param inputs how many values z has
 * @param outputs how many units
 * @param weights U, outputs × inputs, row-major: the weights of a unit side by side; not copied
 * @param biases b, of each unit; not copied
 */
public record EncoderLayer(int inputs, int outputs, float[] weights, float[] biases) {

    public EncoderLayer {
        if (weights.length != (long) inputs * outputs || biases.length != outputs) {
            throw new IllegalArgumentException("a layer of " + inputs + " inputs and " + outputs + " units with "
                    + weights.length + " weights and " + biases.length + " biases");
        }
    }

    /** A layer that is all 0. */
    public EncoderLayer(int inputs, int outputs) {
        this(inputs, outputs, new float[Math.multiplyExact(inputs, outputs)], new float[outputs]);
    }

    /** Takes a visitor through weights and biases. */
    public void visit(StateVisitor visitor) {
        visitor.visit(weights);
        visitor.visit(biases);
    }

    /** Overwrites this layer with another one of the same shape. */
    public void set(EncoderLayer other) {
        System.arraycopy(other.weights, 0, weights, 0, weights.length);
        System.arraycopy(other.biases, 0, biases, 0, biases.length);
    }

    EncoderLayer copy() {
        return new EncoderLayer(inputs, outputs, weights.clone(), biases.clone());
    }

    boolean isFinite() {
        return Parameters.areFinite(weights) && Parameters.areFinite(biases);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EncoderLayer that
                && inputs == that.inputs
                && outputs == that.outputs
                && Arrays.equals(weights, that.weights)
                && Arrays.equals(biases, that.biases);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(weights) + Arrays.hashCode(biases);
    }

    @Override
    public String toString() {
        return "layer of " + inputs + " inputs and " + outputs + " units";
    }
}
