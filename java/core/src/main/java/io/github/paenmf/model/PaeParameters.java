package io.github.paenmf.model;

import io.github.paenmf.data.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What training learns: the first layer of the encoder, which are its heads unless there are hidden layers, and the decoder in
 * one matrix, so that one product with the data serves both.
 */
public final class PaeParameters implements Parameters<PaeParameters> {

    private static final int MAX_WEIGHTS = Integer.MAX_VALUE - 8; // of one Java array

    private final int features;
    private final int rank;
    private final float[] weights;
    private final float[] biases;
    private final List<EncoderLayer> layers;
    private final float[] inputMeans;
    private double squaredSigma = 1;
    private float[] covariateWeights = {};
    private double[] effects = {};

    /**
     * Parameters without hidden layers that are all 0, those of the input means too, and σ = 1.
     *
     * @throws DataException if there would be more weights than an array holds
     */
    public PaeParameters(int features, int rank) {
        this(features, rank, List.of());
    }

    /**
     * Parameters that are all 0, those of the input means too, and σ = 1.
     *
     * @param hidden units of each hidden layer of the encoder
     * @throws DataException if there would be more weights than an array holds
     */
    public PaeParameters(int features, int rank, List<Integer> hidden) {
        this(
                features,
                rank,
                new float[weightCount(features, rank, hidden)],
                new float[firstUnits(rank, hidden)],
                layers(rank, hidden),
                new float[features]);
    }

    /** How many units the first layer of an encoder has: those of the first hidden layer, or of both heads. */
    public static int firstUnits(int rank, List<Integer> hidden) {
        return hidden.isEmpty() ? 2 * rank : hidden.get(0);
    }

    private static List<EncoderLayer> layers(int rank, List<Integer> hidden) {
        List<EncoderLayer> layers = new ArrayList<>();
        for (int l = 0; l < hidden.size(); l++) {
            layers.add(new EncoderLayer(hidden.get(l), l + 1 < hidden.size() ? hidden.get(l + 1) : 2 * rank));
        }
        return layers;
    }

