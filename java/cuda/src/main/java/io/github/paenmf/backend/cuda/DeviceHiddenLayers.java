package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.Precision;
import io.github.paenmf.model.EncoderLayer;
import io.github.paenmf.model.PaeParameters;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUstream;

/**
 * The hidden layers of an encoder on the device: from its product with the data to aλ and ak but for the heads' biases. The
 * weights of the first layer are the first part of the session's W. Units are padded as {@link Parts} are, and the two heads
 * are parts.
 */
final class DeviceHiddenLayers {

    /**
     * A hidden layer and the weights after it.
     *
     * @param units of its own
     * @param biases of the layer, width floats
     * @param weights U of the layer after it, which may be that of the heads: its units, padded, × width
     * @param next how the units after it lie
     */
    record Layer(int units, DeviceBuffer biases, DeviceBuffer weights, Parts next) {

        /** Units with padding. */
        int width() {
            return WeibullKernels.partWidth(units);
        }

        DeviceMatrix matrix(DeviceBuffer of) {
            return DeviceMatrix.of(of.pointer(), next.columns(), width());
        }

        /** Weights as they lie on the device. */
        float[] padded(float[] weights) {
            float[] padded = new float[Math.multiplyExact(next.columns(), width())];
            next.forPlaces((own, at) -> System.arraycopy(weights, own * units, padded, at * width(), units));
            return padded;
        }

        /** The reverse of {@link #padded}. */
        float[] own(float[] padded) {
            float[] weights = new float[next.ownColumns() * units];
            next.forPlaces((own, at) -> System.arraycopy(padded, at * width(), weights, own * units, units));
            return weights;
        }
    }

    private final float firstScale;
    private final LayerKernels kernels;
    private final CUstream stream;
    private final List<Layer> layers = new ArrayList<>();
    private final List<DeviceBuffer> outputs = new ArrayList<>();

    /**
     * Allocates.
     *
     * @param hidden units of each hidden layer, of which there is one at least
     * @param firstScale by which the products with the data are multiplied
     */
    DeviceHiddenLayers(int rank, List<Integer> hidden, float firstScale, DeviceWorkspace device) {
        this.firstScale = firstScale;
        this.kernels =
                new LayerKernels(device.context().module(), device.context().device());
        this.stream = device.stream();
        for (int l = 0; l < hidden.size(); l++) {
            boolean last = l + 1 == hidden.size();
            int width = WeibullKernels.partWidth(hidden.get(l));
            Parts next = Parts.padded(last ? List.of(rank, rank) : List.of(hidden.get(l + 1)));
            layers.add(new Layer(
                    hidden.get(l),
                    device.allocate(4L * width, "biases"),
                    device.allocate(4L * next.columns() * width, "weights of a hidden layer"),
                    next));
        }
    }

    /** Bytes of the device's memory that {@link #allocateRows} takes for each row. */
    static long rowBytes(List<Integer> hidden) {
        return hidden.stream()
                .mapToLong(units -> 4L * WeibullKernels.partWidth(units))
                .sum();
    }

    /** Allocates room for what the layers give, of at most so many rows. */
    void allocateRows(int rows, DeviceWorkspace device) {
        for (Layer layer : layers) {
            outputs.add(device.allocate(4L * rows * layer.width(), "hidden layers of " + rows + " rows"));
        }
    }

    List<Layer> layers() {
        return layers;
    }

    LayerKernels kernels() {
        return kernels;
    }

    /** Copies parameters to the device, but for the heads' biases. */
    void set(PaeParameters parameters) {
        for (int l = 0; l < layers.size(); l++) {
            Layer layer = layers.get(l);
            float[] biases = biases(parameters, l);
            float[] padded = new float[layer.width()];
            System.arraycopy(biases, 0, padded, 0, biases.length);
            layer.biases().upload(padded, stream);
            layer.weights().upload(layer.padded(parameters.layers().get(l).weights()), stream);
        }
    }

    /** Copies them from the device. */
    void read(PaeParameters target) {
        for (int l = 0; l < layers.size(); l++) {
            Layer layer = layers.get(l);
            float[] biases = biases(target, l);
            layer.biases().download(0, biases, 0, biases.length, stream);
            float[] padded = new float[layer.next().columns() * layer.width()];
            layer.weights().download(padded, stream);
            EncoderLayer next = target.layers().get(l);
            System.arraycopy(layer.own(padded), 0, next.weights(), 0, next.weights().length);
        }
    }

    private static float[] biases(PaeParameters parameters, int layer) {
        return layer == 0
                ? parameters.biases()
                : parameters.layers().get(layer - 1).biases();
    }

    /** Biases of the heads, [λ | k], 2r: those of the last layer, or without hidden layers of the first. */
    static float[] headBiases(PaeParameters parameters) {
        return biases(parameters, parameters.layers().size());
    }

    /** What a hidden layer gives, z. */
    DeviceMatrix output(int layer, int rows) {
        return DeviceMatrix.of(
                outputs.get(layer).pointer(), rows, layers.get(layer).width());
    }

    /**
     * From the product with the data to what the heads' biases are to be added to.
     *
     * @param p V·W₁ of some rows, and the columns that are carried
     * @param heads receives [aλ | ak], in parts
     * @param carried receives the columns of p after those of the layer; null if there are none
     */
    void forward(Blas blas, DeviceMatrix p, DeviceMatrix heads, DeviceMatrix carried) {
        int rows = heads.rows();
        for (int l = 0; l < layers.size(); l++) {
            Layer layer = layers.get(l);
            DeviceMatrix z = output(l, rows);
            kernels.forward(
                    l == 0 ? p : z,
                    l == 0 ? firstScale : 1,
                    layer.biases().pointer(),
                    z,
                    l == 0 ? carried : null,
                    stream);
            DeviceMatrix target = l + 1 == layers.size() ? heads : output(l + 1, rows);
            blas.multiply(1f, z, layer.matrix(layer.weights()).transpose(), 0f, target, Precision.FP32);
        }
    }
}
