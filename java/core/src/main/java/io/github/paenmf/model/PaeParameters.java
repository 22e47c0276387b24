package io.github.paenmf.model;

import io.github.paenmf.data.DataException;
import java.util.Arrays;
import java.util.Locale;

/**
 * What training learns: encoder heads and decoder in one matrix, so that one product with the data
 * serves all three.
 */
public final class PaeParameters implements Parameters<PaeParameters> {

    private static final int MAX_WEIGHTS = Integer.MAX_VALUE - 8; // of one Java array

    private final int features;
    private final int rank;
    private final float[] weights;
    private final float[] biases;
    private final float[] inputMeans;
    private double squaredSigma = 1;

    /**
     * Parameters that are all 0, those of the input means too, and σ = 1.
     *
     * @throws DataException if there would be more weights than an array holds
     */
    public PaeParameters(int features, int rank) {
        this(features, rank, new float[weightCount(features, rank)], new float[2 * rank], new float[features]);
    }

    private static int weightCount(int features, int rank) {
        double count = 3.0 * features * rank;
        if (count > MAX_WEIGHTS) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "%d features at rank %d need %.3g weights, but at most %d are possible; use a lower rank",
                    features,
                    rank,
                    count,
                    MAX_WEIGHTS));
        }
        return 3 * features * rank;
    }

    /**
     * @param features m
     * @param rank r
     * @param weights [Wλ | Wk | Wf], m × 3r, row-major; not copied
     * @param biases [bλ | bk], 2r; not copied
     * @param inputMeans what the encoder reads where a value is missing, m values; not copied
     */
    public PaeParameters(int features, int rank, float[] weights, float[] biases, float[] inputMeans) {
        if (weights.length != 3L * features * rank || biases.length != 2 * rank || inputMeans.length != features) {
            throw new IllegalArgumentException("weights of length " + weights.length + ", biases of length "
                    + biases.length + " and input means of length " + inputMeans.length + " do not fit " + features
                    + " features and rank " + rank);
        }
        this.features = features;
        this.rank = rank;
        this.weights = weights;
        this.biases = biases;
        this.inputMeans = inputMeans;
    }

    /** m. */
    public int features() {
        return features;
    }

    /** r. */
    public int rank() {
        return rank;
    }

    /** [Wλ | Wk | Wf], m × 3r, row-major; the array itself. */
    public float[] weights() {
        return weights;
    }

    /** [bλ | bk], 2r; the array itself. */
    public float[] biases() {
        return biases;
    }

    /**
     * What the encoder reads where a value is missing: the mean of the feature over what was observed of it in training, in
     * units of the scaled data, m values; the array itself.
     */
    public float[] inputMeans() {
        return inputMeans;
    }

    /** σ², in units of the scaled data, where it is learned; else it is that of the configuration, and this says nothing. */
    public double squaredSigma() {
        return squaredSigma;
    }

    public void setSquaredSigma(double value) {
        squaredSigma = value;
    }

    /** Wf at one feature and component. */
    public float decoder(int feature, int component) {
        return weights[(3 * feature + 2) * rank + component];
    }

    @Override
    public boolean isFinite() {
        return Parameters.areFinite(weights)
                && Parameters.areFinite(biases)
                && Parameters.areFinite(inputMeans)
                && Double.isFinite(squaredSigma);
    }

    @Override
    public void visit(StateVisitor visitor) {
        visitor.visit(weights);
        visitor.visit(biases);
        visitor.visit(inputMeans);
        squaredSigma = visitor.visit(squaredSigma);
    }

    @Override
    public PaeParameters copy() {
        PaeParameters copy = new PaeParameters(features, rank, weights.clone(), biases.clone(), inputMeans.clone());
        copy.squaredSigma = squaredSigma;
        return copy;
    }

    /** Overwrites these parameters with others of the same shape. */
    public void set(PaeParameters other) {
        System.arraycopy(other.weights, 0, weights, 0, weights.length);
        System.arraycopy(other.biases, 0, biases, 0, biases.length);
        System.arraycopy(other.inputMeans, 0, inputMeans, 0, inputMeans.length);
        squaredSigma = other.squaredSigma;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PaeParameters that
                && features == that.features
                && rank == that.rank
                && squaredSigma == that.squaredSigma
                && Arrays.equals(weights, that.weights)
                && Arrays.equals(biases, that.biases)
                && Arrays.equals(inputMeans, that.inputMeans);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(weights) + Arrays.hashCode(biases);
    }
}
