package io.github.paenmf.backend.cuda;

import io.github.paenmf.backend.PaeProblem;
import io.github.paenmf.backend.PaeSums;
import io.github.paenmf.backend.Precision;
import java.util.ArrayList;
import java.util.List;

/** Gradients and steps of adam of an encoder's hidden layers on the device, but for the biases of the heads. */
final class HiddenLayerTraining {

    private final PaeProblem problem;
    private final DeviceHiddenLayers hidden;
    private final List<DeviceHiddenLayers.Layer> layers;
    private final DeviceWorkspace device;
    /** Of each layer. */
    private final List<Trained> trained = new ArrayList<>();

    private DeviceBuffer partials;

    private static final class Trained {

        final DeviceBuffer weightMeans;
        final DeviceBuffer weightSquares;
        final DeviceBuffer biasMeans;
        final DeviceBuffer biasSquares;
        /** Σ dA·zᵀ of the layer after it. */
        final DeviceBuffer weightGradients;
        /** Σ dA, double. */
        final DeviceBuffer biasSums;
        /** dA of some rows; null of the first layer, whose go where S is. */
        DeviceBuffer gradients;

        Trained(DeviceHiddenLayers.Layer of, DeviceWorkspace device) {
            weightMeans = device.allocate(of.weights().bytes(), "moments of adam");
            weightSquares = device.allocate(of.weights().bytes(), "moments of adam");
            biasMeans = device.allocate(of.biases().bytes(), "moments of adam");
            biasSquares = device.allocate(of.biases().bytes(), "moments of adam");
            weightGradients = device.allocate(of.weights().bytes(), "gradients of hidden layers");
            biasSums = device.allocate(2 * of.biases().bytes(), "gradients of hidden layers");
        }

        List<DeviceBuffer> moments() {
            return List.of(weightMeans, weightSquares, biasMeans, biasSquares);
        }
    }

    /** Allocates. */
    HiddenLayerTraining(PaeProblem problem, DeviceHiddenLayers hidden, DeviceWorkspace device) {
        this.problem = problem;
        this.hidden = hidden;
        this.layers = hidden.layers();
        this.device = device;
        layers.forEach(layer -> trained.add(new Trained(layer, device)));
    }

    /** Bytes of the device's memory that {@link #allocateRows} takes for each row. */
    static long rowBytes(List<Integer> hidden) {
        return DeviceHiddenLayers.rowBytes(hidden) + DeviceHiddenLayers.rowBytes(hidden.subList(1, hidden.size()));
    }

    /** Allocates what chunks of at most so many rows need, that of the layers' outputs included. */
    void allocateRows(int rows) {
        hidden.allocateRows(rows, device);
        long sums = 0;
        for (int l = 0; l < layers.size(); l++) {
            int width = layers.get(l).width();
            if (l > 0) {
                trained.get(l).gradients =
                        device.allocate(4L * rows * width, "gradients of hidden layers of " + rows + " rows");
            }
            sums = Math.max(sums, (long) hidden.kernels().parts(rows, width, carried(l)) * width);
        }
        partials = device.allocate(8 * sums, "partial sums");
    }

    /** Columns of H, which lie beside the first layer's gradients. */
    private int carried(int layer) {
        return layer == 0 ? WeibullKernels.partWidth(problem.rank()) : 0;
    }

    /** What later steps start from. */
    List<DeviceBuffer> state() {
        List<DeviceBuffer> all = new ArrayList<>();
        for (int l = 0; l < layers.size(); l++) {
            all.add(layers.get(l).weights());
            all.add(layers.get(l).biases());
            all.addAll(trained.get(l).moments());
        }
        return all;
    }

    /** Starts afresh. */
    void clear() {
        trained.forEach(of -> of.moments().forEach(buffer -> buffer.clear(device.stream())));
    }