    private static int weightCount(int features, int rank, List<Integer> hidden) {
        double count = (double) features * (firstUnits(rank, hidden) + rank);
        if (count > MAX_WEIGHTS) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "%d features at rank %d need %.3g weights%s, but at most %d are possible; use a lower rank",
                    features,
                    rank,
                    count,
                    hidden.isEmpty() ? "" : " with a hidden layer of " + hidden.get(0),
                    MAX_WEIGHTS));
        }
        return (int) count;
    }

    /**
     * @param features m
     * @param rank r
     * @param weights [Wλ | Wk | Wf], m × 3r, or with hidden layers [W₁ | Wf], row-major; not copied
     * @param biases [bλ | bk], 2r, or those of the first hidden layer; not copied
     * @param layers those after the first one; the last are the heads, [λ | k]
     * @param inputMeans what the encoder reads where a value is missing, m values; not copied
     */
    public PaeParameters(
            int features, int rank, float[] weights, float[] biases, List<EncoderLayer> layers, float[] inputMeans) {
        boolean fits = weights.length == (long) features * (biases.length + rank) && inputMeans.length == features;
        int units = biases.length;
        for (EncoderLayer layer : layers) {
            fits &= layer.inputs() == units;
            units = layer.outputs();
        }
        if (!fits || units != 2 * rank) {
            throw new IllegalArgumentException("weights of length " + weights.length + ", biases of length "
                    + biases.length + ", " + layers + " and input means of length " + inputMeans.length
                    + " do not fit " + features + " features and rank " + rank);
        }
        this.features = features;
        this.rank = rank;
        this.weights = weights;
        this.biases = biases;
        this.layers = List.copyOf(layers);
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

    /** Units of the first layer of the encoder: 2r without hidden layers. */
    public int firstUnits() {
        return biases.length;
    }

    /** Columns of {@link #weights}: units of the first layer, and r. */
    public int columns() {
        return biases.length + rank;
    }

    /** The layers after the first one, of which the last are the heads, [λ | k]; none without hidden layers. */
    public List<EncoderLayer> layers() {
        return layers;
    }

    /** [Wλ | Wk | Wf], m × 3r, or with hidden layers [W₁ | Wf], row-major; the array itself. */
    public float[] weights() {
        return weights;
    }

    /** [bλ | bk], 2r, or those of the first hidden layer; the array itself. */
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

    /**
     * Wx, by which covariates x enter the encoder's first layer as x·Wx: their columns of numbers ({@link
     * io.github.paenmf.data.FittedCovariates}) × units, row-major; the array itself, empty without covariates.
     */
    public float[] covariateWeights() {
        return covariateWeights;
    }

    /**
     * B of the covariates, r × their columns of numbers: a coefficient has the prior scale λ₀·exp(B_j·x); the array itself,
     * empty without covariates.
     */
    public double[] effects() {
        return effects;
    }

    /**
     * Takes over what covariates have; neither is copied.
     *
     * @throws IllegalArgumentException if Wx and B are not of as many columns
     */
    public void setCovariates(float[] newWeights, double[] newEffects) {
        int columns = newEffects.length / rank;
        if (newEffects.length != columns * rank || newWeights.length != columns * firstUnits()) {
            throw new IllegalArgumentException("covariates have " + newWeights.length + " weights and "
                    + newEffects.length + " effects, with rank " + rank + " and a first layer of " + firstUnits());
        }
        covariateWeights = newWeights;
        effects = newEffects;
    }

    /** Wf at one feature and component. */
    public float decoder(int feature, int component) {
        return weights[feature * columns() + biases.length + component];
    }

    @Override
    public boolean isFinite() {
        return Parameters.areFinite(weights)
                && Parameters.areFinite(biases)
                && layers.stream().allMatch(EncoderLayer::isFinite)
                && Parameters.areFinite(inputMeans)
                && Parameters.areFinite(covariateWeights)
                && Arrays.stream(effects).allMatch(Double::isFinite)
                && Double.isFinite(squaredSigma);
    }

    @Override
    public void visit(StateVisitor visitor) {
        visitor.visit(weights);
        visitor.visit(biases);
        layers.forEach(layer -> layer.visit(visitor));
        visitor.visit(inputMeans);
        visitor.visit(covariateWeights);
        visitor.visit(effects);
        squaredSigma = visitor.visit(squaredSigma);
    }

    @Override
    public PaeParameters copy() {
        PaeParameters copy = new PaeParameters(
                features,
                rank,
                weights.clone(),
                biases.clone(),
                layers.stream().map(EncoderLayer::copy).toList(),
                inputMeans.clone());
        copy.squaredSigma = squaredSigma;
        copy.setCovariates(covariateWeights.clone(), effects.clone());
        return copy;
    }

    /** Overwrites these parameters with others of the same shape. */
    public void set(PaeParameters other) {
        System.arraycopy(other.weights, 0, weights, 0, weights.length);
        System.arraycopy(other.biases, 0, biases, 0, biases.length);
        for (int l = 0; l < layers.size(); l++) {
            layers.get(l).set(other.layers.get(l));
        }
        System.arraycopy(other.inputMeans, 0, inputMeans, 0, inputMeans.length);
        squaredSigma = other.squaredSigma;
        setCovariates(other.covariateWeights.clone(), other.effects.clone());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PaeParameters that
                && features == that.features
                && rank == that.rank
                && squaredSigma == that.squaredSigma
                && Arrays.equals(weights, that.weights)
                && Arrays.equals(biases, that.biases)
                && layers.equals(that.layers)
                && Arrays.equals(inputMeans, that.inputMeans)
                && Arrays.equals(covariateWeights, that.covariateWeights)
                && Arrays.equals(effects, that.effects);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(weights) + Arrays.hashCode(biases);
    }
}