    /**
     * Goes back from the gradients of the heads to S = [dA₁ | H], and adds up those of the layers.
     *
     * @param heads [dAλ | dAk] of some rows, in parts
     * @param h H of these rows
     * @param s receives S
     * @param accumulate whether gradients are added to what is there
     */
    void backward(StepBuffers buffers, DeviceMatrix heads, DeviceMatrix h, DeviceMatrix s, boolean accumulate) {
        int rows = s.rows();
        DeviceMatrix gradients = heads;
        for (int l = layers.size() - 1; l >= 0; l--) {
            DeviceHiddenLayers.Layer layer = layers.get(l);
            Trained of = trained.get(l);
            DeviceMatrix z = hidden.output(l, rows);
            buffers.blas()
                    .multiply(
                            1f,
                            gradients.transpose(),
                            z,
                            accumulate ? 1f : 0f,
                            layer.matrix(of.weightGradients),
                            Precision.FP32);
            DeviceMatrix target =
                    l == 0 ? s.columns(0, layer.width()) : DeviceMatrix.of(of.gradients.pointer(), rows, layer.width());
            buffers.blas().multiply(1f, gradients, layer.matrix(layer.weights()), 0f, target, Precision.FP32);
            hidden.kernels()
                    .backward(
                            z,
                            target,
                            l == 0 ? h : null,
                            partials.pointer(),
                            of.biasSums.pointer(),
                            accumulate,
                            buffers.stream());
            gradients = target;
        }
    }

    /** Units of the first layer with padding. */
    int firstWidth() {
        return layers.get(0).width();
    }

    /** A step of adam of all but the heads' biases, before the other parameters, which advance the counters. */
    void update(StepBuffers buffers, UpdateArguments arguments, UpdateConstants constants) {
        int stride = buffers.q().stride();
        hidden.kernels()
                .update(
                        DeviceMatrix.of(arguments.w(), arguments.features(), firstWidth(), stride),
                        arguments.means(),
                        arguments.squares(),
                        arguments.q(),
                        constants.encoderGradientScale(),
                        constants.encoderRate(),
                        buffers.counters(),
                        buffers.stream());
        double scale = 1.0 / constants.rows();
        for (int l = 0; l < layers.size(); l++) {
            DeviceHiddenLayers.Layer layer = layers.get(l);
            Trained of = trained.get(l);
            hidden.kernels()
                    .update(
                            layer.matrix(layer.weights()),
                            of.weightMeans.pointer(),
                            of.weightSquares.pointer(),
                            of.weightGradients.pointer(),
                            scale,
                            problem.rates().layers()[l],
                            buffers.counters(),
                            buffers.stream());
            hidden.kernels()
                    .updateBiases(
                            DeviceMatrix.of(layer.biases().pointer(), 1, layer.width()),
                            of.biasMeans.pointer(),
                            of.biasSquares.pointer(),
                            of.biasSums.pointer(),
                            scale,
                            problem.rates().bias(),
                            buffers.counters(),
                            buffers.stream());
        }
    }

    /**
     * Puts the gradients where {@link PaeSums} has them.
     *
     * @param ofHeads what the row stage has added up: Σ dA of the heads, Σ KL and ⟨H, C⟩
     */
    void readSums(double[] ofHeads, double[] target) {
        int at = PaeSums.ofLayers(problem);
        for (int l = 0; l < layers.size(); l++) {
            DeviceHiddenLayers.Layer layer = layers.get(l);
            double[] biases = new double[layer.width()];
            trained.get(l).biasSums.download(biases, device.stream());
            System.arraycopy(biases, 0, target, l == 0 ? 0 : at - layer.units(), layer.units());
            float[] padded = new float[layer.next().columns() * layer.width()];
            trained.get(l).weightGradients.download(padded, device.stream());
            for (float gradient : layer.own(padded)) {
                target[at++] = gradient;
            }
            at += layer.next().ownColumns();
        }
        System.arraycopy(ofHeads, 0, target, target.length - ofHeads.length, ofHeads.length);
    }

    /** The reverse of {@link #readSums}; returns what is of the heads. */
    double[] writeSums(double[] source) {
        int at = PaeSums.ofLayers(problem);
        for (int l = 0; l < layers.size(); l++) {
            DeviceHiddenLayers.Layer layer = layers.get(l);
            double[] biases = new double[layer.width()];
            System.arraycopy(source, l == 0 ? 0 : at - layer.units(), biases, 0, layer.units());
            trained.get(l).biasSums.upload(biases, device.stream());
            float[] gradients = new float[layer.next().ownColumns() * layer.units()];
            for (int e = 0; e < gradients.length; e++) {
                gradients[e] = (float) source[at++];
            }
            trained.get(l).weightGradients.upload(layer.padded(gradients), device.stream());
            at += layer.next().ownColumns();
        }
        int ofHeads = PaeSums.count(problem.rank());
        double[] heads = new double[ofHeads];
        System.arraycopy(source, source.length - ofHeads, heads, 0, ofHeads);
        return heads;
    }
}
